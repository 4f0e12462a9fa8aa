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

Kbps = Annotated[Count | None, Field(description="Data rate, in kbit/s")]
Beacons = Annotated[Count | None, Field(description="DTIM period, in beacons")]


class MdnsPolicy(Value):
    """A policy for forwarding multicast DNS."""

    networks: Annotated[Names, RefTo("network"), Field(description="Ids of networks")] = ()
    services_mode: Annotated[Text, Field(description="Services: all, specific or none")] = "all"
    services: Annotated[Names, Field(description="Service codes, or service types such as _ipp._tcp")] = ()
    ap_scope_mode: Annotated[Text, Field(description="Access points: all, specific or group")] = "all"
    aps: Annotated[Macs, Field(description="MAC addresses of access points; order does not matter")] = ()
    ap_groups: Annotated[Names, RefTo("ap-group"), Field(description="Ids of AP groups")] = ()
    isolation: Annotated[Flag, Field(description="Isolate the services of each access point")] = False


class WlanSettings(Resource):
    """WLAN settings besides network, passphrases and MAC filter."""

    radius_profile: Annotated[
        Text | None, RefTo("radius-profile"), Field(description="Id of the RADIUS profile")
    ] = None
    radius_mac_auth_enabled: Annotated[Flag, Field(description="RADIUS MAC authentication")] = False
    radius_macacl_format: Annotated[
        Text, Field(description="MAC address format sent to RADIUS: none_lower, colon_upper, hyphen_lower, …")
    ] = "none_lower"
    radius_macacl_empty_password: Annotated[
        Flag, Field(description="Send an empty password with RADIUS MAC authentication")
    ] = False
    radius_das_enabled: Annotated[
        Flag, Field(description="RADIUS DAS/DAC (CoA): the server may change a session")
    ] = False
    wpa_psk_radius: Annotated[
        Text, Field(description="RADIUS-assigned passphrases: disabled, optional or required")
    ] = "disabled"
    nas_identifier_type: Annotated[
        Text, Field(description="RADIUS NAS ID: ap_name, ap_mac, bssid, site_name or custom")
    ] = "bssid"
    nas_identifier: Annotated[Text | None, Field(description="Custom RADIUS NAS ID")] = None
    wpa_enc: Annotated[Text, Field(description="Cipher: ccmp, gcmp, …")] = "ccmp"
    pmf_cipher: Annotated[
        Text, Field(description="Cipher of protected management frames: auto, aes-128-cmac or bip-gmac-256")
    ] = "auto"
    group_rekey: Annotated[Count, Field(description="Group rekey interval in seconds; 0: never")] = 3600
    wpa3_enhanced_192: Annotated[Flag, Field(description="WPA3 Enterprise with 192-bit security")] = False
    wpa3_fast_roaming: Annotated[Flag, Field(description="Fast roaming (802.11r) with WPA3")] = False
    sae_groups: Annotated[Numbers, Field(description="SAE groups; order does not matter")] = ()
    sae_anti_clogging: Annotated[Count | None, Field(description="SAE anti-clogging threshold")] = None
    sae_sync: Annotated[Count | None, Field(description="SAE sync threshold")] = None
    sae_psk_vlan_required: Annotated[Flag, Field(description="SAE passphrases must have a VLAN")] = False
    minrate_setting_preference: Annotated[
        Text, Field(description="Minimum data rate control: auto or manual")
    ] = "auto"
    minrate_ng_enabled: Annotated[Flag, Field(description="Minimum data rate at 2.4 GHz")] = False
    minrate_ng_data_rate_kbps: Annotated[
        Kbps, Field(description="Minimum data rate at 2.4 GHz, in kbit/s")
    ] = None
    minrate_ng_advertising_rates: Annotated[
        Flag, Field(description="Limit advertised rates at 2.4 GHz to the minimum")
    ] = False
    minrate_na_enabled: Annotated[Flag, Field(description="Minimum data rate at 5 GHz")] = False
    minrate_na_data_rate_kbps: Annotated[Kbps, Field(description="Minimum data rate at 5 GHz, in kbit/s")] = (
        None
    )
    minrate_na_advertising_rates: Annotated[
        Flag, Field(description="Limit advertised rates at 5 GHz to the minimum")
    ] = False
    dtim_mode: Annotated[Text, Field(description="DTIM period: default or custom")] = "default"
    dtim_ng: Annotated[Beacons, Field(description="DTIM period at 2.4 GHz, in beacons")] = None
    dtim_na: Annotated[Beacons, Field(description="DTIM period at 5 GHz, in beacons")] = None
    dtim_6e: Annotated[Beacons, Field(description="DTIM period at 6 GHz, in beacons")] = None
    bc_filter_enabled: Annotated[
        Flag, Field(description="Multicast and broadcast control: drop all but those of the allowed senders")
    ] = False
    bc_filter_list: Annotated[
        Macs, Field(description="MAC addresses of allowed senders; order does not matter")
    ] = ()
    mdns_proxy_mode: Annotated[Text, Field(description="mDNS proxy: off, auto or custom")] = "off"
    mdns_proxy: Annotated[
        tuple[MdnsPolicy, ...],
        AfterValidator(lambda found: tuple(sorted(found, key=MdnsPolicy.model_dump_json))),
        Field(description="mDNS proxy policies; only with custom; order does not matter"),
    ] = ()
    proxy_arp: Annotated[Flag, Field(description="Proxy ARP")] = False
    uapsd_enabled: Annotated[
        Flag, Field(description="Unscheduled automatic power save delivery (U-APSD)")
    ] = False
    no2ghz_oui: Annotated[Flag, Field(description="Connect high-performance devices to 5 GHz only")] = False
    optimize_iot_wifi_connectivity: Annotated[Flag, Field(description="Optimize IoT WiFi connectivity")] = (
        False
    )
    enhanced_iot: Annotated[Flag, Field(description="Enhanced IoT connectivity")] = False
    mlo_enabled: Annotated[Flag, Field(description="Multi-link operation (MLO, WiFi 7)")] = False
    b_supported: Annotated[Flag, Field(description="Support 802.11b")] = False
    rrm_enabled: Annotated[Flag, Field(description="Radio resource measurement (802.11k)")] = False
    iapp_enabled: Annotated[Flag, Field(description="Inter-access point protocol (IAPP)")] = False
    country_beacon: Annotated[Flag, Field(description="Advertise the country in beacons (802.11d)")] = False
    tdls_prohibit: Annotated[Flag, Field(description="Prohibit direct links between clients (TDLS)")] = False
    p2p: Annotated[Flag, Field(description="WiFi Direct (P2P)")] = False
    p2p_cross_connect: Annotated[Flag, Field(description="Allow WiFi Direct cross connection")] = False
    auth_cache: Annotated[Flag, Field(description="Cache authentication results")] = False
    priority: Annotated[Text, Field(description="Priority: high, medium or low")] = "medium"
    name_combine_enabled: Annotated[Flag, Field(description="Use one SSID for all bands")] = True
    name_combine_suffix: Annotated[
        Text | None, Field(description="SSID suffix, if bands have separate SSIDs")
    ] = None
    hotspot2conf_enabled: Annotated[Flag, Field(description="Passpoint (Hotspot 2.0)")] = False
    vlan_enabled: Annotated[Flag, Field(description="Use the VLAN in vlan, as older releases store it")] = (
        False
    )
    vlan: Annotated[Count | None, Field(description="VLAN ID, as older releases store it")] = None


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
