"""The reading of firewalls: those of the datacenter, of each node, and of the guests where one counts."""

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
from reconciler.collectors.proxmox.context import GuestFacts, NodeFacts, ProxmoxContext, context_of
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
    api: ProxmoxApi, state: ClusterState, guests: GuestFacts | None, nodes: NodeFacts | None = None
) -> Listing[RawFirewall, ProxmoxContext]:
    """Read every scope that counts; those that cannot be read are unread."""
    try:
        options = api.get("cluster/firewall/options")
    except ProxmoxRequestFailed as failure:
        return cluster_list.refused(api, state, "firewall", failure)
    firewalled = guests.firewalled if guests and _is_enabled(options) else frozenset()
    scopes, unread = _scopes(state, _guests(api, state, firewalled))
    versions = nodes.versions if nodes is not None else {}
    found: dict[str, RawFirewall] = {}
    known = api.expected.get("firewall", frozenset())
    for scope, answer in _leaves(api, state, scopes, "options", unread):
        if not isinstance(answer, dict):
            unread[scope] = Problem("", "its options are not an object", cause="bad-answer")
        elif not scope.startswith("guest:") or scope in known or _is_enabled(answer):
            found[scope] = RawFirewall(answer, version=versions.get(_node_of(scope, state)))
    for scope, rules in _leaves(api, state, {scope: scopes[scope] for scope in found}, "rules", unread):
        if isinstance(rules, list):
            found[scope] = replace(found[scope], rules=rules)
        else:
            unread[scope] = Problem("", "its rules are not a list", cause="bad-answer")
    unread |= _hidden(api, state, found.keys() | unread.keys())
    read = {scope: raw for scope, raw in found.items() if scope not in unread}
    return Listing(read, context_of(api, state), state.doubt, unread)


def _hidden(api: ProxmoxApi, state: ClusterState, listed: AbstractSet[str]) -> dict[str, Problem]:
    """Return the expected firewalls of guests that may be hidden: of such a guest the firewall is not gone.

    The guest is asked for, because the firewall of one that does not exist answers as an empty one.
    """
    nodes = state.online()[:1]

    def ask(scope: str) -> list[str]:
        vmid = scope.removeprefix("guest:")
        leaves = ("pending", "config") if scope.startswith("guest:") and vmid.isdecimal() else ()
        return [path("nodes", node, "qemu", vmid, leaf) for node in nodes for leaf in leaves]

    return may_be_hidden(api, "firewall", listed, ask, lambda scope: f"/vms/{scope.removeprefix('guest:')}")


def _leaves(
    api: ProxmoxApi, state: ClusterState, scopes: Mapping[str, str], leaf: str, unread: dict[str, Problem]
) -> Iterator[tuple[str, Any]]:
    """Return the answer of each scope; the problem of one without goes to `unread`."""
    asked = {f"{scopes[scope]}/{leaf}": scope for scope in api.in_order("firewall", scopes)}
    for at, data in api.get_many(asked):
        if isinstance(data, ProxmoxRequestFailed):
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
    return state.guests[name].node if kind == "guest" else name


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
    where = {"cluster": "/", "node": f"/nodes/{name}", "guest": f"/vms/{name}"}[kind]
    return cluster_list.refused_for_right(failure, where, state)
