"""SDN zones, by name.

Read from `/cluster/sdn/zones?pending=1` in one request. By hand: `pvesh get /cluster/sdn/zones --pending 1`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import sdn
from reconciler.collectors.proxmox.absence import rights_may_hide
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list, with_unread
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.model.fields.ethernet import Mac, NoTag
from reconciler.model.fields.hosts import HostSet
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields

READS = ("cluster/sdn/zones?pending=1",)


class SdnZone(Resource):
    """An SDN zone: defines the technology that connects its VNets."""

    type: Annotated[str, Field(description="Zone type: simple, vlan, qinq, vxlan, evpn or faucet")]
    to_be_deleted: Annotated[
        Flag, Field(description="Zone is deleted; it exists until the deletion is applied")
    ] = False
    nodes: Annotated[
        Names, RefTo("node"), Field(description="Nodes on which the zone is created (default all)")
    ] = ()
    bridge: Annotated[str | None, Field(description="VLAN and QinQ: bridge that carries the VLANs")] = None
    bridge_disable_mac_learning: Annotated[Flag, Field(description="VLAN: disable MAC address learning")] = (
        False
    )
    tag: Annotated[NoTag, Field(description="QinQ: service VLAN tag (outer VLAN)")] = None
    vlan_protocol: Annotated[str, Field(description="QinQ: VLAN protocol, 802.1q or 802.1ad")] = "802.1q"
    mtu: Annotated[Count | None, Field(description="MTU of the VNet bridges")] = None
    peers: Annotated[
        HostSet, Field(description="VXLAN: IP addresses of the peers; order does not matter")
    ] = ()
    vxlan_port: Annotated[Count, Field(description="VXLAN: UDP port of the tunnels")] = 4789
    ipam: Annotated[str | None, Field(description="IPAM plugin")] = None
    dns: Annotated[str | None, Field(description="DNS server")] = None
    reversedns: Annotated[str | None, Field(description="Reverse DNS server")] = None
    dnszone: Annotated[str | None, Field(description="DNS domain of the zone")] = None
    dhcp: Annotated[str | None, Field(description="DHCP backend: dnsmasq")] = None
    controller: Annotated[str | None, Field(description="EVPN: controller")] = None
    fabric: Annotated[str | None, Field(description="Fabric that carries the tunnels")] = None
    secondary_controllers: Annotated[
        Names, Field(description="EVPN: additional controllers; order does not matter")
    ] = ()
    vrf_vxlan: Annotated[Count | None, Field(description="EVPN: VNI of the zone's VRF")] = None
    mac: Annotated[Mac | None, Field(description="EVPN: MAC address of the anycast router")] = None
    exitnodes: Annotated[Names, Field(description="EVPN: exit nodes; order does not matter")] = ()
    exitnodes_primary: Annotated[str | None, Field(description="EVPN: primary exit node")] = None
    exitnodes_local_routing: Annotated[
        Flag, Field(description="EVPN: exit nodes can reach the guests of the zone")
    ] = False
    advertise_subnets: Annotated[Flag, Field(description="EVPN: advertise IP prefixes (type 5 routes)")] = (
        False
    )
    disable_arp_nd_suppression: Annotated[Flag, Field(description="EVPN: disable ARP and ND suppression")] = (
        False
    )
    rt_import: Annotated[
        Names, Field(description="EVPN: route targets to import; order does not matter")
    ] = ()


_NAMES = key_names(own_fields(SdnZone, "to_be_deleted"))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the zones that the token may see; others are silently left out."""
    listing = fetch_list(api, state, "sdn-zone", READS[0], "zone", "/sdn", "SDN.Audit")
    if listing.problem:
        return listing
    rights = ("SDN.Audit", "SDN.Allocate")
    hidden = rights_may_hide(api, "sdn-zone", listing.rows.keys(), lambda zone: f"/sdn/zones/{zone}", *rights)
    return with_unread(listing, hidden)


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> SdnZone:
    """Make a zone of its row; raises `ValueError` when it cannot be parsed."""
    ignored = ignored_fields("proxmox", "sdn-zone")
    configured, running = sdn.layers(raw)
    state = str(configured.pop("state", ""))
    zone = SdnZone.of_row(
        {**read_fields(configured, _NAMES, ignored, context), "to_be_deleted": state == "deleted"}
    )
    other = None
    if running and state == "changed":
        other = SdnZone.of_row(read_fields(running, _NAMES, ignored, context))
    return sdn.with_pending(zone, other, state)


KIND = Kind(name="sdn-zone", plural="sdn-zones", model=SdnZone, fetch=fetch, normalise=normalise)
