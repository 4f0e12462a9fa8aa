"""Rules of the older firewall in the words of a policy."""

from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.rows import is_on

_ACTIONS = {"accept": "ALLOW", "drop": "BLOCK", "reject": "REJECT"}


def as_policy(raw: ApiRow) -> dict[str, Any]:
    """Return the fields that a rule of the older firewall names differently."""
    states = [
        word.upper() for word in ("established", "invalid", "new", "related") if is_on(raw, f"state_{word}")
    ]
    six = str(raw["ruleset"]).find("v6") >= 0
    return {
        "action": _ACTIONS.get(str(raw.get("action")), str(raw.get("action") or "").upper()),
        "protocol": (raw.get("protocol_v6") if six else raw.get("protocol")) or "all",
        "match_opposite_protocol": is_on(raw, "protocol_match_excepted"),
        "ip_version": "IPV6" if six else "IPV4",
        "connection_states": states,
        "ipsec": raw.get("ipsec") or None,
    }


def end_of(raw: ApiRow, side: str) -> dict[str, Any]:
    """Return a side of a rule in the words of a policy."""
    address = raw.get(f"{side}_address") or raw.get(f"{side}_address_ipv6")
    network = raw.get(f"{side}_networkconf_id")
    return {
        "matching_target": "LEGACY"
        if address or network
        else "MAC"
        if raw.get(f"{side}_mac_address")
        else "ANY",
        "ips": [address] if address else [],
        "network_ids": [network] if network else [],
        "mac": raw.get(f"{side}_mac_address"),
        "port": raw.get(f"{side}_port"),
        "group_ids": list(raw.get(f"{side}_firewallgroup_ids") or ()),
    }
