"""Networks of the integration API: LANs with their details, WANs, VPN servers and tunnels.

It has no list of VPN clients, and of WANs and VPNs little more than the name.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import flag_of, is_nothing, whole_number
from reconciler.collectors.unifi.integration.substitute import Part, Substitute, Translated
from reconciler.collectors.unifi.integration.values import (
    ODD,
    amount,
    at,
    is_given,
    items,
    known_as,
    there,
    word,
)
from reconciler.collectors.unifi.network_fields import VpnFields
from reconciler.collectors.unifi.wan_fields import WanFields
from reconciler.model.resource import own_fields

UNTAGGED = 1
"""The VLAN id of the network without one."""
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
).union(own_fields(VpnFields), own_fields(WanFields))
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
    default = _is_default(row)
    management = word(row.get("management"))
    found: dict[str, Any] = {
        "_id": row.get("id"),
        "name": row.get("name"),
        "enabled": row.get("enabled", True),
        "purpose": management if management is ODD else _PURPOSES.get(management, "corporate"),
        "vlan": None if default else row.get("vlanId"),
        "attr_hidden_id": "LAN" if default else None,
        "gateway_type": management
        if management is ODD
        else "switch"
        if management == "SWITCH"
        else "default",
        "firewall_zone_id": row.get("zoneId"),
    }
    has = _OF_LAN | ({"purpose"} if management == "UNMANAGED" else set())
    if "dhcpGuarding" in row or "ipv4Configuration" in row:
        guard = row.get("dhcpGuarding")
        found["dhcpguard_enabled"] = there(guard)
        found |= _listed("dhcpd_ip_", at(guard, "trustedDhcpServerIpAddresses"), 3)
        has |= {"dhcpguard_enabled", "dhcpguard"}
    address = row.get("ipv4Configuration")
    if is_nothing(address):
        return Translated(found, has)
    found |= {
        "ip_subnet": _subnet(address),
        "network_isolation_enabled": row.get("isolationEnabled"),
        **_dhcp(at(address, "dhcpConfiguration")),
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


def _is_default(row: ApiRow) -> bool:
    """Return whether a LAN is the one without a tag."""
    if whole_number(row.get("vlanId")) == UNTAGGED:
        return True
    try:
        return flag_of(row.get("default"))
    except ValueError:
        return False


def _subnet(address: object) -> Any:
    """Return the gateway's address with its prefix length."""
    host, length = at(address, "hostIpAddress"), at(address, "prefixLength")
    if host is None:
        return None
    parts = [amount(host), amount(length)]
    return ODD if ODD in parts else "/".join(parts)


def _listed(prefix: str, values: object, most: int) -> dict[str, Any]:
    """Return a list as numbered keys."""
    return {f"{prefix}{number}": value for number, value in enumerate(items(values)[:most], start=1)}


def _dhcp(dhcp: object) -> dict[str, Any]:
    """Return the settings of DHCP: a server, a relay, or none."""
    mode = word(at(dhcp, "mode"))
    gateway, dns, ntp, wins, boot = (
        at(dhcp, key)
        for key in (
            "gatewayIpAddressOverride", "dnsServerIpAddressesOverride", "ntpServerIpAddresses",
            "winsServerIpAddresses", "pxeConfiguration",
        )
    )  # fmt: skip
    return {
        "dhcpd_enabled": mode if mode is ODD else mode == "SERVER",
        "dhcp_relay_enabled": mode if mode is ODD else mode == "RELAY",
        "dhcp_relay_servers": at(dhcp, "dhcpServerIpAddresses"),
        "dhcpd_start": at(dhcp, "ipAddressRange", "start"),
        "dhcpd_stop": at(dhcp, "ipAddressRange", "stop"),
        "dhcpd_leasetime": at(dhcp, "leaseTimeSeconds"),
        "domain_name": at(dhcp, "domainName"),
        "dhcpd_gateway_enabled": is_given(gateway),
        "dhcpd_gateway": gateway,
        "dhcpd_dns_enabled": is_given(dns),
        **_listed("dhcpd_dns_", dns, 4),
        "dhcpd_ntp_enabled": is_given(ntp),
        **_listed("dhcpd_ntp_", ntp, 2),
        "dhcpd_wins_enabled": is_given(wins),
        **_listed("dhcpd_wins_", wins, 2),
        "dhcpd_boot_enabled": there(boot),
        "dhcpd_boot_server": at(boot, "serverIpAddress"),
        "dhcpd_boot_filename": at(boot, "filename"),
        "dhcpd_tftp_server": at(dhcp, "tftpServerAddress"),
    }


def _ipv6(ipv6: object) -> dict[str, Any]:
    if is_nothing(ipv6):
        return {"ipv6_interface_type": "none"}
    return {
        "ipv6_interface_type": known_as(at(ipv6, "interfaceType"), _IPV6, "none"),
        "ipv6_ra_enabled": there(at(ipv6, "routerAdvertisement")),
    }


def wan(row: ApiRow) -> Translated:
    """Return a WAN: its name."""
    found = {"_id": row.get("id"), "name": row.get("name"), "purpose": "wan"}
    return Translated(found, frozenset({"name", "purpose", "firewall_zone", "vpn_type", "vpn_secret"}))


def server(row: ApiRow) -> Translated:
    """Return a VPN server: its name and type, and whether it is on."""
    has = {"name", "purpose", "enabled", "vlan", "firewall_zone"}
    return _vpn({"purpose": "remote-user-vpn", "enabled": row.get("enabled")}, row, _SERVERS, has)


def tunnel(row: ApiRow) -> Translated:
    """Return a VPN between two sites: its name and type."""
    return _vpn({"purpose": "site-vpn"}, row, _TUNNELS, {"name", "purpose", "vlan", "firewall_zone"})


def _vpn(found: dict[str, Any], row: ApiRow, kinds: Mapping[str, str], has: set[str]) -> Translated:
    kind = word(row.get("type"))
    name = kind if kind is ODD else kinds.get(kind)
    found |= {"_id": row.get("id"), "name": row.get("name"), "vpn_type": name}
    return Translated(found, frozenset(has | ({"vpn_type"} if name is not None else set())))


NETWORKS = Substitute(
    (
        Part("networks", network, details=True),
        Part("wans", wan),
        Part("vpn/servers", server),
        Part("vpn/site-to-site-tunnels", tunnel),
    )
)
