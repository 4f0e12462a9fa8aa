"""Sections of a site's settings: switching, multicast, DNS, NAT and the gateway."""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.unifi.network_fields import Port, Seconds
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text, Words
from reconciler.model.references import RefTo
from reconciler.model.value import Value


class DohServer(Value):
    """A DNS over HTTPS server."""

    server_name: Annotated[Text | None, Field(description="Name of the server")] = None
    sdns_stamp: Annotated[Text | None, Field(description="DNS stamp: sdns://…")] = None
    enabled: Annotated[Flag, Field(description="Server is used")] = True


class DohSettings(Value):
    """Encrypted DNS (DNS over HTTPS)."""

    state: Annotated[Text, Field(description="Mode: off, auto, manual or custom")] = "off"
    server_names: Annotated[Names, Field(description="Predefined servers; only with manual")] = ()
    custom_servers: Annotated[
        tuple[DohServer, ...],
        InOneOrder,
        Field(description="Custom servers; only with custom; order does not matter"),
    ] = ()


class GlobalNatSettings(Value):
    """Source NAT of the gateway."""

    mode: Annotated[Text, Field(description="NAT: auto, custom or off")] = "auto"
    excluded_networks: Annotated[
        Names, RefTo("network"), Field(description="Ids of networks that are not translated")
    ] = ()


class IsolatedNetwork(Value):
    """Isolation of a network from others."""

    source: Annotated[Text | None, RefTo("network"), Field(description="Id of the isolated network")] = None
    destinations: Annotated[
        Names, RefTo("network"), Field(description="Ids of networks that its hosts cannot reach")
    ] = ()


class SwitchSettings(Value):
    """Global switch settings, for switches without their own."""

    stp_version: Annotated[Text | None, Field(description="Spanning tree version: stp, rstp or disabled")] = (
        None
    )
    dhcp_snoop: Annotated[Flag, Field(description="DHCP snooping: only trusted ports may answer DHCP")] = (
        False
    )
    dot1x_portctrl_enabled: Annotated[Flag, Field(description="802.1X control of ports")] = False
    dot1x_fallback_network: Annotated[
        Text | None,
        RefTo("network"),
        Field(description="Id of the fallback network for clients that fail 802.1X"),
    ] = None
    radius_profile: Annotated[Text | None, Field(description="Id of the RADIUS profile of 802.1X")] = None
    jumboframe_enabled: Annotated[Flag, Field(description="Jumbo frames")] = False
    flowctrl_enabled: Annotated[Flag, Field(description="Flow control")] = False
    flood_known_protocols: Annotated[Flag, Field(description="IGMP snooping: flood known protocols")] = False
    forward_unknown_mcast_router_ports: Annotated[
        Flag, Field(description="IGMP snooping: forward unknown multicast to router ports")
    ] = False
    isolated_networks: Annotated[
        Names,
        RefTo("network"),
        Field(description="Ids of networks whose hosts cannot reach each other (device isolation)"),
    ] = ()
    isolation: Annotated[
        tuple[IsolatedNetwork, ...],
        InOneOrder,
        Field(description="Isolation between networks; order does not matter"),
    ] = ()
    switch_exclusions: Annotated[
        Macs, Field(description="MAC addresses of switches with their own settings")
    ] = ()


class OldSwitchSettings(Value):
    """Switch settings of older releases."""

    dhcp_snoop: Annotated[Flag, Field(description="DHCP snooping: only trusted ports may answer DHCP")] = (
        False
    )


class MdnsService(Value):
    """A custom mDNS service."""

    name: Annotated[Text | None, Field(description="Name of the service")] = None
    address: Annotated[Text | None, Field(description="Service type: _ipp._tcp.local")] = None


class MdnsSettings(Value):
    """Multicast DNS between networks."""

    mode: Annotated[Text, Field(description="Forwarded services: all, auto or custom")] = "auto"
    predefined_services: Annotated[Names, Field(description="Predefined services; only with custom")] = ()
    custom_services: Annotated[
        tuple[MdnsService, ...],
        InOneOrder,
        Field(description="Custom services; only with custom; order does not matter"),
    ] = ()


class OptimizationSettings(Value):
    """Network optimization: settings that the controller changes automatically."""

    enabled: Annotated[Flag, Field(description="Network optimization is on")] = False


class DnsVerification(Value):
    """DNS verification of the gateway."""

    domain: Annotated[Host | None, Field(description="Domain name to query")] = None
    primary_dns_server: Annotated[Host | None, Field(description="Primary DNS server")] = None
    secondary_dns_server: Annotated[Host | None, Field(description="Secondary DNS server")] = None
    setting_preference: Annotated[Text | None, Field(description="Settings: auto or manual")] = None


class GatewaySettings(Value):
    """Gateway: UPnP, country restrictions, mDNS, DHCP, connection tracking."""

    upnp_enabled: Annotated[Flag, Field(description="UPnP: hosts may open ports by themselves")] = False
    upnp_nat_pmp_enabled: Annotated[Flag, Field(description="NAT-PMP")] = False
    upnp_secure_mode: Annotated[
        Flag, Field(description="UPnP secure mode: a host can open ports only to itself")
    ] = False
    upnp_wan_interface: Annotated[Text | None, Field(description="WAN interface of UPnP: WAN, WAN2, …")] = (
        None
    )
    geo_ip_filtering_enabled: Annotated[Flag, Field(description="Region blocking (Geo IP filtering)")] = False
    geo_ip_filtering_block: Annotated[
        Text, Field(description="Listed countries: block, or allow only them")
    ] = "block"
    geo_ip_filtering_countries: Annotated[Names, Field(description="Country codes (ISO 3166-1): CH, LI")] = ()
    geo_ip_filtering_traffic_direction: Annotated[
        Text, Field(description="Direction of filtered traffic: both, ingress or egress")
    ] = "both"
    mdns_enabled: Annotated[Flag, Field(description="Multicast DNS of the gateway; older releases")] = False
    dns_verification: Annotated[DnsVerification | None, Field(description="DNS verification")] = None
    dnsmasq_all_servers: Annotated[Flag, Field(description="Query all DNS servers at once")] = False
    dhcpd_hostfile_update: Annotated[
        Flag, Field(description="Add DHCP clients to the gateway's hosts file")
    ] = False
    dhcpd_use_dnsmasq: Annotated[Flag, Field(description="Use dnsmasq as DHCP server")] = False
    dhcp_relay_servers: Annotated[Words, Field(description="DHCP relay servers, in order")] = ()
    dhcp_relay_agents_packets: Annotated[
        Text | None,
        Field(description="Packets with relay agent information: append, discard, forward or replace"),
    ] = None
    dhcp_relay_hop_count: Annotated[
        Count | None, Field(description="Maximum number of DHCP relay hops, 1 to 255")
    ] = None
    dhcp_relay_max_size: Annotated[
        Count | None, Field(description="Maximum size of relayed DHCP packets, in bytes")
    ] = None
    dhcp_relay_port: Annotated[Port, Field(description="Port of the DHCP relay")] = None
    broadcast_ping: Annotated[Flag, Field(description="Answer pings to the broadcast address")] = False
    receive_redirects: Annotated[Flag, Field(description="Accept ICMP redirects")] = False
    send_redirects: Annotated[Flag, Field(description="Send ICMP redirects")] = False
    syn_cookies: Annotated[Flag, Field(description="SYN cookies")] = False
    arp_cache_base_reachable: Annotated[
        Seconds, Field(description="Base reachable time of ARP entries, in seconds; only with custom")
    ] = None
    arp_cache_timeout: Annotated[
        Text | None, Field(description="ARP cache timeout: normal, min-dhcp-lease or custom")
    ] = None
    echo_server: Annotated[Host | None, Field(description="Echo server that is pinged to check the WAN")] = (
        None
    )
    lldp_enable_all: Annotated[Flag, Field(description="LLDP on all interfaces")] = False
    mss_clamp: Annotated[Text | None, Field(description="MSS clamping: auto, custom or disabled")] = None
    mss_clamp_mss: Annotated[Count | None, Field(description="MSS in bytes; only with mss_clamp custom")] = (
        None
    )
    offload_accounting: Annotated[Flag, Field(description="Hardware offload of accounting")] = False
    offload_l2_blocking: Annotated[Flag, Field(description="Hardware offload of Layer 2 blocking")] = False
    offload_sch: Annotated[Flag, Field(description="Hardware offload of scheduling (QoS)")] = False
    unbind_wan_monitors: Annotated[Flag, Field(description="Unbind the WAN monitors")] = False
    ftp_module: Annotated[Flag, Field(description="FTP helper of connection tracking")] = False
    gre_module: Annotated[Flag, Field(description="GRE helper of connection tracking")] = False
    h323_module: Annotated[Flag, Field(description="H.323 helper of connection tracking")] = False
    pptp_module: Annotated[Flag, Field(description="PPTP helper of connection tracking")] = False
    sip_module: Annotated[Flag, Field(description="SIP helper of connection tracking")] = False
    tftp_module: Annotated[Flag, Field(description="TFTP helper of connection tracking")] = False
    timeout_setting_preference: Annotated[
        Text | None, Field(description="Connection tracking timeouts: auto or manual")
    ] = None
    icmp_timeout: Annotated[Seconds, Field(description="Timeout of ICMP, in seconds")] = None
    other_timeout: Annotated[Seconds, Field(description="Timeout of other protocols, in seconds")] = None
    tcp_close_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state CLOSE, in seconds")
    ] = None
    tcp_close_wait_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state CLOSE_WAIT, in seconds")
    ] = None
    tcp_established_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state ESTABLISHED, in seconds")
    ] = None
    tcp_fin_wait_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state FIN_WAIT, in seconds")
    ] = None
    tcp_last_ack_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state LAST_ACK, in seconds")
    ] = None
    tcp_syn_recv_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state SYN_RECV, in seconds")
    ] = None
    tcp_syn_sent_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state SYN_SENT, in seconds")
    ] = None
    tcp_time_wait_timeout: Annotated[
        Seconds, Field(description="Timeout of TCP connections in state TIME_WAIT, in seconds")
    ] = None
    udp_other_timeout: Annotated[Seconds, Field(description="Timeout of other UDP traffic, in seconds")] = (
        None
    )
    udp_stream_timeout: Annotated[Seconds, Field(description="Timeout of UDP streams, in seconds")] = None
