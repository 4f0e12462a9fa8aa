"""Zones of the software-defined network, by name.

Read from `/cluster/sdn/zones?pending=1`, one call. By hand: `pvesh get /cluster/sdn/zones --pending 1`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list, sdn
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.rights import unseen
from reconciler.model.fields import Count, Flag, Mac, Names, Text, VlanTag
from reconciler.model.kind import Kind, Listing, Resource

READS = ("cluster/sdn/zones?pending=1",)


class SdnZone(Resource):
    """A zone: how its vnets reach each other."""

    type: Annotated[str, Field(description="simple, vlan, qinq, vxlan, evpn or faucet")]
    to_be_deleted: Annotated[Flag, Field(description="Removed, and still there until it is applied")] = False
    nodes: Annotated[Names, Field(description="none: all")] = ()
    bridge: str | None = None
    bridge_disable_mac_learning: Flag = False
    tag: VlanTag | None = None
    vlan_protocol: str = "802.1q"
    mtu: Count | None = None
    peers: Names = ()
    vxlan_port: Count = 4789
    ipam: str | None = None
    dns: str | None = None
    reversedns: str | None = None
    dnszone: str | None = None
    dhcp: str | None = None
    controller: str | None = None
    secondary_controllers: Names = ()
    vrf_vxlan: Count | None = None
    mac: Mac | None = None
    exitnodes: Names = ()
    exitnodes_primary: str | None = None
    exitnodes_local_routing: Flag = False
    advertise_subnets: Flag = False
    disable_arp_nd_suppression: Flag = False
    rt_import: Annotated[Text | None, Field(description="Route targets")] = None


_FIELDS = SdnZone.model_fields.keys() - {"unmodelled", "unread", "health", "pending", "to_be_deleted"}
_IGNORED = {"zone": "is the key", "digest": "changes with every edit", "state": "is read as pending"}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """The zones that the token may see; others are left out silently."""
    listing = cluster_list.fetch_list(api, state, "sdn-zone", READS[0], "zone", "/sdn", "SDN.Audit")
    if listing.listed != "complete":
        return listing
    rights = ("SDN.Audit", "SDN.Allocate")
    hidden = unseen(api, "sdn-zone", listing.rows.keys(), lambda zone: f"/sdn/zones/{zone}", *rights)
    return cluster_list.without_hidden(listing, hidden)


def normalise(identity: str, raw: Mapping[str, Any]) -> SdnZone:
    """A zone of its row; raises `ValueError` when it makes no sense."""
    del identity
    configured, running = sdn.layers({key: value for key, value in raw.items() if key != "has_comment"})
    state = str(configured.pop("state", ""))
    zone = SdnZone.model_validate(
        {**cluster_list.fields(configured, _FIELDS, _IGNORED), "to_be_deleted": state == "deleted"}
    )
    other = None
    if running and state == "changed":
        other = SdnZone.model_validate(cluster_list.fields(running, _FIELDS, _IGNORED))
    return sdn.with_pending(zone, other, state)


KIND = Kind(name="sdn-zone", plural="sdn-zones", model=SdnZone, fetch=fetch, normalise=normalise)
