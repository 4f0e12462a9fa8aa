"""Networks of the software-defined network, by name, with their subnets.

Read from `/cluster/sdn/vnets?pending=1` and `/cluster/sdn/vnets/VNET/subnets?pending=1` of each. By hand:
`pvesh get /cluster/sdn/vnets --pending 1`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list, sdn
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.rights import hidden
from reconciler.errors import Problem
from reconciler.model.fields import Address, Cidr, Flag, Names, Text
from reconciler.model.kind import Kind, Listing, Resource
from reconciler.model.value import Value

READS = ("cluster/sdn/vnets?pending=1",)

_NO_LIST = Problem("", "its subnets are not a list", cause="bad-answer")


class VnetSubnet(Value):
    """Addresses of a vnet."""

    gateway: Address | None = None
    snat: Flag = False
    dhcp_ranges: Annotated[Names, Field(description="first-last")] = ()
    dhcp_dns_server: Address | None = None
    dnszoneprefix: str | None = None


class SdnVnet(Resource):
    """A network that guests connect to as a bridge."""

    type: str = "vnet"
    zone: str
    to_be_deleted: Annotated[Flag, Field(description="Removed, and still there until it is applied")] = False
    tag: Annotated[int | None, Field(ge=1, le=16777215, description="VLAN id or VNI")] = None
    alias: Text | None = None
    vlanaware: Flag = False
    isolate_ports: Flag = False
    subnets: Annotated[dict[Cidr, VnetSubnet], Field(default_factory=dict, description="By CIDR")]


_FIELDS = SdnVnet.model_fields.keys() - {
    "unmodelled",
    "unread",
    "health",
    "pending",
    "to_be_deleted",
    "subnets",
}
_IGNORED = {
    "vnet": "is the key",
    "digest": "changes with every edit",
    "state": "is read as pending",
    "subnets": "is read apart",
}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """The vnets that the token may see, each with its subnets; one whose subnets do not answer is unread."""
    listing = cluster_list.fetch_list(api, state, "sdn-vnet", READS[0], "vnet", "/sdn", "SDN.Audit")
    found: dict[str, Mapping[str, Any]] = {}
    unread: dict[str, Problem] = {}
    asked = {f"{path('cluster', 'sdn', 'vnets', vnet, 'subnets')}?pending=1": vnet for vnet in listing.rows}
    for at, data in api.get_many(asked):
        vnet = asked[at]
        if isinstance(data, ProxmoxRequestFailed) or not isinstance(data, list):
            unread[vnet] = data.problem if isinstance(data, ProxmoxRequestFailed) else _NO_LIST
        else:
            found[vnet] = {**listing.rows[vnet], "subnets": [row for row in data if isinstance(row, dict)]}
    if listing.listed == "complete":
        seen = found.keys() | unread.keys()
        unread |= hidden(api, "sdn-vnet", seen, _itself, lambda _vnet: "/sdn")
    return Listing(found, listing.listed, listing.problem, unread)


def _itself(vnet: str) -> list[str]:
    return [path("cluster", "sdn", "vnets", vnet)]


def normalise(identity: str, raw: Mapping[str, Any]) -> SdnVnet:
    """A vnet of its row; raises `ValueError` when it makes no sense."""
    del identity
    row = {key: value for key, value in raw.items() if key not in {"has_comment", "subnets"}}
    configured, running = sdn.layers(row)
    state = str(configured.pop("state", ""))
    rows = [sdn.layers(subnet) for subnet in raw.get("subnets", ())]
    subnets = dict(_subnet(each) for each, _ in rows if each.get("state") != "deleted")
    runs = dict(_subnet(each if old is None else old) for each, old in rows if each.get("state") != "new")
    vnet = SdnVnet.model_validate(
        {
            **cluster_list.fields(configured, _FIELDS, _IGNORED),
            "to_be_deleted": state == "deleted",
            "subnets": subnets,
        }
    )
    other = None
    if state == "changed" or (not state and subnets != runs):
        base = running or configured
        other = SdnVnet.model_validate({**cluster_list.fields(base, _FIELDS, _IGNORED), "subnets": runs})
    return sdn.with_pending(vnet, other, state)


def _subnet(row: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    cidr = row.get("cidr") or str(row.get("subnet", "")).partition("-")[2].replace("-", "/")
    ranges = row.get("dhcp-range") or ()
    return str(cidr), {
        "gateway": row.get("gateway") or None,
        "snat": row.get("snat") or False,
        "dhcp_ranges": [_range(each) for each in ranges] if isinstance(ranges, list) else (),
        "dhcp_dns_server": row.get("dhcp-dns-server") or None,
        "dnszoneprefix": row.get("dnszoneprefix") or None,
    }


def _range(each: Any) -> str:
    if isinstance(each, dict):
        return f"{each.get('start-address')}-{each.get('end-address')}"
    parts = dict(part.partition("=")[::2] for part in str(each).split(","))
    return f"{parts.get('start-address')}-{parts.get('end-address')}"


KIND = Kind(name="sdn-vnet", plural="sdn-vnets", model=SdnVnet, fetch=fetch, normalise=normalise)
