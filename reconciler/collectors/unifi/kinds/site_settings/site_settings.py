"""Settings of a whole UniFi site, by the site's short name: `default`. Each section is a field.

mDNS, NTP, syslog, SNMP, device SSH, intrusion prevention, UPnP, country, updates, guest portal, switching and
gateway. Passwords, communities and keys are recorded only as keyed fingerprints, in `secrets`. Changes of
sections without a field are events. IGMP is set on networks.

Read from `get/setting`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/get/setting`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import redacted_in
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.kinds.site_settings import network, portal, radio, services
from reconciler.collectors.unifi.kinds.site_settings.reading import KEYS, SECTIONS, section
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, none_listed
from reconciler.model.fingerprint import SecretFingerprint, folded
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource
from reconciler.model.unread import read_into

SETTINGS = Read("classic", "get/setting")
RADIUS_PROFILES = Read("classic", "rest/radiusprofile")
READS = (SETTINGS, NETWORKS)


class SiteSettings(Resource):
    """Settings of a site; a section that the release lacks is null."""

    auto_speedtest: Annotated[
        services.SpeedTestSettings | None, Field(description="Automatic WAN speed tests")
    ] = None
    connectivity: Annotated[radio.MeshSettings | None, Field(description="Wireless meshing")] = None
    country: Annotated[services.CountrySettings | None, Field(description="Country of the site")] = None
    doh: Annotated[network.DohSettings | None, Field(description="Encrypted DNS (DNS over HTTPS)")] = None
    dpi: Annotated[services.DpiSettings | None, Field(description="Deep packet inspection")] = None
    global_ap: Annotated[
        radio.RadioDefaults | None, Field(description="Default radio settings of access points")
    ] = None
    global_nat: Annotated[
        network.GlobalNatSettings | None, Field(description="Source NAT of the gateway")
    ] = None
    global_switch: Annotated[network.SwitchSettings | None, Field(description="Global switch settings")] = (
        None
    )
    guest_access: Annotated[
        portal.GuestPortalSettings | None, Field(description="Guest portal (hotspot)")
    ] = None
    ips: Annotated[
        services.IntrusionSettings | None, Field(description="Intrusion detection and prevention (IDS/IPS)")
    ] = None
    locale: Annotated[services.LocaleSettings | None, Field(description="Time zone")] = None
    magic_site_to_site_vpn: Annotated[
        services.SiteMagicSettings | None, Field(description="Site Magic VPN")
    ] = None
    mdns: Annotated[network.MdnsSettings | None, Field(description="Multicast DNS between networks")] = None
    mgmt: Annotated[
        services.ManagementSettings | None, Field(description="Device management: SSH, updates, LEDs")
    ] = None
    netflow: Annotated[services.NetFlowSettings | None, Field(description="NetFlow (IPFIX) export")] = None
    network_optimization: Annotated[
        network.OptimizationSettings | None, Field(description="Network optimization")
    ] = None
    ntp: Annotated[services.TimeServerSettings | None, Field(description="NTP servers")] = None
    radio_ai: Annotated[
        radio.ChannelSettings | None, Field(description="Channel AI: automatic channel selection")
    ] = None
    radius: Annotated[
        services.RadiusServerSettings | None, Field(description="RADIUS server of the gateway")
    ] = None
    roaming_assistant: Annotated[radio.RoamingSettings | None, Field(description="Roaming assistant")] = None
    rsyslogd: Annotated[services.SyslogSettings | None, Field(description="Remote syslog")] = None
    snmp: Annotated[services.SnmpSettings | None, Field(description="SNMP")] = None
    ssl_inspection: Annotated[
        services.SslInspectionSettings | None, Field(description="TLS (SSL) inspection")
    ] = None
    teleport: Annotated[services.TeleportSettings | None, Field(description="Teleport")] = None
    traffic_flow: Annotated[
        services.TrafficFlowSettings | None, Field(description="Traffic flow logging")
    ] = None
    usg: Annotated[network.GatewaySettings | None, Field(description="Gateway settings")] = None
    usw: Annotated[
        network.OldSwitchSettings | None, Field(description="Switch settings of older releases")
    ] = None
    secrets: Annotated[
        dict[str, SecretFingerprint] | None,
        Field(default_factory=dict, description="Secrets, by section and API key: snmp.community"),
    ]


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read the settings of the site as one row, with the sections as members."""
    sections: dict[str, Any] = {}
    for row in lookups.classic(SETTINGS):
        if isinstance(name := row.get("key"), str):
            sections[name] = row
    profiled = any(each.get("radiusprofile_id") for each in sections.values())
    context = UnifiContext(
        networks=lookups.networks,
        radius_profiles=lookups.read_names(RADIUS_PROFILES.path) if profiled else {},
    )
    found = {api.settings.site: sections} if sections else {}
    problem = none_listed(api, "site-settings", found) or api.doubt(SETTINGS)
    return Listing(found, context, problem)


def normalise(_site: str, raw: ApiRow, context: UnifiContext) -> SiteSettings:
    """Make the settings of a site of its sections."""
    found: dict[str, Any] = {}
    for name in SECTIONS.keys() & raw.keys():
        read_into(found, name, partial(section, name, raw[name], context))
    found["secrets"] = _secrets(raw)
    plain = {name: _plain(name, row) for name, row in raw.items()}
    found["unmodelled"] = ignored_fields("unifi", KIND.name).unmodelled(plain, KEYS, context.fingerprints)
    return SiteSettings.of_row(found)


def _plain(name: str, row: ApiRow) -> ApiRow:
    """Return a section without the secrets that are shown in `secrets`."""
    return {key: value for key, value in row.items() if name not in SECTIONS or not redacted_in(value)}


def _secrets(raw: Mapping[str, Any]) -> dict[str, str] | None:
    """Return the secrets of the sections that are read; None where the account does not see them.

    Every site has a password for the SSH of its devices.
    """
    found = {
        f"{name}.{key}": folded(marks)
        for name in SECTIONS.keys() & raw.keys()
        for key, value in raw[name].items()
        if (marks := redacted_in(value))
    }
    hidden = "mgmt" in raw and not any(name.startswith("mgmt.") for name in found)
    return None if hidden and not found else found


def _gate(name: str, flag: str, fields: str, *values: str) -> Gate:
    pointers = tuple(f"/{name}/{field}" for field in fields.split())
    return Gate(f"/{name}/{flag}", pointers, frozenset(values or {True}))


_GATES = (
    _gate("auto_speedtest", "enabled", "cron_expr"),
    _gate("doh", "state", "server_names", "manual"),
    _gate("doh", "state", "custom_servers", "custom"),
    _gate("ips", "honeypot_enabled", "honeypot"),
    _gate("mdns", "mode", "predefined_services custom_services", "custom"),
    _gate("mgmt", "auto_upgrade", "auto_upgrade_hour"),
    _gate("mgmt", "ssh_enabled", "ssh_auth_password_enabled ssh_bind_wildcard"),
    _gate("ntp", "setting_preference", "servers", "manual"),
    _gate("rsyslogd", "netconsole_enabled", "netconsole_host netconsole_port"),
    _gate(
        "usg",
        "geo_ip_filtering_enabled",
        "geo_ip_filtering_block geo_ip_filtering_countries geo_ip_filtering_traffic_direction",
    ),
    _gate("usg", "upnp_enabled", "upnp_nat_pmp_enabled upnp_secure_mode upnp_wan_interface"),
)

KIND = Kind(
    name="site-settings",
    plural="settings-of-sites",
    model=SiteSettings,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
)
