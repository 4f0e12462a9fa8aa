"""The reading of firewalls: of the datacenter, each node and each vnet, and of the guests where one counts.

Two requests each, and one for a guest whose firewall turns out to be off.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true
from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_silent
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import (
    FirewallFacts,
    GuestFacts,
    NodeFacts,
    ProxmoxContext,
    VnetFacts,
    context_of,
)
from reconciler.collectors.proxmox.guest_firewall import alias_names
from reconciler.errors import Problem
from reconciler.model.listing import Listing


@dataclass(frozen=True, slots=True)
class RawFirewall:
    """The options of a scope and its rules."""

    options: ApiRow
    rules: list[Any] = field(default_factory=list)
    """One that is not an object costs all of them."""
    version: str | None = None
    """Of Proxmox VE on the node that has it; None: that of the cluster."""


def fetch_firewalls(
    api: ProxmoxApi,
    state: ClusterState,
    guests: GuestFacts | None,
    nodes: NodeFacts | None = None,
    vnets: VnetFacts | None = None,
) -> Listing[RawFirewall, ProxmoxContext]:
    """Read every scope that counts; those that cannot be read are unread."""
    try:
        options = api.get("cluster/firewall/options")
    except ProxmoxRequestFailed as failure:
        return cluster_list.refused(api, state, "firewall", failure)
    is_on = _is_enabled(options)
    firewalled = guests.firewalled if guests and is_on else frozenset()
    scopes, unread = _scopes(state, _guests(api, state, firewalled))
    scopes |= _vnets(api, vnets)
    versions = nodes.versions if nodes is not None else {}
    found: dict[str, RawFirewall] = {}
    declared = api.declared.get("firewall", frozenset())
    off = set[str]() if is_on else set(state.guests)
    for scope, answer in _leaves(api, state, scopes, "options", unread):
        if not isinstance(answer, dict):
            unread[scope] = Problem("", "its options are not an object", cause="bad-answer")
            continue
        counts = not scope.startswith("guest:") or (is_on and _is_enabled(answer))
        if not counts:
            off.add(scope.removeprefix("guest:"))
        if counts or scope in declared:
            found[scope] = RawFirewall(answer, version=versions.get(_node_of(scope, state)))
    for scope, rules in _leaves(api, state, {scope: scopes[scope] for scope in found}, "rules", unread):
        if isinstance(rules, list):
            found[scope] = replace(found[scope], rules=rules)
        else:
            unread[scope] = Problem("", "its rules are not a list", cause="bad-answer")
    unread |= _hidden(api, state, found.keys() | unread.keys() | {f"guest:{vmid}" for vmid in off})
    read = {scope: raw for scope, raw in found.items() if scope not in unread}
    aliases = _aliases(read)
    facts = FirewallFacts(aliases, frozenset(off - aliases.keys()))
    return Listing(read, context_of(api, state), state.doubt, unread, facts=facts)


def _aliases(read: Mapping[str, RawFirewall]) -> dict[str, frozenset[str]]:
    """Return the guests whose firewall is on, each with the names in its rules that may be aliases."""
    on = {scope.removeprefix("guest:"): raw for scope, raw in read.items() if scope.startswith("guest:")}
    return {
        vmid: alias_names(
            row.get(end) for row in raw.rules if isinstance(row, dict) for end in ("source", "dest")
        )
        for vmid, raw in on.items()
        if _is_enabled(raw.options)
    }


def _hidden(api: ProxmoxApi, state: ClusterState, listed: AbstractSet[str]) -> dict[str, Problem]:
    """Return the expected firewalls of guests and vnets that may be hidden: such a firewall is not gone.

    Guest and vnet are asked for, because the firewall of a guest that does not exist answers as an empty one.
    """

    def ask(scope: str) -> list[str]:
        kind, _, name = scope.partition(":")
        if kind == "vnet":
            return [path("cluster", "sdn", "vnets", name)]
        return state.paths_of_guest(name) if kind == "guest" else []

    return may_be_hidden(api, "firewall", listed, ask, _in_tree)


def _in_tree(scope: str) -> str:
    """Return the path of a scope in the tree of permissions."""
    kind, _, name = scope.partition(":")
    return {"cluster": "/", "node": f"/nodes/{name}", "vnet": "/sdn"}.get(kind, f"/vms/{name}")


def _leaves(
    api: ProxmoxApi, state: ClusterState, scopes: Mapping[str, str], leaf: str, unread: dict[str, Problem]
) -> Iterator[tuple[str, Any]]:
    """Return the answer of each scope; the problem of one without goes to `unread`.

    Not every release has firewalls of vnets.
    """
    known = api.expected.get("firewall", frozenset())
    asked = {f"{scopes[scope]}/{leaf}": scope for scope in api.in_order("firewall", scopes)}
    for at, data in api.get_many(asked):
        if isinstance(data, ProxmoxRequestFailed):
            if (
                asked[at].startswith("vnet:")
                and data.status in cluster_list.ABSENT
                and asked[at] not in known
            ):
                continue
            unread[asked[at]] = _problem(asked[at], data, state)
        else:
            yield asked[at], data


def _scopes(state: ClusterState, vmids: Iterable[str]) -> tuple[dict[str, str], dict[str, Problem]]:
    """Return scope → path of its firewall, and the problem of each that cannot be asked."""
    places = {f"guest:{vmid}": state.guests[vmid].node for vmid in vmids}
    places |= {f"node:{node}": node for node in state.nodes}
    scopes = {"cluster": "cluster/firewall"}
    for scope, node in places.items():
        if state.nodes.get(node):
            kind, _, name = scope.partition(":")
            guest = (state.guests[name].type, name) if kind == "guest" else ()
            scopes[scope] = path("nodes", node, *guest, "firewall")
    away = places.keys() - scopes.keys()
    return scopes, {scope: node_offline(places[scope]) for scope in away}


def _node_of(scope: str, state: ClusterState) -> str:
    kind, _, name = scope.partition(":")
    return state.guests[name].node if kind == "guest" else name if kind == "node" else ""


def _vnets(api: ProxmoxApi, vnets: VnetFacts | None) -> dict[str, str]:
    """Return scope → path of the firewalls of vnets; of the expected ones where vnets could not be listed."""
    known = api.expected.get("firewall", frozenset())
    expected = {scope.removeprefix("vnet:") for scope in known if scope.startswith("vnet:")}
    names = expected if vnets is None else vnets.names
    return {f"vnet:{name}": path("cluster", "sdn", "vnets", name, "firewall") for name in sorted(names)}


def _is_enabled(options: Any) -> bool:
    return isinstance(options, dict) and is_true(options.get("enable"))


def _guests(api: ProxmoxApi, state: ClusterState, firewalled: AbstractSet[str]) -> list[str]:
    """Return the guests whose firewall is declared or recorded, and those where it can have an effect."""
    known = api.expected.get("firewall", ())
    expected = {scope.removeprefix("guest:") for scope in known if scope.startswith("guest:")}
    return sorted((expected | firewalled) & state.guests.keys())


def _problem(scope: str, failure: ProxmoxRequestFailed, state: ClusterState) -> Problem:
    kind, _, name = scope.partition(":")
    if failure.node_silent and kind == "node":
        return node_silent(name, failure)
    if failure.status != 403:
        return failure.problem
    return cluster_list.refused_for_right(failure, _in_tree(scope), state)
