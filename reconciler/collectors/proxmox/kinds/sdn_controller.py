"""SDN controllers (BGP, EVPN, IS-IS), by name.

Read from `/cluster/sdn/controllers?pending=1` in one request. By hand:
`pvesh get /cluster/sdn/controllers --pending 1`.
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
from reconciler.model.fields.hosts import HostSet
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields

READS = ("cluster/sdn/controllers?pending=1",)


class SdnController(Resource):
    """An SDN controller, which exchanges the routes of zones."""

    type: Annotated[str, Field(description="Controller type: bgp, evpn, faucet or isis")]
    to_be_deleted: Annotated[
        Flag, Field(description="Controller is deleted; it exists until the deletion is applied")
    ] = False
    asn: Annotated[Count | None, Field(description="BGP, EVPN: local autonomous system number (ASN)")] = None
    node: Annotated[
        Names,
        RefTo("node"),
        Field(description="Nodes on which the controller is active; order does not matter"),
    ] = ()
    nodes: Annotated[
        Names, RefTo("node"), Field(description="Cluster nodes of the controller; order does not matter")
    ] = ()
    peers: Annotated[HostSet, Field(description="IP addresses of the peers; order does not matter")] = ()
    peer_group_name: Annotated[Text | None, Field(description="EVPN: name of the peer group")] = None
    bgp_mode: Annotated[str, Field(description="Use eBGP or iBGP: auto, external or internal")] = "auto"
    bgp_multipath_as_relax: Annotated[
        Flag, Field(description="BGP: multipath over different AS paths of equal length")
    ] = False
    ebgp: Annotated[Flag, Field(description="BGP: enable eBGP")] = False
    ebgp_multihop: Annotated[Count | None, Field(description="BGP: maximum hops to eBGP peers")] = None
    loopback: Annotated[
        Text | None, Field(description="BGP: loopback or dummy interface that provides the router ID")
    ] = None
    isis_domain: Annotated[Text | None, Field(description="IS-IS: domain")] = None
    isis_ifaces: Annotated[Names, Field(description="IS-IS: interfaces; order does not matter")] = ()
    isis_net: Annotated[Text | None, Field(description="IS-IS: network entity title")] = None


_NAMES = key_names(own_fields(SdnController, "to_be_deleted"))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the controllers that the token may see; others are silently left out."""
    listing = fetch_list(api, state, "sdn-controller", READS[0], "controller", "/sdn", "SDN.Audit")
    if listing.problem:
        return listing
    hidden = rights_may_hide(
        api, "sdn-controller", listing.rows.keys(), lambda name: f"/sdn/controllers/{name}", "SDN.Audit"
    )
    return with_unread(listing, hidden)


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> SdnController:
    """Make a controller of its row; raises `ValueError` when it cannot be parsed."""
    ignored = ignored_fields("proxmox", "sdn-controller")
    configured, running = sdn.layers(raw)
    state = str(configured.pop("state", ""))
    controller = SdnController.of_row(
        {**read_fields(configured, _NAMES, ignored, context), "to_be_deleted": state == "deleted"}
    )
    other = None
    if running and state == "changed":
        other = SdnController.of_row(read_fields(running, _NAMES, ignored, context))
    return sdn.with_pending(controller, other, state)


KIND = Kind(
    name="sdn-controller", plural="sdn-controllers", model=SdnController, fetch=fetch, normalise=normalise
)
