"""Network interfaces of nodes, by `node:iface`.

Read from `/nodes/NODE/network` of each online node. By hand: `pvesh get /nodes/NODE/network`, or
`/etc/network/interfaces` and the unapplied changes in `/etc/network/interfaces.new`. All unapplied changes of
a node are one finding, about the node.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_unread
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, by_key, path, rows
from reconciler.collectors.proxmox.context import NetworkFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.network_changes import waiting
from reconciler.collectors.proxmox.option_text import OPEN_VSWITCH
from reconciler.collectors.proxmox.raw_lines import of_interface
from reconciler.collectors.proxmox.rows import COMMENT, CommentText, HasComment, read_comment, read_fields
from reconciler.errors import Problem, combined
from reconciler.model.fields.addresses import Address, Cidr
from reconciler.model.fields.ethernet import NoTag
from reconciler.model.fields.hosts import HostSet
from reconciler.model.fields.numbers import Count, Flag, Ranges
from reconciler.model.fields.text import Names, TextLines
from reconciler.model.fingerprint import SecretFingerprints
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.relations import Shows, on_node_of_id, with_node_of_id
from reconciler.model.resource import DERIVED, Resource, own_fields
from reconciler.model.value import Row

READS = ("nodes/{node}/network",)


class NodeNetwork(Resource):
    """A network interface of a node as configured, including changes that are not applied yet."""

    node: Annotated[str, Field(description="Node name")]
    iface: Annotated[str, Field(description="Interface name")]
    type: Annotated[str, Field(description="Interface type: bridge, bond, eth, vlan, OVSBridge, …")]
    autostart: Annotated[Flag, Field(description="Bring the interface up at boot")] = False
    method: Annotated[str, Field(description="IPv4 method: static, dhcp or manual")] = "manual"
    method6: Annotated[str, Field(description="IPv6 method: static, dhcp, auto or manual")] = "manual"
    cidr: Annotated[Cidr | None, Field(description="IPv4 address with prefix length: 192.168.11.5/24")] = None
    gateway: Annotated[Address | None, Field(description="IPv4 gateway")] = None
    cidr6: Annotated[Cidr | None, Field(description="IPv6 address with prefix length")] = None
    gateway6: Annotated[Address | None, Field(description="IPv6 gateway")] = None
    mtu: Annotated[Count | None, Field(description="MTU")] = None
    bridge_ports: Annotated[Names, Field(description="Interfaces in the bridge; order does not matter")] = ()
    bridge_vlan_aware: Annotated[Flag, Field(description="Bridge is VLAN aware")] = False
    bridge_vids: Annotated[
        Ranges, Field(description="VLANs allowed on a VLAN-aware bridge: 2, 5, 10-20; order does not matter")
    ] = ()
    bridge_stp: Annotated[Flag | None, Field(description="Spanning tree protocol (STP)")] = None
    bridge_fd: Annotated[Count | None, Field(description="Forwarding delay of the bridge in seconds")] = None
    slaves: Annotated[Names, Field(description="Interfaces in the bond; order does not matter")] = ()
    bond_mode: Annotated[str | None, Field(description="Bond mode, such as active-backup or 802.3ad")] = None
    bond_miimon: Annotated[
        Count | None, Field(description="Interval of bond link checks, in milliseconds")
    ] = None
    bond_primary: Annotated[str | None, Field(description="Primary interface of an active-backup bond")] = (
        None
    )
    bond_xmit_hash_policy: Annotated[
        str | None, Field(description="Transmit hash policy: layer2, layer2+3 or layer3+4")
    ] = None
    vlan_id: Annotated[NoTag, Field(description="VLAN ID of a VLAN interface")] = None
    vlan_raw_device: Annotated[str | None, Field(description="Raw device of a VLAN interface")] = None
    ovs_bridge: Annotated[str | None, Field(description="Open vSwitch bridge of the port")] = None
    ovs_ports: Annotated[
        Names, DERIVED, Field(description="Ports of the OVS bridge; set on each port as `ovs_bridge`")
    ] = ()
    ovs_bonds: Annotated[Names, Field(description="Interfaces in the OVS bond; order does not matter")] = ()
    ovs_tag: Annotated[NoTag, Field(description="VLAN tag of the OVS port")] = None
    ovs_options: Annotated[
        Annotated[str, OPEN_VSWITCH] | None,
        Field(description="Open vSwitch options; values of undocumented options are hidden"),
    ] = None
    bridge_access: Annotated[NoTag, Field(description="Access VLAN of the bridge port")] = None
    bridge_arp_nd_suppress: Annotated[
        Flag | None, Field(description="ARP/ND suppression on the bridge port")
    ] = None
    bridge_learning: Annotated[Flag | None, Field(description="MAC address learning on the bridge port")] = (
        None
    )
    bridge_multicast_flood: Annotated[
        Flag | None, Field(description="Multicast flooding on the bridge port")
    ] = None
    bridge_unicast_flood: Annotated[Flag | None, Field(description="Unicast flooding on the bridge port")] = (
        None
    )
    vlan_protocol: Annotated[str | None, Field(description="VLAN protocol: 802.1q or 802.1ad")] = None
    vxlan_id: Annotated[Count | None, Field(description="VXLAN ID (VNI)")] = None
    vxlan_local_tunnelip: Annotated[Address | None, Field(description="VXLAN: local tunnel address")] = None
    vxlan_physdev: Annotated[str | None, Field(description="VXLAN: physical device")] = None
    vxlan_remoteip: Annotated[
        HostSet, Field(description="VXLAN: remote tunnel addresses; order does not matter")
    ] = ()
    vxlan_svcnodeip: Annotated[Address | None, Field(description="VXLAN: service node address")] = None
    uplink_id: Annotated[str | None, Field(description="Uplink ID")] = None
    options: Annotated[
        TextLines, Field(description="Additional options of the IPv4 configuration, in order")
    ] = ()
    options6: Annotated[
        TextLines, Field(description="Additional options of the IPv6 configuration, in order")
    ] = ()
    commands: Annotated[
        SecretFingerprints,
        Field(description="Commands (post-up, …) and passwords among the additional options (fingerprints)"),
    ] = ()
    changes_pending: Annotated[
        Flag, DERIVED, Field(description="Interface has changes that are not applied")
    ] = False
    has_comment: HasComment = False
    comment: CommentText = None


_DASHED = {
    name.replace("_", "-"): name
    for name in (
        "bond_primary bridge_access bridge_arp_nd_suppress bridge_learning bridge_multicast_flood"
        " bridge_unicast_flood uplink_id vlan_id vlan_protocol vlan_raw_device vxlan_id vxlan_local_tunnelip"
        " vxlan_physdev vxlan_remoteip vxlan_svcnodeip"
    ).split()
}
_LINES = ("options", "options6")
_APART = (*_LINES, "commands")
_NAMES = _DASHED | {
    name: name
    for name in own_fields(NodeNetwork, "node", "changes_pending", *_APART, *COMMENT) - set(_DASHED.values())
}


@dataclass(frozen=True, slots=True)
class RawInterface:
    """The row of an interface, the node that listed it, and whether it waits to be applied."""

    node: str
    row: ApiRow
    changes_pending: bool = False


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing[RawInterface, ProxmoxContext]:
    """Read every interface of every node; a node without an answer makes the list partial."""
    found: dict[str, RawInterface] = {}
    changes: dict[str, tuple[str, ...]] = {}
    silent = {node: node_offline(node) for node, online in state.nodes.items() if not online}
    asked = {path("nodes", node, "network"): node for node in state.online()}
    for at, whole in api.get_many(asked, whole=True):
        node = asked[at]
        try:
            interfaces, nameless = _interfaces(api, whole, at)
        except ProxmoxRequestFailed as failure:
            silent[node] = node_unread(node, failure)
            continue
        changed = waiting(whole.get("changes"), interfaces)
        changes[node] = tuple(sorted(changed))
        found |= {
            f"{node}:{name}": RawInterface(node, row, name in changed) for name, row in interfaces.items()
        }
        silent |= {node: replace(nameless, subject=f"node {node}")} if nameless else {}
    problem = state.listing_problem("/sdn", "SDN.Audit")
    if silent:
        problem = combined([silent[node] for node in sorted(silent)])
    unread = _hidden(api, state, found.keys()) if problem is None else {}
    return Listing(found, context_of(api, state), problem, unread, facts=NetworkFacts(changes))


def _hidden(api: ProxmoxApi, state: ClusterState, listed: AbstractSet[str]) -> dict[str, Problem]:
    """Return the expected bridges that may be hidden; to ask for one directly needs Sys.Audit on the node."""

    def ask(identity: str) -> list[str]:
        node, _, iface = identity.partition(":")
        return [path("nodes", node, "network", iface)] if node in state.nodes else []

    return may_be_hidden(
        api,
        "node-network",
        listed,
        ask,
        lambda identity: f"/sdn/zones/localnetwork/{identity.partition(':')[2]}",
    )


def _interfaces(api: ProxmoxApi, whole: Any, at: str) -> tuple[Mapping[str, ApiRow], Problem | None]:
    """Return the interfaces of a node by name, and why they may not be all."""
    if isinstance(whole, ProxmoxRequestFailed):
        raise whole
    interfaces, nameless = by_key(rows(whole["data"], api.settings.hosts[0], at), "iface")
    if not interfaces:
        what = nameless.what if nameless else "it lists no interface, but every node has one"
        raise ProxmoxRequestFailed(api.settings.hosts[0], at, 200, what)
    return interfaces, nameless


def normalise(_identity: str, raw: RawInterface, context: ProxmoxContext) -> NodeNetwork:
    """Make an interface of its row; raises `ValueError` when it cannot be parsed."""
    row = raw.row
    ignored = ignored_fields("proxmox", "node-network")
    found = read_fields(row, _NAMES, ignored, context)
    hidden = OPEN_VSWITCH.unread("ovs_options", str(row.get("ovs_options") or ""))
    found["unmodelled"] |= ignored.items(hidden, context.fingerprints)
    read_comment(found, row, context, "comments", "comments6")
    lines = {key: of_interface(row.get(key)) for key in _LINES}
    secret = context.fingerprints.secret
    return NodeNetwork.of_row(
        {
            **found,
            **{key: each.shown for key, each in lines.items()},
            "commands": [secret(f"/{key}", line) for key, each in lines.items() for line in each.hidden],
            **{f"cidr{v}": cidr for v in ("", "6") if (cidr := _cidr(row, v)) is not None},
            "node": raw.node,
            "changes_pending": raw.changes_pending,
        }
    )


def _cidr(row: ApiRow, version: str) -> object:
    """Return `cidr`, or make it of `address` and `netmask` where the API leaves it out."""
    address, netmask = row.get(f"address{version}"), row.get(f"netmask{version}")
    return row.get(f"cidr{version}") or (f"{address}/{netmask}" if address and netmask else None)


def _shows(identity: str, _row: Row) -> Iterator[Shows]:
    yield Shows("/changes_pending", "node", identity.partition(":")[0], "/network_changes")


def _node_and_iface(text: str) -> str:
    if not all(part.strip() for part in text.partition(":")):
        message = "is not an interface of a node; write it as node:iface, such as r630-01:vmbr0"
        raise ValueError(message)
    return text


_GATES = (
    Gate("/bridge_vlan_aware", ("/bridge_vids",)),
    Gate("/bond_mode", ("/bond_primary",), frozenset({"active-backup", None})),
    Gate("/bond_mode", ("/bond_xmit_hash_policy",), frozenset({"balance-xor", "802.3ad", None})),
)

KIND = Kind(
    shows=_shows,
    name="node-network",
    plural="node-networks",
    model=NodeNetwork,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
    identity=Annotated[str, AfterValidator(_node_and_iface)],
    notes="comment",
    host=on_node_of_id,
    comes_with=with_node_of_id,
    not_adopted=frozenset({"node", "iface", "has_comment"}),
)
