"""SDN virtual networks (VNets) with their subnets, by name.

Read from `/cluster/sdn/vnets?pending=1`, and `/cluster/sdn/vnets/VNET/subnets?pending=1` for each VNet. By
hand: `pvesh get /cluster/sdn/vnets --pending 1`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import sdn
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_list import fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import ProxmoxContext, VnetFacts
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.errors import Problem
from reconciler.model.fields.addresses import Address, Cidr, address_span
from reconciler.model.fields.ethernet import no_tag, not_zero
from reconciler.model.fields.marks import AsWritten
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.relations import items_of
from reconciler.model.resource import Resource, own_fields
from reconciler.model.value import Row, Value

READS = ("cluster/sdn/vnets?pending=1",)

_NO_LIST = Problem("", "its subnets are not a list", cause="bad-answer")


def _spans(spans: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(map(address_span, spans)))


class VnetSubnet(Value):
    """A subnet of a VNet."""

    gateway: Annotated[Address | None, Field(description="Gateway address")] = None
    snat: Annotated[Flag, Field(description="Enable SNAT")] = False
    dhcp_ranges: Annotated[
        Names, AfterValidator(_spans), Field(description="DHCP ranges as first-last; order does not matter")
    ] = ()
    dhcp_dns_server: Annotated[Address | None, Field(description="DNS server for DHCP clients")] = None
    dnszoneprefix: Annotated[str | None, Field(description="Prefix of the DNS zone")] = None


class SdnVnet(Resource):
    """An SDN virtual network (VNet), to which guests connect as to a bridge."""

    type: Annotated[str, Field(description="Type: vnet")] = "vnet"
    zone: Annotated[str, RefTo("sdn-zone"), Field(description="SDN zone")]
    to_be_deleted: Annotated[
        Flag, Field(description="VNet is deleted; it exists until the deletion is applied")
    ] = False
    tag: Annotated[
        Annotated[int, Field(ge=1, le=16777215)] | None,
        BeforeValidator(no_tag),
        AsWritten(not_zero),
        Field(description="VLAN tag, or VNI in a VXLAN or EVPN zone"),
    ] = None
    alias: Annotated[Text | None, Field(description="Alias of the VNet")] = None
    vlanaware: Annotated[Flag, Field(description="Allow VLANs to pass through the VNet")] = False
    isolate_ports: Annotated[Flag, Field(description="Isolate the ports of the bridge from each other")] = (
        False
    )
    subnets: Annotated[dict[Cidr, VnetSubnet], Field(default_factory=dict, description="Subnets by CIDR")]


_NAMES = key_names(own_fields(SdnVnet, "to_be_deleted", "subnets"))


@dataclass(frozen=True, slots=True)
class RawVnet:
    """The row of a vnet and those of its subnets."""

    row: ApiRow
    subnets: list[Any] = field(default_factory=list)
    """One that is not an object costs the field."""


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
            found[vnet] = RawVnet(listing.rows[vnet], data)
        else:
            unread[vnet] = data.problem if isinstance(data, ProxmoxRequestFailed) else _NO_LIST
    if not listing.problem:
        listed = found.keys() | unread.keys()
        unread |= may_be_hidden(api, "sdn-vnet", listed, _itself, lambda _vnet: "/sdn")
    facts = VnetFacts(frozenset(listing.rows))
    return Listing(found, listing.context, listing.problem, unread, facts=facts)


def _itself(vnet: str) -> list[str]:
    return [path("cluster", "sdn", "vnets", vnet)]


def normalise(_name: str, raw: RawVnet, context: ProxmoxContext) -> SdnVnet:
    """Make a vnet of its rows; raises `ValueError` when they cannot be parsed."""
    ignored = ignored_fields("proxmox", "sdn-vnet")
    configured, running = sdn.layers(raw.row)
    state = str(configured.pop("state", ""))
    rows = [sdn.layers(subnet) for subnet in raw.subnets if isinstance(subnet, dict)]
    odd = len(rows) < len(raw.subnets)
    subnets = dict(_subnet(each) for each, _ in rows if each.get("state") != "deleted")
    runs = dict(_subnet(each if old is None else old) for each, old in rows if each.get("state") != "new")
    vnet = SdnVnet.of_row(
        {
            **read_fields({**configured, "subnets": [each for each, _ in rows]}, _NAMES, ignored, context),
            "to_be_deleted": state == "deleted",
            "subnets": raw.subnets if odd else subnets,
        }
    )
    other = None
    if state == "changed" or (not state and subnets != runs):
        base = running or configured
        other = SdnVnet.of_row({**read_fields(base, _NAMES, ignored, context), "subnets": runs})
    return sdn.with_pending(vnet, other, state)


def _subnet(row: ApiRow) -> tuple[str, dict[str, Any]]:
    cidr = row.get("cidr") or str(row.get("subnet", "")).partition("-")[2].replace("-", "/")
    ranges = row.get("dhcp-range")
    ranges = [ranges] if isinstance(ranges, str) and ranges else ranges
    found = {
        "gateway": row.get("gateway"),
        "snat": row.get("snat"),
        "dhcp_ranges": list(map(_range, ranges)) if isinstance(ranges, list) else ranges,
        "dhcp_dns_server": row.get("dhcp-dns-server"),
        "dnszoneprefix": row.get("dnszoneprefix"),
    }
    return str(cidr), {name: value for name, value in found.items() if not is_nothing(value)}


def _range(each: Any) -> object:
    """Return `first-last`; what names no two addresses as it is, which costs the field."""
    parts = dict(part.partition("=")[::2] for part in each.split(",")) if isinstance(each, str) else each
    if not isinstance(parts, dict) or not {"start-address", "end-address"} <= parts.keys():
        return None
    return f"{parts['start-address']}-{parts['end-address']}"


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
