"""Ports of switches and gateways: profile, own settings, effective settings and link.

Read from `stat/device`, which every device shares: `port_table` has the state of each port, `port_overrides`
only the ports and keys that were set on the port. Its profile comes from `rest/portconf`, its
networks from `rest/networkconf`. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/api/s/default/stat/device`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.identities import identified, left_out
from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import is_nothing, list_of, whole_number
from reconciler.collectors.unifi.connection.api import UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import DEVICES, NETWORKS, PROFILES, UnifiLookups
from reconciler.collectors.unifi.networks import is_known, name
from reconciler.collectors.unifi.port_effect import PortEffect, effect_shows, in_effect
from reconciler.collectors.unifi.port_link import PortLink, link_of
from reconciler.collectors.unifi.port_settings import (
    KEYS,
    NETWORK_KEYS,
    READ,
    PortSettings,
    gates,
    stored,
)
from reconciler.collectors.unifi.rows import is_on, mac_of, name_of, none_listed, unmodelled
from reconciler.errors import Cause, Problem
from reconciler.model.fields.ethernet import SwitchPortId
from reconciler.model.fields.numbers import Count, Numbers
from reconciler.model.fields.text import Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.relations import Shows
from reconciler.model.resource import DERIVED, OBSERVED, own_fields
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Row

READS = (DEVICES, NETWORKS, PROFILES)

_LIVE = frozenset({"speed", "full_duplex", "autoneg"})
"""Keys of `port_table` that describe the link, not its settings."""


class Override(PortSettings):
    """Settings made on the port itself; null: not set on the port."""

    name: Annotated[Text | None, Field(description="Port name")] = None
    native_network: Annotated[
        Text | None,
        RefTo("network"),
        Field(description="Id of the native network (untagged frames); empty: untagged frames are dropped"),
    ] = None
    mirror_port: Annotated[
        Count | None, Field(description="Number of the port whose traffic is mirrored here")
    ] = None
    aggregate_members: Annotated[
        Numbers | None, Field(description="Ports of the aggregate that this port leads, including itself")
    ] = None


class SwitchPort(PortEffect):
    """A port: its profile, its own settings and (derived) the effective settings."""

    profile: Annotated[Text | None, RefTo("port-profile"), Field(description="Id of the port profile")] = None
    override: Annotated[
        Override | None, Field(description="Settings made on the port itself; null: none")
    ] = None
    device: Annotated[Text | None, DERIVED, Field(description="Name of the switch")] = None
    name: Annotated[Text | None, DERIVED, Field(description="Port name; null: the factory name")] = None
    aggregated_by: Annotated[
        Count | None, DERIVED, Field(description="First port of the aggregate that includes this port")
    ] = None
    aggregate_members: Annotated[
        Numbers, DERIVED, Field(description="Ports of the aggregate that this port leads")
    ] = ()
    mirror_port: Annotated[
        Count | None, DERIVED, Field(description="Number of the port whose traffic is mirrored here")
    ] = None
    link: Annotated[PortLink | None, OBSERVED, Field(description="Current link state")] = None


_OVERRIDE = KEYS | {"name", "portconf_id", "aggregate_members", "mirror_port_idx"}
_OVERRIDE_READ = READ | (_OVERRIDE - KEYS)


@dataclass(frozen=True, slots=True)
class RawPort:
    """The rows that make up a port."""

    port: ApiRow
    """From `port_table`."""
    override: ApiRow | None = None
    """Its own, from `port_overrides`."""
    lead_override: ApiRow | None = None
    """Of the first port of the aggregate that it is in."""
    device_name: Any = None


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[RawPort, UnifiContext]:
    """Read the ports of every adopted device; those of a device that lists none are unread."""
    devices = lookups.classic(DEVICES)
    found: dict[str, RawPort] = {}
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
        overrides = device.get("port_overrides")
        if overrides is not None and not isinstance(overrides, list):
            unread |= _expected_on(api, mac, "the overrides of its switch are not a list")
            continue
        read, nameless = _ports(mac, ports, overrides or [], device.get("name"), notes)
        found |= read
        if nameless:
            lacking = _expected_on(api, mac, "a port of its switch has no number")
            unread |= {identity: each for identity, each in lacking.items() if identity not in read}
    referred = any((port.override or port.port).get("portconf_id") for port in found.values())
    context = UnifiContext(networks=lookups.networks, profiles=_profiles(lookups, referred=referred))
    problem = None if unread else none_listed(api, "switch-port", found)
    return Listing(found, context, problem, unread, notes=tuple(notes))


def _ports(
    mac: str, ports: list[Any], overrides: list[Any], device_name: object, notes: list[str]
) -> tuple[dict[str, RawPort], int]:
    """Return the ports of a device by their ids, and how many have no number."""
    own, lost = _by_number(overrides)
    notes += left_out(lost, f"port_idx among the overrides of {mac}")
    rows, nameless = _by_number(ports)
    nameless += sum(not isinstance(port, dict) for port in ports)
    notes += left_out(nameless, f"port_idx among the ports of {mac}")
    found: dict[str, RawPort] = {}
    for number, row in rows.items():
        lead = whole_number(row.get("aggregated_by"))
        found[f"{mac}:{number}"] = RawPort(row, own.get(number), own.get(lead) if lead else None, device_name)
    return found, nameless


def _by_number(rows: list[Any]) -> tuple[dict[int, ApiRow], int]:
    """Return rows by the number of their port, and how many objects have none."""
    objects: list[ApiRow] = [row for row in rows if isinstance(row, dict)]
    numbered = {number: row for row in objects if (number := whole_number(row.get("port_idx"))) is not None}
    return numbered, sum(whole_number(row.get("port_idx")) is None for row in objects)


def _profiles(lookups: UnifiLookups, *, referred: bool) -> dict[str, ApiRow] | None:
    """Return the profiles by id; None where not all are known, or ports refer to some and there are none."""
    try:
        rows = lookups.classic(PROFILES)
    except UnifiRequestFailed:
        return None
    if lookups.api.doubt(PROFILES) or not all(map(is_known, rows)) or (referred and not rows):
        return None
    found = identified(((name(row), row) for row in rows), "_id").rows
    return {str(row.get("_id")): {**row, "name": identity} for identity, row in found.items()}


def _expected_on(api: UnifiApi, mac: str, what: str, cause: Cause = "bad-answer") -> dict[str, Problem]:
    """Return the ports that a device should have and does not list, with the problem."""
    problem = Problem("", what, cause=cause)
    expected = api.expected.get("switch-port", frozenset())
    return {identity: problem for identity in sorted(expected) if identity.startswith(f"{mac}:")}


def normalise(identity: str, raw: RawPort, context: UnifiContext) -> SwitchPort:
    """Make a port of its own settings, else those of its profile, else those the switch reports.

    A port of an aggregate has the settings of the aggregate's first port in effect.
    """
    port, own = raw.port, raw.override or {}
    member = bool(port.get("aggregated_by"))
    override: ApiRow = (raw.lead_override or {}) if member else own
    chosen = own.get("portconf_id") or (None if member else port.get("portconf_id"))
    used = override.get("portconf_id") or port.get("portconf_id")
    merged = _merged(port, override, used, context)
    found = in_effect(merged, context.networks)
    if not is_on(port, "port_poe", default="poe_mode" in port):
        found.pop("poe_mode", None)
    found |= {
        "device": raw.device_name,
        "name": _name(own, port, identity.rpartition(":")[2]),
        "aggregated_by": whole_number(port.get("aggregated_by")) or None,
        "mirror_port": override.get("mirror_port_idx") if merged.get("op_mode") == "mirror" else None,
        "unmodelled": unmodelled(own, _OVERRIDE_READ, "switch-port", context),
    }
    mark_unread(found, *_unread(override, own, context))
    if chosen and context.profiles is not None:
        profiles = context.profiles
        read_into(found, "profile", lambda: name_of(chosen, profiles))
    read_into(found, "override", lambda: _override(own, context))
    read_into(found, "link", lambda: link_of(port))
    if merged.get("op_mode") == "aggregate" and not member:
        read_into(found, "aggregate_members", lambda: list_of(override.get("aggregate_members")))
    return SwitchPort.of_row({key: value for key, value in found.items() if value is not None})


def _merged(port: ApiRow, override: ApiRow, chosen: object, context: UnifiContext) -> dict[str, Any]:
    """Return the settings of a port by the API's keys: the override wins over the profile."""
    profile: ApiRow = (context.profiles or {}).get(str(chosen), {})
    return {
        key: value
        for layer in ({key: value for key, value in port.items() if key not in _LIVE}, profile, override)
        for key, value in layer.items()
        if key in KEYS and value is not None
    }


def _name(override: ApiRow, port: ApiRow, index: str) -> Any:
    """Return its name, unless it is the one that every port has."""
    name = override.get("name") or port.get("name")
    return None if is_nothing(name) or str(name) == f"Port {index}" else name


def _unread(override: ApiRow, own: ApiRow, context: UnifiContext) -> Iterator[str]:
    """Yield the fields that depend on networks or profiles which could not be read."""
    if context.networks is None and any(own.get(key) for key in NETWORK_KEYS):
        yield "override"
    if context.profiles is not None:
        return
    carried = {"native_network", "native_vlan", "tagged_networks", "tagged_vlans", "voice_network"}
    for field in own_fields(PortEffect):
        if field not in override or field in carried:
            yield field
    yield "profile"


def _override(own: ApiRow, context: UnifiContext) -> dict[str, Any] | None:
    """Return the settings that were set on the port itself; raises `ValueError` for an odd one."""
    found = stored(own, context.networks)
    reasons = found.pop("unparsed", {})
    if found.pop("unread", ()):
        refuse_row("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
    if not is_nothing(own.get("name")):
        found["name"] = own["name"]
    found |= {"aggregate_members": own["aggregate_members"]} if own.get("aggregate_members") else {}
    mirrored = own.get("mirror_port_idx")
    return found | ({} if is_nothing(mirrored) else {"mirror_port": mirrored}) or None


def _within(identity: str, _row: Row) -> list[tuple[str, str]]:
    return [("device", identity.rpartition(":")[0])]


def _shows(identity: str, row: Row) -> Iterator[Shows]:
    """Yield what the effective settings come from: its own, its profile's, those of networks."""
    for each in SwitchPort.model_fields.keys() - {"profile", "override"}:
        yield Shows(f"/{each}", "switch-port", identity, "/override")
        yield Shows(f"/{each}", "switch-port", identity, "/profile")
    yield Shows("/device", "device", identity.rpartition(":")[0], "/name")
    if row.get("profile"):
        yield from effect_shows(row, "port-profile", str(row["profile"]))


def _host(identity: str, _row: Row) -> str:
    """Return the switch: while that is expected to be offline, its ports are expected to be unread."""
    return identity.rpartition(":")[0]


KIND = Kind(
    host=_host,
    within=_within,
    comes_with=lambda identity, _row: [("device", identity.rpartition(":")[0], "")],
    shows=_shows,
    name="switch-port",
    plural="switch-ports",
    model=SwitchPort,
    fetch=fetch,
    normalise=normalise,
    identity=SwitchPortId,
    gates=(
        *gates("/override"),
        Gate("/override/op_mode", ("/override/mirror_port",), frozenset({"mirror"})),
        Gate("/override/op_mode", ("/override/aggregate_members",), frozenset({"aggregate"})),
    ),
)
