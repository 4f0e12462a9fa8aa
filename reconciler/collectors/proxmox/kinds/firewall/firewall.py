"""Firewalls, by scope: `cluster`, `node:NAME`, `guest:VMID`, `vnet:NAME`: options, and rules in order.

Read from `/cluster/firewall/{options,rules}`, `/nodes/NODE/firewall/…`,
`/nodes/NODE/qemu|lxc/VMID/firewall/…` and, if the release has it, `/cluster/sdn/vnets/VNET/firewall/…`.
A guest firewall is read only if it is declared, or if the firewall is on for the datacenter and for a NIC of
the guest. By hand: `pvesh get /cluster/firewall/rules`, or `/etc/pve/firewall/cluster.fw`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.firewall_rules import (
    Enabled,
    FirewallRules,
    NoLog,
    read_rules,
    used_by_rules,
)
from reconciler.collectors.proxmox.guest_firewall import switched_on
from reconciler.collectors.proxmox.kinds.firewall.commands import change
from reconciler.collectors.proxmox.kinds.firewall.fetch import RawFirewall, fetch_firewalls
from reconciler.collectors.proxmox.property_string import Properties, at_default, items, items_of
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names
from reconciler.model.fix import KindFixes
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource, own_fields
from reconciler.model.value import Row

READS = ("cluster/firewall/options",)


class Firewall(Resource):
    """A firewall. Unset options have the default of its scope; options of other scopes are left out."""

    enable: Annotated[Enabled, Field(description="Firewall enabled; on by default for nodes only")] = False
    policy_in: Annotated[str | None, Field(description="Input policy: ACCEPT, DROP or REJECT")] = None
    policy_out: Annotated[str | None, Field(description="Output policy: ACCEPT, DROP or REJECT")] = None
    policy_forward: Annotated[str | None, Field(description="Forward policy: ACCEPT or DROP")] = None
    ebtables: Annotated[Flag | None, Field(description="Datacenter only: ebtables rules")] = None
    log_ratelimit: Annotated[
        Properties,
        items("burst enable rate", "enable"),
        at_default(enable=1, rate="1/second", burst=5),
        Field(default_factory=dict, description="Datacenter only: log rate limit (enable, rate and burst)"),
    ]
    log_level_in: Annotated[NoLog, Field(description="Log level for incoming traffic (default nolog)")] = None
    log_level_out: Annotated[NoLog, Field(description="Log level for outgoing traffic (default nolog)")] = (
        None
    )
    log_level_forward: Annotated[
        NoLog, Field(description="Log level for forwarded traffic (default nolog)")
    ] = None
    dhcp: Annotated[Flag | None, Field(description="Guest only: allow DHCP")] = None
    ipfilter: Annotated[Flag | None, Field(description="Guest only: enable the default IP filters")] = None
    macfilter: Annotated[Flag | None, Field(description="Guest only: MAC address filter")] = None
    ndp: Annotated[
        Flag | None, Field(description="Node or guest: allow Neighbor Discovery Protocol (NDP)")
    ] = None
    radv: Annotated[Flag | None, Field(description="Guest only: allow sending Router Advertisements")] = None
    nftables: Annotated[Flag | None, Field(description="Node only: use the nftables-based firewall")] = None
    nosmurfs: Annotated[Flag | None, Field(description="Node only: SMURFS filter")] = None
    smurf_log_level: Annotated[
        NoLog, Field(description="Node only: log level of the SMURFS filter (default nolog)")
    ] = None
    tcpflags: Annotated[
        Flag | None, Field(description="Node only: filter illegal combinations of TCP flags")
    ] = None
    tcp_flags_log_level: Annotated[
        NoLog, Field(description="Node only: log level of the TCP flags filter (default nolog)")
    ] = None
    protection_synflood: Annotated[Flag | None, Field(description="Node only: SYN flood protection")] = None
    protection_synflood_burst: Annotated[
        Count | None, Field(description="Node only: SYN burst per source IP")
    ] = None
    protection_synflood_rate: Annotated[
        Count | None, Field(description="Node only: SYN packets per second and source IP")
    ] = None
    log_nf_conntrack: Annotated[Flag | None, Field(description="Node only: log connection tracking")] = None
    nf_conntrack_allow_invalid: Annotated[
        Flag | None, Field(description="Node only: allow invalid packets")
    ] = None
    nf_conntrack_helpers: Annotated[
        Names, Field(description="Node only: conntrack helpers, such as ftp; order does not matter")
    ] = ()
    nf_conntrack_max: Annotated[Count | None, Field(description="Node only: maximum tracked connections")] = (
        None
    )
    nf_conntrack_tcp_timeout_established: Annotated[
        Count | None, Field(description="Node only: timeout of established TCP connections in seconds")
    ] = None
    nf_conntrack_tcp_timeout_syn_recv: Annotated[
        Count | None, Field(description="Node only: SYN received timeout in seconds")
    ] = None
    release: Annotated[
        Count | None,
        Field(description="Major release of the node, if it has other defaults than Proxmox VE 9"),
    ] = None
    digest: Digest = None
    rules: FirewallRules = ()


_OPTIONS = key_names(own_fields(Firewall, "rules", "release"))
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
    "vnet": {"enable": False, "policy_forward": "ACCEPT"},
}
"""Of options that are not set (schemas of the `options` endpoints; contracts of the firewall)."""
_RELEASE = 9
"""Major release of which the defaults are."""
_ONLY = {
    "node": frozenset({"nftables", "tcpflags", "nf_conntrack_max", "protection_synflood"}),
    "guest": frozenset({"macfilter", "dhcp", "radv"}),
}
"""Options that only firewalls of one scope have."""
_NOT_OF_VNETS = frozenset({"ebtables", "policy_in", "policy_out"})


def defaults(row: Row) -> Row:
    """Return the defaults of options in the scope of a row, which shows in the options that it has."""
    others = "vnet" if _NOT_OF_VNETS.isdisjoint(row) else "cluster"
    scope = next((scope for scope, only in _ONLY.items() if not only.isdisjoint(row)), others)
    return dict(_defaults_of(scope, row.get("release")))


def _defaults_of(scope: str, release: object) -> Mapping[str, object]:
    """Return the defaults of a scope; before Proxmox VE 9, `ndp` is off (schemas of 8.4 and 9.2)."""
    older = isinstance(release, int) and release < _RELEASE and "ndp" in _DEFAULTS[scope]
    return {**_DEFAULTS[scope], "ndp": False} if older else _DEFAULTS[scope]


def _release(version: str | None) -> int | None:
    """Return the major release of a version whose defaults are others; None for those of the newest."""
    major = str(version or "").partition(".")[0]
    return int(major) if major.isdecimal() and int(major) < _RELEASE else None


def normalise(scope: str, raw: RawFirewall, context: ProxmoxContext) -> Firewall:
    """Make a firewall of its options and rules; raises `ValueError` when they cannot be parsed."""
    kind = scope.partition(":")[0]
    release = _release(raw.version or context.version) if "ndp" in _DEFAULTS[kind] else None
    ignored, bags = ignored_fields("proxmox", "firewall"), items_of(Firewall)
    found = {
        **_defaults_of(kind, release),
        **read_fields({**raw.options, "rules": raw.rules}, _OPTIONS, ignored, context, bags),
        "release": release,
    }
    read_rules(found, raw.rules, context)
    return Firewall.of_row(found)


def _host(scope: str, _row: Row) -> str | None:
    return scope.removeprefix("node:") if scope.startswith("node:") else None


def _scope(text: str) -> str:
    kind, _, name = text.partition(":")
    if (kind == "cluster" and not name and text == kind) or (kind in {"node", "guest", "vnet"} and name):
        return text
    message = "is not a scope of a firewall; write cluster, node:NAME, guest:VMID or vnet:NAME"
    raise ValueError(message)


_GATES = (
    Gate("/nosmurfs", ("/smurf_log_level",), closed_by=frozenset({False})),
    Gate("/tcpflags", ("/tcp_flags_log_level",)),
    Gate("/protection_synflood", ("/protection_synflood_burst", "/protection_synflood_rate")),
)


def _within(scope: str, _row: Row) -> Iterator[tuple[str, str]]:
    if scope.startswith("guest:"):
        yield "guest", scope.removeprefix("guest:")
    if scope.startswith("vnet:"):
        yield "sdn-vnet", scope.removeprefix("vnet:")


def _uses(scope: str, row: Row) -> Iterator[tuple[str, str]]:
    return used_by_rules(row, scope.removeprefix("guest:") if scope.startswith("guest:") else None)


def _lets_in(scope: str, row: Row) -> str | None:
    """Return that whatever no rule is about comes in."""
    return (
        f"{scope} accepts incoming traffic that matches no rule" if row.get("policy_in") == "ACCEPT" else None
    )


KIND = Kind(
    within=_within,
    comes_with=lambda scope, _row: switched_on(scope),
    uses=_uses,
    used_kinds=frozenset({"security-group", "ipset", "alias"}),
    name="firewall",
    plural="firewalls",
    model=Firewall,
    unmanaged_severity="warning",
    lets_in=_lets_in,
    fetch=fetch_firewalls,
    normalise=normalise,
    gates=_GATES,
    needs=("guest", "node", "sdn-vnet"),
    identity=Annotated[str, AfterValidator(_scope)],
    defaults=defaults,
    host=_host,
    not_adopted=frozenset({"release"}),
    fix=KindFixes(change),
)
