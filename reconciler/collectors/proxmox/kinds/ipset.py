"""IP sets of the datacenter's firewall, by name, with their members.

Read from `/cluster/firewall/ipset` and `/cluster/firewall/ipset/NAME` of each. By hand:
`pvesh get /cluster/firewall/ipset`.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import health_of, read_comment, read_errors, read_fields
from reconciler.errors import Problem
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Notes
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource

READS = ("cluster/firewall/ipset",)

_NO_LIST = Problem("", "its members are not a list", cause="bad-answer")


class IpSet(Resource):
    """A set of addresses that rules name as `+NAME`."""

    members: Annotated[Blocks, Field(description="Networks or aliases; !NETWORK is left out")] = ()
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


@dataclass(frozen=True, slots=True)
class RawIpSet:
    """The row of a set and those of its members."""

    row: ApiRow
    members: list[Any]
    """One that is not an object costs the field."""


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawIpSet, ProxmoxContext]:
    """Read every set with its members; one whose members do not answer is unread."""
    listing = fetch_list(api, state, "ipset", READS[0], "name")
    found: dict[str, RawIpSet] = {}
    unread: dict[str, Problem] = {}
    ordered = api.in_order("ipset", listing.rows)
    asked = {path("cluster", "firewall", "ipset", name): name for name in ordered}
    for at, data in api.get_many(asked):
        name = asked[at]
        if isinstance(data, list):
            found[name] = RawIpSet(listing.rows[name], data)
        else:
            unread[name] = data.problem if isinstance(data, ProxmoxRequestFailed) else _NO_LIST
    return Listing(found, listing.context, listing.problem, unread)


def normalise(_name: str, raw: RawIpSet, context: ProxmoxContext) -> IpSet:
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
