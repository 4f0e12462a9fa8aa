"""Firewall policies of a UniFi site: `from:to:name` by zones, or `WAN_IN:name` before migration.

Read from the v2 API's `firewall-policies`, or from `rest/firewallrule`; the site's migration
decides which (`site-feature-migration`), because the other list is empty even if rules exist
(Art-of-WiFi/UniFi-API-client#259). Predefined policies are left out while they are unchanged: enabled,
without logging, always active. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/firewall-policies`.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, list_of, object_of, read_notes, text_of
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.policies import POLICIES as INSTEAD
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.older_rules import as_policy, end_of
from reconciler.collectors.unifi.policies import read_policies
from reconciler.collectors.unifi.policy_parts import KNOWN, icmp_of, ipsec_of, read_end
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.collectors.unifi.schedules import SCHEDULE_GATES, Schedule, schedule_of
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Count, Flag, Ranges
from reconciler.model.fields.text import Names, Notes, NumberNames, Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.pointer import member
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Row, Value

READS = (NETWORKS,)

IcmpType = Annotated[Text, AfterValidator(lambda text: text.strip().lower().replace("_", "-") or "any")]


class End(Value):
    """The source or the destination of traffic."""

    zone: Annotated[Text | None, RefTo("firewall-zone"), Field(description="Id of the firewall zone")] = None
    matching_target: Annotated[
        Text, Field(description="Target: ANY, IP, NETWORK, CLIENT, DEVICE, MAC, WEB, REGION, APP, …")
    ] = "ANY"
    ips: Annotated[Blocks, Field(description="Addresses, networks and address ranges")] = ()
    networks: Annotated[Names, RefTo("network"), Field(description="Ids of networks")] = ()
    gateway_only: Annotated[
        Flag, Field(description="Match only the gateway address of a network; older firewall")
    ] = False
    macs: Annotated[Macs, Field(description="MAC addresses; order does not matter")] = ()
    match_mac: Annotated[Flag, Field(description="Match the MAC address in addition to the target")] = False
    domains: Annotated[Names, Field(description="Domain names")] = ()
    regions: Annotated[Names, Field(description="Country codes: DE, FR")] = ()
    apps: Annotated[NumberNames, Field(description="Application IDs")] = ()
    app_categories: Annotated[NumberNames, Field(description="Application category IDs")] = ()
    groups: Annotated[
        Names, RefTo("firewall-group"), Field(description="Ids of firewall groups of addresses or ports")
    ] = ()
    ports: Annotated[Ranges, Field(description="Ports and port ranges; empty: any")] = ()
    match_opposite_ips: Annotated[Flag, Field(description="Match all addresses except those in ips")] = False
    match_opposite_networks: Annotated[
        Flag, Field(description="Match all networks except those in networks")
    ] = False
    match_opposite_ports: Annotated[Flag, Field(description="Match all ports except those in ports")] = False


class FirewallPolicy(Resource):
    """A policy between firewall zones, or a rule of the older firewall."""

    name: Annotated[Text | None, Field(description="Name of the policy")] = None
    enabled: Annotated[Flag, Field(description="Policy is enabled")] = True
    action: Annotated[Text, Field(description="Action: ALLOW, BLOCK or REJECT")] = "ALLOW"
    index: Annotated[Count | None, DERIVED, Field(description="Index; the order is in firewall-order")] = None
    after_predefined: Annotated[
        Flag, Field(description="Evaluated after the controller's predefined policies")
    ] = False
    ruleset: Annotated[
        Text | None, Field(description="Rule set of the older firewall: WAN_IN, LAN_LOCAL, …")
    ] = None
    protocol: Annotated[Text, Field(description="Protocol: all, tcp, udp, tcp_udp, …")] = "all"
    match_opposite_protocol: Annotated[Flag, Field(description="Match all protocols except protocol")] = False
    ip_version: Annotated[Text, Field(description="IP version: BOTH, IPV4 or IPV6")] = "BOTH"
    connection_states: Annotated[Names, Field(description="Connection states; empty: all")] = ()
    create_allow_respond: Annotated[Flag, Field(description="Allow return traffic")] = False
    source: Annotated[End, Field(description="Source")] = End()
    destination: Annotated[End, Field(description="Destination")] = End()
    schedule: Annotated[Schedule, Field(description="Schedule")] = Schedule()
    ipsec: Annotated[Text | None, Field(description="IPsec: match-ipsec or match-none; null: either")] = None
    icmp_type: Annotated[IcmpType, Field(description="ICMP type: echo-request, …; any: all types")] = "any"
    icmp_v6_type: Annotated[IcmpType, Field(description="ICMPv6 type: echo-request, …; any: all types")] = (
        "any"
    )
    logging: Annotated[Flag, Field(description="Log matching traffic (syslog)")] = False
    predefined: Annotated[
        Flag, Field(description="Predefined by the controller, and disabled or changed by an administrator")
    ] = False
    has_description: Annotated[Flag, Field(description="The policy has a description")] = False
    description: Annotated[Notes | None, Field(description="Description; only with store_descriptions")] = (
        None
    )


_OUTSIDE = frozenset({"external", "hotspot", "vpn"})
"""The zones of a UniFi gateway, by its own names, that others than the site's people can be in."""

_FIELDS = own_fields(
    FirewallPolicy, "source", "destination", "schedule", "connection_states", "ipsec", "has_description",
    "description",
)  # fmt: skip


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
        found.all_identified,
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
    """Make a policy of its row, or of a rule of the older firewall."""
    legacy = "ruleset" in raw
    found = read_fields(raw, _FIELDS, "firewall-rule" if legacy else "firewall-policy", context)
    read_notes(found, raw, field="description", stored=context.store_descriptions)
    if legacy:
        as_policy(found, raw)
    else:
        read_into(found, "schedule", lambda: schedule_of(raw.get("schedule")))
        read_into(found, "connection_states", lambda: _states(raw))
        read_into(found, "ipsec", lambda: ipsec_of(raw))
        found |= icmp_of(raw, found.get("protocol"), "icmp_v6_typename")
    for side, short in (("source", "src"), ("destination", "dst")):
        end = partial(end_of, raw, short) if legacy else partial(object_of, raw.get(side))
        read_into(found, side, partial(_end, end, context))
    found["index"] = raw.get("rule_index") if legacy else raw.get("index")
    return FirewallPolicy.of_row({key: value for key, value in found.items() if value is not None})


def _states(raw: ApiRow) -> list[Any]:
    """Return the states that a policy is for; none: all. A type without a list stands for some."""
    kind = raw.get("connection_state_type")
    if is_nothing(kind) or text_of(kind) == "ALL":
        return []
    named = list_of(raw.get("connection_states"))
    return named or (["ESTABLISHED", "RELATED"] if kind == "RESPOND_ONLY" else [kind])


def _end(end: Callable[[], ApiRow], context: UnifiContext) -> dict[str, Any]:
    return read_end(end(), context)


_GATES = (
    Gate("/protocol", ("/icmp_type",), frozenset({"icmp"})),
    Gate("/protocol", ("/icmp_v6_type",), frozenset({"icmpv6"})),
    Gate("/action", ("/create_allow_respond",), frozenset({"ALLOW"})),
    *SCHEDULE_GATES,
    *(
        Gate(
            f"/{side}/matching_target",
            tuple(f"/{side}/{field}" for field in fields),
            closed_by=frozenset(targets),
        )
        for side in ("source", "destination")
        for targets, fields in (
            (KNOWN - {"IP"}, ("ips", "match_opposite_ips")),
            (KNOWN - {"IP", "NETWORK"}, ("networks", "match_opposite_networks")),
            (KNOWN - {"CLIENT", "MAC", "DEVICE", "IP", "NETWORK"}, ("macs",)),
            (KNOWN - {"WEB"}, ("domains",)),
            (KNOWN - {"REGION"}, ("regions",)),
            (KNOWN - {"APP"}, ("apps",)),
            (KNOWN - {"APP_CATEGORY"}, ("app_categories",)),
        )
    ),
)
"""A rule of the older firewall may name an address, a network and a MAC address at the same time; with a
target that is not known here, everything that is named counts."""


def _within(_identity: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the zones that a policy is between."""
    for end in ("source", "destination"):
        zone = member(row, (end, "zone"))
        if zone is not None:
            yield "firewall-zone", zone


def _lets_in(_identity: str, row: Row) -> str | None:
    """Return the zone that traffic from outside gets into."""
    if row.get("predefined") or not row.get("enabled", True) or row.get("action", "ALLOW") != "ALLOW":
        return None
    if str(row.get("ruleset") or "").startswith("WAN"):
        return f"allows traffic from outside ({row['ruleset']})"
    if str(member(row, ("source", "zone")) or "").casefold() not in _OUTSIDE:
        return None
    return f"allows traffic from outside into zone {member(row, ('destination', 'zone'))}"


KIND = Kind(
    within=_within,
    name="firewall-policy",
    plural="firewall-policies",
    model=FirewallPolicy,
    unmanaged_severity="warning",
    lets_in=_lets_in,
    fetch=fetch,
    normalise=normalise,
    naming=Naming(_names, of_id=_of_id),
    gates=_GATES,
    follows={"/schedule/end": "/schedule/start"}.get,
    notes="description",
    not_adopted=frozenset({"has_description", "predefined"}),
)
