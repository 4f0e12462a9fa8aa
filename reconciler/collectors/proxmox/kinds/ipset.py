"""IP sets of the datacenter's firewall, by name, with their members.

Read from `/cluster/firewall/ipset` and `/cluster/firewall/ipset/NAME` of each. By hand:
`pvesh get /cluster/firewall/ipset`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.errors import Problem
from reconciler.model.fields import Blocks, Flag, Notes
from reconciler.model.kind import Kind, Listing, Resource

READS = ("cluster/firewall/ipset",)

_NO_LIST = Problem("", "its members are not a list", cause="bad-answer")


class IpSet(Resource):
    """A set of addresses that rules name as `+NAME`."""

    members: Annotated[Blocks, Field(description="Networks or aliases; !NETWORK is left out")] = ()
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every set with its members; one that does not tell them is unread."""
    listing = cluster_list.fetch_list(api, state, "ipset", READS[0], "name")
    found: dict[str, Mapping[str, Any]] = {}
    unread: dict[str, Problem] = {}
    asked = {path("cluster", "firewall", "ipset", name): name for name in listing.rows}
    for at, data in api.get_many(asked):
        name = asked[at]
        if isinstance(data, ProxmoxRequestFailed) or not isinstance(data, list):
            unread[name] = data.problem if isinstance(data, ProxmoxRequestFailed) else _NO_LIST
        else:
            found[name] = {**listing.rows[name], "members": [row for row in data if isinstance(row, dict)]}
    return Listing(found, listing.listed, listing.problem, unread)


def normalise(name: str, raw: Mapping[str, Any]) -> IpSet:
    """A set of its row; raises `ValueError` when it makes no sense."""
    del name
    return IpSet.model_validate(
        {
            **cluster_list.fields(raw, ("has_comment", "comment"), ("name", "digest", "members")),
            "members": [_member(row) for row in raw["members"]],
        }
    )


def _member(row: Mapping[str, Any]) -> str:
    sign = "!" if str(row.get("nomatch") or "0") in {"1", "True"} else ""
    return f"{sign}{row.get('cidr')}"


KIND = Kind(
    name="ipset",
    plural="ipsets",
    model=IpSet,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
