"""SDN fabrics, by id: routed networks between nodes. Proxmox VE 9 only.

Read from `/cluster/sdn/fabrics/all` in one request, together with their nodes. By hand:
`pvesh get /cluster/sdn/fabrics/all`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import rights_may_hide
from reconciler.collectors.proxmox.cluster_list import RowListing, refused
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, by_key, rows
from reconciler.collectors.proxmox.context import FabricFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.model.fields.addresses import Cidr
from reconciler.model.fields.numbers import Amount, Count
from reconciler.model.fields.text import Text, Texts
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource, own_fields

READS = ("cluster/sdn/fabrics/all",)
_RIGHTS = ("SDN.Audit", "SDN.Allocate")


class SdnFabric(Resource):
    """An SDN fabric: a routed network between nodes."""

    protocol: Annotated[str, Field(description="Routing protocol: openfabric, ospf, wireguard or bgp")]
    ip_prefix: Annotated[Cidr | None, Field(description="IPv4 prefix of the node addresses")] = None
    ip6_prefix: Annotated[Cidr | None, Field(description="IPv6 prefix of the node addresses")] = None
    area: Annotated[Text | None, Field(description="OSPF only: area")] = None
    hello_interval: Annotated[
        Amount | None, Field(description="OpenFabric only: hello interval in seconds")
    ] = None
    csnp_interval: Annotated[
        Amount | None, Field(description="OpenFabric only: CSNP interval in seconds")
    ] = None
    persistent_keepalive: Annotated[
        Count | None, Field(description="WireGuard only: persistent keepalive interval in seconds")
    ] = None
    route_filter: Annotated[
        Text | None, Field(description="OpenFabric, OSPF: prefix list that filters routes into the kernel")
    ] = None
    redistribute: Annotated[
        Texts, Field(description="OSPF, BGP: route sources to redistribute; order does not matter")
    ] = ()


_NAMES = key_names(own_fields(SdnFabric))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the fabrics that the token may see; others are silently left out."""
    host, at = api.settings.hosts[0], READS[0]
    try:
        answer: Any = api.get(at)
        listed = answer if isinstance(answer, dict) else {}
        found, nameless = by_key(rows(listed.get("fabrics"), host, at), "id")
        members = rows(listed.get("nodes"), host, at)
    except ProxmoxRequestFailed as failure:
        return refused(api, state, "sdn-fabric", failure)
    problem = state.listing_problem("/sdn", "SDN.Audit") or nameless
    nodes = problem or state.listing_problem("/nodes", "Sys.Audit", "Sys.Modify")
    hidden = {} if problem else rights_may_hide(api, "sdn-fabric", found.keys(), _in_tree, *_RIGHTS)
    return Listing(found, context_of(api, state), problem, hidden, facts=FabricFacts(tuple(members), nodes))


def _in_tree(identity: str) -> str:
    return f"/sdn/fabrics/{identity}"


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> SdnFabric:
    """Make a fabric of its row; raises `ValueError` when it cannot be parsed."""
    return SdnFabric.of_row(read_fields(raw, _NAMES, ignored_fields("proxmox", "sdn-fabric"), context))


KIND = Kind(name="sdn-fabric", plural="sdn-fabrics", model=SdnFabric, fetch=fetch, normalise=normalise)
