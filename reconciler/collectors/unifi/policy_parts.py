"""The ends of a firewall policy as fields: values of another target are stale."""

from collections.abc import Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import flag_of, is_nothing, list_of, text_of, without_zero_fraction
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.rows import name_of

_FLAGS = (
    "match_opposite_ips",
    "match_opposite_networks",
    "match_opposite_ports",
    "match_mac",
    "gateway_only",
)
_LISTS = {
    "ips": ("ips", {"IP"}),
    "client_macs": ("macs", {"CLIENT", "MAC"}),
    "device_macs": ("macs", {"DEVICE"}),
    "mac": ("macs", {"CLIENT", "MAC", "IP", "NETWORK"}),
    "macs": ("macs", {"CLIENT", "MAC", "DEVICE"}),
    "web_domains": ("domains", {"WEB"}),
    "regions": ("regions", {"REGION"}),
    "app_ids": ("apps", {"APP"}),
    "app_category_ids": ("app_categories", {"APP_CATEGORY"}),
    "network_ids": ("networks", {"NETWORK", "IP"}),
}
"""Key of an end -> its field, and the targets with which it counts."""
KNOWN = frozenset({"ANY", "IP", "NETWORK", "CLIENT", "MAC", "DEVICE", "WEB", "REGION", "APP", "APP_CATEGORY"})
"""Targets of which it is known what they leave stale; with another one, whatever is named counts."""
_GROUPS = {
    "ip_group_id": "matching_target_type",
    "port_group_id": "port_matching_type",
    "mac_group_id": "matching_target_type",
}
"""Key of a group -> the key with which it counts: OBJECT, or SPECIFIC for the values beside it."""


def read_end(end: ApiRow, context: UnifiContext) -> dict[str, Any]:
    """Return one side of a policy, with names in place of ids.

    Raises `ValueError` for values of another type, and where names that it needs could not be read.
    """
    target = text_of(end.get("matching_target") or "ANY").upper()
    found: dict[str, Any] = {"matching_target": target}
    found |= {flag: end[flag] for flag in _FLAGS if not is_nothing(end.get(flag))}
    if end.get("zone_id"):
        found["zone"] = name_of(end["zone_id"], context.zones or {})
    for key, (field, targets) in _LISTS.items():
        values = list_of(end.get(key)) if target in targets or target not in KNOWN else []
        if values and not (key == "ips" and _chosen(end, "matching_target_type") == "OBJECT"):
            found[field] = [*found.get(field, ()), *map(without_zero_fraction, values)]
    if "networks" in found and context.networks is None:
        refuse_row("the list of networks cannot be read")
    found["networks"] = [name_of(each, context.networks or {}) for each in found.get("networks", ())]
    found["ports"] = _ports(end)
    groups = [
        end[key]
        for key, by in _GROUPS.items()
        if end.get(key) and _chosen(end, by) not in {"SPECIFIC", "ANY"}
    ] + list_of(end.get("group_ids"))
    if groups and context.groups is None:
        refuse_row("the list of groups cannot be read")
    found["groups"] = [name_of(each, context.groups or {}) for each in groups]
    if target == "LEGACY":
        found["matching_target"] = _target_of(found)
    return found


def _chosen(end: ApiRow, key: str) -> str:
    return text_of(end.get(key) or "").upper()


def _ports(end: ApiRow) -> list[str]:
    """Return the ports that an end names itself: a number, a list, or text with commas."""
    if _chosen(end, "port_matching_type") not in {"", "SPECIFIC"}:
        return []
    return [part for port in list_of(end.get("port")) for part in text_of(port).split(",")]


def ipsec_of(row: ApiRow) -> str | None:
    """Return the traffic that a policy means, by IPsec, in the words of the older firewall; None: any.

    Raises `ValueError` for values of another type.
    """
    if not flag_of(row.get("match_ip_sec")):
        return None
    chosen = row.get("match_ip_sec_type")
    word = "MATCH_IP_SEC" if is_nothing(chosen) else text_of(chosen)
    return {"MATCH_IP_SEC": "match-ipsec", "MATCH_NON_IP_SEC": "match-none"}.get(word, word)


def icmp_of(row: ApiRow, protocol: object, six: str) -> dict[str, Any]:
    """Return the type of ICMP that a policy means; that of another protocol is stale."""
    field, key = {"icmp": ("icmp_type", "icmp_typename"), "icmpv6": ("icmp_v6_type", six)}.get(
        str(protocol), ("", "")
    )
    return {} if is_nothing(row.get(key)) else {field: row[key]}


def _target_of(found: Mapping[str, Any]) -> str:
    """Return the target of a rule of the older firewall, which has none of its own."""
    return "IP" if found.get("ips") else "NETWORK" if found["networks"] else "ANY"
