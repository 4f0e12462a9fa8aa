"""Firewall policies of a UniFi site: `from:to:name` by zones, or `WAN_IN:name` where it has not migrated.

Read from the v2 API's `firewall-policies`, or from `rest/firewallrule`; the site's migration
decides which (`site-feature-migration`), because the other list is empty although there are rules
(Art-of-WiFi/UniFi-API-client#259). Policies that the controller made itself are left out. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/firewall-policies`.
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, read_notes
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.policies import POLICIES as INSTEAD
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.older_rules import as_policy, end_of
from reconciler.collectors.unifi.policies import read_policies
from reconciler.collectors.unifi.rows import (
    UnifiListing,
    is_on,
    listing,
    name_of,
    read_fields,
)
from reconciler.model.fields import Blocks, Count, Flag, Macs, Names, Notes, Ranges, Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.pointer import member
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource, own_fields
from reconciler.model.value import Row, Value

READS = (NETWORKS,)

_FLAGS = ("match_opposite_ips", "match_opposite_networks", "match_opposite_ports")


class End(Value):
    """The source or the destination of traffic."""

    zone: Annotated[Text | None, RefTo("firewall-zone")] = None
    matching_target: Annotated[Text, Field(description="ANY, IP, NETWORK, CLIENT, DEVICE, MAC, WEB, …")] = (
        "ANY"
    )
    ips: Annotated[Blocks, Field(description="Addresses, networks and ranges")] = ()
    networks: Annotated[Names, RefTo("network"), Field(description="Ids of networks")] = ()
    macs: Macs = ()
    domains: Names = ()
    groups: Annotated[
        Names, RefTo("firewall-group"), Field(description="Names of groups of addresses or ports")
    ] = ()
    ports: Annotated[Ranges, Field(description="none: any")] = ()
    match_opposite_ips: Flag = False
    match_opposite_networks: Flag = False
    match_opposite_ports: Flag = False


class Schedule(Value):
    """When a policy is in force."""

    mode: Text = "ALWAYS"
    days: Names = ()
    date: Text | None = None
    date_start: Text | None = None
    date_end: Text | None = None
    start: Text | None = None
    end: Text | None = None


class FirewallPolicy(Resource):
    """A policy between zones, or a rule of the older firewall."""

    name: Text | None = None
    enabled: Flag = True
    action: Annotated[Text, Field(description="ALLOW, BLOCK or REJECT")] = "ALLOW"
    index: Annotated[
        Count | None, DERIVED, Field(description="Its number; a firewall-order has the order of policies")
    ] = None
    after_predefined: Annotated[
        Flag, Field(description="It is tried after the policies that the controller made itself")
    ] = False
    ruleset: Annotated[Text | None, Field(description="WAN_IN, LAN_LOCAL, …, of the older firewall")] = None
    protocol: Annotated[Text, Field(description="all, tcp, udp, tcp_udp, …")] = "all"
    match_opposite_protocol: Flag = False
    ip_version: Annotated[Text, Field(description="BOTH, IPV4 or IPV6")] = "BOTH"
    connection_states: Annotated[Names, Field(description="none: all")] = ()
    create_allow_respond: Annotated[Flag, Field(description="Let answers back too")] = False
    source: End = End()
    destination: End = End()
    schedule: Schedule = Schedule()
    ipsec: Text | None = None
    logging: Flag = False
    has_description: Flag = False
    description: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_FIELDS = own_fields(
    FirewallPolicy, "source", "destination", "schedule", "connection_states", "has_description", "description"
)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read the policies of whichever firewall the site has."""
    found = read_policies(api, lookups)
    grouped = any("group" in key and value for row in found.rows for key, value in _keys(row))
    context = UnifiContext(
        networks=lookups.networks,
        zones=found.zones,
        groups=lookups.groups if grouped else {},
        store_descriptions=api.settings.store_descriptions,
        lacking=lookups.lacking(INSTEAD, own_fields(FirewallPolicy)),
    )
    return listing(
        api,
        found.read,
        found.identified,
        context,
        kind="firewall-policy",
        lacking="name",
        problem=found.problem,
    )


def _keys(row: ApiRow) -> Iterator[tuple[str, Any]]:
    for key, value in row.items():
        yield from value.items() if isinstance(value, dict) else [(key, value)]


def _names(row: Row) -> tuple[str, ...]:
    """Return the name of a policy with its zones, or with its ruleset."""
    title = row.get("name")
    if not title:
        return ()
    if row.get("ruleset"):
        return (f"{row['ruleset']}:{title}",)
    ends = (member(row, (side, "zone")) or "any" for side in ("source", "destination"))
    return (":".join([*ends, str(title)]),)


def _of_id(identity: str, row: Row) -> Row:
    """Return the zones, or the ruleset, and the name of an id."""
    parts = identity.split(":", 2)
    title = row.get("name")
    if title and identity in _names(row):  # a name, or that of a zone, may hold a colon
        parts = [*identity.removesuffix(f":{title}").split(":", 1), str(title)]
    if row.get("ruleset") or len(parts) < 3:
        ruleset, _, title = identity.partition(":")
        return {"ruleset": ruleset, "name": title} if title else {}
    ends = {
        side: {"zone": zone}
        for side, zone in zip(("source", "destination"), parts, strict=False)
        if zone != "any"
    }
    return {**ends, "name": parts[2]}


def normalise(_identity: str, raw: ApiRow, context: UnifiContext) -> FirewallPolicy:
    """Make a policy of its row, or of a rule of the older firewall; raises `ValueError` as others do."""
    legacy = "ruleset" in raw
    found = read_fields(raw, _FIELDS, "firewall-rule" if legacy else "firewall-policy", context)
    found |= read_notes(raw, field="description", stored=context.store_descriptions)
    if legacy:
        found |= as_policy(raw)
        ends = {"source": end_of(raw, "src"), "destination": end_of(raw, "dst")}
    else:
        ends = {side: raw.get(side) or {} for side in ("source", "destination")}
        found["schedule"] = _schedule(raw.get("schedule"))
        if raw.get("connection_state_type") not in {"ALL", None}:
            found["connection_states"] = raw.get("connection_states") or _states(raw)
        found.pop("connection_state_type", None)
    unread: set[str] = set()
    for side, end in ends.items():
        found[side] = _end(end, context, unread, side)
    found["index"] = raw.get("rule_index") if legacy else raw.get("index")
    if unread:
        found["unread"] = sorted(unread)
    return FirewallPolicy.model_validate({key: value for key, value in found.items() if value is not None})


def _states(raw: ApiRow) -> list[str]:
    """Return the states that a type without a list stands for."""
    kind = str(raw["connection_state_type"])
    return ["ESTABLISHED", "RELATED"] if kind == "RESPOND_ONLY" else [kind]


def _end(end: ApiRow, context: UnifiContext, unread: set[str], side: str) -> dict[str, Any]:
    """Return one side of a policy, with names in place of ids; keys of other targets are stale."""
    target = str(end.get("matching_target") or "ANY").upper()
    found: dict[str, Any] = {"matching_target": target}
    found |= {flag: end[flag] for flag in _FLAGS if not is_nothing(end.get(flag))}
    if end.get("zone_id"):
        found["zone"] = name_of(end["zone_id"], context.zones or {})
    for target_of, field, key in (
        ("IP", "ips", "ips"),
        ("CLIENT", "macs", "client_macs"),
        ("MAC", "macs", "mac"),
        ("WEB", "domains", "web_domains"),
    ):
        if target in {target_of, "LEGACY"} and end.get(key):
            found[field] = end[key] if isinstance(end[key], list) else [end[key]]
    if target in {"NETWORK", "LEGACY"} and end.get("network_ids"):
        if context.networks is None:
            unread.add(side)
        else:
            found["networks"] = [name_of(each, context.networks) for each in end["network_ids"]]
    if end.get("port") and str(end.get("port_matching_type", "SPECIFIC")).upper() == "SPECIFIC":
        found["ports"] = str(end["port"])
    groups = [end[key] for key in ("ip_group_id", "port_group_id", "mac_group_id") if end.get(key)]
    groups += end.get("group_ids") or []
    if groups:
        if context.groups is None:
            unread.add(side)
        else:
            found["groups"] = [name_of(each, context.groups) for each in groups]
    if target == "LEGACY":
        found["matching_target"] = "IP" if "ips" in found else "NETWORK" if "networks" in found else "ANY"
    return found


def _schedule(schedule: object) -> dict[str, Any]:
    """Return when it is in force: days and hours of another mode are stale."""
    if not isinstance(schedule, dict):
        return {}
    mode = str(schedule.get("mode") or "ALWAYS")
    found: dict[str, Any] = {"mode": mode}
    if mode == "ALWAYS":
        return found
    if mode in {"EVERY_WEEK", "CUSTOM"}:
        found["days"] = [str(day) for day in schedule.get("repeat_on_days") or ()]
    dates = {"ONE_TIME_ONLY": ("date",), "CUSTOM": ("date_start", "date_end")}.get(mode, ())
    found |= {key: schedule[key] for key in dates if schedule.get(key)}
    if not is_on(schedule, "time_all_day"):
        found |= {
            field: schedule[key]
            for field, key in (("start", "time_range_start"), ("end", "time_range_end"))
            if schedule.get(key)
        }
    return found


_TIMED = frozenset({"EVERY_DAY", "EVERY_WEEK", "ONE_TIME_ONLY", "CUSTOM"})
_GATES = (
    Gate("/action", ("/create_allow_respond",), frozenset({"ALLOW"})),
    Gate("/schedule/mode", ("/schedule/days",), frozenset({"EVERY_WEEK", "CUSTOM"})),
    Gate("/schedule/mode", ("/schedule/date",), frozenset({"ONE_TIME_ONLY"})),
    Gate("/schedule/mode", ("/schedule/date_start", "/schedule/date_end"), frozenset({"CUSTOM"})),
    Gate("/schedule/mode", ("/schedule/start", "/schedule/end"), _TIMED),
    *(
        Gate(f"/{side}/matching_target", tuple(f"/{side}/{field}" for field in fields), frozenset(targets))
        for side in ("source", "destination")
        for targets, fields in (
            ({"IP"}, ("ips", "match_opposite_ips")),
            ({"NETWORK", "IP"}, ("networks", "match_opposite_networks")),
            ({"CLIENT", "MAC", "IP", "NETWORK"}, ("macs",)),
            ({"WEB"}, ("domains",)),
        )
    ),
)
"""A rule of the older firewall may name an address, a network and a MAC address at the same time."""


def _within(_identity: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the zones that a policy is between."""
    for end in ("source", "destination"):
        zone = member(row, (end, "zone"))
        if zone is not None:
            yield "firewall-zone", zone


KIND = Kind(
    within=_within,
    name="firewall-policy",
    plural="firewall-policies",
    model=FirewallPolicy,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=Naming(_names, of_id=_of_id),
    gates=_GATES,
    follows={"/schedule/end": "/schedule/start"}.get,
    notes="description",
    not_adopted=frozenset({"has_description"}),
)
