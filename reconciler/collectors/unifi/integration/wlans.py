"""WLANs of the integration API. Secrets are not read from it: their fingerprints would not be comparable."""

from collections.abc import Iterator
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated
from reconciler.collectors.unifi.integration.values import ODD, at, items, known_as, there, word

_BANDS = {"2.4": "2g", "5": "5g", "5.0": "5g", "6": "6g", "6.0": "6g"}
_DETAILS = frozenset(
    "hide_ssid l2_isolation mcastenhance_enabled mac_filter_enabled mac_filter schedule_enabled pmf_mode"
    " fast_roaming_enabled".split()
)


def wlan(row: ApiRow) -> Translated:
    """Return a WLAN, with its details where they could be read."""
    security = row.get("securityConfiguration")
    kind = word(at(security, "type")) or ""
    found: dict[str, Any] = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "networkconf_id": at(row, "network", "networkId"),
        **_security(kind),
    }
    has = {"name", "enabled", "network", "security", "wpa3_support", "wpa3_transition"}
    if not is_nothing(bands := row.get("broadcastingFrequenciesGHz")):
        found["wlan_bands"] = [
            _BANDS.get(str(each), str(each)) if isinstance(each, str | int | float) else ODD
            for each in items(bands)
        ]
        has.add("wlan_bands")
    if row.get("broadcastingDeviceFilter") is None:
        found["ap_group_mode"] = "all"
        has |= {"ap_group_mode", "ap_groups"}
    if "hideName" in row:
        found |= _details(row, security, kind)
        has |= _DETAILS
        has |= set() if found["schedule_enabled"] else {"schedule", "schedule_reversed"}
    if "bssTransitionEnabled" in row:
        found["bss_transition"] = row["bssTransitionEnabled"]
        has.add("bss_transition")
    for field, value in _plain(row, security):
        found[field] = value
        has.add(field)
    return Translated(found, frozenset(has))


def _plain(row: ApiRow, security: object) -> Iterator[tuple[str, Any]]:
    """Yield the settings that the row has, and that mean the same in both APIs."""
    for field, value in (
        ("proxy_arp", row.get("arpProxyEnabled")),
        ("uapsd_enabled", row.get("uapsdEnabled")),
        ("mlo_enabled", row.get("mloEnabled")),
        ("group_rekey", at(security, "groupRekeyIntervalSeconds")),
        ("radius_das_enabled", at(security, "coaEnabled")),
        ("wpa3_fast_roaming", at(security, "wpa3FastRoamingEnabled")),
    ):
        if value is not None:
            yield field, value


def _security(kind: Any) -> dict[str, Any]:
    """Return how clients get in; without a word for it, all of it is `ODD`."""
    if kind is ODD:
        return dict.fromkeys(("security", "wpa3_support", "wpa3_transition"), ODD)
    return {
        "security": "open" if kind == "OPEN" else "wpaeap" if "ENTERPRISE" in kind else "wpapsk",
        "wpa3_support": "WPA3" in kind,
        "wpa3_transition": "WPA2_WPA3" in kind,
    }


def _details(row: ApiRow, security: object, kind: Any) -> dict[str, Any]:
    clients = row.get("clientFilteringPolicy")
    required = kind is not ODD and kind.startswith("WPA3")
    return {
        "hide_ssid": row.get("hideName"),
        "l2_isolation": row.get("clientIsolationEnabled"),
        "mcastenhance_enabled": row.get("multicastToUnicastConversionEnabled"),
        "fast_roaming_enabled": at(security, "fastRoamingEnabled"),
        "pmf_mode": known_as(at(security, "pmfMode"), {}, "required" if required else "disabled"),
        "schedule_enabled": there(row.get("blackoutScheduleConfiguration")),
        "mac_filter_enabled": there(clients),
        "mac_filter_policy": known_as(at(clients, "action"), {"ALLOW": "allow", "BLOCK": "deny"}, "deny"),
        "mac_filter_list": at(clients, "macAddressFilter"),
    }


WLANS = Substitute((Part("wifi/broadcasts", wlan, details=True),))
