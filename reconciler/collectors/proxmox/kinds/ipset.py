"""IP sets with their members, by name. An IP set of a guest firewall has the id `guest:VMID:NAME`.

Read from `/cluster/firewall/ipset` and `/cluster/firewall/ipset/NAME`, and from the same paths below
`/nodes/NODE/qemu|lxc/VMID/firewall/ipset` for each guest whose firewall is on. By hand:
`pvesh get /cluster/firewall/ipset`.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.by_hand import instruction
from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RawMembers, below, fetch_list, read_members
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.commands import UnsafeValueError, name, refused, word
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import FirewallFacts, ProxmoxContext
from reconciler.collectors.proxmox.guest_firewall import (
    alias_names,
    guest_of,
    in_tree,
    merged,
    read_lists,
    scoped,
    sets_and_aliases,
    with_firewall,
    with_guests,
    within_guest,
)
from reconciler.collectors.proxmox.rows import (
    CommentText,
    HasComment,
    health_of,
    read_comment,
    read_errors,
    read_fields,
)
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fix import CommandWords, Fix, KindFixes, WantedFields, by_hand
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.relations import items_of
from reconciler.model.resource import Resource

READS = ("cluster/firewall/ipset",)


class IpSet(Resource):
    """An IP set, which rules reference as `+NAME`."""

    members: Annotated[
        Blocks,
        Field(description="Addresses, networks and aliases; !NETWORK excludes one; order does not matter"),
    ] = ()
    has_comment: HasComment = False
    comment: CommentText = None


def fetch(
    api: ProxmoxApi, state: ClusterState, firewalls: FirewallFacts | None
) -> Listing[RawMembers, ProxmoxContext]:
    """Read every set with its members; one whose members do not answer is unread."""
    of_site = fetch_list(api, state, "ipset", READS[0], "name")
    aliases = firewalls.aliases if firewalls is not None else {}
    off = firewalls.off if firewalls is not None else frozenset()
    lists = read_lists(api, state, "ipset", "ipset", aliases, off)
    listing = with_guests(of_site, lists)
    found = read_members(api, state, "ipset", listing, below(READS[0], of_site) | lists.paths, in_tree)
    facts = FirewallFacts(merged(aliases, _alias_names_in_sets(found.rows)), off)
    return replace(found, facts=facts)


def _alias_names_in_sets(found: Mapping[str, RawMembers]) -> dict[str, frozenset[str]]:
    """Return the names in the sets of guests that may be those of aliases."""
    names: dict[str, frozenset[str]] = {}
    for identity, raw in found.items():
        if (vmid := guest_of(identity)) is not None:
            members = alias_names(row.get("cidr") for row in raw.members if isinstance(row, dict))
            names[vmid] = names.get(vmid, frozenset()) | members
    return names


def normalise(_name: str, raw: RawMembers, context: ProxmoxContext) -> IpSet:
    """Make a set of its rows; raises `ValueError` when they cannot be parsed."""
    row = {**raw.row, "members": raw.members}
    found = read_fields(row, {}, ignored_fields("proxmox", "ipset"), context)
    read_comment(found, raw.row, context)
    rows = (each for each in raw.members if isinstance(each, dict))
    skipped = (f"{_member(each)} ({errors})" for each in rows if (errors := read_errors(each.get("errors"))))
    members = list(map(_member, raw.members))
    return IpSet.of_row({**found, "members": members, "health": health_of(skipped)})


def _member(row: Any) -> object:
    if not isinstance(row, dict) or not isinstance(row.get("cidr"), str):
        return row
    return f"{'!' if is_true(row.get('nomatch')) else ''}{row['cidr']}"


def _change(wanted: WantedFields) -> Fix:
    """Return the commands that put members into a set of the datacenter; none takes one out."""
    text = "; ".join(instruction("proxmox", "ipset", wanted, path) for path in wanted.changes)
    live, desired = (tuple(items_of(row, "members")) for row in (wanted.row, wanted.target))
    if {*wanted.changes} != {"/members"} or guest_of(wanted.id) is not None or not {*live} < {*desired}:
        return by_hand(text)
    try:
        words = ("pvesh", "create", f"/cluster/firewall/ipset/{name(wanted.id)}", "--cidr")
        commands = tuple((*words, *_added(each)) for each in desired if each not in live)
    except UnsafeValueError as error:
        return refused(error, text)
    return Fix(commands=commands, effect="at once", right="Sys.Modify on /")


def _added(member: str) -> CommandWords:
    return (word(member.removeprefix("!")), *(("--nomatch", "1") if member.startswith("!") else ()))


KIND = Kind(
    name="ipset",
    plural="ipsets",
    model=IpSet,
    fetch=fetch,
    normalise=normalise,
    needs=("firewall",),
    identity=Annotated[str, AfterValidator(scoped)],
    within=within_guest,
    comes_with=with_firewall,
    renamable=True,
    fix=KindFixes(_change),
    uses=lambda identity, row: sets_and_aliases(items_of(row, "members"), guest_of(identity)),
    used_kinds=frozenset({"ipset", "alias"}),
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
