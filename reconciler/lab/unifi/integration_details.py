"""Single networks and WLANs of the lab, in the words of the integration API."""

from collections.abc import Mapping
from typing import Any

Row = Mapping[str, Any]


def network(row: Row, overview: Row) -> dict[str, Any]:
    """Return the details of a network that a gateway manages."""
    found: dict[str, Any] = {
        **overview, "isolationEnabled": row["network_isolation_enabled"], "cellularBackupEnabled": False,
        "internetAccessEnabled": row["internet_access_enabled"], "mdnsForwardingEnabled": row["mdns_enabled"],
        "ipv4Configuration": _ipv4(row),
    }  # fmt: skip
    if row["dhcpguard_enabled"]:
        servers = [row[f"dhcpd_ip_{number}"] for number in (1, 2, 3) if row.get(f"dhcpd_ip_{number}")]
        found["dhcpGuarding"] = {"trustedDhcpServerIpAddresses": servers}
    return found


def _ipv4(row: Row) -> dict[str, Any]:
    address, _, length = row["ip_subnet"].partition("/")
    found: dict[str, Any] = {
        "autoScaleEnabled": row["auto_scale_enabled"], "hostIpAddress": address, "prefixLength": int(length)
    }  # fmt: skip
    if row["dhcpd_enabled"]:
        found["dhcpConfiguration"] = _server(row)
    elif row["dhcp_relay_enabled"]:
        servers = list(row["dhcp_relay_servers"])
        found["dhcpConfiguration"] = {"mode": "RELAY", "dhcpServerIpAddresses": servers}
    return found


def _server(row: Row) -> dict[str, Any]:
    found: dict[str, Any] = {
        "mode": "SERVER", "leaseTimeSeconds": row["dhcpd_leasetime"], "pingConflictDetectionEnabled": True,
        "ipAddressRange": {"start": row["dhcpd_start"], "stop": row["dhcpd_stop"]},
    }  # fmt: skip
    for flag, key, prefix in (
        ("dhcpd_dns_enabled", "dnsServerIpAddressesOverride", "dhcpd_dns_"),
        ("dhcpd_ntp_enabled", "ntpServerIpAddresses", "dhcpd_ntp_"),
    ):
        if row.get(flag):
            found[key] = [row[f"{prefix}{number}"] for number in range(1, 5) if row.get(f"{prefix}{number}")]
    if row.get("dhcpd_gateway_enabled"):
        found["gatewayIpAddressOverride"] = row["dhcpd_gateway"]
    if row.get("domain_name"):
        found["domainName"] = row["domain_name"]
    return found


def wlan(row: Row, overview: Row) -> dict[str, Any]:
    """Return the details of a WLAN."""
    found: dict[str, Any] = {
        **overview, "multicastToUnicastConversionEnabled": row["mcastenhance_enabled"],
        "clientIsolationEnabled": row["l2_isolation"], "hideName": row["hide_ssid"],
        "uapsdEnabled": row["uapsd_enabled"],
        "channel2gLockedTo6": False, "dtimPeriod2gLockedTo3": False, "arpProxyEnabled": row["proxy_arp"],
        "bssTransitionEnabled": row["bss_transition"], "advertiseDeviceName": False,
        "securityConfiguration": _security(row, overview["securityConfiguration"]["type"]),
    }  # fmt: skip
    if row["mac_filter_enabled"]:
        action = "ALLOW" if row["mac_filter_policy"] == "allow" else "BLOCK"
        found["clientFilteringPolicy"] = {"action": action, "macAddressFilter": row["mac_filter_list"]}
    if row["schedule_enabled"]:
        found["blackoutScheduleConfiguration"] = {"days": [{"type": "ALL_DAY", "day": "SUN"}]}
    return found


def _security(row: Row, kind: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind}
    if kind == "OPEN":
        return found
    if row["pmf_mode"] != "disabled":
        found["pmfMode"] = row["pmf_mode"].upper()
    found |= {"fastRoamingEnabled": row["fast_roaming_enabled"], "passphrase": row["x_passphrase"]}
    if "WPA3" in kind:
        found |= {"saeConfiguration": {"anticloggingThresholdSeconds": 5, "syncTimeSeconds": 5}}
        found |= {"wpa3FastRoamingEnabled": False}
    return found
