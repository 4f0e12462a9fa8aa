"""Firewalls, by scope: `cluster`, `node:NAME`, `guest:VMID`: options, and rules in their order.

Read from `/cluster/firewall/{options,rules}`, `/nodes/NODE/firewall/…` and
`/nodes/NODE/qemu|lxc/VMID/firewall/…`. Of guests only those that are declared, or where it can have an
effect: it is on for the datacenter, and on a NIC of the guest. By hand: `pvesh get /cluster/firewall/rules`,
or `/etc/pve/firewall/cluster.fw`.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, is_true, whole_number
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.absence import may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState, node_offline, node_silent
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import GuestFacts, ProxmoxContext, context_of
from reconciler.collectors.proxmox.property_string import Properties, at_default, default_key
from reconciler.collectors.proxmox.rows import key_names, read_comment, read_fields
from reconciler.errors import Problem
from reconciler.model.fields import Count, Flag, Names, Notes, Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource, own_fields
from reconciler.model.value import Row, Value

READS = ("cluster/firewall/options",)


def _is_on(value: object) -> object:
    """Take a number but 0 as on: Proxmox VE also writes the time at which it was enabled."""
    return is_true(value) if is_nothing(value) or whole_number(value) is not None else value


Enabled = Annotated[Flag, BeforeValidator(_is_on)]


class FirewallRule(Value):
    """One rule; its place in the list is its identity."""

    type: Annotated[str, Field(description="in, out, forward, or group")]
    action: Annotated[str, Field(description="ACCEPT, DROP, REJECT, or the name of a security group")]
    enable: Enabled = True
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

    enable: Annotated[Enabled, Field(description="Datacenter and guests: off; nodes: on")] = False
    policy_in: str | None = None
    policy_out: str | None = None
    policy_forward: str | None = None
    ebtables: Flag | None = None
    log_ratelimit: Annotated[
        Properties,
        default_key("enable"),
        at_default(enable=1, rate="1/second", burst=5),
        Field(default_factory=dict, description="Datacenter only: enable, rate and burst of the log"),
    ]
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


_OPTIONS = key_names(own_fields(Firewall, "rules"))
_RULE = key_names(FirewallRule.model_fields.keys() - {"comment"})
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
_ONLY = {
    "node": frozenset({"nftables", "tcpflags", "nf_conntrack_max", "protection_synflood"}),
    "guest": frozenset({"macfilter", "dhcp", "radv"}),
}
"""Options that only firewalls of one scope have."""


@dataclass(frozen=True, slots=True)
class RawFirewall:
    """The options of a scope and its rules."""

    options: ApiRow
    rules: list[ApiRow] = field(default_factory=list)


def fetch(
    api: ProxmoxApi, state: ClusterState, guests: GuestFacts | None
) -> Listing[RawFirewall, ProxmoxContext]:
    """Read every scope that counts; those that cannot be read are unread."""
    try:
        options = api.get("cluster/firewall/options")
    except ProxmoxRequestFailed as failure:
        return cluster_list.refused(api, state, "firewall", failure)
    firewalled = guests.firewalled if guests and _is_enabled(options) else frozenset()
    scopes, unread = _scopes(state, _guests(api, state, firewalled))
    found: dict[str, RawFirewall] = {}
    known = api.expected.get("firewall", frozenset())
    for scope, answer in _leaves(api, state, scopes, "options", unread):
        if not isinstance(answer, dict):
            unread[scope] = Problem("", "its options are not an object", cause="bad-answer")
        elif not scope.startswith("guest:") or scope in known or _is_enabled(answer):
            found[scope] = RawFirewall(answer)
    for scope, rules in _leaves(api, state, {scope: scopes[scope] for scope in found}, "rules", unread):
        if isinstance(rules, list) and all(isinstance(rule, dict) for rule in rules):
            found[scope] = replace(found[scope], rules=rules)
        else:
            unread[scope] = Problem("", "its rules are not a list of objects", cause="bad-answer")
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


def defaults(row: Row) -> Row:
    """Return the defaults of options in the scope of a row, which shows in the options that it has."""
    scope = next((scope for scope, only in _ONLY.items() if not only.isdisjoint(row)), "cluster")
    return dict(_DEFAULTS[scope])


def _defaults_of(scope: str, version: str | None) -> Mapping[str, object]:
    """Return the defaults of a scope; before Proxmox VE 9, `ndp` is off (schemas of 8.4 and 9.2)."""
    major = str(version or "").partition(".")[0]
    of_8 = "ndp" in _DEFAULTS[scope] and major.isdecimal() and int(major) < 9
    return {**_DEFAULTS[scope], "ndp": False} if of_8 else _DEFAULTS[scope]


def normalise(scope: str, raw: RawFirewall, context: ProxmoxContext) -> Firewall:
    """Make a firewall of its options and rules; raises `ValueError` when they cannot be parsed."""
    rules = sorted(raw.rules, key=lambda row: int(row.get("pos") or 0))
    return Firewall.model_validate(
        {
            **_defaults_of(scope.partition(":")[0], context.version),
            **read_fields(
                {**raw.options, "rules": rules}, _OPTIONS, ignored_fields("proxmox", "firewall"), context
            ),
            "rules": [_rule(row, context) for row in rules],
        }
    )


def _rule(row: ApiRow, context: ProxmoxContext) -> dict[str, Any]:
    """Return a rule without its position, and without what follows from other fields (`ipversion`)."""
    found = {_RULE[key]: value for key, value in row.items() if key in _RULE and not is_nothing(value)}
    comment = read_comment(row, context).get("comment")
    return found if comment is None else found | {"comment": comment}


def _host(scope: str, _row: Row) -> str | None:
    return scope.removeprefix("node:") if scope.startswith("node:") else None


def _scope(text: str) -> str:
    kind, _, name = text.partition(":")
    if (kind == "cluster" and not name and text == kind) or (kind in {"node", "guest"} and name):
        return text
    message = "is not a scope of a firewall; write cluster, node:NAME or guest:VMID"
    raise ValueError(message)


_GATES = (
    Gate("/nosmurfs", ("/smurf_log_level",), closed_by=frozenset({False})),
    Gate("/tcpflags", ("/tcp_flags_log_level",)),
    Gate("/protection_synflood", ("/protection_synflood_burst", "/protection_synflood_rate")),
)


def _within(scope: str, _row: Row) -> Iterator[tuple[str, str]]:
    if scope.startswith("guest:"):
        yield "guest", scope.removeprefix("guest:")


KIND = Kind(
    within=_within,
    name="firewall",
    plural="firewalls",
    model=Firewall,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
    needs=("guest",),
    identity=Annotated[str, AfterValidator(_scope)],
    defaults=defaults,
    host=_host,
)
