"""Sections of a site's settings: switching, radios, multicast, DNS, NAT and the gateway."""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.unifi.kinds.site_settings.services import Cron
from reconciler.collectors.unifi.network_fields import Port, Seconds
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import Count, Flag, Numbers
from reconciler.model.fields.text import Names, Text, Words
from reconciler.model.references import RefTo
from reconciler.model.value import Value

PowerMode = Annotated[Text | None, Field(description="auto, low, medium, high or custom")]
Width = Annotated[Count | None, Field(description="MHz")]


class MeshSettings(Value):
    """Wireless uplinks of access points. The key of the mesh is in `secrets`."""

    enabled: Flag = False
    enable_isolated_wlan: Flag = False
    uplink_type: Annotated[Text | None, Field(description="How they notice that they are cut off")] = None
    uplink_host: Host | None = None


class DohServer(Value):
    """A DNS server that is asked over HTTPS."""

    server_name: Text | None = None
    sdns_stamp: Text | None = None
    enabled: Flag = True


class DohSettings(Value):
    """DNS over HTTPS."""

    state: Annotated[Text, Field(description="off, auto, manual or custom")] = "off"
    server_names: Annotated[Names, Field(description="With manual")] = ()
    custom_servers: Annotated[tuple[DohServer, ...], InOneOrder, Field(description="With custom")] = ()


class RadioDefaults(Value):
    """Channel widths and power of all access points that have none of their own."""

    ap_exclusions: Annotated[Macs, Field(description="Access points with their own")] = ()
    na_channel_size: Width = None
    na_tx_power: Count | None = None
    na_tx_power_mode: PowerMode = None
    ng_channel_size: Width = None
    ng_tx_power: Count | None = None
    ng_tx_power_mode: PowerMode = None
    band_6e_channel_size: Width = None
    band_6e_tx_power: Count | None = None
    band_6e_tx_power_mode: PowerMode = None


class ExcludedChannel(Value):
    """A channel that is not chosen."""

    channel: Count | None = None
    channel_width: Width = None
    radio: Annotated[Text | None, Field(description="ng, na or 6e")] = None


class RadioWidth(Value):
    """The channel width of one band."""

    radio: Annotated[Text | None, Field(description="ng, na or 6e")] = None
    channel_width: Width = None
    dfs: Annotated[Flag, Field(description="Also channels of radars")] = False


class ChannelSettings(Value):
    """Channels that the controller chooses."""

    enabled: Flag = False
    setting_preference: Annotated[Text | None, Field(description="auto or manual")] = None
    cron_expr: Cron = None
    auto_adjust_channels_to_country: Flag = False
    auto_channel_presets_type: Text | None = None
    channels_6e: Numbers = ()
    channels_na: Numbers = ()
    channels_ng: Numbers = ()
    channels_blacklist: Annotated[tuple[ExcludedChannel, ...], InOneOrder] = ()
    default: Flag = False
    exclude_devices: Macs = ()
    high_priority_devices: Macs = ()
    ht_modes_na: Numbers = ()
    ht_modes_ng: Numbers = ()
    optimize: Annotated[Names, Field(description="channel, power")] = ()
    radios: Names = ()
    radios_configuration: Annotated[tuple[RadioWidth, ...], InOneOrder] = ()
    use_xy: Annotated[Flag, Field(description="With the places of access points")] = False


class RoamingSettings(Value):
    """Clients with a weak signal are moved to another access point."""

    enabled: Flag = False
    rssi: Annotated[int | None, Field(description="dBm")] = None


class GlobalNatSettings(Value):
    """Source NAT of the gateway."""

    mode: Annotated[Text, Field(description="auto, custom or off")] = "auto"
    excluded_networks: Annotated[Names, RefTo("network")] = ()


class IsolatedNetwork(Value):
    """A network, and those that its hosts may not reach."""

    source: Annotated[Text | None, RefTo("network")] = None
    destinations: Annotated[Names, RefTo("network")] = ()


class SwitchSettings(Value):
    """Settings of all switches that have none of their own."""

    stp_version: Annotated[Text | None, Field(description="stp, rstp or disabled")] = None
    dhcp_snoop: Annotated[Flag, Field(description="Only trusted ports answer DHCP")] = False
    dot1x_portctrl_enabled: Annotated[Flag, Field(description="IEEE 802.1X")] = False
    dot1x_fallback_network: Annotated[
        Text | None, RefTo("network"), Field(description="Of devices that 802.1X refuses")
    ] = None
    radius_profile: Text | None = None
    jumboframe_enabled: Flag = False
    flowctrl_enabled: Flag = False
    flood_known_protocols: Annotated[Flag, Field(description="Of IGMP snooping")] = False
    forward_unknown_mcast_router_ports: Annotated[Flag, Field(description="Of IGMP snooping")] = False
    isolated_networks: Annotated[
        Names, RefTo("network"), Field(description="Networks whose hosts do not reach each other")
    ] = ()
    isolation: Annotated[tuple[IsolatedNetwork, ...], InOneOrder, Field(description="Between networks")] = ()
    switch_exclusions: Annotated[Macs, Field(description="Switches with their own")] = ()


class OldSwitchSettings(Value):
    """Settings of switches as older releases have them."""

    dhcp_snoop: Flag = False


class MdnsService(Value):
    """A service that a person added."""

    name: Text | None = None
    address: Annotated[Text | None, Field(description="_ipp._tcp.local")] = None


class MdnsSettings(Value):
    """Multicast DNS between networks."""

    mode: Annotated[Text, Field(description="all, auto or custom")] = "auto"
    predefined_services: Names = ()
    custom_services: Annotated[tuple[MdnsService, ...], InOneOrder] = ()


class OptimizationSettings(Value):
    """Changes of settings that the controller makes by itself."""

    enabled: Flag = False


class DnsVerification(Value):
    """How the gateway checks the DNS servers of its provider."""

    domain: Host | None = None
    primary_dns_server: Host | None = None
    secondary_dns_server: Host | None = None
    setting_preference: Annotated[Text | None, Field(description="auto or manual")] = None


class GatewaySettings(Value):
    """The gateway: UPnP, countries, multicast DNS, DHCP, connection tracking."""

    upnp_enabled: Annotated[Flag, Field(description="Hosts inside open ports by themselves")] = False
    upnp_nat_pmp_enabled: Flag = False
    upnp_secure_mode: Annotated[Flag, Field(description="Only to the host that asks")] = False
    upnp_wan_interface: Annotated[Text | None, Field(description="WAN, WAN2, …")] = None
    geo_ip_filtering_enabled: Flag = False
    geo_ip_filtering_block: Annotated[Text, Field(description="block or allow")] = "block"
    geo_ip_filtering_countries: Annotated[Names, Field(description="ISO 3166-1: CH, LI")] = ()
    geo_ip_filtering_traffic_direction: Annotated[Text, Field(description="both, ingress or egress")] = "both"
    mdns_enabled: Flag = False
    dns_verification: DnsVerification | None = None
    dnsmasq_all_servers: Annotated[Flag, Field(description="All DNS servers are asked at once")] = False
    dhcpd_hostfile_update: Flag = False
    dhcpd_use_dnsmasq: Flag = False
    dhcp_relay_servers: Annotated[Words, Field(description="In order")] = ()
    dhcp_relay_agents_packets: Text | None = None
    dhcp_relay_hop_count: Count | None = None
    dhcp_relay_max_size: Count | None = None
    dhcp_relay_port: Port = None
    broadcast_ping: Flag = False
    receive_redirects: Flag = False
    send_redirects: Flag = False
    syn_cookies: Flag = False
    arp_cache_base_reachable: Seconds = None
    arp_cache_timeout: Annotated[Text | None, Field(description="normal, min-dhcp-lease or custom")] = None
    echo_server: Annotated[Host | None, Field(description="Asked whether the WAN is up")] = None
    lldp_enable_all: Flag = False
    mss_clamp: Annotated[Text | None, Field(description="auto, custom or disabled")] = None
    mss_clamp_mss: Count | None = None
    offload_accounting: Flag = False
    offload_l2_blocking: Flag = False
    offload_sch: Flag = False
    unbind_wan_monitors: Flag = False
    ftp_module: Flag = False
    gre_module: Flag = False
    h323_module: Flag = False
    pptp_module: Flag = False
    sip_module: Flag = False
    tftp_module: Flag = False
    timeout_setting_preference: Annotated[Text | None, Field(description="auto or manual")] = None
    icmp_timeout: Seconds = None
    other_timeout: Seconds = None
    tcp_close_timeout: Seconds = None
    tcp_close_wait_timeout: Seconds = None
    tcp_established_timeout: Seconds = None
    tcp_fin_wait_timeout: Seconds = None
    tcp_last_ack_timeout: Seconds = None
    tcp_syn_recv_timeout: Seconds = None
    tcp_syn_sent_timeout: Seconds = None
    tcp_time_wait_timeout: Seconds = None
    udp_other_timeout: Seconds = None
    udp_stream_timeout: Seconds = None
