"""The flags of networks that rule other fields of them."""

from collections.abc import Iterable

from reconciler.collectors.unifi.network_fields import LanFields, VpnFields
from reconciler.collectors.unifi.networks import LANS
from reconciler.collectors.unifi.wan_fields import WanFields
from reconciler.model.gate import Gate
from reconciler.model.resource import own_fields


def _pointers(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"/{name}" for name in sorted(names))


_OF_BOTH = frozenset({"interface_mtu_enabled", "interface_mtu"})
"""Fields of VPNs that a WAN has too."""
GATES = (
    Gate(
        "/purpose",
        (
            "/dhcpd_enabled", "/dhcp_relay_enabled", "/dhcpguard_enabled", "/ip_subnet",
        ),
        closed_by=frozenset({"wan"}),
    ),
    Gate(
        "/purpose",
        ("/is_nat", "/internet_access_enabled", "/mdns_enabled", "/igmp_snooping"),
        LANS,
    ),
    Gate(
        "/purpose",
        (
            "/wan_networkgroup", "/wan_type", "/wan_ip", "/wan_netmask", "/wan_gateway",
            "/wan_dns_preference", "/wan_dns", "/wan_type_v6", "/wan_ipv6", "/wan_prefixlen",
            "/wan_gateway_v6", "/wan_load_balance_type", "/wan_failover_priority", "/wan_weight",
        ),
        closed_by=LANS,
    ),
    Gate(
        "/dhcpd_enabled",
        (
            "/dhcpd_start", "/dhcpd_stop", "/dhcpd_leasetime", "/dhcpd_gateway_enabled", "/dhcpd_dns_enabled",
            "/dhcpd_ntp_enabled", "/dhcpd_wins_enabled", "/dhcpd_boot_enabled", "/dhcpd_tftp_server",
            "/dhcpd_unifi_controller", "/dhcpd_options", "/dhcpd_wpad_url", "/dhcpd_time_offset_enabled",
            "/dhcpd_conflict_checking",
        ),
    ),
    Gate("/gateway_type", ("/gateway_device",), frozenset({"switch"})),
    Gate("/dhcpd_gateway_enabled", ("/dhcpd_gateway",)),
    Gate("/dhcpd_dns_enabled", ("/dhcpd_dns",)),
    Gate("/dhcpd_ntp_enabled", ("/dhcpd_ntp",)),
    Gate("/dhcpd_wins_enabled", ("/dhcpd_wins",)),
    Gate("/dhcpd_boot_enabled", ("/dhcpd_boot_server", "/dhcpd_boot_filename")),
    Gate("/dhcp_relay_enabled", ("/dhcp_relay_servers",)),
    Gate("/dhcpguard_enabled", ("/dhcpguard",)),
    Gate(
        "/ipv6_interface_type",
        (
            "/ipv6_subnet", "/ipv6_ra_enabled", "/dhcpdv6_enabled", "/dhcpdv6_allow_slaac",
            *_pointers(name for name in LanFields.model_fields if name.startswith("ipv6_")),
        ),
        closed_by=frozenset({"none"}),
    ),
    Gate("/ipv6_ra_enabled", ("/ipv6_ra_preferred_lifetime", "/ipv6_ra_valid_lifetime", "/ipv6_ra_priority")),
    Gate(
        "/dhcpdv6_enabled",
        ("/dhcpdv6_start", "/dhcpdv6_stop", "/dhcpdv6_leasetime", "/dhcpdv6_dns_auto", "/dhcpdv6_dns"),
    ),
    Gate("/dhcpd_time_offset_enabled", ("/dhcpd_time_offset",)),
    Gate("/purpose", _pointers(own_fields(VpnFields) - _OF_BOTH), closed_by=LANS | {"wan"}),
    Gate("/purpose", _pointers(own_fields(WanFields) | _OF_BOTH), closed_by=LANS),
    Gate("/wan_ipv6_dns_preference", ("/wan_ipv6_dns",), closed_by=frozenset({"auto"})),
    Gate("/wan_type", ("/wan_ip", "/wan_netmask", "/wan_gateway"), frozenset({"static"})),
    Gate("/wan_type_v6", ("/wan_ipv6", "/wan_prefixlen", "/wan_gateway_v6"), frozenset({"static"})),
    Gate("/wan_dns_preference", ("/wan_dns",), closed_by=frozenset({"auto"})),
    Gate("/wan_load_balance_type", ("/wan_weight",), frozenset({"weighted"})),
)  # fmt: skip
