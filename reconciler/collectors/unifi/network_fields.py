"""Fields of networks beside those that every one has: IPv6, multicast, DHCP options, VPNs, WANs."""

from typing import Annotated

from pydantic import Field

from reconciler.model.fields.addresses import AddressList
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource

Port = Annotated[Count | None, Field(description="TCP or UDP port")]
Seconds = Annotated[Count | None, Field(description="Seconds")]
Wan = Annotated[Text | None, Field(description="WAN interface: wan, wan2, …")]


class LanFields(Resource):
    """LAN settings for IPv6, DHCP options and multicast."""

    ip_aliases: Annotated[
        Names, Field(description="Additional IP subnets of the gateway on this network")
    ] = ()
    dhcpd_conflict_checking: Annotated[
        Flag, Field(description="DHCP conflict detection: probe an address before leasing it")
    ] = False
    dhcpd_macs: Annotated[Macs, Field(description="MAC addresses of DHCP servers, up to three")] = ()
    dhcpd_time_offset_enabled: Annotated[Flag, Field(description="Hand out a time offset by DHCP")] = False
    dhcpd_time_offset: Annotated[int | None, Field(description="Time offset from UTC, in seconds")] = None
    dhcpd_wpad_url: Annotated[Text | None, Field(description="WPAD URL handed out by DHCP")] = None
    dhcpdv6_enabled: Annotated[Flag, Field(description="DHCPv6 server")] = False
    dhcpdv6_start: Annotated[Text | None, Field(description="DHCPv6 range start (address suffix)")] = None
    dhcpdv6_stop: Annotated[Text | None, Field(description="DHCPv6 range end (address suffix)")] = None
    dhcpdv6_leasetime: Annotated[Seconds, Field(description="DHCPv6 lease time, in seconds")] = None
    dhcpdv6_dns_auto: Annotated[Flag, Field(description="Hand out the gateway's DNS servers by DHCPv6")] = (
        False
    )
    dhcpdv6_dns: Annotated[AddressList, Field(description="DNS servers handed out by DHCPv6, in order")] = ()
    dhcpdv6_allow_slaac: Annotated[Flag, Field(description="Allow SLAAC besides DHCPv6")] = False
    ipv6_client_address_assignment: Annotated[
        Text | None, Field(description="Client address assignment: slaac or dhcpv6")
    ] = None
    ipv6_pd_auto_prefixid_enabled: Annotated[
        Flag, Field(description="Choose the prefix ID automatically")
    ] = False
    ipv6_pd_interface: Annotated[
        Wan, Field(description="WAN that the prefix is delegated from: wan, wan2, …")
    ] = None
    ipv6_pd_prefixid: Annotated[
        Text | None, Field(description="Prefix ID, in hexadecimal; only if not chosen automatically")
    ] = None
    ipv6_pd_start: Annotated[
        Text | None, Field(description="Start of the DHCPv6 range within the delegated prefix")
    ] = None
    ipv6_pd_stop: Annotated[
        Text | None, Field(description="End of the DHCPv6 range within the delegated prefix")
    ] = None
    ipv6_ra_preferred_lifetime: Annotated[
        Seconds, Field(description="Preferred lifetime in router advertisements, in seconds")
    ] = None
    ipv6_ra_valid_lifetime: Annotated[
        Seconds, Field(description="Valid lifetime in router advertisements, in seconds")
    ] = None
    ipv6_ra_priority: Annotated[
        Text | None, Field(description="Router advertisement priority: high, medium or low")
    ] = None
    ipv6_single_network_interface: Annotated[
        Text | None, Field(description="WAN whose prefix the network uses with single_network")
    ] = None
    igmp_fastleave: Annotated[Flag, Field(description="IGMP fast leave")] = False
    igmp_flood_unknown_multicast: Annotated[
        Flag, Field(description="Flood multicast of unknown groups to all ports")
    ] = False
    igmp_groupmembership: Annotated[
        Seconds, Field(description="IGMP group membership interval, in seconds")
    ] = None
    igmp_maxresponse: Annotated[Seconds, Field(description="IGMP maximum response time, in seconds")] = None
    igmp_mcrtrexpiretime: Annotated[
        Seconds, Field(description="Multicast router expiry time, in seconds")
    ] = None
    igmp_proxy_for: Annotated[
        Text | None, Field(description="Networks that IGMP proxy serves: all, some or none")
    ] = None
    igmp_proxy_networks: Annotated[
        Names,
        RefTo("network"),
        Field(description="Ids of the downstream networks of IGMP proxy; order does not matter"),
    ] = ()
    igmp_proxy_upstream: Annotated[
        Flag, Field(description="This network is the upstream interface of IGMP proxy")
    ] = False
    igmp_supression: Annotated[Flag, Field(description="IGMP report suppression")] = False
    upnp_lan_enabled: Annotated[Flag, Field(description="UPnP on this network")] = False


class VpnFields(Resource):
    """VPN endpoints, encryption and routing. Keys are in `secrets`."""

    local_port: Annotated[Port, Field(description="Port that the VPN server listens on")] = None
    radius_profile: Annotated[
        Text | None, Field(description="Id of the RADIUS profile that authenticates users")
    ] = None
    exposed_to_site_vpn: Annotated[Flag, Field(description="Site-to-site VPNs may reach this network")] = (
        False
    )
    remote_site_subnets: Annotated[
        Names, Field(description="Subnets of the remote site; order does not matter")
    ] = ()
    remote_vpn_subnets: Annotated[
        Names, Field(description="Remote subnets routed through the VPN; order does not matter")
    ] = ()
    remote_vpn_dynamic_subnets_enabled: Annotated[
        Flag, Field(description="Exchange remote subnets by dynamic routing")
    ] = False
    require_mschapv2: Annotated[Flag, Field(description="Require MS-CHAP v2")] = False
    route_distance: Annotated[
        Count | None, Field(description="Administrative distance of the VPN's routes")
    ] = None
    vpn_protocol: Annotated[Text | None, Field(description="Transport protocol: TCP or UDP")] = None
    vpn_client_configuration_remote_ip_override: Annotated[
        Host | None, Field(description="Server address written to client configurations")
    ] = None
    vpn_client_configuration_remote_ip_override_enabled: Annotated[
        Flag, Field(description="Override the server address in client configurations")
    ] = False
    vpn_client_default_route: Annotated[Flag, Field(description="Route all traffic through the VPN")] = False
    vpn_client_pull_dns: Annotated[
        Flag, Field(description="Use the DNS servers that the VPN server sends")
    ] = False
    interface_mtu: Annotated[Count | None, Field(description="MTU of the interface, in bytes")] = None
    interface_mtu_enabled: Annotated[Flag, Field(description="Set the MTU manually")] = False
    ipsec_interface: Annotated[Wan, Field(description="WAN interface of IPsec: wan, wan2, …")] = None
    ipsec_local_ip: Annotated[
        Host | None, Field(description="Local IP address of the IPsec tunnel, or any")
    ] = None
    ipsec_peer_ip: Annotated[
        Host | None, Field(description="Remote IP address or host name of the IPsec peer")
    ] = None
    ipsec_key_exchange: Annotated[Text | None, Field(description="IKE version: ikev1 or ikev2")] = None
    ipsec_profile: Annotated[
        Text | None, Field(description="IPsec profile: customized, azure_dynamic or azure_static")
    ] = None
    ipsec_pfs: Annotated[Flag, Field(description="Perfect forward secrecy")] = False
    ipsec_dynamic_routing: Annotated[Flag, Field(description="Route-based VPN (dynamic routing)")] = False
    ipsec_separate_ikev2_networks: Annotated[
        Flag, Field(description="Separate IKEv2 networks: negotiate each pair of subnets on its own")
    ] = False
    ipsec_dh_group: Annotated[
        Count | None, Field(description="Diffie-Hellman group, as older releases store it")
    ] = None
    ipsec_encryption: Annotated[
        Text | None,
        Field(description="Encryption, as older releases store it: aes128, aes192, aes256 or 3des"),
    ] = None
    ipsec_hash: Annotated[
        Text | None,
        Field(description="Hash, as older releases store it: sha1, md5, sha256, sha384 or sha512"),
    ] = None
    ipsec_ike_dh_group: Annotated[Count | None, Field(description="IKE Diffie-Hellman group")] = None
    ipsec_ike_encryption: Annotated[
        Text | None, Field(description="IKE encryption: aes128, aes192, aes256 or 3des")
    ] = None
    ipsec_ike_hash: Annotated[
        Text | None, Field(description="IKE hash: sha1, md5, sha256, sha384 or sha512")
    ] = None
    ipsec_ike_lifetime: Annotated[Seconds, Field(description="IKE lifetime, in seconds")] = None
    ipsec_esp_dh_group: Annotated[Count | None, Field(description="ESP Diffie-Hellman group")] = None
    ipsec_esp_encryption: Annotated[
        Text | None, Field(description="ESP encryption: aes128, aes192, aes256 or 3des")
    ] = None
    ipsec_esp_hash: Annotated[
        Text | None, Field(description="ESP hash: sha1, md5, sha256, sha384 or sha512")
    ] = None
    ipsec_esp_lifetime: Annotated[Seconds, Field(description="ESP lifetime, in seconds")] = None
    ipsec_local_identifier: Annotated[Text | None, Field(description="Local authentication ID")] = None
    ipsec_local_identifier_enabled: Annotated[
        Flag, Field(description="Send a custom local authentication ID")
    ] = False
    ipsec_remote_identifier: Annotated[Text | None, Field(description="Remote authentication ID")] = None
    ipsec_remote_identifier_enabled: Annotated[
        Flag, Field(description="Expect a custom remote authentication ID")
    ] = False
    ipsec_tunnel_ip: Annotated[
        Text | None, Field(description="IP address of the tunnel interface, with prefix length")
    ] = None
    ipsec_tunnel_ip_enabled: Annotated[Flag, Field(description="Give the tunnel interface an IP address")] = (
        False
    )
    l2tp_allow_weak_ciphers: Annotated[Flag, Field(description="Allow weak ciphers")] = False
    l2tp_interface: Annotated[Wan, Field(description="WAN interface of the L2TP server: wan, wan2, …")] = None
    l2tp_local_wan_ip: Annotated[
        Host | None, Field(description="WAN address that the L2TP server listens on, or any")
    ] = None
    openvpn_mode: Annotated[
        Text | None, Field(description="OpenVPN mode: site-to-site, client or server")
    ] = None
    openvpn_encryption_cipher: Annotated[
        Text | None, Field(description="OpenVPN cipher: AES_256_GCM, AES_256_CBC or BF_CBC")
    ] = None
    openvpn_interface: Annotated[Wan, Field(description="WAN interface of OpenVPN: wan, wan2, …")] = None
    openvpn_local_address: Annotated[Host | None, Field(description="Local tunnel address")] = None
    openvpn_local_port: Annotated[Port, Field(description="Local port")] = None
    openvpn_local_wan_ip: Annotated[
        Host | None, Field(description="WAN address that OpenVPN listens on, or any")
    ] = None
    openvpn_remote_address: Annotated[Host | None, Field(description="Remote tunnel address")] = None
    openvpn_remote_host: Annotated[Host | None, Field(description="Remote host name or IP address")] = None
    openvpn_remote_port: Annotated[Port, Field(description="Remote port")] = None
    openvpn_username: Annotated[Text | None, Field(description="User name of the OpenVPN client")] = None
    pptpc_server_ip: Annotated[Host | None, Field(description="Address of the PPTP server")] = None
    pptpc_username: Annotated[Text | None, Field(description="User name of the PPTP client")] = None
    pptpc_require_mppe: Annotated[Flag, Field(description="Require MPPE encryption")] = False
    pptpc_route_distance: Annotated[
        Count | None, Field(description="Administrative distance of the PPTP client's routes")
    ] = None
    wireguard_interface: Annotated[Wan, Field(description="WAN interface of WireGuard: wan, wan2, …")] = None
    wireguard_interface_binding_mode_ip_version: Annotated[
        Text | None, Field(description="IP version of the WAN address that WireGuard binds to: v4 or v6")
    ] = None
    wireguard_local_wan_ip: Annotated[
        Host | None, Field(description="WAN address that WireGuard listens on, or any")
    ] = None
    wireguard_public_key: Annotated[
        Text | None, Field(description="Public key of the WireGuard server or client")
    ] = None
    wireguard_client_mode: Annotated[
        Text | None, Field(description="Setup of the WireGuard client: file or manual")
    ] = None
    wireguard_client_peer_ip: Annotated[Host | None, Field(description="Address of the WireGuard server")] = (
        None
    )
    wireguard_client_peer_port: Annotated[Port, Field(description="Port of the WireGuard server")] = None
    wireguard_client_peer_public_key: Annotated[
        Text | None, Field(description="Public key of the WireGuard server")
    ] = None
    wireguard_client_preshared_key_enabled: Annotated[Flag, Field(description="Use a pre-shared key")] = False


MADE = (
    "igmp_proxy_networks", "dhcpd_macs", "dhcpdv6_dns", "wan_ipv6_dns", "radius_profile", "provider_speeds",
)  # fmt: skip
"""Fields that are made of keys of other names."""
