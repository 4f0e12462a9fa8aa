"""Firewall policies of the integration API, and their order."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.integration.matching_lists import span
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated, is_users
from reconciler.collectors.unifi.integration.values import ODD, amount, at, is_given, items, known_as, word

_TARGETS: Mapping[Any, str] = {
    None: "ANY",
    "PORT": "ANY",
    "IP_ADDRESS": "IP",
    "MAC_ADDRESS": "CLIENT",
    "DOMAIN": "WEB",
    "APPLICATION": "APP",
    "APPLICATION_CATEGORY": "APP_CATEGORY",
}
_PROTOCOLS = {"tcp_udp": "tcp_udp"}
_IPSEC = {"MATCH_ENCRYPTED": "MATCH_IP_SEC", "MATCH_NOT_ENCRYPTED": "MATCH_NON_IP_SEC"}
_VERSIONS = {"IPV4_AND_IPV6": "BOTH", "IPV4": "IPV4", "IPV6": "IPV6"}
_HAS = frozenset(
    "name enabled action index ruleset protocol match_opposite_protocol ip_version connection_states"
    " create_allow_respond source destination schedule logging has_description description"
    " after_predefined ipsec icmp_type icmp_v6_type predefined".split()
)


def policy(row: ApiRow) -> Translated:
    """Return a policy; one that the controller made itself, or out of a port forward, is `predefined`."""
    states = row.get("connectionStateFilter")
    found = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled"),
        "index": row.get("index"),
        "predefined": not is_users(row),
        "origin_type": None if at(row, "metadata", "origin") == "SYSTEM_DEFINED" else "other",
        "match_ip_sec": is_given(row.get("ipsecFilter")),
        "match_ip_sec_type": known_as(row.get("ipsecFilter"), _IPSEC),
        "action": at(row, "action", "type"),
        "create_allow_respond": at(row, "action", "allowReturnTraffic"),
        "connection_state_type": "CUSTOM" if states else "ALL",
        "connection_states": states,
        "logging": row.get("loggingEnabled"),
        "description": row.get("description"),
        "schedule": _schedule(row.get("schedule")),
        "source": _end(row.get("source")),
        "destination": _end(row.get("destination")),
        **_protocol(row.get("ipProtocolScope")),
    }
    return Translated(found, _HAS)


def _protocol(scope: object) -> dict[str, Any]:
    chosen = at(scope, "protocolFilter")
    names = [
        at(chosen, "protocol", "name"), at(chosen, "preset", "name"), at(chosen, "protocolNumber"),
    ]  # fmt: skip
    name = next((each for each in names if each is not None), "all")
    text = amount(name)
    return {
        "ip_version": known_as(at(scope, "ipVersion"), _VERSIONS, "BOTH"),
        "protocol": text if text is ODD else _PROTOCOLS.get(text.lower(), text.lower().replace("_", "-")),
        "match_opposite_protocol": at(chosen, "matchOpposite"),
        "icmp_typename": at(chosen, "protocol", "typenameFilter"),
        "icmp_v6_typename": at(chosen, "protocol", "typenameFilter"),
    }


def _schedule(schedule: object) -> Any:
    if is_nothing(schedule):
        return {"mode": "ALWAYS"}
    time, days = at(schedule, "timeFilter"), at(schedule, "repeatOnDays")
    return {
        "mode": at(schedule, "mode"),
        "repeat_on_days": [
            str(day).lower()[:3] if isinstance(day, str | int) else ODD for day in items(days)
        ],
        "date": at(schedule, "date"),
        "date_start": at(schedule, "startDate"),
        "date_end": at(schedule, "stopDate"),
        "time_all_day": not time,
        "time_range_start": at(time, "startTime"),
        "time_range_end": at(time, "stopTime"),
    }


def _end(end: object) -> dict[str, Any]:
    """Return one side of a policy."""
    traffic = at(end, "trafficFilter")
    kind = word(at(traffic, "type"))
    ports, macs = at(traffic, "portFilter", "items"), at(traffic, "macAddressFilter")
    opposite_ips = [at(traffic, each, "matchOpposite") for each in ("ipAddressFilter", "ipv6IidFilter")]
    opposite_nets = [at(traffic, each, "matchOpposite") for each in ("networkFilter", "vpnServerFilter")]
    return {
        "zone_id": at(end, "zoneId"),
        "matching_target": kind if kind is ODD else _TARGETS.get(kind, kind),
        "ips": [
            *(span(each) for each in items(at(traffic, "ipAddressFilter", "items"))),
            *_one(at(traffic, "ipv6IidFilter", "ipv6Iid")),
        ],
        "ip_group_id": at(traffic, "ipAddressFilter", "trafficMatchingListId"),
        "match_opposite_ips": _first(opposite_ips),
        "network_ids": [
            *items(at(traffic, "networkFilter", "networkIds")),
            *items(at(traffic, "vpnServerFilter", "vpnServerIds")),
            *_one(at(traffic, "siteToSiteVpnTunnelFilter", "siteToSiteVpnTunnelId")),
        ],
        "match_opposite_networks": _first(opposite_nets),
        "web_domains": at(traffic, "domainFilter", "domains"),
        "regions": at(traffic, "regionFilter", "regions"),
        "app_ids": at(traffic, "applicationFilter", "applicationIds"),
        "app_category_ids": at(traffic, "applicationCategoryFilter", "applicationCategoryIds"),
        "mac": at(macs, "macAddresses") if isinstance(macs, Mapping) else macs,
        "port": [span(each) for each in items(ports)],
        "port_group_id": at(traffic, "portFilter", "trafficMatchingListId"),
        "match_opposite_ports": at(traffic, "portFilter", "matchOpposite"),
    }


def _one(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _first(values: list[Any]) -> Any:
    return next((each for each in values if each is not None), None)


POLICIES = Substitute((Part("firewall/policies", policy),))


def orders(api: UnifiApi, rows: Iterable[ApiRow]) -> tuple[dict[str, int], frozenset[str]]:
    """Return the place of each policy by its id, and those that stand after the controller's own.

    A pair whose order cannot be read has the order of the list.
    """
    own = [row for row in rows if not row["predefined"]]
    pairs = {(str(row["source"]["zone_id"]), str(row["destination"]["zone_id"])) for row in own}
    reads = [
        Read(
            "integration",
            "firewall/policies/ordering",
            single=True,
            query=(("sourceFirewallZoneId", source), ("destinationFirewallZoneId", destination)),
        )
        for source, destination in sorted(pairs)
    ]
    api.begin(reads)
    places: dict[str, int] = {}
    after: set[str] = set()
    for read in reads:
        try:
            ordered = api.rows(read)[0].get("orderedFirewallPolicyIds")
        except UnifiRequestFailed:
            continue
        late = [str(each) for each in items(at(ordered, "afterSystemDefined"))]
        early = [str(each) for each in items(at(ordered, "beforeSystemDefined"))]
        places |= {identity: place for place, identity in enumerate([*early, *late])}
        after |= set(late)
    return places, frozenset(after)
