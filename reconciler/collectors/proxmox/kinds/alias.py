"""Aliases, by name: names for addresses. An alias of a guest firewall has the id `guest:VMID:NAME`.

Read from `/cluster/firewall/aliases`, and from `/nodes/NODE/qemu|lxc/VMID/firewall/aliases` of each guest
whose firewall is on and uses an alias in a rule or IP set. By hand: `pvesh get /cluster/firewall/aliases`.
"""

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.commands import UnsafeValueError
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import FirewallFacts, ProxmoxContext
from reconciler.collectors.proxmox.guest_firewall import (
    guest_of,
    read_lists,
    scoped,
    with_firewall,
    with_guests,
    within_guest,
)
from reconciler.collectors.proxmox.rows import CommentText, HasComment, key_names, read_comment, read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity
from reconciler.model.fields.addresses import Block
from reconciler.model.fix import CommandWords, KindFixes, WantedFields
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource

READS = ("cluster/firewall/aliases",)


class Alias(Resource):
    """A name for an IP address or network, for use in rules and IP sets."""

    cidr: Annotated[Block, Field(description="IP address or network: 192.0.2.1, 192.0.2.0/24")]
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(["cidr"])


def fetch(api: ProxmoxApi, state: ClusterState, sets: FirewallFacts | None) -> RowListing:
    """Read every alias; the list is complete, or refused without Sys.Audit on `/`."""
    listing = fetch_list(api, state, "alias", READS[0], "name")
    named = sets.aliases if sets is not None else {}
    guests = [vmid for vmid, names in named.items() if names]
    without = (sets.off if sets is not None else frozenset()) | (named.keys() - {*guests})
    return with_guests(listing, read_lists(api, state, "alias", "aliases", guests, without))


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> Alias:
    """Make an alias of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "alias"), context)
    read_comment(found, raw, context)
    return Alias.of_row(found)


def _words(wanted: WantedFields) -> CommandWords:
    """Return the command for an alias of the datacenter; setting one again would lose its comment."""
    if guest_of(wanted.id) is not None or wanted.row.get("has_comment"):
        message = "no safe command exists for a guest's alias, or for an alias with a comment"
        raise UnsafeValueError(message)
    return ("pvesh", "set", f"/cluster/firewall/aliases/{identity(wanted)}")


_COMMAND = RowCommand(kind="alias", words=_words, guarded=False)

KIND = Kind(
    name="alias",
    plural="aliases",
    model=Alias,
    fetch=fetch,
    normalise=normalise,
    needs=("ipset",),
    identity=Annotated[str, AfterValidator(scoped)],
    within=within_guest,
    comes_with=with_firewall,
    renamable=True,
    fix=KindFixes(partial(change_row, _COMMAND)),
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
