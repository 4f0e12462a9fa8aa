"""WLANs of the integration API. Secrets are not read from it: their fingerprints would not be comparable."""

from collections.abc import Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated

_BANDS = {2.4: "2g", 5: "5g", 6: "6g"}
_DETAILS = frozenset(
    "hide_ssid l2_isolation mcastenhance_enabled mac_filter_enabled mac_filter schedule_enabled pmf_mode"
    " fast_roaming_enabled".split()
)


def wlan(row: ApiRow) -> Translated:
    """Return a WLAN, with its details where they could be read."""
    place, security = row.get("network"), row.get("securityConfiguration")
    security = security if isinstance(security, Mapping) else {}
    kind = str(security.get("type"))
    found: dict[str, Any] = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "networkconf_id": place.get("networkId") if isinstance(place, Mapping) else None,
        "security": "open" if kind == "OPEN" else "wpaeap" if "ENTERPRISE" in kind else "wpapsk",
        "wpa3_support": "WPA3" in kind,
        "wpa3_transition": "WPA2_WPA3" in kind,
    }
    has = {"name", "enabled", "network", "security", "wpa3_support", "wpa3_transition"}
    bands = row.get("broadcastingFrequenciesGHz")
    if isinstance(bands, list):
        found["wlan_bands"] = [_BANDS.get(each, str(each)) for each in bands]
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
    return Translated(found, frozenset(has))


def _details(row: ApiRow, security: Mapping[str, Any], kind: str) -> dict[str, Any]:
    clients = row.get("clientFilteringPolicy")
    found: dict[str, Any] = {
        "hide_ssid": row.get("hideName"),
        "l2_isolation": row.get("clientIsolationEnabled"),
        "mcastenhance_enabled": row.get("multicastToUnicastConversionEnabled"),
        "fast_roaming_enabled": security.get("fastRoamingEnabled") is True,
        "pmf_mode": str(
            security.get("pmfMode") or ("required" if kind.startswith("WPA3") else "disabled")
        ).lower(),
        "schedule_enabled": row.get("blackoutScheduleConfiguration") is not None,
        "mac_filter_enabled": isinstance(clients, Mapping),
    }
    if isinstance(clients, Mapping):
        found["mac_filter_policy"] = "allow" if clients.get("action") == "ALLOW" else "deny"
        found["mac_filter_list"] = clients.get("macAddressFilter")
    return found


WLANS = Substitute((Part("wifi/broadcasts", wlan, details=True),))
