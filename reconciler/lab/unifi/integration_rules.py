"""Firewall policies, ACL rules, aggregates and stacks of the lab, in the words of the integration API."""

from collections.abc import Iterator, Mapping
from typing import Any

from reconciler.lab.unifi.ids import Rows, oid, uuid

_DAYS = {"mon": "MONDAY", "tue": "TUESDAY", "wed": "WEDNESDAY", "thu": "THURSDAY", "fri": "FRIDAY"}
Row = Mapping[str, Any]
Lists = Mapping[str, Rows]


def policy_id(row: Row) -> str:
    """Return the id of a policy."""
    return uuid("policy", row["_id"])


def policy(row: Row, lists: Lists) -> dict[str, Any]:
    """Return a firewall policy."""
    action: dict[str, Any] = {"type": row["action"]}
    if row["action"] == "ALLOW":
        action["allowReturnTraffic"] = row.get("create_allow_respond", False)
    found = {
        "id": policy_id(row), "enabled": row["enabled"], "name": row["name"], "index": row["index"],
        "action": action, "source": _end(row["source"]),
        "destination": _end(row["destination"]),
        "ipProtocolScope": _protocol(row), "loggingEnabled": row["logging"],
        "metadata": {"origin": "SYSTEM_DEFINED" if row.get("predefined") else "USER_DEFINED"},
    }  # fmt: skip
    if row.get("connection_states"):
        found["connectionStateFilter"] = row["connection_states"]
    schedule = row.get("schedule", {"mode": "ALWAYS"})
    if schedule["mode"] != "ALWAYS":
        found["schedule"] = _schedule(schedule)
    return found


def _protocol(row: Row) -> dict[str, Any]:
    version = {"BOTH": "IPV4_AND_IPV6"}.get(row["ip_version"], row["ip_version"])
    if row["protocol"] == "all":
        return {"ipVersion": version}
    if row["protocol"] == "tcp_udp":
        return {"ipVersion": version, "protocolFilter": {"type": "PRESET", "preset": {"name": "TCP_UDP"}}}
    chosen = {
        "type": "NAMED_PROTOCOL", "protocol": {"name": row["protocol"]},
        "matchOpposite": row.get("match_opposite_protocol", False),
    }  # fmt: skip
    return {"ipVersion": version, "protocolFilter": chosen}


def _schedule(schedule: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"mode": schedule["mode"]}
    if schedule["mode"] == "EVERY_WEEK":
        found["repeatOnDays"] = [_DAYS[day] for day in schedule["repeat_on_days"]]
    if schedule["mode"] == "ONE_TIME_ONLY":
        found["date"] = schedule["date"]
    if not schedule.get("time_all_day"):
        found["timeFilter"] = {
            "startTime": schedule["time_range_start"],
            "stopTime": schedule["time_range_end"],
        }
    return found


def _end(end: Row) -> dict[str, Any]:
    found: dict[str, Any] = {"zoneId": uuid("zone", end["zone_id"])}
    ports = _ports(end)
    target = end["matching_target"]
    if target == "IP":
        items = [{"type": "SUBNET" if "/" in each else "IP_ADDRESS", "value": each} for each in end["ips"]]
        opposite = end.get("match_opposite_ips", False)
        filtered = {"type": "IP_ADDRESSES", "items": items, "matchOpposite": opposite}
        found["trafficFilter"] = {"type": "IP_ADDRESS", "ipAddressFilter": filtered}
    elif target == "NETWORK":
        ids = [uuid("network", each) for each in end["network_ids"]]
        opposite = end.get("match_opposite_networks", False)
        found["trafficFilter"] = {
            "type": "NETWORK", "networkFilter": {"networkIds": ids, "matchOpposite": opposite}
        }  # fmt: skip
    elif ports:
        found["trafficFilter"] = {"type": "PORT"}
    if ports:
        found["trafficFilter"]["portFilter"] = ports
    return found


def _ports(end: Row) -> dict[str, Any] | None:
    opposite = end.get("match_opposite_ports", False)
    if end.get("port_matching_type") == "SPECIFIC":
        return {
            "type": "PORTS",
            "items": [_port(each) for each in end["port"].split(",")],
            "matchOpposite": opposite,
        }
    if end.get("port_matching_type") == "OBJECT":
        group = uuid("list", end["port_group_id"])
        return {"type": "TRAFFIC_MATCHING_LIST", "trafficMatchingListId": group, "matchOpposite": opposite}
    return None


def _port(text: str) -> dict[str, Any]:
    low, _, high = text.partition("-")
    if high:
        return {"type": "PORT_NUMBER_RANGE", "start": int(low), "stop": int(high)}
    return {"type": "PORT_NUMBER", "value": int(low)}


def ordering(query: Mapping[str, str], lists: Lists) -> dict[str, Any]:
    """Return the order of the policies of a zone pair: before those of the controller, and after them."""
    ends = [query.get(f"{side}FirewallZoneId") for side in ("source", "destination")]
    rows = [
        row
        for row in lists["firewall-policies"]
        if [uuid("zone", row[side]["zone_id"]) for side in ("source", "destination")] == ends
    ]
    first = min((row["index"] for row in rows if row.get("predefined")), default=None)
    own = sorted((row for row in rows if not row.get("predefined")), key=lambda row: int(row["index"]))
    late = [policy_id(row) for row in own if first is not None and row["index"] > first]
    early = [policy_id(row) for row in own if first is None or row["index"] <= first]
    return {"orderedFirewallPolicyIds": {"beforeSystemDefined": early, "afterSystemDefined": late}}


def matching_list(row: Row) -> dict[str, Any]:
    """Return a group of addresses or ports."""
    found = {"id": uuid("list", row["_id"]), "name": row["name"]}
    if row["group_type"] == "port-group":
        return found | {"type": "PORTS", "items": [_port(each) for each in row["group_members"]]}
    items = [
        {"type": "SUBNET" if "/" in each else "IP_ADDRESS", "value": each} for each in row["group_members"]
    ]
    return found | {"type": "IPV4_ADDRESSES", "items": items}


def acl_rule(row: Row, index: int) -> dict[str, Any]:
    """Return a rule that switches enforce."""
    found: dict[str, Any] = {
        "type": "IPV4", "id": uuid("acl", row["name"]), "enabled": row.get("enabled", True),
        "name": row["name"], "action": row["action"], "index": index, "metadata": {"origin": "USER_DEFINED"},
    }  # fmt: skip
    for side, key in (("from", "sourceFilter"), ("to", "destinationFilter")):
        if side in row:
            found[key] = {
                "type": "NETWORKS",
                "networkIds": [uuid("network", oid("network", each)) for each in row[side]],
            }
    if "ports" in row:
        found["destinationFilter"] = {"type": "PORTS", "portFilter": row["ports"]}
    if "protocols" in row:
        found["protocolFilter"] = row["protocols"]
    return found


def lags(lists: Lists) -> Iterator[dict[str, Any]]:
    """Yield the aggregates of ports."""
    for device in lists["stat/device"]:
        for override in device["port_overrides"]:
            if override.get("op_mode") == "aggregate":
                ports = sorted(override["aggregate_members"])
                yield {
                    "type": "LOCAL", "id": uuid("lag", f"{device['mac']} {ports[0]}"),
                    "members": [{"deviceId": uuid("device", device["name"]), "portIdxs": ports}],
                    "metadata": {"origin": "USER_DEFINED"},
                }  # fmt: skip


def stack(name: str, members: list[str]) -> dict[str, Any]:
    """Return a stack of switches."""
    return {
        "id": uuid("stack", name), "name": name, "lags": [], "metadata": {"origin": "USER_DEFINED"},
        "members": [{"deviceId": uuid("device", each)} for each in members],
    }  # fmt: skip
