"""Firewall policies of the integration API, and their order."""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated, is_users

_TARGETS = {
    "PORT": "ANY",
    "IP_ADDRESS": "IP",
    "MAC_ADDRESS": "CLIENT",
    "DOMAIN": "WEB",
    "APPLICATION": "APP",
    "APPLICATION_CATEGORY": "APP_CATEGORY",
}
_HAS = frozenset(
    "name enabled action index ruleset protocol match_opposite_protocol ip_version connection_states"
    " create_allow_respond source destination schedule logging has_description description"
    " after_predefined".split()
)


def policy(row: ApiRow) -> Translated:
    """Return a policy; one that the controller made itself, or out of a port forward, is `predefined`."""
    action = row.get("action") or {}
    states = row.get("connectionStateFilter")
    found = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled"),
        "index": row.get("index"),
        "predefined": not is_users(row),
        "action": action.get("type"),
        "create_allow_respond": action.get("allowReturnTraffic", False),
        "connection_state_type": "CUSTOM" if states else "ALL",
        "connection_states": states or [],
        "logging": row.get("loggingEnabled"),
        "description": row.get("description"),
        "schedule": _schedule(row.get("schedule")),
        "source": _end(row.get("source")),
        "destination": _end(row.get("destination")),
        **_protocol(row.get("ipProtocolScope")),
    }
    return Translated(found, _HAS)


def _protocol(scope: object) -> dict[str, Any]:
    given = scope if isinstance(scope, Mapping) else {}
    version = str(given.get("ipVersion") or "IPV4_AND_IPV6")
    chosen = given.get("protocolFilter")
    found = {"ip_version": "BOTH" if version == "IPV4_AND_IPV6" else version, "protocol": "all"}
    if not isinstance(chosen, Mapping):
        return found
    named = chosen.get("protocol") or chosen.get("preset") or {}
    name = str(named.get("name") or chosen.get("protocolNumber") or "all").lower()
    return found | {
        "protocol": name if name == "tcp_udp" else name.replace("_", "-"),
        "match_opposite_protocol": chosen.get("matchOpposite", False),
    }


def _schedule(schedule: object) -> dict[str, Any]:
    if not isinstance(schedule, Mapping):
        return {"mode": "ALWAYS"}
    time = schedule.get("timeFilter")
    time = time if isinstance(time, Mapping) else {}
    return {
        "mode": schedule.get("mode"),
        "repeat_on_days": [str(day).lower()[:3] for day in schedule.get("repeatOnDays") or ()],
        "date": schedule.get("date"),
        "date_start": schedule.get("startDate"),
        "date_end": schedule.get("stopDate"),
        "time_all_day": not time,
        "time_range_start": time.get("startTime"),
        "time_range_end": time.get("stopTime"),
    }


def _end(end: object) -> dict[str, Any]:
    """Return one side of a policy."""
    given = end if isinstance(end, Mapping) else {}
    traffic = given.get("trafficFilter")
    found: dict[str, Any] = {"zone_id": given.get("zoneId"), "matching_target": "ANY"}
    if not isinstance(traffic, Mapping):
        return found
    kind = str(traffic.get("type"))
    found["matching_target"] = _TARGETS.get(kind, kind)
    addresses, networks = traffic.get("ipAddressFilter") or {}, traffic.get("networkFilter") or {}
    macs, ports = traffic.get("macAddressFilter"), traffic.get("portFilter") or {}
    found |= {
        "ips": [_address(each) for each in addresses.get("items") or ()],
        "ip_group_id": addresses.get("trafficMatchingListId"),
        "match_opposite_ips": addresses.get("matchOpposite"),
        "network_ids": networks.get("networkIds"),
        "match_opposite_networks": networks.get("matchOpposite"),
        "web_domains": (traffic.get("domainFilter") or {}).get("domains"),
        "client_macs": macs.get("macAddresses") if isinstance(macs, Mapping) else macs,
        "port": ",".join(_port(each) for each in ports.get("items") or ()),
        "port_group_id": ports.get("trafficMatchingListId"),
        "match_opposite_ports": ports.get("matchOpposite"),
    }
    return found


def _address(item: Mapping[str, Any]) -> str:
    return str(item.get("value") or f"{item.get('start')}-{item.get('stop')}")


def _port(item: Mapping[str, Any]) -> str:
    value = item.get("value")
    return str(value) if value is not None else f"{item.get('start')}-{item.get('stop')}"


POLICIES = Substitute((Part("firewall/policies", policy),))


def orders(api: UnifiApi, rows: Iterable[ApiRow]) -> tuple[dict[str, int], frozenset[str]]:
    """Return the place of each policy by its id, and those that stand after the controller's own.

    A pair whose order cannot be read has the order of the list.
    """
    own = [row for row in rows if not row["predefined"]]
    pairs = {(row["source"]["zone_id"], row["destination"]["zone_id"]) for row in own}
    reads = [
        Read(
            "integration",
            "firewall/policies/ordering",
            single=True,
            query=(("sourceFirewallZoneId", str(source)), ("destinationFirewallZoneId", str(destination))),
        )
        for source, destination in sorted(pairs, key=str)
    ]
    api.begin(reads)
    places: dict[str, int] = {}
    after: set[str] = set()
    for read in reads:
        try:
            ordered = api.rows(read)[0].get("orderedFirewallPolicyIds")
        except UnifiRequestFailed:
            continue
        ordered = ordered if isinstance(ordered, Mapping) else {}
        late = [str(each) for each in ordered.get("afterSystemDefined") or ()]
        early = [str(each) for each in ordered.get("beforeSystemDefined") or ()]
        places |= {identity: place for place, identity in enumerate([*early, *late])}
        after |= set(late)
    return places, frozenset(after)
