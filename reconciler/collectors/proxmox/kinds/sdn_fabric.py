"""Fabrics of the software-defined network, by id: how nodes find each other. Release 9 only.

Read from `/cluster/sdn/fabrics/all`, one call for fabrics and their nodes. By hand:
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
    """A fabric: a routed network between nodes."""

    protocol: Annotated[str, Field(description="openfabric, ospf, wireguard or bgp")]
    ip_prefix: Cidr | None = None
    ip6_prefix: Cidr | None = None
    area: Annotated[Text | None, Field(description="OSPF only")] = None
    hello_interval: Annotated[Amount | None, Field(description="Seconds")] = None
    csnp_interval: Annotated[Amount | None, Field(description="Seconds")] = None
    persistent_keepalive: Annotated[Count | None, Field(description="Seconds; WireGuard only")] = None
    route_filter: Text | None = None
    redistribute: Annotated[Texts, Field(description="Sources of routes that are passed on")] = ()


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
