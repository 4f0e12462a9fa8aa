"""The settings of a switch port as a controller stores them: a profile's, or a port's own.

A profile has all of them, and those that it leaves out are at their defaults. A port has only those that were
set on it, and the others come from its profile: there, none means not set. The effect of both on the port is
in `port_effect`.
"""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import Field, JsonValue

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, list_of, object_of, objects_of, whole
from reconciler.collectors.unifi.networks import Networks
from reconciler.collectors.unifi.rows import name_of
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.gate import Gate
from reconciler.model.references import RefTo
from reconciler.model.unread import read_into
from reconciler.model.value import Value

_NETWORKS = {
    "native_networkconf_id": "native_network",
    "voice_networkconf_id": "voice_network",
    "excluded_networkconf_ids": "excluded_networks",
    "tagged_networkconf_ids": "allowed_networks",
    "multicast_router_networkconf_ids": "multicast_router_networks",
}
_RENAMED = {"port_security_mac_address": "port_security_macs"}


class QosPolicy(Value):
    """A rule that marks matching frames."""

    matching: Annotated[
        dict[str, Text], Field(default_factory=dict, description="Match conditions, by API key")
    ]
    marking: Annotated[
        dict[str, Text], Field(default_factory=dict, description="Marks that are set, by API key")
    ]


class QosProfile(Value):
    """QoS marking of frames on a port."""

    mode: Annotated[Text | None, Field(description="Profile: custom, unifi_play, dante_audio, …")] = None
    policies: Annotated[tuple[QosPolicy, ...], Field(description="QoS policies, in order")] = ()


class PortSettings(Value):
    """Port settings as the controller stores them; null: not set."""

    forward: Annotated[
        Text | None, Field(description="Networks that pass: all, native, customize or disabled")
    ] = None
    native_network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the native network (untagged frames)")
    ] = None
    tagged_vlan_mgmt: Annotated[
        Text | None,
        Field(description="Tagged VLAN management: auto (all networks), block_all (none) or custom"),
    ] = None
    excluded_networks: Annotated[
        Names | None,
        RefTo("network"),
        Field(description="Ids of networks that are not tagged; only with custom"),
    ] = None
    allowed_networks: Annotated[
        Names | None,
        RefTo("network"),
        Field(description="Ids of networks that are tagged, as older controllers store them"),
    ] = None
    voice_network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the voice network; only with LLDP-MED")
    ] = None
    lldpmed_enabled: Annotated[Flag | None, Field(description="LLDP-MED")] = None
    lldpmed_notify_enabled: Annotated[
        Flag | None, Field(description="LLDP-MED topology change notifications")
    ] = None
    poe_mode: Annotated[Text | None, Field(description="PoE: auto, off, passthrough, …")] = None
    op_mode: Annotated[Text | None, Field(description="Operation: switch, mirror or aggregate")] = None
    isolation: Annotated[
        Flag | None, Field(description="Isolation: isolated ports cannot reach each other")
    ] = None
    autoneg: Annotated[Flag | None, Field(description="Link speed and duplex are negotiated")] = None
    speed: Annotated[Count | None, Field(description="Link speed in Mbit/s, if not negotiated")] = None
    full_duplex: Annotated[Flag | None, Field(description="Full duplex, if not negotiated")] = None
    flow_control_enabled: Annotated[Flag | None, Field(description="Flow control")] = None
    fec_mode: Annotated[
        Text | None, Field(description="Forward error correction: default, rs-fec, fc-fec or disabled")
    ] = None
    stp_port_mode: Annotated[Flag | None, Field(description="Port takes part in the spanning tree")] = None
    stp_edge_state: Annotated[Text | None, Field(description="STP edge port: enabled, disabled or auto")] = (
        None
    )
    stp_bpdu_guard_enabled: Annotated[
        Flag | None, Field(description="BPDU guard: shut the port down when a BPDU arrives")
    ] = None
    stp_uplink: Annotated[Flag | None, Field(description="Port is a spanning tree uplink")] = None
    dot1x_ctrl: Annotated[
        Text | None,
        Field(
            description="802.1X control: auto, force_authorized, force_unauthorized, mac_based, multi_host"
        ),
    ] = None
    dot1x_idle_timeout: Annotated[Count | None, Field(description="802.1X idle timeout, in seconds")] = None
    port_security_enabled: Annotated[
        Flag | None, Field(description="MAC address allowlist (port security)")
    ] = None
    port_security_macs: Annotated[Macs | None, Field(description="Allowed MAC addresses")] = None
    stormctrl_type: Annotated[Text | None, Field(description="Storm control limits as rate or level")] = None
    stormctrl_bcast_enabled: Annotated[Flag | None, Field(description="Storm control for broadcast")] = None
    stormctrl_bcast_rate: Annotated[
        Count | None, Field(description="Storm control limit for broadcast, in packets per second")
    ] = None
    stormctrl_bcast_level: Annotated[
        Count | None, Field(description="Storm control limit for broadcast, in percent")
    ] = None
    stormctrl_mcast_enabled: Annotated[Flag | None, Field(description="Storm control for multicast")] = None
    stormctrl_mcast_rate: Annotated[
        Count | None, Field(description="Storm control limit for multicast, in packets per second")
    ] = None
    stormctrl_mcast_level: Annotated[
        Count | None, Field(description="Storm control limit for multicast, in percent")
    ] = None
    stormctrl_ucast_enabled: Annotated[
        Flag | None, Field(description="Storm control for unknown unicast")
    ] = None
    stormctrl_ucast_rate: Annotated[
        Count | None, Field(description="Storm control limit for unknown unicast, in packets per second")
    ] = None
    stormctrl_ucast_level: Annotated[
        Count | None, Field(description="Storm control limit for unknown unicast, in percent")
    ] = None
    egress_rate_limit_kbps_enabled: Annotated[Flag | None, Field(description="Egress rate limit")] = None
    egress_rate_limit_kbps: Annotated[Count | None, Field(description="Egress rate limit, in kbit/s")] = None
    multicast_router_mode: Annotated[Text | None, Field(description="Multicast router port mode")] = None
    multicast_router_networks: Annotated[
        Names | None,
        RefTo("network"),
        Field(description="Ids of networks for which the port is a multicast router port"),
    ] = None
    port_keepalive_enabled: Annotated[Flag | None, Field(description="Port keepalive")] = None
    eee_enabled: Annotated[Flag | None, Field(description="Energy-efficient Ethernet (EEE)")] = None
    precision_time_protocol_enabled: Annotated[
        Flag | None, Field(description="Precision Time Protocol (PTP)")
    ] = None
    sd_wan_underlay_port: Annotated[Flag | None, Field(description="Port is an SD-WAN underlay port")] = None
    link_debounce_auto: Annotated[
        Flag | None, Field(description="The switch chooses the link debounce time")
    ] = None
    link_debounce: Annotated[
        Count | None, Field(description="Link debounce time in milliseconds, if not automatic")
    ] = None
    priority_queue1_level: Annotated[
        Count | None, Field(description="Bandwidth share of priority queue 1, in percent")
    ] = None
    priority_queue2_level: Annotated[
        Count | None, Field(description="Bandwidth share of priority queue 2, in percent")
    ] = None
    priority_queue3_level: Annotated[
        Count | None, Field(description="Bandwidth share of priority queue 3, in percent")
    ] = None
    priority_queue4_level: Annotated[
        Count | None, Field(description="Bandwidth share of priority queue 4, in percent")
    ] = None
    qos_profile: Annotated[QosProfile | None, Field(description="QoS profile")] = None


_LISTS = frozenset({"excluded_networkconf_ids", "tagged_networkconf_ids", "multicast_router_networkconf_ids"})
_PLAIN = frozenset(PortSettings.model_fields) - {*_NETWORKS.values(), *_RENAMED.values(), "qos_profile"}
_CODES = frozenset({"cos_code", "dscp_code", "ip_precedence_code"})
_QOS = {"matching": _CODES | {"dst_port", "protocol", "src_port"}, "marking": _CODES | {"queue"}}
_OF_QOS = frozenset(
    f"qos_profile.qos_policies[].qos_{part}.{name}" for part, names in _QOS.items() for name in names
)
KEYS = _PLAIN | _NETWORKS.keys() | _RENAMED.keys() | {"qos_profile"}
"""The keys of the API that are read of both."""
READ = (KEYS - {"qos_profile"}) | {"qos_profile.qos_profile_mode"} | _OF_QOS
"""Those keys, at any depth."""
NETWORK_KEYS = frozenset(_NETWORKS)
"""Those that name networks by their ids."""


def stored(row: ApiRow, networks: Networks | None) -> dict[str, Any]:
    """Return the fields of `PortSettings` from the keys of a profile or of a port's own settings."""
    found = {key: row[key] for key in _PLAIN if not is_nothing(row.get(key))}
    found |= {field: row[key] for key, field in _RENAMED.items() if not is_nothing(row.get(key))}
    if not is_nothing(row.get("qos_profile")):
        read_into(found, "qos_profile", lambda: _qos(object_of(row["qos_profile"])))
    if networks is not None:
        for key, field in _NETWORKS.items():
            if _is_set(key, row):
                read_into(found, field, partial(_named, key, row[key], networks))
    return found


def _is_set(key: str, row: ApiRow) -> bool:
    """Return whether a key that names networks is set.

    An empty list is none, but for `custom` without exceptions; an empty native network is set to none.
    """
    value = row.get(key)
    return bool(value) or (value is not None and (key == "native_networkconf_id" or _is_custom(key, row)))


def _named(key: str, value: object, networks: Networks) -> object:
    if key in _LISTS:
        return [name_of(each, networks) for each in list_of(value)]
    return "" if value == "" else name_of(value, networks)


def _is_custom(key: str, row: ApiRow) -> bool:
    return key == "excluded_networkconf_ids" and row.get("tagged_vlan_mgmt") == "custom"


def unread_networks() -> tuple[str, ...]:
    """Return the fields that name networks, for a site whose networks could not be read."""
    return tuple(_NETWORKS.values())


def _qos(value: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "mode": value.get("qos_profile_mode"),
        "policies": [
            {part: _present(each.get(f"qos_{part}"), names) for part, names in _QOS.items()}
            for each in objects_of(value.get("qos_policies"))
        ],
    }


def _present(values: object, names: frozenset[str]) -> dict[str, Any]:
    given = object_of(values).items()
    return {key: whole(value) for key, value in given if key in names and not is_nothing(value)}


def gates(above: str = "") -> tuple[Gate, ...]:
    """Return the flags that rule others, of a profile or (below a field) of a port's own settings.

    A flag that is not set on a port comes from its profile, so what it rules counts.
    """

    def gate(flag: str, opened_by: set[JsonValue], *fields: str) -> Gate:
        pointers = tuple(f"{above}/{field}" for field in fields)
        return Gate(f"{above}/{flag}", pointers, frozenset({*opened_by, *((None,) if above else ())}))

    tagging = ("tagged_vlan_mgmt", "excluded_networks", "allowed_networks")
    return (
        gate("forward", {"all", "customize"}, *tagging),
        gate("forward", {"all", "customize", "native"}, "native_network", "voice_network"),
        gate("tagged_vlan_mgmt", {"custom"}, "excluded_networks"),
        gate("lldpmed_enabled", {True}, "voice_network", "lldpmed_notify_enabled"),
        gate("autoneg", {False}, "speed", "full_duplex"),
        gate("link_debounce_auto", {False}, "link_debounce"),
        gate("dot1x_ctrl", {"auto", "mac_based", "multi_host"}, "dot1x_idle_timeout"),
        gate("port_security_enabled", {True}, "port_security_macs"),
        *(
            gate(f"stormctrl_{storm}_enabled", {True}, f"stormctrl_{storm}_rate", f"stormctrl_{storm}_level")
            for storm in ("bcast", "mcast", "ucast")
        ),
        *(
            gate(
                "stormctrl_type",
                {unit},
                *(f"stormctrl_{storm}_{unit}" for storm in ("bcast", "mcast", "ucast")),
            )
            for unit in ("rate", "level")
        ),
        gate("egress_rate_limit_kbps_enabled", {True}, "egress_rate_limit_kbps"),
    )
