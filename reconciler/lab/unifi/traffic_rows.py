"""Policy-based routes, traffic rules and NAT rules, as the v2 API of a controller shows them."""

from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.lab.unifi.ids import Rows, oid


def _targets(row: Mapping[str, Any]) -> Rows:
    networks = [{"type": "NETWORK", "network_id": oid("network", each)} for each in row.get("from", ())]
    clients = [{"type": "CLIENT", "client_mac": mac} for mac in row.get("clients", ())]
    return [*networks, *clients] or [{"type": "ALL_CLIENTS"}]


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in {"from", "clients", "to", "by"}}


def traffic_route(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `trafficroutes`."""
    return {
        "_id": oid("traffic route", name), "description": name, "enabled": True,
        "matching_target": "INTERNET", "domains": [],
        "ip_addresses": [], "ip_ranges": [], "regions": [], "kill_switch_enabled": False,
        "next_hop": "", "network_id": oid("network", row["by"]), "target_devices": _targets(row),
        **_plain(row),
    }  # fmt: skip


def traffic_rule(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row of `trafficrules`."""
    schedule = {
        "mode": "ALWAYS", "repeat_on_days": [], "time_all_day": False, "date_start": "2026-05-03",
        "date_end": "2026-05-10", "time_range_start": "09:00", "time_range_end": "12:00",
    }  # fmt: skip
    return {
        "_id": oid("traffic rule", name), "description": name, "enabled": True, "action": "BLOCK",
        "matching_target": "INTERNET", "app_ids": [], "app_category_ids": [], "domains": [],
        "ip_addresses": [], "ip_ranges": [], "network_ids": [], "regions": [],
        "bandwidth_limit": {"enabled": False, "download_limit_kbps": 1024, "upload_limit_kbps": 1024},
        "target_devices": _targets(row), **_plain(row), "schedule": schedule | row.get("schedule", {}),
    }  # fmt: skip


def nat(rules: Sequence[Mapping[str, Any]]) -> Rows:
    """Return the rows of `nat`: those of the site, and the one that the controller makes."""
    own = {
        "_id": oid("nat", "own"), "type": "MASQUERADE", "enabled": True, "is_predefined": True,
        "exclude": False, "logging": False, "rule_index": 99, "protocol": "all", "ip_version": "IPV4",
        "pppoe_use_base_interface": False, "out_interface": oid("network", "WAN"),
    }  # fmt: skip
    return [own, *(_nat_rule(row, number) for number, row in enumerate(rules))]


def _nat_rule(row: Mapping[str, Any], number: int) -> dict[str, Any]:
    none = {"filter_type": "NONE", "firewall_group_ids": [], "invert_address": False, "invert_port": False}
    found = {
        "_id": oid("nat", row["description"]), "enabled": True, "exclude": False, "is_predefined": False,
        "logging": False, "pppoe_use_base_interface": False, "protocol": "all", "rule_index": number,
        "setting_preference": "manual", "ip_version": "IPV4", **_plain(row),
        "source_filter": none | row.get("source_filter", {}),
        "destination_filter": none | row.get("destination_filter", {}),
    }  # fmt: skip
    for key, field in (("from", "in_interface"), ("by", "out_interface")):
        found |= {field: oid("network", row[key])} if key in row else {}
    return found
