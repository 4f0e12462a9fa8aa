"""Nodes of SDN fabrics, by `fabric:node`: the addresses and interfaces that a node uses in a fabric.

Read from `/cluster/sdn/fabrics/all`, together with the fabrics. By hand:
`pvesh get /cluster/sdn/fabrics/all`.
"""

from typing import Annotated

from pydantic import BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import rights_may_hide
from reconciler.collectors.proxmox.cluster_list import RowListing
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import FabricFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.errors import Problem
from reconciler.model.fields.text import Names, Text, Texts
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource, own_fields


def _peers(value: object) -> object:
    """Return peers without the one item whose default is written out."""
    if not isinstance(value, list) or not all(isinstance(peer, str) for peer in value):
        return value
    return [",".join(item for item in peer.split(",") if item != _DEFAULT) for peer in value]


_DEFAULT = "skip_route_generation=0"

_RIGHTS = ("Sys.Audit", "Sys.Modify")


class FabricMember(Resource):
    """A node in a fabric."""

    protocol: Annotated[str, Field(description="Routing protocol of the fabric")]
    ip: Annotated[Text | None, Field(description="IPv4 address of the node")] = None
    ip6: Annotated[Text | None, Field(description="IPv6 address of the node")] = None
    interfaces: Annotated[
        Texts, Field(description="Interfaces: name=eth1,hello_multiplier=3; order does not matter")
    ] = ()
    role: Annotated[str | None, Field(description="WireGuard only: internal or external")] = None
    endpoint: Annotated[
        Text | None, Field(description="WireGuard only: endpoint for connections to the node")
    ] = None
    public_key: Annotated[Text | None, Field(description="WireGuard only: public key")] = None
    allowed_ips: Annotated[
        Names, Field(description="WireGuard only: IP addresses routable via the node; order does not matter")
    ] = ()
    peers: Annotated[
        Texts, BeforeValidator(_peers), Field(description="WireGuard only: peers; order does not matter")
    ] = ()


_NAMES = key_names(own_fields(FabricMember))


def fetch(api: ProxmoxApi, state: ClusterState, fabrics: FabricFacts | None) -> RowListing:
    """Return the nodes of the fabrics that the token may see."""
    context = context_of(api, state)
    if fabrics is None:
        expected = api.expected.get("sdn-fabric-node")
        unknown = Problem("", "the fabrics could not be read", cause="unreadable-field")
        return Listing({}, context, unknown if expected or state.doubt else None)
    named = [row for row in fabrics.nodes if row.get("fabric_id") and row.get("node_id")]
    problem = fabrics.problem
    if len(named) < len(fabrics.nodes):
        problem = problem or Problem("", "nodes of fabrics have no fabric_id or node_id", cause="bad-answer")
    found = {f"{row['fabric_id']}:{row['node_id']}": row for row in named}
    hidden = {} if problem else rights_may_hide(api, "sdn-fabric-node", found.keys(), _in_tree, *_RIGHTS)
    return Listing(found, context, problem, hidden)


def _in_tree(identity: str) -> str:
    return f"/nodes/{identity.partition(':')[2]}"


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> FabricMember:
    """Make a member of its row; raises `ValueError` when it cannot be parsed."""
    return FabricMember.of_row(
        read_fields(raw, _NAMES, ignored_fields("proxmox", "sdn-fabric-node"), context)
    )


KIND = Kind(
    name="sdn-fabric-node",
    plural="sdn-fabric-nodes",
    model=FabricMember,
    fetch=fetch,
    normalise=normalise,
    within=lambda identity, _row: [("sdn-fabric", identity.partition(":")[0])],
    needs=("sdn-fabric",),
)
