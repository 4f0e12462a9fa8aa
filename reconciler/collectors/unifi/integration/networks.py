"""Networks of the integration API: LANs with their details, WANs, VPN servers and tunnels.

It has no list of VPN clients, and of WANs and VPNs little more than the name.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated

_PURPOSES = {"GATEWAY": "corporate", "SWITCH": "corporate", "UNMANAGED": "vlan-only"}
_SERVERS = {
    "OPENVPN": "openvpn-server",
    "WIREGUARD": "wireguard-server",
    "L2TP": "l2tp-server",
    "PPTP": "pptp-server",
    "UID": "uid-server",
}
_TUNNELS = {"OPENVPN": "openvpn-vpn", "IPSEC": "ipsec-vpn"}
_IPV6 = {"PREFIX_DELEGATION": "pd", "STATIC": "static"}

_OF_LAN = frozenset({"name", "enabled", "vlan", "firewall_zone", "vpn_type", "vpn_secret"}) | frozenset(
    "wan_networkgroup wan_type wan_ip wan_gateway wan_dns_preference wan_dns wan_type_v6"
    " wan_load_balance_type wan_failover_priority wan_weight".split()
)
"""Fields that every row of a LAN has, with those that only a WAN or a VPN can have."""
_MANAGED = frozenset(
    "ip_subnet network_isolation_enabled gateway_type dhcpd_enabled dhcpd_start dhcpd_stop dhcpd_leasetime"
    " dhcpd_gateway_enabled dhcpd_gateway dhcpd_dns_enabled dhcpd_dns domain_name dhcp_relay_enabled"
    " dhcp_relay_servers dhcpguard_enabled dhcpguard".split()
)
_BY_GATEWAY = frozenset(
    "internet_access_enabled mdns_enabled dhcpd_ntp_enabled dhcpd_ntp dhcpd_wins_enabled dhcpd_wins"
    " dhcpd_boot_enabled dhcpd_boot_server dhcpd_boot_filename dhcpd_tftp_server ipv6_interface_type"
    " ipv6_ra_enabled".split()
)


def network(row: ApiRow) -> Translated:
    """Return a LAN, with its details where they could be read."""
    default = row.get("default") is True or str(row.get("vlanId")) == "1"
    management = str(row.get("management"))
    found: dict[str, Any] = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "purpose": _PURPOSES.get(management, "corporate"),
        "vlan": None if default else row.get("vlanId"),
        "attr_hidden_id": "LAN" if default else None,
        "gateway_type": "switch" if management == "SWITCH" else "default",
        "firewall_zone_id": row.get("zoneId"),
    }
    has = _OF_LAN | ({"purpose"} if management == "UNMANAGED" else set())
    if "dhcpGuarding" in row or "ipv4Configuration" in row:
        found |= _guard(row.get("dhcpGuarding"))
        has |= {"dhcpguard_enabled", "dhcpguard"}
    address = row.get("ipv4Configuration")
    if not isinstance(address, Mapping):
        return Translated(found, has)
    found |= {
        "ip_subnet": f"{address.get('hostIpAddress')}/{address.get('prefixLength')}",
        "network_isolation_enabled": row.get("isolationEnabled"),
        **_dhcp(address.get("dhcpConfiguration")),
    }
    has |= _MANAGED
    if management == "GATEWAY":
        found |= {
            "internet_access_enabled": row.get("internetAccessEnabled"),
            "mdns_enabled": row.get("mdnsForwardingEnabled"),
            **_ipv6(row.get("ipv6Configuration")),
        }
        has |= _BY_GATEWAY | ({"ipv6_subnet"} if found["ipv6_interface_type"] == "none" else set())
    return Translated(found, has)


def _guard(guard: object) -> dict[str, Any]:
    servers = guard.get("trustedDhcpServerIpAddresses") if isinstance(guard, Mapping) else None
    found = {"dhcpguard_enabled": isinstance(guard, Mapping)}
    return found | _listed("dhcpd_ip_", servers)


def _listed(prefix: str, values: object) -> dict[str, Any]:
    """Return a list as numbered keys."""
    given = values if isinstance(values, list) else []
    return {f"{prefix}{number}": value for number, value in enumerate(given, start=1)}


def _dhcp(dhcp: object) -> dict[str, Any]:
    """Return the settings of DHCP: a server, a relay, or none."""
    mode = dhcp.get("mode") if isinstance(dhcp, Mapping) else None
    found: dict[str, Any] = {"dhcpd_enabled": mode == "SERVER", "dhcp_relay_enabled": mode == "RELAY"}
    if not isinstance(dhcp, Mapping):
        return found
    span, boot = dhcp.get("ipAddressRange") or {}, dhcp.get("pxeConfiguration") or {}
    return found | {
        "dhcp_relay_servers": dhcp.get("dhcpServerIpAddresses"),
        "dhcpd_start": span.get("start"),
        "dhcpd_stop": span.get("stop"),
        "dhcpd_leasetime": dhcp.get("leaseTimeSeconds"),
        "domain_name": dhcp.get("domainName"),
        "dhcpd_gateway_enabled": bool(dhcp.get("gatewayIpAddressOverride")),
        "dhcpd_gateway": dhcp.get("gatewayIpAddressOverride"),
        "dhcpd_dns_enabled": bool(dhcp.get("dnsServerIpAddressesOverride")),
        **_listed("dhcpd_dns_", dhcp.get("dnsServerIpAddressesOverride")),
        "dhcpd_ntp_enabled": bool(dhcp.get("ntpServerIpAddresses")),
        **_listed("dhcpd_ntp_", dhcp.get("ntpServerIpAddresses")),
        "dhcpd_wins_enabled": bool(dhcp.get("winsServerIpAddresses")),
        **_listed("dhcpd_wins_", dhcp.get("winsServerIpAddresses")),
        "dhcpd_boot_enabled": bool(boot),
        "dhcpd_boot_server": boot.get("serverIpAddress"),
        "dhcpd_boot_filename": boot.get("filename"),
        "dhcpd_tftp_server": dhcp.get("tftpServerAddress"),
    }


def _ipv6(ipv6: object) -> dict[str, Any]:
    if not isinstance(ipv6, Mapping):
        return {"ipv6_interface_type": "none"}
    kind = str(ipv6.get("interfaceType"))
    return {
        "ipv6_interface_type": _IPV6.get(kind, kind.lower()),
        "ipv6_ra_enabled": ipv6.get("routerAdvertisement") is not None,
    }


def wan(row: ApiRow) -> Translated:
    """Return a WAN: its name."""
    found = {"_id": row.get("id"), "name": row.get("name"), "purpose": "wan"}
    return Translated(found, frozenset({"name", "purpose", "firewall_zone", "vpn_type", "vpn_secret"}))


def server(row: ApiRow) -> Translated:
    """Return a VPN server: its name and type, and whether it is on."""
    kind = _SERVERS.get(str(row.get("type")))
    found = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "purpose": "remote-user-vpn",
        "enabled": row.get("enabled"),
        "vpn_type": kind,
    }
    has = {"name", "purpose", "enabled", "vlan", "firewall_zone"} | ({"vpn_type"} if kind else set())
    return Translated(found, frozenset(has))


def tunnel(row: ApiRow) -> Translated:
    """Return a VPN between two sites: its name and type."""
    kind = _TUNNELS.get(str(row.get("type")))
    found = {"_id": row.get("id"), "name": row.get("name"), "purpose": "site-vpn", "vpn_type": kind}
    has = {"name", "purpose", "vlan", "firewall_zone"} | ({"vpn_type"} if kind else set())
    return Translated(found, frozenset(has))


NETWORKS = Substitute(
    (
        Part("networks", network, details=True),
        Part("wans", wan),
        Part("vpn/servers", server),
        Part("vpn/site-to-site-tunnels", tunnel),
    )
)
