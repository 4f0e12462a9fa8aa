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
    """The settings of a radio of an access point."""

    channel: Annotated[Text, Field(description="auto, or a number")] = "auto"
    width: Annotated[Count | None, Field(description="MHz")] = None
    tx_power_mode: Annotated[Text, Field(description="auto, low, medium, high or custom")] = "auto"
    tx_power: Annotated[Text | None, Field(description="dBm, only with custom")] = None
    min_rssi: Annotated[int | None, Field(description="dBm; none: no minimum")] = None
    sens_level: Annotated[int | None, Field(description="dBm; none: no threshold")] = None
    assisted_roaming_rssi: Annotated[int | None, Field(description="dBm; none: off")] = None
    antenna_gain: Annotated[int | None, Field(description="dBi")] = None
    antenna_id: int | None = None
    dfs: Flag = False
    hard_noise_floor_enabled: Flag = False
    loadbalance_enabled: Annotated[Flag, Field(description="At most maxsta clients")] = False
    maxsta: Count | None = None
    vwire_enabled: Annotated[Flag, Field(description="Other access points may mesh with it")] = False


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
    """The settings of a power outlet."""

    name: Text | None = None
    relay_state: Annotated[Flag, Field(description="It is on")] = False
    cycle_enabled: Annotated[Flag, Field(description="It is switched off and on when a modem hangs")] = False


class EtherLighting(Value):
    """The lights of the ports of a switch."""

    mode: Annotated[Text | None, Field(description="speed or network")] = None
    led_mode: Annotated[Text | None, Field(description="standard or etherlighting")] = None
    behavior: Annotated[Text | None, Field(description="breath or steady")] = None
    brightness: Count | None = None


class DeviceSettings(StatusResource):
    """The settings of a device beside its name, its addresses and its spanning tree."""

    led_override: Annotated[Text, Field(description="default, on or off")] = "default"
    led_override_color: Text = "#0000ff"
    led_override_color_brightness: Annotated[Count, Field(description="Percent")] = 100
    ether_lighting: EtherLighting = EtherLighting()
    lcm_brightness_override: Annotated[Flag, Field(description="Of its screen")] = False
    lcm_brightness: Annotated[Count | None, Field(description="Percent")] = None
    lcm_idle_timeout_override: Flag = False
    lcm_idle_timeout: Annotated[Count | None, Field(description="Seconds")] = None
    lcm_night_mode_begins: Text | None = None
    lcm_night_mode_ends: Text | None = None
    lcm_orientation_override: Annotated[Count | None, Field(description="Degrees")] = None
    lcm_settings_restricted_access: Flag = False
    lcm_tracker_enabled: Flag = False
    fan_mode_override: Annotated[Text, Field(description="default or quiet")] = "default"
    outdoor_mode_override: Annotated[Text, Field(description="default, on or off")] = "default"
    lowpfmode_override: Flag = False
    resetbtn_enabled: Annotated[Text, Field(description="on or off")] = "on"
    volume: Annotated[Count | None, Field(description="Percent")] = None
    snmp_location: Text | None = None
    outlet_enabled: Flag = False
    outlet_power_cycle_enabled: Flag = False
    outlets: Annotated[dict[str, Outlet], Field(default_factory=dict, description="By number")]
    power_source_ctrl_enabled: Flag = False
    power_source_ctrl: Annotated[Text | None, Field(description="auto, 8023af, …")] = None
    power_source_ctrl_budget: Annotated[Count | None, Field(description="Watts")] = None
    dot1x_fallback_network: Annotated[
        Text | None, RefTo("network"), Field(description="Of clients that 802.1X does not know")
    ] = None
    radius_profile: Annotated[Text | None, RefTo("radius-profile"), Field(description="Of 802.1X")] = None
    switch_vlan_enabled: Flag = False
    bandsteering_mode: Annotated[Text, Field(description="off, equal or prefer_5g")] = "off"
    atf_enabled: Annotated[Flag, Field(description="Airtime fairness")] = False
    afc_enabled: Annotated[Flag, Field(description="Standard power at 6 GHz")] = False
    green_ap_enabled: Flag = False
    mesh_sta_vap_enabled: Annotated[Flag, Field(description="It may join a mesh")] = False
    peer_to_peer_mode: Annotated[Text | None, Field(description="ap or sta")] = None
    station_mode: Annotated[Text | None, Field(description="ptp, ptmp or wifi")] = None
    ptp_ap_mac: Mac | None = None
    ptmp_ap_mac: Mac | None = None
    hardware_offload: Flag = True
    dpi_enabled: Flag = False
    gateway_vrrp_mode: Annotated[Text | None, Field(description="primary or secondary")] = None
    gateway_vrrp_priority: Count | None = None
    lte_apn: Text | None = None
    lte_username: Text | None = None
    lte_auth_type: Text | None = None
    lte_roaming_allowed: Flag = False
    lte_poe: Flag = False
    lte_ext_ant: Flag = False
    lte_data_warning_enabled: Flag = False
    lte_soft_limit: Annotated[Count | None, Field(description="Of data, for a warning")] = None
    lte_data_limit_enabled: Flag = False
    lte_hard_limit: Annotated[Count | None, Field(description="Of data, after which it stops")] = None
    ubb_pair_name: Annotated[Text | None, Field(description="Of a pair of bridges")] = None
    baresip_enabled: Annotated[Flag, Field(description="It is a telephone")] = False
    baresip_auth_user: Text | None = None
    baresip_extension: Text | None = None
    ethernet: Annotated[
        dict[str, EthernetPort],
        Field(default_factory=dict, description="Which port of a gateway is WAN, by interface"),
    ]
    nut_server: NutServer = NutServer()
    rps: Annotated[Rps, Field(default_factory=lambda: Rps(ports={}), description="Redundant power system")]
    mobile: Annotated[
        MobileNetwork, Field(default_factory=lambda: MobileNetwork(sims={}), description="SIM cards")
    ]
    secrets: Annotated[
        dict[str, SecretFingerprint],
        Field(default_factory=dict, description="Passwords and PIN, by the API's name"),
    ]
    radios: Annotated[dict[str, Radio], Field(default_factory=dict, description="By band: 2g, 5g, 6g")]


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
