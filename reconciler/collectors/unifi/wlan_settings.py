"""Settings of a WLAN that are stored as they are shown: of its radio, its encryption and its helpers."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, list_of, objects_of, text_of
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.networks import Networks
from reconciler.collectors.unifi.rows import name_of
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Count, Flag, Numbers
from reconciler.model.fields.text import Names, Text
from reconciler.model.gate import Gate
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Value

Kbps = Annotated[Count | None, Field(description="kbit/s")]
Beacons = Annotated[Count | None, Field(description="Beacons between two deliveries of multicast")]


class MdnsPolicy(Value):
    """Where multicast DNS is passed on."""

    networks: Annotated[Names, RefTo("network"), Field(description="Ids of networks")] = ()
    services_mode: Annotated[Text, Field(description="all, specific or none")] = "all"
    services: Annotated[Names, Field(description="Codes, or addresses such as _ipp._tcp")] = ()
    ap_scope_mode: Annotated[Text, Field(description="Access points: all, specific or group")] = "all"
    aps: Macs = ()
    ap_groups: Annotated[Names, RefTo("ap-group"), Field(description="Ids of groups of access points")] = ()
    isolation: Flag = False


class WlanSettings(Resource):
    """The settings of a WLAN beside its networks, its passphrases and who is let in."""

    radius_profile: Annotated[
        Text | None, RefTo("radius-profile"), Field(description="Name of the profile with the servers")
    ] = None
    radius_mac_auth_enabled: Annotated[Flag, Field(description="MAC addresses are asked for by RADIUS")] = (
        False
    )
    radius_macacl_format: Annotated[Text, Field(description="How RADIUS gets a MAC address")] = "none_lower"
    radius_macacl_empty_password: Flag = False
    radius_das_enabled: Annotated[Flag, Field(description="RADIUS may change a session (CoA)")] = False
    wpa_psk_radius: Annotated[Text, Field(description="disabled, optional or required")] = "disabled"
    nas_identifier_type: Annotated[Text, Field(description="ap_name, ap_mac, bssid, site_name or custom")] = (
        "bssid"
    )
    nas_identifier: Text | None = None
    wpa_enc: Annotated[Text, Field(description="Cipher: ccmp, gcmp, …")] = "ccmp"
    pmf_cipher: Text = "auto"
    group_rekey: Annotated[Count, Field(description="Seconds between new group keys; 0: never")] = 3600
    wpa3_enhanced_192: Flag = False
    wpa3_fast_roaming: Flag = False
    sae_groups: Numbers = ()
    sae_anti_clogging: Count | None = None
    sae_sync: Count | None = None
    sae_psk_vlan_required: Flag = False
    minrate_setting_preference: Annotated[Text, Field(description="auto or manual")] = "auto"
    minrate_ng_enabled: Annotated[Flag, Field(description="Minimum data rate at 2.4 GHz")] = False
    minrate_ng_data_rate_kbps: Kbps = None
    minrate_ng_advertising_rates: Flag = False
    minrate_na_enabled: Annotated[Flag, Field(description="Minimum data rate at 5 GHz")] = False
    minrate_na_data_rate_kbps: Kbps = None
    minrate_na_advertising_rates: Flag = False
    dtim_mode: Annotated[Text, Field(description="default or custom")] = "default"
    dtim_ng: Beacons = None
    dtim_na: Beacons = None
    dtim_6e: Beacons = None
    bc_filter_enabled: Annotated[Flag, Field(description="Broadcasts are dropped except those of some")] = (
        False
    )
    bc_filter_list: Macs = ()
    mdns_proxy_mode: Annotated[Text, Field(description="off, auto or custom")] = "off"
    mdns_proxy: Annotated[
        tuple[MdnsPolicy, ...],
        AfterValidator(lambda found: tuple(sorted(found, key=MdnsPolicy.model_dump_json))),
        Field(description="With custom; order does not matter"),
    ] = ()
    proxy_arp: Flag = False
    uapsd_enabled: Flag = False
    no2ghz_oui: Annotated[Flag, Field(description="Capable devices are kept off 2.4 GHz")] = False
    optimize_iot_wifi_connectivity: Flag = False
    enhanced_iot: Flag = False
    mlo_enabled: Annotated[Flag, Field(description="Multi-link operation (Wi-Fi 7)")] = False
    b_supported: Annotated[Flag, Field(description="802.11b")] = False
    rrm_enabled: Annotated[Flag, Field(description="802.11k")] = False
    iapp_enabled: Flag = False
    country_beacon: Flag = False
    tdls_prohibit: Flag = False
    p2p: Flag = False
    p2p_cross_connect: Flag = False
    auth_cache: Flag = False
    priority: Annotated[Text, Field(description="high, medium or low")] = "medium"
    name_combine_enabled: Annotated[Flag, Field(description="One name for all bands")] = True
    name_combine_suffix: Text | None = None
    hotspot2conf_enabled: Annotated[Flag, Field(description="Passpoint")] = False
    vlan_enabled: Annotated[Flag, Field(description="A VLAN of its own, of older releases")] = False
    vlan: Count | None = None


NOT_AS_STORED = ("radius_profile", "mdns_proxy")
"""Fields that `read_settings` sets."""
SETTINGS_GATES = (
    Gate("/radius_mac_auth_enabled", ("/radius_macacl_format", "/radius_macacl_empty_password")),
    Gate("/nas_identifier_type", ("/nas_identifier",), frozenset({"custom"})),
    Gate("/minrate_ng_enabled", ("/minrate_ng_data_rate_kbps", "/minrate_ng_advertising_rates")),
    Gate("/minrate_na_enabled", ("/minrate_na_data_rate_kbps", "/minrate_na_advertising_rates")),
    Gate("/dtim_mode", ("/dtim_ng", "/dtim_na", "/dtim_6e"), frozenset({"custom"})),
    Gate("/bc_filter_enabled", ("/bc_filter_list",)),
    Gate("/mdns_proxy_mode", ("/mdns_proxy",), frozenset({"custom"})),
    Gate("/name_combine_enabled", ("/name_combine_suffix",), frozenset({False})),
    Gate("/vlan_enabled", ("/vlan",)),
)


def read_settings(found: dict[str, Any], raw: ApiRow, context: UnifiContext) -> None:
    """Set the fields that refer to something else; unread where the names could not be read."""
    if not is_nothing(raw.get("radiusprofile_id")):
        if context.radius_profiles is None:
            mark_unread(found, "radius_profile")
        else:
            profiles = context.radius_profiles
            read_into(found, "radius_profile", lambda: name_of(raw["radiusprofile_id"], profiles))
    if raw.get("mdns_proxy_mode") != "custom" or is_nothing(raw.get("mdns_proxy_custom")):
        return
    networks, groups = context.networks, context.ap_groups
    if networks is None:
        mark_unread(found, "mdns_proxy")
    else:
        rows = raw["mdns_proxy_custom"]
        read_into(
            found, "mdns_proxy", lambda: [_policy(row, networks, groups or {}) for row in objects_of(rows)]
        )


def _policy(row: ApiRow, networks: Networks, groups: Any) -> dict[str, Any]:
    """Return where multicast DNS is passed on; raises `ValueError` for values of another type."""
    codes = [each.get("code") for each in objects_of(row.get("predefined_services"))]
    services = [text_of(code) for code in codes if not is_nothing(code)]
    services += [
        ":".join(text_of(each[key]) for key in ("name", "address") if not is_nothing(each.get(key)))
        for each in objects_of(row.get("custom_services"))
    ]
    found = {
        "networks": [name_of(each, networks) for each in list_of(row.get("networkconf_ids"))],
        "services_mode": row.get("services_mode"),
        "services": services,
        "ap_scope_mode": row.get("ap_scope_mode"),
        "aps": list_of(row.get("ap_macs")),
        "ap_groups": [name_of(each, groups) for each in list_of(row.get("ap_group_ids"))],
        "isolation": row.get("isolation_enabled"),
    }
    return {key: value for key, value in found.items() if not is_nothing(value)}
