"""Sections of a site's settings as fields: which model has which, and what each key of the API becomes."""

import base64
import binascii
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import (
    is_nothing,
    list_of,
    object_of,
    objects_of,
    text_of,
    without_zero_fraction,
)
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.kinds.site_settings import network, portal, radio, services
from reconciler.collectors.unifi.rows import name_of, numbered
from reconciler.model.value import Value

SECTIONS: Mapping[str, type[Value]] = {
    "auto_speedtest": services.SpeedTestSettings,
    "connectivity": radio.MeshSettings,
    "country": services.CountrySettings,
    "doh": network.DohSettings,
    "dpi": services.DpiSettings,
    "global_ap": radio.RadioDefaults,
    "global_nat": network.GlobalNatSettings,
    "global_switch": network.SwitchSettings,
    "guest_access": portal.GuestPortalSettings,
    "ips": services.IntrusionSettings,
    "locale": services.LocaleSettings,
    "magic_site_to_site_vpn": services.SiteMagicSettings,
    "mdns": network.MdnsSettings,
    "mgmt": services.ManagementSettings,
    "netflow": services.NetFlowSettings,
    "network_optimization": network.OptimizationSettings,
    "ntp": services.TimeServerSettings,
    "radio_ai": radio.ChannelSettings,
    "radius": services.RadiusServerSettings,
    "roaming_assistant": radio.RoamingSettings,
    "rsyslogd": services.SyslogSettings,
    "snmp": services.SnmpSettings,
    "ssl_inspection": services.SslInspectionSettings,
    "teleport": services.TeleportSettings,
    "traffic_flow": services.TrafficFlowSettings,
    "usg": network.GatewaySettings,
    "usw": network.OldSwitchSettings,
}
"""Section of the API, and field → its model."""
_RENAMED: Mapping[str, Mapping[str, str]] = {
    "dpi": {"fingerprintingEnabled": "fingerprinting_enabled"},
    "global_ap": {f"6e_{name}": f"band_6e_{name}" for name in ("channel_size", "tx_power", "tx_power_mode")},
    "mgmt": {f"x_{name}": name for name in ("ssh_enabled", "ssh_auth_password_enabled", "ssh_bind_wildcard")},
    "radio_ai": {"useXY": "use_xy"},
    "snmp": {"enabledV3": "v3_enabled"},
}
Reader = Callable[[ApiRow, UnifiContext], Any]


def _networks(key: str) -> Reader:
    return lambda row, context: [_name(each, context.networks) for each in list_of(row.get(key))]


def _network(key: str) -> Reader:
    return lambda row, context: _name(row.get(key), context.networks)


def _profile(row: ApiRow, context: UnifiContext) -> str | None:
    return _name(row.get("radiusprofile_id"), context.radius_profiles)


def _name(identity: object, table: Mapping[str, Any] | None) -> str | None:
    """Return the name behind an id; raises `ValueError` where the list of names could not be read."""
    if is_nothing(identity):
        return None
    if table is None:
        refuse_row("the names behind its ids cannot be read")
    return name_of(identity, table)


def _family(prefix: str) -> Reader:
    """Return the reader of the values of numbered keys."""
    return lambda row, _: [
        value
        for key, value in sorted(row.items())
        if key.startswith(prefix)
        and not key.removeprefix(prefix).strip("0123456789")
        and not is_nothing(value)
    ]


def _fingerprints(row: ApiRow, _context: UnifiContext) -> list[str]:
    return [
        _fingerprint(text_of(each["key"])) for each in objects_of(row.get("x_ssh_keys")) if each.get("key")
    ]


def _fingerprint(key: str) -> str:
    """Return the fingerprint of a public key as OpenSSH prints it."""
    try:
        found = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        found = key.encode()
    return f"SHA256:{base64.b64encode(hashlib.sha256(found).digest()).decode().rstrip('=')}"


def _honeypot(row: ApiRow, context: UnifiContext) -> list[dict[str, Any]]:
    return [
        {
            "ip_address": each.get("ip_address"),
            "version": each.get("version"),
            "network": _name(each.get("network_id"), context.networks),
        }
        for each in objects_of(row.get("honeypot"))
    ]


def _codes(row: ApiRow, _context: UnifiContext) -> list[str]:
    return [text_of(each["code"]) for each in objects_of(row.get("predefined_services")) if each.get("code")]


_TRACKING = ("direction", "mode", "value")
_VERIFICATION = ("domain", "primary_dns_server", "secondary_dns_server", "setting_preference")
_ALERT = ("category", "gid", "id", "signature", "type")


def _alerts(row: ApiRow, _context: UnifiContext) -> list[dict[str, Any]]:
    found = objects_of(object_of(row.get("suppression")).get("alerts"))
    return [_given_values(each, _ALERT) | {"tracking": _tracked(each.get("tracking"))} for each in found]


def _tracked(rows: object) -> list[dict[str, Any]]:
    return [_given_values(each, _TRACKING) for each in objects_of(rows)]


def _given_values(row: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: without_zero_fraction(row[key]) for key in keys if not is_nothing(row.get(key))}


def _items(key: str, *members: str) -> Reader:
    return lambda row, _: [_given_values(each, members) for each in objects_of(row.get(key))]


def _isolation(row: ApiRow, context: UnifiContext) -> list[dict[str, Any]]:
    return [
        {
            "source": _name(each.get("source_network"), context.networks),
            "destinations": _networks("destination_networks")(each, context),
        }
        for each in objects_of(row.get("acl_l3_isolation"))
    ]


_MADE: Mapping[str, Mapping[str, Reader]] = {
    "doh": {"custom_servers": _items("custom_servers", "server_name", "sdns_stamp", "enabled")},
    "global_nat": {"excluded_networks": _networks("excluded_network_ids")},
    "global_switch": {
        "dot1x_fallback_network": _network("dot1x_fallback_networkconf_id"),
        "isolated_networks": _networks("acl_device_isolation"),
        "isolation": _isolation,
        "radius_profile": _profile,
    },
    "guest_access": {
        "allowed_subnets": _family("allowed_subnet_"),
        "restricted_subnets": _family("restricted_subnet_"),
        "radius_profile": _profile,
    },
    "ips": {
        "allowed": lambda row, _: _tracked(object_of(row.get("suppression")).get("whitelist")),
        "enabled_networks": _networks("enabled_networks"),
        "honeypot": _honeypot,
        "suppressed": _alerts,
    },
    "mdns": {
        "predefined_services": _codes,
        "custom_services": _items("custom_services", "name", "address"),
    },
    "mgmt": {"ssh_keys": _fingerprints},
    "netflow": {"networks": _networks("network_ids")},
    "ntp": {"servers": lambda row, _: numbered(row, "ntp_server_", 4)},
    "radio_ai": {
        "channels_blacklist": _items("channels_blacklist", "channel", "channel_width", "radio"),
        "radios_configuration": _items("radios_configuration", "radio", "channel_width", "dfs"),
    },
    "usg": {
        "dhcp_relay_servers": lambda row, _: numbered(row, "dhcp_relay_server_", 5),
        "dns_verification": lambda row, _: _given_values(
            object_of(row.get("dns_verification")), _VERIFICATION
        ),
    },
}
"""Section → field that is made of keys in another form → how."""
_KEYS_OF_MADE = """
    doh.custom_servers[].server_name doh.custom_servers[].sdns_stamp doh.custom_servers[].enabled
    global_nat.excluded_network_ids
    global_switch.dot1x_fallback_networkconf_id global_switch.acl_device_isolation
    global_switch.acl_l3_isolation[].source_network global_switch.acl_l3_isolation[].destination_networks
    global_switch.radiusprofile_id
    guest_access.allowed_subnet_* guest_access.restricted_subnet_* guest_access.radiusprofile_id
    ips.enabled_networks ips.honeypot[].ip_address ips.honeypot[].version ips.honeypot[].network_id
    ips.suppression.alerts[].category ips.suppression.alerts[].gid ips.suppression.alerts[].id
    ips.suppression.alerts[].signature ips.suppression.alerts[].type
    ips.suppression.alerts[].tracking[].direction ips.suppression.alerts[].tracking[].mode
    ips.suppression.alerts[].tracking[].value
    ips.suppression.whitelist[].direction ips.suppression.whitelist[].mode ips.suppression.whitelist[].value
    mdns.predefined_services[].code mdns.custom_services[].name mdns.custom_services[].address
    mgmt.x_ssh_keys[].key netflow.network_ids ntp.ntp_server_[n]
    radio_ai.channels_blacklist[].channel radio_ai.channels_blacklist[].channel_width
    radio_ai.channels_blacklist[].radio radio_ai.radios_configuration[].radio
    radio_ai.radios_configuration[].channel_width radio_ai.radios_configuration[].dfs
    usg.dhcp_relay_server_[n] usg.dns_verification.domain usg.dns_verification.primary_dns_server
    usg.dns_verification.secondary_dns_server usg.dns_verification.setting_preference
"""


def section(name: str, row: ApiRow, context: UnifiContext) -> dict[str, Any]:
    """Return the fields of a section; raises `ValueError` for values of another type."""
    made = _MADE.get(name, {})
    found = {
        field: without_zero_fraction(row[key]) for key, field in _plain(name) if not is_nothing(row.get(key))
    }
    found |= {field: read(row, context) for field, read in made.items()}
    return {field: value for field, value in found.items() if value is not None}


def _plain(name: str) -> list[tuple[str, str]]:
    """Return the keys of a section that become one field each, and the fields."""
    keys = {field: key for key, field in _RENAMED.get(name, {}).items()}
    made = _MADE.get(name, {})
    return [(keys.get(field, field), field) for field in SECTIONS[name].model_fields if field not in made]


KEYS = frozenset(_KEYS_OF_MADE.split()).union(f"{name}.{key}" for name in SECTIONS for key, _ in _plain(name))
"""The keys of the API that are read, at any depth."""
