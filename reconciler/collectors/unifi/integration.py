"""Rows of the integration API in the words of the classic one, for an API key that opens nothing else.

What this API does not tell stands under `@unread`, so that it is never taken for a default. Facts: the
OpenAPI documents of the Network application 9.5 and 10.5.
"""

from typing import Any

from reconciler.collectors.http.payload import ApiRow

_PURPOSES = {"GATEWAY": "corporate", "SWITCH": "corporate", "UNMANAGED": "vlan-only"}
_STATES = {
    "ONLINE": 1,
    "OFFLINE": 0,
    "PENDING_ADOPTION": 2,
    "UPDATING": 4,
    "GETTING_READY": 5,
    "ADOPTING": 7,
    "CONNECTION_INTERRUPTED": 6,
    "ISOLATED": 10,
}
_SECURITY = {"OPEN": "open"}


def network(row: ApiRow) -> dict[str, Any]:
    """A network: name, whether it is on, and its VLAN."""
    lacking = (
        "ip_subnet networkgroup domain_name dhcpd_enabled dhcpd_start dhcpd_stop dhcpd_leasetime dhcpd_dns"
        " dhcpd_gateway dhcpd_ntp dhcpd_options dhcp_relay_servers dhcpguard igmp_snooping firewall_zone"
        " purpose internet_access_enabled network_isolation_enabled mdns_enabled is_nat"
    )
    default = row.get("default") is True or str(row.get("vlanId")) == "1"
    return {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "purpose": _PURPOSES.get(str(row.get("management")), "corporate"),
        "vlan": None if default else row.get("vlanId"),
        "attr_hidden_id": "LAN" if default else None,
        "@unread": lacking.split(),
    }


def zone(row: ApiRow) -> dict[str, Any]:
    """A firewall zone, whole."""
    return {"_id": row.get("id"), "name": row.get("name"), "network_ids": row.get("networkIds")}


def device(row: ApiRow) -> dict[str, Any]:
    """A device, without its configuration."""
    lacking = (
        "type serial management_network ip_settings stp_version stp_priority jumboframe_enabled"
        " flowctrl_enabled led_override snmp_contact snmp_location dot1x_portctrl_enabled"
        " radios poe_mode disabled locked"
    )
    return {
        "mac": row.get("macAddress"),
        "name": row.get("name"),
        "model": row.get("model"),
        "ip": row.get("ipAddress"),
        "version": row.get("firmwareVersion"),
        "adopted": True,
        "state": _STATES.get(str(row.get("state")), row.get("state")),
        "@unread": lacking.split(),
    }


def client(row: ApiRow) -> dict[str, Any]:
    """A client that is connected, without where."""
    return {
        "mac": row.get("macAddress"),
        "ip": row.get("ipAddress"),
        "name": row.get("name"),
        "is_wired": row.get("type") == "WIRED",
    }


def wlan(row: ApiRow) -> dict[str, Any]:
    """A WLAN: name, whether it is on, and its network."""
    lacking = (
        "wpa_mode wpa3_support wpa3_transition pmf_mode hide_ssid is_guest l2_isolation wlan_bands ap_groups"
        " ap_group_mode mac_filter schedule user_group fast_roaming_enabled bss_transition"
        " mcastenhance_enabled"
    )
    place = row.get("network")
    security = row.get("securityConfiguration")
    kind = str(security.get("type")) if isinstance(security, dict) else ""
    specific = place.get("networkId") if isinstance(place, dict) else None
    return {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "security": _SECURITY.get(kind, "wpaeap" if "ENTERPRISE" in kind else "wpapsk"),
        "networkconf_id": specific,
        "@unread": lacking.split(),
    }


def dns(row: ApiRow) -> dict[str, Any]:
    """A DNS record or a domain that is forwarded, whole."""
    kind = str(row.get("type", "")).removesuffix("_RECORD")
    values = (
        "ipv4Address", "ipv6Address", "targetDomain", "mailServerDomain", "text", "serverDomain", "ipAddress",
    )  # fmt: skip
    return {
        "_id": row.get("id"),
        "record_type": kind,
        "key": row.get("domain"),
        "value": next((row[name] for name in values if row.get(name)), None),
        "enabled": row.get("enabled", True),
        "ttl": row.get("ttlSeconds"),
        "priority": row.get("priority"),
        "weight": row.get("weight"),
        "port": row.get("port"),
    }
