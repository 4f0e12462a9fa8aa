"""Networks of the software-defined network, by name, with their subnets.

Read from `/cluster/sdn/vnets?pending=1` and `/cluster/sdn/vnets/VNET/subnets?pending=1` of each. By hand:
`pvesh get /cluster/sdn/vnets --pending 1`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import sdn
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_list import fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.errors import Problem
from reconciler.model.fields import Address, Cidr, Flag, Names, Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.relations import items_of
from reconciler.model.resource import Resource, own_fields
from reconciler.model.value import Row, Value

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
    zone: Annotated[str, RefTo("sdn-zone")]
    to_be_deleted: Annotated[Flag, Field(description="Removed, and still there until it is applied")] = False
    tag: Annotated[int | None, Field(ge=1, le=16777215, description="VLAN id or VNI")] = None
    alias: Text | None = None
    vlanaware: Flag = False
    isolate_ports: Flag = False
    subnets: Annotated[dict[Cidr, VnetSubnet], Field(default_factory=dict, description="By CIDR")]


_NAMES = key_names(own_fields(SdnVnet, "to_be_deleted", "subnets"))


@dataclass(frozen=True, slots=True)
class RawVnet:
    """The row of a vnet and those of its subnets."""

    row: ApiRow
    subnets: list[ApiRow] = field(default_factory=list)


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawVnet, ProxmoxContext]:
    """Read the vnets that the token may see; one whose subnets do not answer is unread."""
    listing = fetch_list(api, state, "sdn-vnet", READS[0], "vnet", "/sdn", "SDN.Audit")
    found: dict[str, RawVnet] = {}
    unread: dict[str, Problem] = {}
    ordered = api.in_order("sdn-vnet", listing.rows)
    asked = {f"{path('cluster', 'sdn', 'vnets', vnet, 'subnets')}?pending=1": vnet for vnet in ordered}
    for at, data in api.get_many(asked):
        vnet = asked[at]
        if isinstance(data, list):
            found[vnet] = RawVnet(listing.rows[vnet], [row for row in data if isinstance(row, dict)])
        else:
            unread[vnet] = data.problem if isinstance(data, ProxmoxRequestFailed) else _NO_LIST
    if not listing.problem:
        listed = found.keys() | unread.keys()
        unread |= may_be_hidden(api, "sdn-vnet", listed, _itself, lambda _vnet: "/sdn")
    return Listing(found, listing.context, listing.problem, unread)


def _itself(vnet: str) -> list[str]:
    return [path("cluster", "sdn", "vnets", vnet)]


def normalise(_name: str, raw: RawVnet, context: ProxmoxContext) -> SdnVnet:
    """Make a vnet of its rows; raises `ValueError` when they cannot be parsed."""
    ignored = ignored_fields("proxmox", "sdn-vnet")
    configured, running = sdn.layers(raw.row)
    state = str(configured.pop("state", ""))
    rows = [sdn.layers(subnet) for subnet in raw.subnets]
    subnets = dict(_subnet(each) for each, _ in rows if each.get("state") != "deleted")
    runs = dict(_subnet(each if old is None else old) for each, old in rows if each.get("state") != "new")
    vnet = SdnVnet.model_validate(
        {
            **read_fields({**configured, "subnets": [each for each, _ in rows]}, _NAMES, ignored, context),
            "to_be_deleted": state == "deleted",
            "subnets": subnets,
        }
    )
    other = None
    if state == "changed" or (not state and subnets != runs):
        base = running or configured
        other = SdnVnet.model_validate({**read_fields(base, _NAMES, ignored, context), "subnets": runs})
    return sdn.with_pending(vnet, other, state)


def _subnet(row: ApiRow) -> tuple[str, dict[str, Any]]:
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


def _within(_identity: str, row: Row) -> Iterator[tuple[str, str]]:
    return (("sdn-zone", zone) for zone in items_of(row, "zone"))


KIND = Kind(
    name="sdn-vnet",
    plural="sdn-vnets",
    model=SdnVnet,
    fetch=fetch,
    normalise=normalise,
    within=_within,
)
