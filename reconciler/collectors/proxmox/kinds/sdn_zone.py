"""Zones of the software-defined network, by name.

Read from `/cluster/sdn/zones?pending=1`, one call. By hand: `pvesh get /cluster/sdn/zones --pending 1`.
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
    """A zone: how its vnets reach each other."""

    type: Annotated[str, Field(description="simple, vlan, qinq, vxlan, evpn or faucet")]
    to_be_deleted: Annotated[Flag, Field(description="Removed, and still there until it is applied")] = False
    nodes: Annotated[Names, RefTo("node"), Field(description="none: all")] = ()
    bridge: str | None = None
    bridge_disable_mac_learning: Flag = False
    tag: NoTag = None
    vlan_protocol: str = "802.1q"
    mtu: Count | None = None
    peers: HostSet = ()
    vxlan_port: Count = 4789
    ipam: str | None = None
    dns: str | None = None
    reversedns: str | None = None
    dnszone: str | None = None
    dhcp: str | None = None
    controller: str | None = None
    fabric: Annotated[str | None, Field(description="That carries its tunnels")] = None
    secondary_controllers: Names = ()
    vrf_vxlan: Count | None = None
    mac: Mac | None = None
    exitnodes: Names = ()
    exitnodes_primary: str | None = None
    exitnodes_local_routing: Flag = False
    advertise_subnets: Flag = False
    disable_arp_nd_suppression: Flag = False
    rt_import: Annotated[Names, Field(description="Route targets")] = ()


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
