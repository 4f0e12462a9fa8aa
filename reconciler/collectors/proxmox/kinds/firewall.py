"""Firewalls, by scope: `cluster`, `node:NAME`, `guest:VMID`: options, and rules in their order.

Read from `/cluster/firewall/{options,rules}`, `/nodes/NODE/firewall/…` and
`/nodes/NODE/qemu|lxc/VMID/firewall/…`. Of guests only those that are declared, or where it can have an
effect: it is on for the datacenter, and on a NIC of the guest. By hand: `pvesh get /cluster/firewall/rules`,
or `/etc/pve/firewall/cluster.fw`.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_silent
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.rights import hidden
from reconciler.errors import Problem
from reconciler.model.fields import Count, Flag, Names, Notes, Text
from reconciler.model.kind import Kind, Listing, Resource
from reconciler.model.value import Row, Value

READS = ("cluster/firewall/options",)


class FirewallRule(Value):
    """One rule; its place in the list is its identity."""

    type: Annotated[str, Field(description="in, out, forward, or group")]
    action: Annotated[str, Field(description="ACCEPT, DROP, REJECT, or the name of a security group")]
    enable: Flag = True
    macro: str | None = None
    source: str | None = None
    dest: str | None = None
    proto: Text | None = None
    sport: Text | None = None
    dport: Text | None = None
    icmp_type: Text | None = None
    iface: str | None = None
    log: str | None = None
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


class Firewall(Resource):
    """A firewall. What is not set has the default of its scope; what a scope cannot have is left out."""

    enable: Annotated[Flag, Field(description="Datacenter and guests: off; nodes: on")] = False
    policy_in: str | None = None
    policy_out: str | None = None
    policy_forward: str | None = None
    ebtables: Flag | None = None
    log_ratelimit: Text | None = None
    log_level_in: str | None = None
    log_level_out: str | None = None
    log_level_forward: str | None = None
    dhcp: Flag | None = None
    ipfilter: Flag | None = None
    macfilter: Flag | None = None
    ndp: Flag | None = None
    radv: Flag | None = None
    nftables: Flag | None = None
    nosmurfs: Flag | None = None
    smurf_log_level: str | None = None
    tcpflags: Flag | None = None
    tcp_flags_log_level: str | None = None
    protection_synflood: Flag | None = None
    protection_synflood_burst: Count | None = None
    protection_synflood_rate: Count | None = None
    log_nf_conntrack: Flag | None = None
    nf_conntrack_allow_invalid: Flag | None = None
    nf_conntrack_helpers: Names = ()
    nf_conntrack_max: Count | None = None
    nf_conntrack_tcp_timeout_established: Count | None = None
    nf_conntrack_tcp_timeout_syn_recv: Count | None = None
    rules: Annotated[tuple[FirewallRule, ...], Field(description="In their order")] = ()


_OPTIONS = Firewall.model_fields.keys() - {"unmodelled", "unread", "health", "pending", "rules"}
_RULE = FirewallRule.model_fields.keys()
_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "cluster": {
        "enable": False,
        "policy_in": "DROP",
        "policy_out": "ACCEPT",
        "policy_forward": "ACCEPT",
        "ebtables": True,
    },
    "node": {
        "enable": True,
        "ndp": True,
        "nftables": False,
        "tcpflags": False,
        "protection_synflood": False,
        "log_nf_conntrack": False,
        "nf_conntrack_allow_invalid": False,
        "nf_conntrack_max": 262144,
        "nf_conntrack_tcp_timeout_established": 432000,
        "nf_conntrack_tcp_timeout_syn_recv": 60,
        "protection_synflood_burst": 1000,
        "protection_synflood_rate": 200,
    },
    "guest": {
        "enable": False,
        "policy_in": "DROP",
        "policy_out": "ACCEPT",
        "dhcp": False,
        "ipfilter": False,
        "macfilter": True,
        "ndp": True,
        "radv": False,
    },
}
"""Of options that are not set (schemas of the `options` endpoints; contracts of the firewall)."""


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """Every scope that counts; those that cannot be read are unread."""
    try:
        options = api.get("cluster/firewall/options")
    except ProxmoxRequestFailed as refusal:
        return cluster_list.refused(api, state, "firewall", refusal)
    scopes, unread = _scopes(api, state, on=_is_on(options))
    found: dict[str, Mapping[str, Any]] = {}
    known = api.expected.get("firewall", frozenset())
    for scope, told in _leaves(api, state, scopes, "options", unread):
        if not isinstance(told, dict):
            unread[scope] = Problem("", "its options are not an object", cause="bad-answer")
        elif not scope.startswith("guest:") or scope in known or _is_on(told):
            found[scope] = {"options": told, "version": state.version}
    for scope, rules in _leaves(api, state, {scope: scopes[scope] for scope in found}, "rules", unread):
        if isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules):
            found[scope] = {**found[scope], "rules": _rules(rules, api)}
        else:
            unread[scope] = Problem("", "its rules are not a list of objects", cause="bad-answer")
    unread |= _hidden(api, state, found.keys() | unread.keys())
    whole = {scope: row for scope, row in found.items() if scope not in unread}
    if state.doubt:
        return Listing(whole, "partial", state.doubt, unread)
    return Listing(whole, unread=unread)


def _hidden(api: ProxmoxApi, state: ClusterState, seen: AbstractSet[str]) -> dict[str, Problem]:
    """Expected firewalls of guests that no list names: of one that is hidden, the firewall is not gone.

    The guest is asked for, because the firewall of one that is not there answers as an empty one.
    """
    nodes = state.online()[:1]

    def ask(scope: str) -> list[str]:
        vmid = scope.removeprefix("guest:")
        leaves = ("pending", "config") if scope.startswith("guest:") and vmid.isdecimal() else ()
        return [path("nodes", node, "qemu", vmid, leaf) for node in nodes for leaf in leaves]

    return hidden(api, "firewall", seen, ask, lambda scope: f"/vms/{scope.removeprefix('guest:')}")


def _leaves(
    api: ProxmoxApi, state: ClusterState, scopes: Mapping[str, str], leaf: str, unread: dict[str, Problem]
) -> Iterator[tuple[str, Any]]:
    """What each scope answers; why one does not goes to `unread`."""
    asked = {f"{at}/{leaf}": scope for scope, at in scopes.items()}
    for at, data in api.get_many(asked):
        if isinstance(data, ProxmoxRequestFailed):
            unread[asked[at]] = _why(asked[at], data, state)
        else:
            yield asked[at], data


def _scopes(api: ProxmoxApi, state: ClusterState, *, on: bool) -> tuple[dict[str, str], dict[str, Problem]]:
    """Scope → path of its firewall, and why others cannot be asked; `on`: it is for the datacenter."""
    places = {f"guest:{vmid}": state.guests[vmid].node for vmid in _guests(api, state, on=on)}
    places |= {f"node:{node}": node for node in state.nodes}
    scopes = {"cluster": "cluster/firewall"}
    for scope, node in places.items():
        if state.nodes.get(node):
            kind, _, name = scope.partition(":")
            guest = (state.guests[name].type, name) if kind == "guest" else ()
            scopes[scope] = path("nodes", node, *guest, "firewall")
    away = places.keys() - scopes.keys()
    return scopes, {scope: node_offline(places[scope]) for scope in away}


def _is_on(options: Any) -> bool:
    return isinstance(options, dict) and str(options.get("enable") or "0") not in {"0", "False"}


def _guests(api: ProxmoxApi, state: ClusterState, *, on: bool) -> list[str]:
    """The guests whose firewall is declared or recorded, and those where it can have an effect."""
    known = api.expected.get("firewall", ())
    expected = {scope.removeprefix("guest:") for scope in known if scope.startswith("guest:")}
    return sorted((expected | (api.firewalled if on else set())) & state.guests.keys())


def _why(scope: str, refusal: ProxmoxRequestFailed, state: ClusterState) -> Problem:
    kind, _, name = scope.partition(":")
    if refusal.node_silent and kind == "node":
        return node_silent(name, refusal)
    if refusal.status != 403:
        return refusal.problem
    where = {"cluster": "/", "node": f"/nodes/{name}", "guest": f"/vms/{name}"}[kind]
    return cluster_list.lacks_right(refusal, where, state)


def _rules(rows: list[dict[str, Any]], api: ProxmoxApi) -> list[dict[str, Any]]:
    return [cluster_list.noted(row, api) for row in sorted(rows, key=lambda row: int(row.get("pos") or 0))]


def defaults(row: Row) -> Row:
    """What an option has in its scope where it is not set; a row tells its scope by what it has."""
    scope = "node" if "nftables" in row else "guest" if "macfilter" in row else "cluster"
    return dict(_DEFAULTS[scope])


def _defaults_of(scope: str, version: object) -> Mapping[str, object]:
    """Before Proxmox VE 9, `ndp` is off where it is not set (schemas of 8.4 and 9.2)."""
    major = str(version or "").partition(".")[0]
    of_8 = "ndp" in _DEFAULTS[scope] and major.isdecimal() and int(major) < 9
    return {**_DEFAULTS[scope], "ndp": False} if of_8 else _DEFAULTS[scope]


def normalise(scope: str, raw: Mapping[str, Any]) -> Firewall:
    """A firewall of its options and rules; raises `ValueError` when they make no sense."""
    options = raw["options"] if isinstance(raw["options"], dict) else {}
    return Firewall.model_validate(
        {
            **_defaults_of(scope.partition(":")[0], raw.get("version")),
            **cluster_list.fields(options, _OPTIONS, ("digest",)),
            "rules": list(map(_rule, raw["rules"])),
        }
    )


def _rule(row: Mapping[str, Any]) -> dict[str, Any]:
    """A rule without its place, and what follows from others (`ipversion`); unknown keys do not count.

    That there is a comment does not count either, unless it is read: rules are compared as a whole.
    """
    found = cluster_list.fields(row, _RULE)
    del found["unmodelled"]
    return found


def _host(scope: str, _row: Row) -> str | None:
    return scope.removeprefix("node:") if scope.startswith("node:") else None


def _scope(text: str) -> str:
    kind, _, name = text.partition(":")
    if (kind == "cluster" and not name and text == kind) or (kind in {"node", "guest"} and name):
        return text
    message = "is no scope of a firewall; write cluster, node:NAME or guest:VMID"
    raise ValueError(message)


KIND = Kind(
    name="firewall",
    plural="firewalls",
    model=Firewall,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_scope)],
    defaults=defaults,
    host=_host,
)
