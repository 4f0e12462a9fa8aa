"""The integration API of the lab: the same site with other keys, in pages."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from reconciler.lab.unifi import integration_details as details
from reconciler.lab.unifi import integration_rules as rules
from reconciler.lab.unifi.ids import Rows, uuid

_BANDS = {"2g": 2.4, "5g": 5, "6g": 6}
_LANS = frozenset({"corporate", "guest", "vlan-only"})
_VALUES = {
    "A": "ipv4Address", "AAAA": "ipv6Address", "CNAME": "targetDomain", "MX": "mailServerDomain",
    "TXT": "text", "FORWARD_DOMAIN": "ipAddress",
}  # fmt: skip


def sites(names: Mapping[str, str]) -> Rows:
    """Return every site."""
    return [
        {"id": uuid("site", name), "internalReference": name, "name": title} for name, title in names.items()
    ]


def find(path: str, site: Mapping[str, Any], lists: Mapping[str, Rows], stations: Rows) -> Rows | None:
    """Return the rows of a list below a site; None if there is no such list."""
    if path == "clients":
        return [_client(row) for row in stations]
    networks = lists["rest/networkconf"]
    makers: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
        "networks": lambda: (_network(row, lists) for row in networks if row["purpose"] in _LANS),
        "wans": lambda: (_named("network", row) for row in networks if row["purpose"] == "wan"),
        "vpn/servers": lambda: (
            {"type": "WIREGUARD", "enabled": row["enabled"], "metadata": _origin(own=True)}
            | _named("network", row)
            for row in networks
            if row["purpose"] == "remote-user-vpn"
        ),
        "vpn/site-to-site-tunnels": lambda: (
            {"type": "IPSEC", "metadata": _origin(own=True), **_named("network", row)}
            for row in networks
            if row["purpose"] == "site-vpn"
        ),
        "devices": lambda: (_device(row) for row in lists["stat/device"]),
        "firewall/zones": lambda: (_zone(row, lists) for row in lists["firewall/zone"]),
        "firewall/policies": lambda: (rules.policy(row, lists) for row in lists["firewall-policies"]),
        "traffic-matching-lists": lambda: map(rules.matching_list, lists["rest/firewallgroup"]),
        "acl-rules": lambda: (rules.acl_rule(row, number) for number, row in enumerate(site["acl"])),
        "switching/lags": lambda: rules.lags(lists),
        "switching/switch-stacks": lambda: (rules.stack(*each) for each in site["stacks"].items()),
        "switching/mc-lag-domains": lambda: (),
        "wifi/broadcasts": lambda: (_wlan(row, lists) for row in lists["rest/wlanconf"]),
        "dns/policies": lambda: map(_dns, site["dns"]),
    }
    return list(makers[path]()) if path in makers else None


def one(
    path: str, query: Mapping[str, str], site: Mapping[str, Any], lists: Mapping[str, Rows]
) -> dict[str, Any] | None:
    """Return a single object below a site; None if there is no such."""
    if path == "firewall/policies/ordering":
        return rules.ordering(query, lists)
    if path == "acl-rules/ordering":
        return {"orderedAclRuleIds": [uuid("acl", row["name"]) for row in site["acl"]]}
    kind, _, identity = path.rpartition("/")
    if kind == "networks":
        row = _with_id("network", identity, lists["rest/networkconf"])
        return details.network(row, _network(row, lists)) if row and row["purpose"] in _LANS else None
    if kind == "wifi/broadcasts":
        row = _with_id("wlan", identity, lists["rest/wlanconf"])
        return details.wlan(row, _wlan(row, lists)) if row else None
    return None


def _with_id(kind: str, identity: str, rows: Rows) -> dict[str, Any] | None:
    return next((row for row in rows if uuid(kind, row["_id"]) == identity), None)


def _named(kind: str, row: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": uuid(kind, row["_id"]), "name": row["name"]}


def _origin(*, own: bool) -> dict[str, str]:
    return {"origin": "USER_DEFINED" if own else "SYSTEM_DEFINED"}


def _network(row: Mapping[str, Any], lists: Mapping[str, Rows]) -> dict[str, Any]:
    default = "vlan" not in row
    zones = {each["_id"] for each in lists["firewall/zone"]}
    zone = row.get("firewall_zone_id") if row.get("firewall_zone_id") in zones else None
    return ({"zoneId": uuid("zone", zone)} if zone else {}) | {
        "management": "GATEWAY", "id": uuid("network", row["_id"]), "name": row["name"],
        "enabled": row["enabled"],
        "vlanId": 1 if default else int(row["vlan"]), "default": default,
        "metadata": _origin(own=not default),
    }  # fmt: skip


def _device(row: Mapping[str, Any]) -> dict[str, Any]:
    ports = "port_table" in row or row["type"] == "usw"
    return {
        "id": uuid("device", row["name"]), "macAddress": row["mac"], "ipAddress": row["ip"],
        "name": row["name"],
        "model": row["model"], "state": "ONLINE" if row["state"] else "OFFLINE", "supported": True,
        "firmwareVersion": row["version"], "firmwareUpdatable": False,
        "features": ["switching"] if ports else ["accessPoint"],
        "interfaces": ["ports"] if ports else ["radios"],
    }  # fmt: skip


def _client(row: Mapping[str, Any]) -> dict[str, Any]:
    found = {
        "type": "WIRED" if row["is_wired"] else "WIRELESS", "id": uuid("client", row["mac"]),
        "name": row.get("name", row.get("hostname", row["mac"])), "connectedAt": "2026-11-20T10:00:00Z",
        "macAddress": row["mac"], "access": {"type": "DEFAULT"}, "uplinkDeviceId": uuid("device", "Core"),
    }  # fmt: skip
    return found | ({"ipAddress": row["ip"]} if "ip" in row else {})


def _ids(lists: Mapping[str, Rows]) -> set[str]:
    return {row["_id"] for row in lists["rest/networkconf"]}


def _zone(row: Mapping[str, Any], lists: Mapping[str, Rows]) -> dict[str, Any]:
    known = _ids(lists)
    return {
        "id": uuid("zone", row["_id"]), "name": row["name"],
        "networkIds": [uuid("network", each) for each in row["network_ids"] if each in known],
        "metadata": _origin(own=not row["default_zone"]),
    }  # fmt: skip


def _wlan(row: Mapping[str, Any], lists: Mapping[str, Rows]) -> dict[str, Any]:
    kinds = {"open": "OPEN", "wpapsk": "WPA2_WPA3_PERSONAL" if row["wpa3_support"] else "WPA2_PERSONAL"}
    network = {"type": "SPECIFIC", "networkId": uuid("network", row["networkconf_id"])}
    return {
        "type": "STANDARD", "id": uuid("wlan", row["_id"]), "name": row["name"], "enabled": row["enabled"],
        "metadata": _origin(own=True), "network": network,
        "securityConfiguration": {"type": kinds.get(row["security"], "WPA2_ENTERPRISE")},
        "broadcastingFrequenciesGHz": [_BANDS[band] for band in row["wlan_bands"]],
    }  # fmt: skip


def _dns(row: Mapping[str, Any]) -> dict[str, Any]:
    kind = row["record_type"]
    found = {
        "type": kind if kind == "FORWARD_DOMAIN" else f"{kind}_RECORD",
        "id": uuid("dns", f"{kind} {row['key']}"),
        "enabled": True, "domain": row["key"], _VALUES[kind]: row["value"], "metadata": _origin(own=True),
    }  # fmt: skip
    return found | ({"ttlSeconds": row.get("ttl", 0)} if kind in {"A", "AAAA", "CNAME"} else {})
