"""Sections of a site's settings: management, logs, monitoring, time, and what watches the traffic."""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.unifi.network_fields import Port
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text, Words
from reconciler.model.references import RefTo
from reconciler.model.value import Value

Cron = Annotated[Text | None, Field(description="Schedule, as a cron expression")]


class SpeedTestSettings(Value):
    """Automatic WAN speed tests."""

    enabled: Annotated[Flag, Field(description="Automatic speed tests are on")] = False
    cron_expr: Cron = None


class CountrySettings(Value):
    """Regulatory country of the radios."""

    code: Annotated[Count | None, Field(description="Numeric country code (ISO 3166-1): 756")] = None


class DpiSettings(Value):
    """Deep packet inspection (DPI)."""

    enabled: Annotated[Flag, Field(description="Deep packet inspection is on")] = False
    fingerprinting_enabled: Annotated[Flag, Field(description="Device identification")] = False


class LocaleSettings(Value):
    """Time zone of the site."""

    timezone: Annotated[Text | None, Field(description="Time zone: Europe/Zurich")] = None


class ManagementSettings(Value):
    """Device management: SSH, updates, LEDs. SSH secrets are in `secrets`."""

    ssh_enabled: Annotated[Flag, Field(description="Device SSH authentication is on")] = False
    ssh_auth_password_enabled: Annotated[Flag, Field(description="Accept passwords for SSH")] = False
    ssh_bind_wildcard: Annotated[Flag, Field(description="SSH listens on all addresses of a device")] = False
    ssh_keys: Annotated[
        Names, Field(description="SHA-256 fingerprints of the public keys, as `ssh-keygen -l` prints them")
    ] = ()
    auto_upgrade: Annotated[Flag, Field(description="Update devices automatically")] = False
    auto_upgrade_hour: Annotated[Count | None, Field(description="Hour of automatic updates, 0 to 23")] = None
    advanced_feature_enabled: Annotated[Flag, Field(description="Advanced features")] = False
    alert_enabled: Annotated[Flag, Field(description="Alerts")] = False
    boot_sound: Annotated[Flag, Field(description="Startup sound of devices")] = False
    debug_tools_enabled: Annotated[Flag, Field(description="Debug terminal of devices")] = False
    direct_connect_enabled: Annotated[Flag, Field(description="Direct remote connection")] = False
    led_enabled: Annotated[Flag, Field(description="Device LEDs are on")] = False
    outdoor_mode_enabled: Annotated[Flag, Field(description="Outdoor mode of access points")] = False
    unifi_idp_enabled: Annotated[Flag, Field(description="UniFi Identity provider")] = False
    wifiman_enabled: Annotated[Flag, Field(description="WiFiman support")] = False


class NetFlowSettings(Value):
    """NetFlow (IPFIX) export."""

    enabled: Annotated[Flag, Field(description="NetFlow export is on")] = False
    server: Annotated[Host | None, Field(description="Collector")] = None
    port: Annotated[Port, Field(description="Port of the collector")] = None
    version: Annotated[Count | None, Field(description="NetFlow version: 5, 9 or 10")] = None
    auto_engine_id_enabled: Annotated[Flag, Field(description="Choose the engine ID automatically")] = False
    engine_id: Annotated[Count | None, Field(description="Engine ID")] = None
    export_frequency: Annotated[Count | None, Field(description="Export frequency")] = None
    refresh_rate: Annotated[Count | None, Field(description="Template refresh rate")] = None
    sampling_mode: Annotated[Text, Field(description="Sampling: off, hash, random or deterministic")] = "off"
    sampling_rate: Annotated[Count | None, Field(description="Sampling rate: 2 to 16383")] = None
    networks: Annotated[
        Names, RefTo("network"), Field(description="Ids of the networks whose flows are exported")
    ] = ()


class TimeServerSettings(Value):
    """NTP servers of devices."""

    setting_preference: Annotated[
        Text, Field(description="NTP servers: auto (of the controller) or manual")
    ] = "manual"
    servers: Annotated[Words, Field(description="NTP servers, in order")] = ()


class SyslogSettings(Value):
    """Remote syslog."""

    enabled: Annotated[Flag, Field(description="Remote syslog is on")] = False
    ip: Annotated[Host | None, Field(description="Syslog server")] = None
    port: Annotated[Port, Field(description="Port of the syslog server")] = None
    contents: Annotated[
        Names, Field(description="Log types: device, client, firewall_default_policy, …")
    ] = ()
    debug: Annotated[Flag, Field(description="Debug logs")] = False
    log_all_contents: Annotated[Flag, Field(description="Send all log types")] = False
    netconsole_enabled: Annotated[Flag, Field(description="Netconsole (kernel log) is on")] = False
    netconsole_host: Annotated[Host | None, Field(description="Netconsole server")] = None
    netconsole_port: Annotated[Port, Field(description="Port of the netconsole server")] = None
    this_controller: Annotated[Flag, Field(description="Send logs to this controller too")] = False
    this_controller_encrypted_only: Annotated[
        Flag, Field(description="Send logs to this controller only encrypted")
    ] = False


class SnmpSettings(Value):
    """SNMP on devices. Community and password are in `secrets`."""

    enabled: Annotated[Flag, Field(description="SNMP versions 1 and 2c")] = False
    v3_enabled: Annotated[Flag, Field(description="SNMP version 3")] = False
    username: Annotated[Text | None, Field(description="User name of SNMP version 3")] = None


class TrafficFlowSettings(Value):
    """Traffic flow logging on the gateway."""

    enabled_allowed_traffic: Annotated[Flag, Field(description="Log allowed traffic")] = False
    gateway_dns_enabled: Annotated[Flag, Field(description="Log DNS traffic of the gateway")] = False
    unifi_device_management_enabled: Annotated[
        Flag, Field(description="Log management traffic of UniFi devices")
    ] = False
    unifi_services_enabled: Annotated[Flag, Field(description="Log traffic of UniFi services")] = False


class Honeypot(Value):
    """A honeypot: an unused address that only an intruder contacts."""

    ip_address: Annotated[Text | None, Field(description="Address of the honeypot")] = None
    network: Annotated[Text | None, RefTo("network"), Field(description="Id of the network")] = None
    version: Annotated[Text | None, Field(description="IP version: v4 or v6")] = None


class Tracking(Value):
    """Traffic to or from an address, subnet or network."""

    direction: Annotated[Text | None, Field(description="Direction: both, src or dest")] = None
    mode: Annotated[Text | None, Field(description="Match by ip, subnet or network")] = None
    value: Annotated[Text | None, Field(description="Address, subnet or network")] = None


class SuppressedAlert(Value):
    """A suppressed intrusion signature."""

    category: Annotated[Text | None, Field(description="Signature category")] = None
    gid: Annotated[Count | None, Field(description="Generator ID (GID)")] = None
    id: Annotated[Count | None, Field(description="Signature ID (SID)")] = None
    signature: Annotated[Text | None, Field(description="Signature name")] = None
    type: Annotated[
        Text | None, Field(description="Suppress all, or only the traffic in tracking (track)")
    ] = None
    tracking: Annotated[
        tuple[Tracking, ...],
        InOneOrder,
        Field(description="Suppressed traffic, with type track; order does not matter"),
    ] = ()


class IntrusionSettings(Value):
    """Intrusion detection and prevention (IDS/IPS)."""

    ips_mode: Annotated[Text, Field(description="Mode: disabled, ids, ips or ipsInline")] = "disabled"
    enabled_categories: Annotated[Names, Field(description="Enabled signature categories")] = ()
    enabled_networks: Annotated[
        Names, RefTo("network"), Field(description="Ids of the inspected networks")
    ] = ()
    advanced_filtering_preference: Annotated[
        Text | None, Field(description="Advanced filtering: manual or disabled")
    ] = None
    content_filtering_blocking_page_enabled: Annotated[
        Flag, Field(description="Show a block page for filtered content")
    ] = False
    honeypot_enabled: Annotated[Flag, Field(description="Internal honeypot")] = False
    honeypot: Annotated[
        tuple[Honeypot, ...], InOneOrder, Field(description="Honeypots; order does not matter")
    ] = ()
    memory_optimized: Annotated[Flag, Field(description="Memory-optimized signatures")] = False
    restrict_torrents: Annotated[Flag, Field(description="Restrict BitTorrent")] = False
    suppressed: Annotated[
        tuple[SuppressedAlert, ...],
        InOneOrder,
        Field(description="Suppressed signatures; order does not matter"),
    ] = ()
    allowed: Annotated[
        tuple[Tracking, ...],
        InOneOrder,
        Field(description="Traffic that is not inspected; order does not matter"),
    ] = ()


class SslInspectionSettings(Value):
    """TLS (SSL) inspection."""

    state: Annotated[Text, Field(description="Mode: off, simple or advanced")] = "off"


class RadiusServerSettings(Value):
    """RADIUS server of the gateway. Its secret is in `secrets`."""

    enabled: Annotated[Flag, Field(description="RADIUS server is on")] = False
    auth_port: Annotated[Port, Field(description="UDP port for authentication")] = None
    acct_port: Annotated[Port, Field(description="UDP port for accounting")] = None
    accounting_enabled: Annotated[Flag, Field(description="RADIUS accounting")] = False
    configure_whole_network: Annotated[
        Flag, Field(description="Use the RADIUS server for the whole network")
    ] = False
    interim_update_interval: Annotated[
        Count | None, Field(description="Interval of interim accounting updates, in seconds")
    ] = None
    tunneled_reply: Annotated[Flag, Field(description="Encrypted (tunneled) reply")] = False


class TeleportSettings(Value):
    """Remote access with Teleport."""

    enabled: Annotated[Flag, Field(description="Teleport is on")] = False
    subnet_cidr: Annotated[Text | None, Field(description="Subnet of Teleport clients")] = None


class SiteMagicSettings(Value):
    """Site Magic: VPNs between the sites of an account."""

    enabled: Annotated[Flag, Field(description="Site Magic is on")] = False
