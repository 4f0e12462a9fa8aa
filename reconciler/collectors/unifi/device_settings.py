"""Settings of a device that its row stores: lights, screen, power, outlets, radios."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.values import flag_of, is_nothing, object_of, objects_of, text_of, whole
from reconciler.collectors.unifi.device_overrides import EthernetPort, MobileNetwork, NutServer, Rps
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.gate import Gate
from reconciler.model.references import RefTo
from reconciler.model.resource import StatusResource
from reconciler.model.value import Value

_BANDS = {"ng": "2g", "na": "5g", "6e": "6g", "ad": "60g"}


class Radio(Value):
    """Settings of an access point radio."""

    channel: Annotated[Text, Field(description="Channel: auto or a number")] = "auto"
    width: Annotated[Count | None, Field(description="Channel width, in MHz")] = None
    tx_power_mode: Annotated[Text, Field(description="Transmit power: auto, low, medium, high or custom")] = (
        "auto"
    )
    tx_power: Annotated[Text | None, Field(description="Transmit power in dBm; only with custom")] = None
    min_rssi: Annotated[int | None, Field(description="Minimum RSSI in dBm; null: no minimum")] = None
    sens_level: Annotated[
        int | None, Field(description="Receive sensitivity threshold in dBm; null: no threshold")
    ] = None
    assisted_roaming_rssi: Annotated[
        int | None, Field(description="Roaming assistant RSSI in dBm; null: off")
    ] = None
    antenna_gain: Annotated[int | None, Field(description="Antenna gain, in dBi")] = None
    antenna_id: Annotated[int | None, Field(description="Number of the antenna in use")] = None
    dfs: Annotated[Flag, Field(description="Allow DFS channels")] = False
    hard_noise_floor_enabled: Annotated[Flag, Field(description="Hard noise floor")] = False
    loadbalance_enabled: Annotated[Flag, Field(description="Limit the number of clients to maxsta")] = False
    maxsta: Annotated[Count | None, Field(description="Maximum number of clients")] = None
    vwire_enabled: Annotated[Flag, Field(description="Allow other access points to mesh with this radio")] = (
        False
    )


_FLAGS = {
    "min_rssi": "min_rssi_enabled",
    "sens_level": "sens_level_enabled",
    "assisted_roaming_rssi": "assisted_roaming_enabled",
    "maxsta": "loadbalance_enabled",
}
"""Value of a radio → the flag without which it is stale."""
_SAME = ("channel", "antenna_gain", "antenna_id", "dfs", "hard_noise_floor_enabled", "vwire_enabled")
RADIO_KEYS = ("radio", "ht", "tx_power_mode", "tx_power", *_SAME, *_FLAGS, *_FLAGS.values())
"""The keys of a radio that are read."""


class Outlet(Value):
    """Settings of a power outlet."""

    name: Annotated[Text | None, Field(description="Outlet name")] = None
    relay_state: Annotated[Flag, Field(description="Outlet is on")] = False
    cycle_enabled: Annotated[
        Flag, Field(description="Modem power cycle: restart the outlet if the internet connection is lost")
    ] = False


class EtherLighting(Value):
    """Etherlighting: LEDs of switch ports."""

    mode: Annotated[Text | None, Field(description="Color by speed or network")] = None
    led_mode: Annotated[Text | None, Field(description="LED mode: standard or etherlighting")] = None
    behavior: Annotated[Text | None, Field(description="Behavior: breath or steady")] = None
    brightness: Annotated[Count | None, Field(description="Brightness, in percent")] = None


class DeviceSettings(StatusResource):
    """Device settings besides its name, addresses and spanning tree."""

    led_override: Annotated[Text, Field(description="LED: default (site setting), on or off")] = "default"
    led_override_color: Annotated[Text, Field(description="LED color: #0000ff")] = "#0000ff"
    led_override_color_brightness: Annotated[Count, Field(description="LED brightness, in percent")] = 100
    ether_lighting: Annotated[EtherLighting, Field(description="Etherlighting of a switch")] = EtherLighting()
    lcm_brightness_override: Annotated[
        Flag, Field(description="Set the screen brightness on this device")
    ] = False
    lcm_brightness: Annotated[Count | None, Field(description="Screen brightness, in percent")] = None
    lcm_idle_timeout_override: Annotated[Flag, Field(description="Set the screen timeout on this device")] = (
        False
    )
    lcm_idle_timeout: Annotated[Count | None, Field(description="Screen timeout, in seconds")] = None
    lcm_night_mode_begins: Annotated[
        Text | None, Field(description="Start of the screen's night mode: 22:00")
    ] = None
    lcm_night_mode_ends: Annotated[
        Text | None, Field(description="End of the screen's night mode: 08:00")
    ] = None
    lcm_orientation_override: Annotated[Count | None, Field(description="Screen orientation, in degrees")] = (
        None
    )
    lcm_settings_restricted_access: Annotated[
        Flag, Field(description="Restrict access to settings on the screen")
    ] = False
    lcm_tracker_enabled: Annotated[Flag, Field(description="Tracker on the screen")] = False
    fan_mode_override: Annotated[Text, Field(description="Fan mode: default or quiet")] = "default"
    outdoor_mode_override: Annotated[Text, Field(description="Outdoor mode: default, on or off")] = "default"
    lowpfmode_override: Annotated[Flag, Field(description="Low power factor mode")] = False
    resetbtn_enabled: Annotated[Text, Field(description="Reset button: on or off")] = "on"
    volume: Annotated[Count | None, Field(description="Speaker volume, in percent")] = None
    snmp_location: Annotated[Text | None, Field(description="SNMP location")] = None
    outlet_enabled: Annotated[Flag, Field(description="Power outlets are on")] = False
    outlet_power_cycle_enabled: Annotated[Flag, Field(description="Power cycle of outlets")] = False
    outlets: Annotated[dict[str, Outlet], Field(default_factory=dict, description="Power outlets, by number")]
    power_source_ctrl_enabled: Annotated[Flag, Field(description="Set the power source manually")] = False
    power_source_ctrl: Annotated[
        Text | None, Field(description="Power source: auto, 8023af, 8023at, adapter, …")
    ] = None
    power_source_ctrl_budget: Annotated[Count | None, Field(description="Power budget, in watts")] = None
    dot1x_fallback_network: Annotated[
        Text | None,
        RefTo("network"),
        Field(description="Id of the fallback network for clients that fail 802.1X"),
    ] = None
    radius_profile: Annotated[
        Text | None, RefTo("radius-profile"), Field(description="Id of the RADIUS profile of 802.1X")
    ] = None
    switch_vlan_enabled: Annotated[Flag, Field(description="VLANs on the ports of this device")] = False
    bandsteering_mode: Annotated[Text, Field(description="Band steering: off, equal or prefer_5g")] = "off"
    atf_enabled: Annotated[Flag, Field(description="Airtime fairness")] = False
    afc_enabled: Annotated[
        Flag, Field(description="Automated frequency coordination (AFC): standard power at 6 GHz")
    ] = False
    green_ap_enabled: Annotated[Flag, Field(description="Power saving of the access point (Green AP)")] = (
        False
    )
    mesh_sta_vap_enabled: Annotated[
        Flag, Field(description="Wireless meshing: may use a wireless uplink")
    ] = False
    peer_to_peer_mode: Annotated[
        Text | None, Field(description="Role in a point-to-point link: ap or sta")
    ] = None
    station_mode: Annotated[Text | None, Field(description="Station mode: ptp, ptmp or wifi")] = None
    ptp_ap_mac: Annotated[
        Mac | None, Field(description="MAC address of the access point of a point-to-point link")
    ] = None
    ptmp_ap_mac: Annotated[
        Mac | None, Field(description="MAC address of the access point of a point-to-multipoint link")
    ] = None
    hardware_offload: Annotated[Flag, Field(description="Hardware offload")] = True
    dpi_enabled: Annotated[Flag, Field(description="Deep packet inspection on this device")] = False
    gateway_vrrp_mode: Annotated[
        Text | None, Field(description="VRRP role of the gateway: primary or secondary")
    ] = None
    gateway_vrrp_priority: Annotated[
        Count | None, Field(description="VRRP priority of the gateway, 10 to 999")
    ] = None
    lte_apn: Annotated[Text | None, Field(description="Access point name (APN) of the LTE connection")] = None
    lte_username: Annotated[Text | None, Field(description="APN user name of the LTE connection")] = None
    lte_auth_type: Annotated[
        Text | None, Field(description="APN authentication: PAP, CHAP, PAP-CHAP or NONE")
    ] = None
    lte_roaming_allowed: Annotated[Flag, Field(description="Allow data roaming")] = False
    lte_poe: Annotated[Flag, Field(description="PoE of the LTE device")] = False
    lte_ext_ant: Annotated[Flag, Field(description="External LTE antenna")] = False
    lte_data_warning_enabled: Annotated[Flag, Field(description="Warn at lte_soft_limit")] = False
    lte_soft_limit: Annotated[Count | None, Field(description="Data usage that raises a warning")] = None
    lte_data_limit_enabled: Annotated[Flag, Field(description="Limit data usage to lte_hard_limit")] = False
    lte_hard_limit: Annotated[Count | None, Field(description="Data usage at which the connection stops")] = (
        None
    )
    ubb_pair_name: Annotated[Text | None, Field(description="Name of the pair of building bridges")] = None
    baresip_enabled: Annotated[Flag, Field(description="SIP telephony is on")] = False
    baresip_auth_user: Annotated[Text | None, Field(description="SIP user name")] = None
    baresip_extension: Annotated[Text | None, Field(description="SIP extension")] = None
    ethernet: Annotated[
        dict[str, EthernetPort],
        Field(default_factory=dict, description="Roles of gateway ports, by interface"),
    ]
    nut_server: Annotated[NutServer, Field(description="NUT server of a UPS")] = NutServer()
    rps: Annotated[Rps, Field(default_factory=lambda: Rps(ports={}), description="Redundant power system")]
    mobile: Annotated[
        MobileNetwork,
        Field(default_factory=lambda: MobileNetwork(sims={}), description="Mobile router and its SIM cards"),
    ]
    secrets: Annotated[
        dict[str, SecretFingerprint],
        Field(default_factory=dict, description="Passwords, PIN and SNMP contact, by API key"),
    ]
    radios: Annotated[
        dict[str, Radio], Field(default_factory=dict, description="Radios, by band: 2g, 5g, 6g")
    ]


NOT_AS_STORED = ("ether_lighting", "outlets", "radios", "dot1x_fallback_network", "radius_profile")
"""Fields that are not read by their names."""
SETTINGS_GATES = (
    Gate("/lcm_brightness_override", ("/lcm_brightness",)),
    Gate("/lcm_idle_timeout_override", ("/lcm_idle_timeout",)),
    Gate("/power_source_ctrl_enabled", ("/power_source_ctrl", "/power_source_ctrl_budget")),
)
SETTINGS_KEYS = (
    "dot1x_fallback_networkconf_id",
    "radiusprofile_id",
    *(f"ether_lighting.{name}" for name in EtherLighting.model_fields),
    *(f"outlet_overrides[].{name}" for name in ("index", *Outlet.model_fields)),
    *(f"radio_table[radio].{name}" for name in RADIO_KEYS),
)
"""The keys that are read under another name."""


def follows(path: str) -> str | None:
    """Return the pointer of the mode that makes the power of a radio count."""
    return f"{path}_mode" if path.startswith("/radios/") and path.endswith("/tx_power") else None


def lighting(given: object) -> dict[str, Any]:
    """Return the lights of ports; raises `ValueError` for a value of another type."""
    found = object_of(given)
    return {name: found[name] for name in EtherLighting.model_fields if not is_nothing(found.get(name))}


def outlets(table: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the outlets that have settings by number; raises `ValueError` for values of another type."""
    for row in objects_of(table):
        if not is_nothing(row.get("index")):
            given = {name: row[name] for name in Outlet.model_fields if not is_nothing(row.get(name))}
            yield text_of(row["index"]), given


def radios(table: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the radios by band; raises `ValueError` for values of another type."""
    for row in objects_of(table):
        if is_nothing(row.get("radio")):
            continue
        band, mode = text_of(row["radio"]), text_of(row.get("tx_power_mode") or "auto")
        given = {
            "width": row.get("ht"),
            "tx_power": row.get("tx_power") if mode == "custom" else None,
            "loadbalance_enabled": row.get("loadbalance_enabled"),
            **{name: row.get(name) for name in _SAME},
            **{name: row.get(name) for name, flag in _FLAGS.items() if _is_on(row, flag)},
        }
        radio = {key: whole(value) for key, value in given.items() if not is_nothing(value)}
        yield _BANDS.get(band, band), {**radio, "tx_power_mode": mode}


def _is_on(row: Mapping[str, Any], flag: str) -> bool:
    return flag_of(row.get(flag))
