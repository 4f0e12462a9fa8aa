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
    """A rule that marks some frames."""

    matching: Annotated[dict[str, Text], Field(default_factory=dict, description="By key of the API")]
    marking: Annotated[dict[str, Text], Field(default_factory=dict, description="By key of the API")]


class QosProfile(Value):
    """How frames of a port are marked."""

    mode: Text | None = None
    policies: Annotated[tuple[QosPolicy, ...], Field(description="In order")] = ()


class PortSettings(Value):
    """The settings of a port as they are stored; none: not set."""

    forward: Annotated[
        Text | None, Field(description="Networks that pass: all, native, customize or disabled")
    ] = None
    native_network: Annotated[
        Text | None, RefTo("network"), Field(description="Network of frames without a tag")
    ] = None
    tagged_vlan_mgmt: Annotated[
        Text | None, Field(description="auto: all networks are tagged; block_all: none; custom")
    ] = None
    excluded_networks: Annotated[
        Names | None, RefTo("network"), Field(description="Networks that are not tagged, with custom")
    ] = None
    allowed_networks: Annotated[
        Names | None,
        RefTo("network"),
        Field(description="Networks that are tagged, as older controllers store it"),
    ] = None
    voice_network: Annotated[Text | None, RefTo("network"), Field(description="Only with LLDP-MED")] = None
    lldpmed_enabled: Flag | None = None
    lldpmed_notify_enabled: Flag | None = None
    poe_mode: Annotated[Text | None, Field(description="auto, off, passthrough, …")] = None
    op_mode: Annotated[Text | None, Field(description="switch, mirror or aggregate")] = None
    isolation: Flag | None = None
    autoneg: Annotated[Flag | None, Field(description="Speed and duplex are negotiated")] = None
    speed: Annotated[Count | None, Field(description="Mbit/s, unless negotiated")] = None
    full_duplex: Annotated[Flag | None, Field(description="Unless negotiated")] = None
    flow_control_enabled: Flag | None = None
    fec_mode: Annotated[Text | None, Field(description="Forward error correction")] = None
    stp_port_mode: Annotated[Flag | None, Field(description="Takes part in the spanning tree")] = None
    stp_edge_state: Annotated[
        Text | None, Field(description="enabled: for an end device, without waiting; disabled, or auto")
    ] = None
    stp_bpdu_guard_enabled: Annotated[
        Flag | None, Field(description="Off when a frame of the spanning tree comes in")
    ] = None
    stp_uplink: Annotated[Flag | None, Field(description="An uplink of the spanning tree")] = None
    dot1x_ctrl: Annotated[Text | None, Field(description="IEEE 802.1X")] = None
    dot1x_idle_timeout: Annotated[Count | None, Field(description="Seconds")] = None
    port_security_enabled: Flag | None = None
    port_security_macs: Annotated[Macs | None, Field(description="Allowed MAC addresses")] = None
    stormctrl_type: Annotated[Text | None, Field(description="rate or level")] = None
    stormctrl_bcast_enabled: Flag | None = None
    stormctrl_bcast_rate: Annotated[Count | None, Field(description="Packets per second")] = None
    stormctrl_bcast_level: Annotated[Count | None, Field(description="Percent")] = None
    stormctrl_mcast_enabled: Flag | None = None
    stormctrl_mcast_rate: Annotated[Count | None, Field(description="Packets per second")] = None
    stormctrl_mcast_level: Annotated[Count | None, Field(description="Percent")] = None
    stormctrl_ucast_enabled: Flag | None = None
    stormctrl_ucast_rate: Annotated[Count | None, Field(description="Packets per second")] = None
    stormctrl_ucast_level: Annotated[Count | None, Field(description="Percent")] = None
    egress_rate_limit_kbps_enabled: Flag | None = None
    egress_rate_limit_kbps: Annotated[Count | None, Field(description="kbit/s")] = None
    multicast_router_mode: Text | None = None
    multicast_router_networks: Annotated[Names | None, RefTo("network")] = None
    port_keepalive_enabled: Flag | None = None
    eee_enabled: Annotated[Flag | None, Field(description="Energy-efficient Ethernet")] = None
    precision_time_protocol_enabled: Flag | None = None
    sd_wan_underlay_port: Flag | None = None
    link_debounce_auto: Annotated[Flag | None, Field(description="The switch chooses link_debounce")] = None
    link_debounce: Annotated[Count | None, Field(description="Milliseconds, unless automatic")] = None
    priority_queue1_level: Annotated[Count | None, Field(description="Percent")] = None
    priority_queue2_level: Annotated[Count | None, Field(description="Percent")] = None
    priority_queue3_level: Annotated[Count | None, Field(description="Percent")] = None
    priority_queue4_level: Annotated[Count | None, Field(description="Percent")] = None
    qos_profile: QosProfile | None = None


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
