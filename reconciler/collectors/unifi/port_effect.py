"""The settings of a switch port that are in effect, and the VLANs that it therefore carries: all derived.

A controller keeps for a port: its native network, and which networks are NOT tagged on it (`excluded…`), so
that a network that is created becomes tagged everywhere. Here both are read as what the port carries. Speed
while it is negotiated, the voice network without LLDP-MED and the limits of a storm control that is off are
stale.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, list_of, text_of
from reconciler.collectors.unifi.networks import NetworkRef, Networks, native
from reconciler.collectors.unifi.rows import is_on, name_of, rules
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Count, Flag, Ranges
from reconciler.model.fields.text import Names, Text
from reconciler.model.relations import Shows, items_of
from reconciler.model.resource import DERIVED, Resource
from reconciler.model.unread import mark_unread, read_together
from reconciler.model.value import Row

_STORMS = ("bcast", "mcast", "ucast")
_CARRIES = ("forward", "native_network", "tagged_vlan_mgmt", "excluded_networks", "allowed_networks")
_SETTINGS: Mapping[str, tuple[str, ...]] = {
    "native_vlan": _CARRIES,
    "native_network": _CARRIES,
    "tagged_networks": _CARRIES,
    "tagged_vlans": _CARRIES,
    "voice_network": ("voice_network", "lldpmed_enabled", "lldpmed_notify_enabled"),
    "speed": ("speed", "autoneg"),
    "full_duplex": ("full_duplex", "autoneg"),
    "port_security": ("port_security_enabled", "port_security_macs"),
    "storm_control": (
        "stormctrl_type",
        *(f"stormctrl_{storm}_{what}" for storm in _STORMS for what in ("enabled", "rate", "level")),
    ),
    "egress_rate_limit": ("egress_rate_limit_kbps_enabled", "egress_rate_limit_kbps"),
}
"""Effective setting → the settings of a profile that it is made from, where these have other names."""
_PLAIN = (
    "forward",
    "poe_mode",
    "op_mode",
    "isolation",
    "stp_port_mode",
    "stp_bpdu_guard_enabled",
    "dot1x_ctrl",
)


class CarriedVlans(Resource):
    """VLANs derived from the port's settings and the site's networks."""

    native_vlan: Annotated[
        Count | None, DERIVED, Field(le=4094, description="VLAN ID of the native network")
    ] = None
    tagged_networks: Annotated[
        Names, DERIVED, Field(description="Ids of the networks that the port carries tagged")
    ] = ()
    tagged_vlans: Annotated[Ranges, DERIVED, Field(description="VLAN IDs that the port carries tagged")] = ()


class PortEffect(CarriedVlans):
    """Effective settings of a port."""

    forward: Annotated[
        Text, DERIVED, Field(description="Networks that pass: all, native, customize or disabled")
    ] = "all"
    native_network: Annotated[
        Text | None,
        DERIVED,
        Field(description="Id of the native network (untagged frames); null: untagged frames are dropped"),
    ] = None
    voice_network: Annotated[
        Text | None, DERIVED, Field(description="Id of the voice network; only with LLDP-MED")
    ] = None
    poe_mode: Annotated[
        Text | None, DERIVED, Field(description="PoE: auto, off, passthrough, …; null: no PoE")
    ] = None
    op_mode: Annotated[Text, DERIVED, Field(description="Operation: switch, mirror or aggregate")] = "switch"
    isolation: Annotated[
        Flag, DERIVED, Field(description="Isolation: isolated ports cannot reach each other")
    ] = False
    speed: Annotated[Count | None, DERIVED, Field(description="Link speed in Mbit/s; null: negotiated")] = (
        None
    )
    full_duplex: Annotated[Flag | None, DERIVED, Field(description="Full duplex; null: negotiated")] = None
    stp_port_mode: Annotated[Flag, DERIVED, Field(description="Port takes part in the spanning tree")] = True
    stp_bpdu_guard_enabled: Annotated[
        Flag, DERIVED, Field(description="BPDU guard: shut the port down when a BPDU arrives")
    ] = False
    dot1x_ctrl: Annotated[
        Text,
        DERIVED,
        Field(
            description="802.1X control: auto, force_authorized, force_unauthorized, mac_based, multi_host"
        ),
    ] = "force_authorized"
    port_security: Annotated[Macs | None, DERIVED, Field(description="Allowed MAC addresses; null: any")] = (
        None
    )
    storm_control: Annotated[
        dict[str, Count],
        DERIVED,
        Field(
            default_factory=dict,
            description="Storm control limits in packets per second, by bcast, mcast and ucast",
        ),
    ]
    egress_rate_limit: Annotated[
        Count | None, DERIVED, Field(description="Egress rate limit in kbit/s; null: no limit")
    ] = None


def in_effect(row: ApiRow, networks: Networks | None) -> dict[str, Any]:
    """Return the fields of `PortEffect` from the keys of a port."""
    found: dict[str, Any] = {key: row[key] for key in _PLAIN if not is_nothing(row.get(key))}
    if not is_on(row, "autoneg", default=True, odd=False):
        found |= {key: row.get(key) for key in ("speed", "full_duplex")}
    if rules(row, "port_security_enabled"):
        found["port_security"] = row.get("port_security_mac_address") or []
    if rules(row, "egress_rate_limit_kbps_enabled"):
        found["egress_rate_limit"] = row.get("egress_rate_limit_kbps")
    unit = "level" if row.get("stormctrl_type") == "level" else "rate"
    found["storm_control"] = {
        storm: row[f"stormctrl_{storm}_{unit}"]
        for storm in _STORMS
        if rules(row, f"stormctrl_{storm}_enabled") and not is_nothing(row.get(f"stormctrl_{storm}_{unit}"))
    }
    read_together(found, CARRIED, lambda: carried(row, networks))
    return found


CARRIED = ("native_network", "native_vlan", "tagged_networks", "tagged_vlans", "voice_network")
"""The fields that are made of the networks of a port."""


def carried(row: ApiRow, networks: Networks | None) -> dict[str, Any]:
    """Return the networks of a port with their VLANs; unread where the networks could not be read.

    Raises `ValueError` for values of another type.
    """
    if networks is None:
        return {"unread": sorted(CARRIED)}
    forward = text_of(row.get("forward") or "all")
    if forward == "disabled":
        return {}
    untagged = native(row, networks)
    tagged = _tagged(row, forward, untagged, networks)
    voice = row.get("voice_networkconf_id")
    found: dict[str, Any] = {"native_network": name_of(untagged, networks) if untagged else None}
    if not is_nothing(voice) and rules(row, "lldpmed_enabled", default=True):
        found["voice_network"] = name_of(voice, networks)
        tagged += [] if str(voice) in {untagged, *tagged} or not _vlan(networks, voice) else [str(voice)]
    found["tagged_networks"] = [name_of(each, networks) for each in tagged]
    found["tagged_vlans"] = [str(networks[each].vlan) for each in tagged if _vlan(networks, each)]
    found["native_vlan"] = _vlan(networks, untagged)
    _doubt(found, [entry for each in (untagged or "", *tagged) if (entry := networks.get(each))], networks)
    return found


def _doubt(found: dict[str, Any], carries: list[NetworkRef], networks: Networks) -> None:
    """Mark what depends on a network whose VLAN, or whether ports carry it, cannot be read."""
    if any(each.odd for each in carries):
        mark_unread(found, "native_vlan", "tagged_vlans")
    if any(each.odd and not each.lan for each in networks.values()):
        mark_unread(found, "tagged_networks", "tagged_vlans")


def _vlan(networks: Networks, identity: object) -> int | None:
    entry = networks.get(str(identity))
    return entry.vlan if entry else None


def _tagged(row: ApiRow, forward: str, untagged: str | None, networks: Networks) -> list[str]:
    """Return the ids of the tagged networks, from a list of those that are not, or that are."""
    lans = [identity for identity, each in networks.items() if each.lan and identity != untagged]
    mode = row.get("tagged_vlan_mgmt")
    if forward == "native" or mode == "block_all":
        return []
    excluded = set(map(text_of, list_of(row.get("excluded_networkconf_ids"))))
    allowed = row.get("tagged_networkconf_ids")
    if mode == "custom" or (mode is None and excluded):
        return [identity for identity in lans if identity not in excluded]
    if mode is None and forward == "customize" and allowed is not None:
        return [identity for identity in lans if identity in set(map(text_of, list_of(allowed)))]
    return lans


def effect_shows(row: Row, kind: str, identity: str) -> Iterator[Shows]:
    """Yield the settings of a profile that fields of a row come from, and the networks that it carries."""
    for name in PortEffect.model_fields:
        for setting in _SETTINGS.get(name, (name,)):
            yield Shows(f"/{name}", kind, identity, f"/{setting}")
    networks = {*items_of(row, "tagged_networks"), *items_of(row, "native_network")}
    for network in sorted(networks):
        for name in CarriedVlans.model_fields.keys() - Resource.model_fields.keys():
            yield Shows(f"/{name}", "network", network, "/vlan")
