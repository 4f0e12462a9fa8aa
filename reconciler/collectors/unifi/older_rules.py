"""Rules of the older firewall in the words of a policy."""

from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import flag_of, is_nothing, list_of, text_of
from reconciler.collectors.unifi.policy_parts import icmp_of
from reconciler.model.unread import read_into

_ACTIONS = {"accept": "ALLOW", "drop": "BLOCK", "reject": "REJECT"}
_STATES = ("established", "invalid", "new", "related")


def as_policy(found: dict[str, Any], raw: ApiRow) -> None:
    """Set the fields that a rule of the older firewall names differently."""
    six = "v6" in str(raw["ruleset"])
    found |= {"ip_version": "IPV6" if six else "IPV4", "ipsec": raw.get("ipsec") or None}
    read_into(found, "action", lambda: _action(raw.get("action")))
    read_into(found, "protocol", lambda: text_of(raw.get("protocol_v6" if six else "protocol") or "all"))
    found |= icmp_of(raw, found.get("protocol"), "icmpv6_typename")
    read_into(found, "match_opposite_protocol", lambda: flag_of(raw.get("protocol_match_excepted")))
    read_into(
        found,
        "connection_states",
        lambda: [word.upper() for word in _STATES if flag_of(raw.get(f"state_{word}"))],
    )


def _action(given: object) -> str:
    action = "" if is_nothing(given) else text_of(given)
    return _ACTIONS.get(action, action.upper())


def end_of(raw: ApiRow, side: str) -> dict[str, Any]:
    """Return a side of a rule in the words of a policy; raises `ValueError` for values of another type."""
    six = "v6" in str(raw["ruleset"])
    keys = (f"{side}_address", f"{side}_address_ipv6")
    address = next((raw[key] for key in (keys[::-1] if six else keys) if not is_nothing(raw.get(key))), None)
    network = raw.get(f"{side}_networkconf_id")
    mac = raw.get(f"{side}_mac_address")
    return {
        "matching_target": "LEGACY" if address or network else "MAC" if mac else "ANY",
        "ips": [] if is_nothing(address) else [text_of(address)],
        "network_ids": [] if is_nothing(network) else [network],
        "gateway_only": text_of(raw.get(f"{side}_networkconf_type") or "NETv4") == "ADDRv4",
        "mac": mac,
        "port": raw.get(f"{side}_port"),
        "group_ids": list_of(raw.get(f"{side}_firewallgroup_ids")),
    }
