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

Cron = Annotated[Text | None, Field(description="When, as a cron expression")]


class SpeedTestSettings(Value):
    """Speed tests of the WAN."""

    enabled: Flag = False
    cron_expr: Cron = None


class CountrySettings(Value):
    """The country whose rules the radios keep to."""

    code: Annotated[Count | None, Field(description="ISO 3166-1, numeric: 756")] = None


class DpiSettings(Value):
    """Deep packet inspection."""

    enabled: Flag = False
    fingerprinting_enabled: Annotated[Flag, Field(description="Devices are identified")] = False


class LocaleSettings(Value):
    """The time zone of the site."""

    timezone: Annotated[Text | None, Field(description="Europe/Zurich")] = None


class ManagementSettings(Value):
    """How devices are managed: SSH, upgrades, LEDs. The secrets of SSH are in `secrets`."""

    ssh_enabled: Annotated[Flag, Field(description="Devices accept SSH")] = False
    ssh_auth_password_enabled: Annotated[Flag, Field(description="Also with a password")] = False
    ssh_bind_wildcard: Annotated[Flag, Field(description="On every address of a device")] = False
    ssh_keys: Annotated[
        Names, Field(description="SHA-256 fingerprints of the public keys, as `ssh-keygen -l` prints them")
    ] = ()
    auto_upgrade: Annotated[Flag, Field(description="Devices are upgraded by themselves")] = False
    auto_upgrade_hour: Annotated[Count | None, Field(description="Hour of the day")] = None
    advanced_feature_enabled: Flag = False
    alert_enabled: Flag = False
    boot_sound: Flag = False
    debug_tools_enabled: Annotated[Flag, Field(description="Terminals on devices")] = False
    direct_connect_enabled: Flag = False
    led_enabled: Flag = False
    outdoor_mode_enabled: Flag = False
    unifi_idp_enabled: Flag = False
    wifiman_enabled: Flag = False


class NetFlowSettings(Value):
    """Export of flows (NetFlow, IPFIX)."""

    enabled: Flag = False
    server: Host | None = None
    port: Port = None
    version: Annotated[Count | None, Field(description="5, 9 or 10")] = None
    auto_engine_id_enabled: Flag = False
    engine_id: Count | None = None
    export_frequency: Count | None = None
    refresh_rate: Count | None = None
    sampling_mode: Annotated[Text, Field(description="off, hash, random or deterministic")] = "off"
    sampling_rate: Count | None = None
    networks: Annotated[Names, RefTo("network"), Field(description="Whose flows")] = ()


class TimeServerSettings(Value):
    """NTP servers of devices."""

    setting_preference: Annotated[Text, Field(description="auto: those of the controller; manual")] = "manual"
    servers: Annotated[Words, Field(description="In order")] = ()


class SyslogSettings(Value):
    """Logs that are sent to another host."""

    enabled: Flag = False
    ip: Annotated[Host | None, Field(description="The server")] = None
    port: Port = None
    contents: Annotated[Names, Field(description="device, client, firewall_default_policy, …")] = ()
    debug: Flag = False
    log_all_contents: Flag = False
    netconsole_enabled: Flag = False
    netconsole_host: Host | None = None
    netconsole_port: Port = None
    this_controller: Annotated[Flag, Field(description="Also to the controller")] = False
    this_controller_encrypted_only: Flag = False


class SnmpSettings(Value):
    """SNMP of devices. Community and password are in `secrets`."""

    enabled: Annotated[Flag, Field(description="Versions 1 and 2c")] = False
    v3_enabled: Annotated[Flag, Field(description="Version 3")] = False
    username: Annotated[Text | None, Field(description="Of version 3")] = None


class TrafficFlowSettings(Value):
    """Flows that the gateway records."""

    enabled_allowed_traffic: Flag = False
    gateway_dns_enabled: Flag = False
    unifi_device_management_enabled: Flag = False
    unifi_services_enabled: Flag = False


class Honeypot(Value):
    """An address that only an intruder would ask."""

    ip_address: Text | None = None
    network: Annotated[Text | None, RefTo("network")] = None
    version: Annotated[Text | None, Field(description="v4 or v6")] = None


class Tracking(Value):
    """An address, a subnet or a network, and the direction to or from it."""

    direction: Annotated[Text | None, Field(description="both, src or dest")] = None
    mode: Annotated[Text | None, Field(description="ip, subnet or network")] = None
    value: Text | None = None


class SuppressedAlert(Value):
    """A signature that raises no alarm."""

    category: Text | None = None
    gid: Count | None = None
    id: Count | None = None
    signature: Text | None = None
    type: Annotated[Text | None, Field(description="all, or track")] = None
    tracking: Annotated[tuple[Tracking, ...], InOneOrder] = ()


class IntrusionSettings(Value):
    """Intrusion detection and prevention (IDS, IPS)."""

    ips_mode: Annotated[Text, Field(description="disabled, ids, ips or ipsInline")] = "disabled"
    enabled_categories: Annotated[Names, Field(description="Categories of signatures")] = ()
    enabled_networks: Annotated[Names, RefTo("network"), Field(description="Networks that it watches")] = ()
    advanced_filtering_preference: Annotated[Text | None, Field(description="manual or disabled")] = None
    content_filtering_blocking_page_enabled: Flag = False
    honeypot_enabled: Flag = False
    honeypot: Annotated[tuple[Honeypot, ...], InOneOrder] = ()
    memory_optimized: Flag = False
    restrict_torrents: Flag = False
    suppressed: Annotated[
        tuple[SuppressedAlert, ...], InOneOrder, Field(description="Signatures without alarm")
    ] = ()
    allowed: Annotated[
        tuple[Tracking, ...], InOneOrder, Field(description="Traffic that is not inspected")
    ] = ()


class SslInspectionSettings(Value):
    """Inspection of TLS traffic."""

    state: Annotated[Text, Field(description="off, simple or advanced")] = "off"


class RadiusServerSettings(Value):
    """The RADIUS server of the gateway. Its secret is in `secrets`."""

    enabled: Flag = False
    auth_port: Port = None
    acct_port: Port = None
    accounting_enabled: Flag = False
    configure_whole_network: Flag = False
    interim_update_interval: Annotated[Count | None, Field(description="Seconds")] = None
    tunneled_reply: Flag = False


class TeleportSettings(Value):
    """Remote access with Teleport."""

    enabled: Flag = False
    subnet_cidr: Text | None = None


class SiteMagicSettings(Value):
    """VPNs between sites of one account (Site Magic)."""

    enabled: Flag = False
