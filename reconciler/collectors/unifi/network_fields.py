"""Fields of networks beside those that every one has: IPv6, multicast, DHCP options, VPNs, WANs."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.addresses import AddressList
from reconciler.model.fields.ethernet import Mac, Macs
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource

Port = Annotated[Count | None, Field(description="A TCP or UDP port")]
Seconds = Annotated[Count | None, Field(description="Seconds")]
Wan = Annotated[Text | None, Field(description="wan, wan2, …")]


class LanFields(Resource):
    """IPv6, options of DHCP, and multicast of a LAN."""

    ip_aliases: Annotated[Names, Field(description="Further addresses of the gateway")] = ()
    dhcpd_conflict_checking: Annotated[Flag, Field(description="Addresses are tried first")] = False
    dhcpd_macs: Annotated[Macs, Field(description="MAC addresses of DHCP servers")] = ()
    dhcpd_time_offset_enabled: Flag = False
    dhcpd_time_offset: Annotated[int | None, Field(description="Seconds")] = None
    dhcpd_wpad_url: Annotated[Text | None, Field(description="Configuration of proxies (WPAD)")] = None
    dhcpdv6_enabled: Flag = False
    dhcpdv6_start: Text | None = None
    dhcpdv6_stop: Text | None = None
    dhcpdv6_leasetime: Seconds = None
    dhcpdv6_dns_auto: Annotated[Flag, Field(description="The DNS servers of the gateway")] = False
    dhcpdv6_dns: Annotated[AddressList, Field(description="In order")] = ()
    dhcpdv6_allow_slaac: Flag = False
    ipv6_client_address_assignment: Annotated[Text | None, Field(description="slaac or dhcpv6")] = None
    ipv6_pd_auto_prefixid_enabled: Flag = False
    ipv6_pd_interface: Wan = None
    ipv6_pd_prefixid: Text | None = None
    ipv6_pd_start: Text | None = None
    ipv6_pd_stop: Text | None = None
    ipv6_ra_preferred_lifetime: Seconds = None
    ipv6_ra_valid_lifetime: Seconds = None
    ipv6_ra_priority: Annotated[Text | None, Field(description="high, medium or low")] = None
    ipv6_single_network_interface: Text | None = None
    igmp_fastleave: Flag = False
    igmp_flood_unknown_multicast: Flag = False
    igmp_groupmembership: Seconds = None
    igmp_maxresponse: Seconds = None
    igmp_mcrtrexpiretime: Seconds = None
    igmp_proxy_for: Annotated[Text | None, Field(description="all, some or none")] = None
    igmp_proxy_networks: Annotated[Names, RefTo("network")] = ()
    igmp_proxy_upstream: Flag = False
    igmp_supression: Flag = False
    upnp_lan_enabled: Flag = False


class VpnFields(Resource):
    """How a VPN is reached and what passes it; its keys are in `secrets`."""

    local_port: Port = None
    radius_profile: Annotated[Text | None, Field(description="Who may log in")] = None
    exposed_to_site_vpn: Flag = False
    remote_site_subnets: Names = ()
    remote_vpn_subnets: Names = ()
    remote_vpn_dynamic_subnets_enabled: Flag = False
    require_mschapv2: Flag = False
    route_distance: Count | None = None
    vpn_protocol: Annotated[Text | None, Field(description="TCP or UDP")] = None
    vpn_client_configuration_remote_ip_override: Host | None = None
    vpn_client_configuration_remote_ip_override_enabled: Flag = False
    vpn_client_default_route: Annotated[Flag, Field(description="All traffic takes it")] = False
    vpn_client_pull_dns: Annotated[Flag, Field(description="Its DNS servers are used")] = False
    interface_mtu: Count | None = None
    interface_mtu_enabled: Flag = False
    ipsec_interface: Wan = None
    ipsec_local_ip: Host | None = None
    ipsec_peer_ip: Host | None = None
    ipsec_key_exchange: Annotated[Text | None, Field(description="ikev1 or ikev2")] = None
    ipsec_profile: Text | None = None
    ipsec_pfs: Flag = False
    ipsec_dynamic_routing: Flag = False
    ipsec_separate_ikev2_networks: Flag = False
    ipsec_dh_group: Count | None = None
    ipsec_encryption: Text | None = None
    ipsec_hash: Text | None = None
    ipsec_ike_dh_group: Count | None = None
    ipsec_ike_encryption: Text | None = None
    ipsec_ike_hash: Text | None = None
    ipsec_ike_lifetime: Seconds = None
    ipsec_esp_dh_group: Count | None = None
    ipsec_esp_encryption: Text | None = None
    ipsec_esp_hash: Text | None = None
    ipsec_esp_lifetime: Seconds = None
    ipsec_local_identifier: Text | None = None
    ipsec_local_identifier_enabled: Flag = False
    ipsec_remote_identifier: Text | None = None
    ipsec_remote_identifier_enabled: Flag = False
    ipsec_tunnel_ip: Text | None = None
    ipsec_tunnel_ip_enabled: Flag = False
    l2tp_allow_weak_ciphers: Flag = False
    l2tp_interface: Wan = None
    l2tp_local_wan_ip: Host | None = None
    openvpn_mode: Annotated[Text | None, Field(description="site-to-site, client or server")] = None
    openvpn_encryption_cipher: Text | None = None
    openvpn_interface: Wan = None
    openvpn_local_address: Host | None = None
    openvpn_local_port: Port = None
    openvpn_local_wan_ip: Host | None = None
    openvpn_remote_address: Host | None = None
    openvpn_remote_host: Host | None = None
    openvpn_remote_port: Port = None
    openvpn_username: Text | None = None
    pptpc_server_ip: Host | None = None
    pptpc_username: Text | None = None
    pptpc_require_mppe: Flag = False
    pptpc_route_distance: Count | None = None
    wireguard_interface: Wan = None
    wireguard_interface_binding_mode_ip_version: Annotated[Text | None, Field(description="v4 or v6")] = None
    wireguard_local_wan_ip: Host | None = None
    wireguard_public_key: Text | None = None
    wireguard_client_mode: Annotated[Text | None, Field(description="file or manual")] = None
    wireguard_client_peer_ip: Host | None = None
    wireguard_client_peer_port: Port = None
    wireguard_client_peer_public_key: Text | None = None
    wireguard_client_preshared_key_enabled: Flag = False


class WanFields(Resource):
    """A WAN beside its address."""

    wan_dhcpv6_pd_size: Annotated[
        Count | None, Field(description="Length of the prefix that it asks for")
    ] = None
    wan_dhcpv6_pd_size_auto: Flag = False
    ipv6_wan_delegation_type: Annotated[Text | None, Field(description="pd, single_network or none")] = None
    wan_ipv6_dns: Annotated[AddressList, Field(description="In order")] = ()
    wan_ipv6_dns_preference: Annotated[Text | None, Field(description="auto or manual")] = None
    wan_ip_aliases: Annotated[Names, Field(description="Further addresses")] = ()
    wan_username: Text | None = None
    wan_dslite_remote_host: Host | None = None
    wan_dslite_remote_host_auto: Flag = False
    wan_egress_qos_enabled: Flag = False
    wan_egress_qos: Count | None = None
    wan_dhcp_cos: Count | None = None
    wan_dhcpv6_cos: Count | None = None
    wan_smartq_enabled: Annotated[Flag, Field(description="Smart queues")] = False
    wan_smartq_down_rate: Annotated[Count | None, Field(description="Kilobits per second")] = None
    wan_smartq_up_rate: Annotated[Count | None, Field(description="Kilobits per second")] = None
    provider_speeds: Annotated[
        dict[Text, Count],
        DERIVED,
        Field(default_factory=dict, description="download, upload: kbit/s, typed in or of a speed test"),
    ]
    mac_override_enabled: Flag = False
    mac_override: Mac | None = None
    report_wan_event: Flag = False


MADE = (
    "igmp_proxy_networks", "dhcpd_macs", "dhcpdv6_dns", "wan_ipv6_dns", "radius_profile", "provider_speeds",
)  # fmt: skip
"""Fields that are made of keys of other names."""
