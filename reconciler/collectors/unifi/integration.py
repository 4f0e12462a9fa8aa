"""Rows of the integration API in the words of the classic one, for an API key that opens nothing else.

What this API lacks is unread, so that it is never taken for a default. Facts: the OpenAPI documents of the
Network application 9.5 and 10.5.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import Read


class Substitute(NamedTuple):
    """A list of the integration API in place of one of the classic or v2 API."""

    path: str
    translate: Callable[[ApiRow], ApiRow]
    lacking: tuple[str, ...] = ()
    """Fields of the kind that it does not have."""

    @property
    def read(self) -> Read:
        """The list."""
        return Read("integration", self.path)


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
    """Return a network: name, whether it is on, and its VLAN."""
    default = row.get("default") is True or str(row.get("vlanId")) == "1"
    return {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "purpose": _PURPOSES.get(str(row.get("management")), "corporate"),
        "vlan": None if default else row.get("vlanId"),
        "attr_hidden_id": "LAN" if default else None,
    }


def zone(row: ApiRow) -> dict[str, Any]:
    """Return a firewall zone, with all that is read of one."""
    return {"_id": row.get("id"), "name": row.get("name"), "network_ids": row.get("networkIds")}


def device(row: ApiRow) -> dict[str, Any]:
    """Return a device, without its configuration."""
    return {
        "mac": row.get("macAddress"),
        "name": row.get("name"),
        "model": row.get("model"),
        "ip": row.get("ipAddress"),
        "version": row.get("firmwareVersion"),
        "adopted": True,
        "state": _STATES.get(str(row.get("state")), row.get("state")),
    }


def client(row: ApiRow) -> dict[str, Any]:
    """Return a client that is connected, without its port or access point."""
    return {
        "mac": row.get("macAddress"),
        "ip": row.get("ipAddress"),
        "name": row.get("name"),
        "is_wired": row.get("type") == "WIRED",
    }


def wlan(row: ApiRow) -> dict[str, Any]:
    """Return a WLAN: name, whether it is on, and its network."""
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
    }


def dns(row: ApiRow) -> dict[str, Any]:
    """Return a DNS record or a domain that is forwarded, with all that is read of one."""
    kind = str(row.get("type", "")).removesuffix("_RECORD")
    values = (
        "ipv4Address", "ipv6Address", "targetDomain", "mailServerDomain", "text", "serverDomain", "ipAddress",
    )  # fmt: skip
    return {
        "_id": row.get("id"),
        "record_type": kind,
        "key": _dns_name(row),
        "value": next((row[name] for name in values if row.get(name)), None),
        "enabled": row.get("enabled", True),
        "ttl": row.get("ttlSeconds"),
        "priority": row.get("priority"),
        "weight": row.get("weight"),
        "port": row.get("port"),
    }


def _dns_name(row: ApiRow) -> Any:
    """Return the name of a record; of SRV, with the service and protocol that this API keeps apart."""
    domain, service = row.get("domain"), f"{row.get('service')}.{row.get('protocol')}."
    if row.get("type") != "SRV_RECORD" or not row.get("service") or not isinstance(domain, str):
        return domain
    return domain if domain.lower().startswith(service.lower()) else f"{service}{domain}"


NETWORKS = Substitute(
    "networks",
    network,
    tuple(
        (
            "ip_subnet networkgroup domain_name dhcpd_enabled dhcpd_start dhcpd_stop dhcpd_leasetime "
            "dhcpd_dns dhcpd_gateway dhcpd_ntp dhcpd_options dhcp_relay_servers dhcpguard "
            "igmp_snooping purpose internet_access_enabled network_isolation_enabled "
            "mdns_enabled is_nat"
        ).split()
    ),
)
ZONES = Substitute("firewall/zones", zone)
DEVICES = Substitute(
    "devices",
    device,
    tuple(
        (
            "type serial management_network ip_settings stp_version stp_priority jumboframe_enabled "
            "flowctrl_enabled led_override snmp_contact snmp_location dot1x_portctrl_enabled radios "
            "poe_mode disabled locked"
        ).split()
    ),
)
CLIENTS = Substitute("clients", client)
WLANS = Substitute(
    "wifi/broadcasts",
    wlan,
    tuple(
        (
            "wpa_mode wpa3_support wpa3_transition pmf_mode hide_ssid is_guest l2_isolation "
            "wlan_bands ap_groups ap_group_mode mac_filter schedule user_group fast_roaming_enabled "
            "bss_transition mcastenhance_enabled"
        ).split()
    ),
)
DNS = Substitute("dns/policies", dns)
