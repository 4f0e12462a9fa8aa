"""Network interfaces of nodes, by `node:iface`.

Read from `/nodes/NODE/network` of each node that is online. By hand: `pvesh get /nodes/NODE/network`, or
`/etc/network/interfaces` and what waits in `/etc/network/interfaces.new`.
"""

import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.proxmox import ignored_fields
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_unread
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, named, path, rows
from reconciler.collectors.proxmox.rights import hidden, proof
from reconciler.errors import Problem, combined
from reconciler.model.fields import Address, Cidr, Count, Flag, Names, Notes, Ranges, VlanTag
from reconciler.model.kind import Kind, Listing, Resource, on_node

READS = ("nodes/{node}/network",)


class NodeNetwork(Resource):
    """A bridge, bond, VLAN or card of a node, as configured (a change that is not applied yet included)."""

    node: str
    iface: str
    type: Annotated[str, Field(description="bridge, bond, eth, vlan, OVSBridge, …")]
    autostart: Flag = False
    method: Annotated[str, Field(description="Of IPv4: static, dhcp, manual")] = "manual"
    method6: Annotated[str, Field(description="Of IPv6: static, dhcp, auto, manual")] = "manual"
    cidr: Cidr | None = None
    gateway: Address | None = None
    cidr6: Cidr | None = None
    gateway6: Address | None = None
    mtu: Count | None = None
    bridge_ports: Names = ()
    bridge_vlan_aware: Flag = False
    bridge_vids: Ranges = ()
    slaves: Names = ()
    bond_mode: str | None = None
    bond_primary: str | None = None
    bond_xmit_hash_policy: str | None = None
    vlan_id: VlanTag | None = None
    vlan_raw_device: str | None = None
    ovs_bridge: str | None = None
    ovs_ports: Names = ()
    ovs_bonds: Names = ()
    ovs_tag: VlanTag | None = None
    ovs_options: str | None = None
    changes_pending: Annotated[Flag, Field(description="It has changes that are not applied")] = False
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_DASHED = {"bond-primary": "bond_primary", "vlan-id": "vlan_id", "vlan-raw-device": "vlan_raw_device"}
_STANZA = re.compile(r"\s*(?:iface|auto|allow-\S+)\s+(\S+)")
_OURS = {"node", "changes_pending", "has_comment", "comment", "unmodelled"}
_NAMES = _DASHED | {name: name for name in NodeNetwork.model_fields.keys() - _OURS - set(_DASHED.values())}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every interface of every node; those of a node that does not answer make the list partial."""
    listed, problem = proof(state, "/sdn", "SDN.Audit")
    found: dict[str, Mapping[str, Any]] = {}
    silent = {node: node_offline(node) for node, online in state.nodes.items() if not online}
    asked = {path("nodes", node, "network"): node for node in state.online()}
    for at, whole in api.get_many(asked, whole=True):
        node = asked[at]
        try:
            interfaces, doubt = _interfaces(api, whole, at)
            waiting = _waiting(whole.get("changes"), interfaces.keys())
            found |= {
                f"{node}:{name}": _row(row, node, api, changes=name in waiting)
                for name, row in interfaces.items()
            }
            silent |= {node: replace(doubt, subject=f"node {node}")} if doubt else {}
        except ProxmoxRequestFailed as refusal:
            silent[node] = node_unread(node, refusal)
    if silent:
        listed = "partial"
        problem = combined([silent[node] for node in sorted(silent)])
    unread = _hidden(api, state, found.keys()) if listed == "complete" else {}
    return Listing(rows=found, listed=listed, problem=problem, unread=unread)


def _hidden(api: ProxmoxApi, state: ClusterState, seen: AbstractSet[str]) -> dict[str, Problem]:
    """Bridges that are left out of the list; asked for alone, they need Sys.Audit on the node alone."""

    def ask(identity: str) -> list[str]:
        node, _, iface = identity.partition(":")
        return [path("nodes", node, "network", iface)] if node in state.nodes else []

    return hidden(
        api,
        "node-network",
        seen,
        ask,
        lambda identity: f"/sdn/zones/localnetwork/{identity.partition(':')[2]}",
    )


def _interfaces(
    api: ProxmoxApi, whole: Any, at: str
) -> tuple[Mapping[str, Mapping[str, Any]], Problem | None]:
    """The interfaces of a node by name, and why they may not be all."""
    if isinstance(whole, ProxmoxRequestFailed):
        raise whole
    interfaces, doubt = named(rows(whole["data"], api.settings.hosts[0], at), "iface")
    if not interfaces:
        what = doubt.what if doubt else "it lists no interface, and every node has one"
        raise ProxmoxRequestFailed(api.settings.hosts[0], at, 200, what)
    return interfaces, doubt


def _waiting(changes: object, interfaces: AbstractSet[str]) -> AbstractSet[str]:
    """The interfaces that a diff of /etc/network/interfaces is about; all of them where it does not say."""
    if not changes:
        return frozenset()
    named: set[str] = set()
    inside = ""
    for line in str(changes).splitlines():
        if line.startswith(("---", "+++", "@@")):
            continue
        stanza = _STANZA.match(line[1:])
        inside = stanza[1] if stanza else inside
        if line[:1] in {"+", "-"} and line[1:].strip():
            named.add(inside)
    return (named & interfaces) or interfaces


def _row(row: Mapping[str, Any], node: str, api: ProxmoxApi, *, changes: bool) -> Mapping[str, Any]:
    notes = str(row.get("comments") or row.get("comments6") or "").rstrip()
    kept = {"comment": notes} if notes and api.settings.store_descriptions else {}
    facts = {"node": node, "changes_pending": changes, "has_comment": bool(notes)}
    return {key: value for key, value in row.items() if not key.startswith("comments")} | facts | kept


def normalise(identity: str, raw: Mapping[str, Any]) -> NodeNetwork:
    """An interface of its row; raises `ValueError` when it makes no sense."""
    del identity  # the row says it in parts
    return NodeNetwork.model_validate(
        {
            **{_NAMES[key]: value for key, value in raw.items() if key in _NAMES and value not in (None, "")},
            **{key: raw[key] for key in _OURS if key in raw},
            **{f"cidr{v}": cidr for v in ("", "6") if (cidr := _cidr(raw, v)) is not None},
            "pending": {"/changes_pending": False} if raw.get("changes_pending") else None,
            "unmodelled": sorted(raw.keys() - _NAMES.keys() - _OURS - ignored_fields.NETWORK.keys()),
        }
    )


def _cidr(raw: Mapping[str, Any], version: str) -> object:
    """`cidr` as the API says it, or of `address` and `netmask` where it leaves that out."""
    address, netmask = raw.get(f"address{version}"), raw.get(f"netmask{version}")
    return raw.get(f"cidr{version}") or (f"{address}/{netmask}" if address and netmask else None)


def _node_and_iface(text: str) -> str:
    if not all(part.strip() for part in text.partition(":")):
        message = "is no interface of a node; write it as node:iface, such as r630-01:vmbr0"
        raise ValueError(message)
    return text


KIND = Kind(
    name="node-network",
    plural="node-networks",
    model=NodeNetwork,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_node_and_iface)],
    notes="comment",
    host=on_node,
    not_adopted=frozenset({"node", "iface", "changes_pending", "has_comment"}),
)
