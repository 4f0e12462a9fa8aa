"""Ports of switches and gateways: what each is set to, what of that it has of its own, and what is on it.

Read from `stat/device`, which every device shares: `port_table` is what a port is, `port_overrides` what
somebody set on it, with only the ports and keys that were set. Its profile comes from `rest/portconf`, its
networks from `rest/networkconf`. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/api/s/default/stat/device`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow, identified, left_out, tie_of, whole_number
from reconciler.collectors.unifi import ignored_fields
from reconciler.collectors.unifi.connection.api import UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.lookups import DEVICES, NETWORKS, PROFILES, UnifiLookups
from reconciler.collectors.unifi.networks import Networks, name
from reconciler.collectors.unifi.port_settings import PortSettings, settings
from reconciler.collectors.unifi.rows import (
    fields,
    is_nothing,
    is_on,
    mac_of,
    model_fields,
    name_of,
    only_seen,
)
from reconciler.errors import Cause, Problem
from reconciler.model.fields import Count, Flag, Macs, Names, SwitchPortId, Text
from reconciler.model.kind import OBSERVED, Kind, Listing
from reconciler.model.value import Value

READS = (DEVICES, NETWORKS, PROFILES)

_SETTINGS = frozenset(
    "forward native_networkconf_id tagged_vlan_mgmt excluded_networkconf_ids tagged_networkconf_ids"
    " voice_networkconf_id poe_mode op_mode isolation autoneg speed full_duplex stp_port_mode dot1x_ctrl"
    " port_security_enabled port_security_mac_address stormctrl_type stormctrl_bcast_enabled"
    " stormctrl_bcast_rate stormctrl_bcast_level stormctrl_mcast_enabled stormctrl_mcast_rate"
    " stormctrl_mcast_level stormctrl_ucast_enabled stormctrl_ucast_rate stormctrl_ucast_level"
    " egress_rate_limit_kbps_enabled egress_rate_limit_kbps lldpmed_enabled".split()
)
_LIVE = frozenset({"speed", "full_duplex", "autoneg"})
"""Keys of `port_table` that say how the link is, not how it is set."""


class Override(Value):
    """What was set on the port itself; a field that is none was not."""

    profile: Annotated[Text | None, Field(description="Name of a port profile")] = None
    name: Text | None = None
    forward: Text | None = None
    native_network: Annotated[Text | None, Field(description="Empty: no network without a tag")] = None
    tagged_vlan_mgmt: Annotated[Text | None, Field(description="auto, block_all or custom")] = None
    excluded_networks: Annotated[Names | None, Field(description="Networks that are not tagged")] = None
    voice_network: Text | None = None
    poe_mode: Text | None = None
    op_mode: Text | None = None
    isolation: Flag | None = None


class PortLink(Value):
    """How the link is, and what is on it."""

    up: Flag = False
    speed: Annotated[Count | None, Field(description="Mbit/s")] = None
    is_uplink: Flag = False
    neighbour: Annotated[Text | None, Field(description="Chassis id of what LLDP tells; untrusted")] = None
    neighbour_port: Text | None = None
    macs: Annotated[Macs, Field(description="MAC addresses seen on it")] = ()


class SwitchPort(PortSettings):
    """A port as it is set, be it by its profile, by itself or by default."""

    device: Annotated[Text | None, Field(description="Name of its switch")] = None
    name: Text | None = None
    profile: Annotated[Text | None, Field(description="Name of its port profile")] = None
    aggregated_by: Annotated[Count | None, Field(description="First port of the aggregate it is in")] = None
    aggregate_members: Annotated[
        tuple[Count, ...], Field(description="The other ports of the aggregate that it leads")
    ] = ()
    mirror_port: Annotated[Count | None, Field(description="Port that it mirrors")] = None
    override: Annotated[Override | None, Field(description="What was set on it; none: nothing")] = None
    link: Annotated[PortLink | None, OBSERVED] = None


_OVERRIDE = model_fields(SwitchPort) | {"aggregate_members", "tagged_vlan_mgmt"}


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing:
    """The ports of every adopted device; those of one that tells none are unread."""
    devices = lookups.classic(DEVICES)
    try:
        profiles: Mapping[str, ApiRow] | None = _profiles(lookups.classic(PROFILES))
    except UnifiRequestFailed:
        profiles = None
    rows: dict[str, ApiRow] = {}
    unread: dict[str, Problem] = {}
    notes: list[str] = []
    for device in devices:
        mac = mac_of(device)
        if mac is None or not is_on(device, "adopted", default=True):
            continue
        ports = device.get("port_table")
        if not isinstance(ports, list) or not ports:
            offline = str(device.get("state")) != "1"
            what = "its switch is offline and lists no port" if offline else "its switch lists no port"
            unread |= _expected_on(api, mac, what, "node-offline" if offline else "bad-answer")
            continue
        given = device.get("port_overrides")
        if given is not None and not isinstance(given, list):
            unread |= _expected_on(api, mac, "the overrides of its switch are not a list")
            continue
        overrides, lost = _overrides(given)
        if lost:
            notes += left_out(lost, f"port_idx among the overrides of {mac}")
        shared = {"@networks": lookups.networks, "@profiles": profiles, "@device": device.get("name")}
        numbers = [whole_number(row.get("port_idx")) if isinstance(row, dict) else None for row in ports]
        if None in numbers:
            notes += left_out(numbers.count(None), f"port_idx among the ports of {mac}")
            there = {f"{mac}:{number}" for number in numbers}
            lacking = _expected_on(api, mac, "a port of its switch has no number")
            unread |= {at: problem for at, problem in lacking.items() if at not in there}
        for number, row in zip(numbers, ports, strict=True):
            if number is None:
                continue
            lead = whole_number(row.get("aggregated_by"))
            led = {"lead": overrides.get(lead)} if lead else {}
            rows[f"{mac}:{number}"] = {"port": row, "override": overrides.get(number), **led, **shared}
    problem = None if unread else only_seen(api, "switch-port", rows)
    return Listing(rows, "partial" if problem else "complete", problem, unread, notes=tuple(notes))


def _profiles(rows: list[ApiRow]) -> dict[str, ApiRow]:
    found, _, _ = identified((name(row), tie_of(row, "_id"), row) for row in rows)
    return {str(row.get("_id")): {**row, "name": identity} for identity, row in found.items()}


def _expected_on(api: UnifiApi, mac: str, what: str, cause: Cause = "bad-answer") -> dict[str, Problem]:
    """Return the ports that a device should have and does not list, with the problem."""
    problem = Problem("", what, cause=cause)
    expected = api.expected.get("switch-port", frozenset())
    return {identity: problem for identity in sorted(expected) if identity.startswith(f"{mac}:")}


def _overrides(found: object) -> tuple[dict[int, ApiRow], int]:
    """Overrides by the number of their port, and how many have none."""
    rows: list[ApiRow] = [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []
    numbered = {number: row for row in rows if (number := whole_number(row.get("port_idx"))) is not None}
    return numbered, sum(whole_number(row.get("port_idx")) is None for row in rows)


def normalise(identity: str, raw: Mapping[str, Any]) -> SwitchPort:
    """A port: what it is set to by itself, else by its profile, else as the switch tells, else by default.

    A port of an aggregate is set to what the first of them is.
    """
    port, networks = raw["port"], raw.get("@networks")
    own: ApiRow = raw.get("override") or {}
    override: ApiRow = (raw.get("lead") or {}) if port.get("aggregated_by") else own
    profiles: Mapping[str, ApiRow] | None = raw.get("@profiles")
    chosen = override.get("portconf_id") or port.get("portconf_id")
    profile: ApiRow = (profiles or {}).get(str(chosen), {})
    merged = {
        key: value
        for layer in ({k: v for k, v in port.items() if k not in _LIVE}, profile, override)
        for key, value in layer.items()
        if key in _SETTINGS and value is not None
    }
    found = settings(merged, networks)
    if not is_on(port, "port_poe", default="poe_mode" in port):
        found.pop("poe_mode", None)
    found |= {
        "device": raw.get("@device"),
        "name": _name(own, port, identity.rpartition(":")[2]),
        "profile": name_of(chosen, profiles) if chosen and profiles is not None else None,
        "aggregated_by": whole_number(port.get("aggregated_by")) or None,
        "mirror_port": override.get("mirror_port_idx") if merged.get("op_mode") == "mirror" else None,
        "override": _override(own, networks, profiles) if own else None,
        "link": _link(port),
        "unmodelled": fields(own, _OVERRIDE, ignored_fields.PORT)["unmodelled"],
    }
    if merged.get("op_mode") == "aggregate" and not port.get("aggregated_by"):
        found["aggregate_members"] = sorted(override.get("aggregate_members") or ())
    if profiles is None:
        found["unread"] = sorted({*found.get("unread", ()), *_of_profile(override)})
    return SwitchPort.model_validate({key: value for key, value in found.items() if value is not None})


def _name(override: ApiRow, port: ApiRow, index: str) -> str | None:
    """Its name, unless it is the one that every port has."""
    name = override.get("name") or port.get("name")
    return None if is_nothing(name) or str(name) == f"Port {index}" else str(name)


def _of_profile(override: ApiRow) -> Iterator[str]:
    """The fields that a profile may decide: all but those that were set on the port."""
    carried = {"native_network", "native_vlan", "tagged_networks", "tagged_vlans", "voice_network"}
    for field in PortSettings.model_fields.keys() - {"unmodelled", "pending", "unread", "health"}:
        if field not in override or field in carried:
            yield field
    yield "profile"


def _override(
    override: ApiRow, networks: Networks | None, profiles: Mapping[str, ApiRow] | None
) -> dict[str, Any]:
    found: dict[str, Any] = {
        key: override[key]
        for key in ("name", "forward", "tagged_vlan_mgmt", "poe_mode", "op_mode", "isolation")
        if not is_nothing(override.get(key))
    }
    if not is_nothing(override.get("portconf_id")):
        found["profile"] = name_of(override["portconf_id"], profiles or {})
    if networks is None:
        return found
    native = override.get("native_networkconf_id")
    if native is not None:
        found["native_network"] = name_of(native, networks) if native else ""
    if not is_nothing(override.get("voice_networkconf_id")):
        found["voice_network"] = name_of(override["voice_networkconf_id"], networks)
    excluded = override.get("excluded_networkconf_ids")
    if excluded:
        found["excluded_networks"] = [name_of(each, networks) for each in excluded]
    return found


def _link(port: ApiRow) -> dict[str, Any]:
    seen = [row.get("mac") for row in port.get("mac_table") or () if isinstance(row, dict)]
    neighbours = [row for row in port.get("lldp_table") or () if isinstance(row, dict)]
    up = is_on(port, "up")
    link: dict[str, Any] = {
        "up": up,
        "is_uplink": is_on(port, "is_uplink"),
        "macs": [mac for mac in seen if isinstance(mac, str)],
    }
    if up and not is_nothing(port.get("speed")):
        link["speed"] = port["speed"]
    if neighbours:
        first = neighbours[0]
        link["neighbour"] = first.get("lldp_system_name") or first.get("lldp_chassis_id")
        link["neighbour_port"] = first.get("lldp_port_id")
    return link


KIND = Kind(
    name="switch-port",
    plural="switch-ports",
    model=SwitchPort,
    fetch=fetch,
    normalise=normalise,
    identity=SwitchPortId,
    not_adopted=frozenset({"device", "override", "tagged_vlans", "native_vlan", "aggregated_by"}),
)
