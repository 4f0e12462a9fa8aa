"""IP sets of the datacenter's firewall, by name, with their members.

Read from `/cluster/firewall/ipset` and `/cluster/firewall/ipset/NAME` of each. By hand:
`pvesh get /cluster/firewall/ipset`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RawMembers, fetch_members
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import health_of, read_comment, read_errors, read_fields
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Notes
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource

READS = ("cluster/firewall/ipset",)


class IpSet(Resource):
    """A set of addresses that rules name as `+NAME`."""

    members: Annotated[Blocks, Field(description="Networks or aliases; !NETWORK is left out")] = ()
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawMembers, ProxmoxContext]:
    """Read every set with its members; one whose members do not answer is unread."""
    return fetch_members(api, state, "ipset", READS[0], "name")


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


KIND = Kind(
    name="ipset",
    plural="ipsets",
    model=IpSet,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
