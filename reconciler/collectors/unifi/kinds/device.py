"""Devices of a UniFi site: gateways, switches, access points, by their MAC address.

Read from `stat/device`, one call (the integration API's `devices` where a key opens only that). By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/stat/device`. Its rows mix configuration
with some hundred state keys that come and go: of unread keys, only the names are kept.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import (
    is_nothing,
    object_of,
    whole_number,
)
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.device_overrides import (
    OVERRIDE_FIELDS,
    OVERRIDE_GATES,
    OVERRIDE_KEYS,
    read_overrides,
)
from reconciler.collectors.unifi.device_settings import (
    NOT_AS_STORED,
    SETTINGS_GATES,
    SETTINGS_KEYS,
    DeviceSettings,
    follows,
    lighting,
    outlets,
    radios,
)
from reconciler.collectors.unifi.integration.rows import DEVICES as INSTEAD
from reconciler.collectors.unifi.lookups import DEVICES, NETWORKS, UnifiLookups
from reconciler.collectors.unifi.rows import (
    UnifiListing,
    lacking_of,
    listing,
    mac_of,
    none_listed,
    resolve_name,
    unmodelled,
)
from reconciler.model.fields.addresses import Address
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.gate import Gate
from reconciler.model.judgement import Judgement
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import OBSERVED, POLICY, Health, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Row, Value

READS = (DEVICES, NETWORKS)

_STATES = {
    0: "it is disconnected",
    2: "it is waiting for adoption",
    4: "it is being upgraded",
    5: "it is being provisioned",
    6: "it has missed heartbeats",
    7: "it is being adopted",
    9: "its adoption failed",
    10: "it is isolated",
    11: "it is scanning channels",
}


class IpSettings(Value):
    """Address settings of a device."""

    type: Annotated[Text, Field(description="Address assignment: dhcp or static")] = "dhcp"
    ip: Annotated[Address | None, Field(description="Static IPv4 address")] = None
    netmask: Annotated[Address | None, Field(description="Netmask of the static address")] = None
    gateway: Annotated[Address | None, Field(description="Default gateway")] = None
    dns1: Annotated[Address | None, Field(description="Primary DNS server")] = None
    dns2: Annotated[Address | None, Field(description="Secondary DNS server")] = None
    dnssuffix: Annotated[Text | None, Field(description="DNS suffix")] = None
    bonding_enabled: Annotated[Flag, Field(description="Bond the Ethernet ports into one link")] = False


class Uplink(Value):
    """Device and port that a device is connected to."""

    device: Annotated[Mac | None, Field(description="MAC address of the upstream device")] = None
    port: Annotated[Count | None, Field(description="Port number on the upstream device")] = None
    type: Annotated[Text | None, Field(description="Link type: wire, eth, …")] = None


class Device(DeviceSettings):
    """A gateway, switch or access point."""

    name: Annotated[Text | None, Field(description="Device name")] = None
    expected: Annotated[
        Literal["online", "offline"] | None,
        POLICY,
        Field(description="Policy; offline: the device is off on purpose, with its ports; not compared"),
    ] = None
    status: Annotated[
        Literal["online", "offline"] | None,
        Field(description="Connection to the controller: online or offline"),
    ] = None
    model: Annotated[Text | None, Field(description="Model code")] = None
    type: Annotated[Text | None, Field(description="Device type: usw, uap, udm, ugw, uxg, …")] = None
    serial: Annotated[Text | None, Field(description="Serial number")] = None
    version: Annotated[Text | None, Field(description="Firmware version")] = None
    adopted: Annotated[Flag, Field(description="Adopted by this controller")] = True
    disabled: Annotated[Flag, Field(description="Disabled in the controller")] = False
    locked: Annotated[Flag, Field(description="Locked in the controller")] = False
    management_network: Annotated[
        Text | None,
        RefTo("network"),
        Field(description="Id of the management network; null: the default network"),
    ] = None
    ip_settings: Annotated[IpSettings, Field(description="IP settings")] = IpSettings()
    stp_version: Annotated[Text | None, Field(description="Spanning tree version: stp, rstp or disabled")] = (
        None
    )
    stp_priority: Annotated[
        Count | None, Field(description="Spanning tree priority, 0 to 61440 in steps of 4096")
    ] = None
    jumboframe_enabled: Annotated[Flag, Field(description="Jumbo frames")] = False
    flowctrl_enabled: Annotated[Flag, Field(description="Flow control")] = False
    dot1x_portctrl_enabled: Annotated[Flag, Field(description="802.1X control of ports")] = False
    poe_mode: Annotated[Text | None, Field(description="PoE output: auto, pasv24, passthrough or off")] = None
    ip: Annotated[Address | None, OBSERVED, Field(description="Current IP address")] = None
    uplink: Annotated[Uplink | None, OBSERVED, Field(description="Upstream device and port")] = None


_FIELDS = own_fields(
    Device,
    "management_network",
    "ip_settings",
    "uplink",
    "expected",
    "status",
    *NOT_AS_STORED,
    *OVERRIDE_FIELDS,
)


_READ = _FIELDS.union(
    ("mac", "state", "mgmt_network_id", "uplink", "port_table", "port_overrides"),
    (f"config_network.{name}" for name in IpSettings.model_fields),
    SETTINGS_KEYS,
    OVERRIDE_KEYS,
)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every device that the controller knows, connected or not."""
    rows = lookups.rows(DEVICES, INSTEAD)
    lacking = lookups.lacking(INSTEAD, own_fields(Device))
    managed = any(row.get("mgmt_network_id") or row.get("dot1x_fallback_networkconf_id") for row in rows)
    radius = any(row.get("radiusprofile_id") for row in rows)
    context = UnifiContext(
        networks=lookups.networks if managed else {},
        radius_profiles=lookups.read_names("rest/radiusprofile") if radius else {},
        lacking=lacking,
    )
    return listing(
        api,
        lookups.read_of(DEVICES, INSTEAD),
        ((mac_of(row), row) for row in rows),
        context,
        kind="device",
        lacking="mac",
        problem=none_listed(api, "device", rows),
    )


def normalise(_mac: str, raw: ApiRow, context: UnifiContext) -> Device:
    """Make a device of its row."""
    found = {key: value for key, value in raw.items() if key in _FIELDS and not is_nothing(value)}
    found["unread"] = lacking_of(raw, context) or None
    resolve_name(found, "management_network", raw.get("mgmt_network_id"), context.networks)
    read_into(found, "ip_settings", lambda: _ip_settings(object_of(raw.get("config_network"))))
    read_into(found, "radios", lambda: dict(radios(raw.get("radio_table"))))
    read_into(found, "outlets", lambda: dict(outlets(raw.get("outlet_overrides"))))
    read_into(found, "ether_lighting", lambda: lighting(raw.get("ether_lighting")))
    read_overrides(found, raw)
    fallback = raw.get("dot1x_fallback_networkconf_id")
    resolve_name(found, "dot1x_fallback_network", fallback, context.networks)
    resolve_name(found, "radius_profile", raw.get("radiusprofile_id"), context.radius_profiles)
    if (number := whole_number(raw.get("state"))) is not None:
        found["status"] = "offline" if number == 0 else "online"
    found["uplink"] = _uplink(raw.get("uplink"))
    found["health"] = _health(raw)
    found["unmodelled"] = dict.fromkeys(unmodelled(raw, _READ, "device", context))
    return Device.of_row(found)


def _ip_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return the address settings; an old address remains when a device goes over to DHCP."""
    return {
        key: value
        for key, value in settings.items()
        if key in IpSettings.model_fields and not is_nothing(value)
    }


def _uplink(uplink: object) -> dict[str, Any] | None:
    if not isinstance(uplink, dict) or is_nothing(uplink.get("uplink_mac")):
        return None
    return {
        "device": uplink["uplink_mac"],
        "port": uplink.get("uplink_remote_port"),
        "type": uplink.get("type"),
    }


def _health(raw: ApiRow) -> Health:
    state = raw.get("state")
    if str(state) == "1":
        return Health(state="healthy")
    number = whole_number(state)
    if number in _STATES:
        return Health(state="degraded", reason=_STATES[number])
    return Health(state="unknown", reason="the controller reports an unknown state")


_GATES = (
    Gate(
        "/ip_settings/type",
        tuple(f"/ip_settings/{name}" for name in ("ip", "netmask", "gateway", "dns1", "dns2", "dnssuffix")),
        frozenset({"static"}),
    ),
    Gate("/stp_version", ("/stp_priority",), closed_by=frozenset({"disabled"})),
)


def judge(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    """Judge whether a device is connected, where that is declared."""
    del observed, now
    status, expected = row.get("status"), declared.get("expected")
    if status == "online" and expected == "offline":
        yield Judgement("/expected", "offline", "online", "it is back; delete the line, or turn it off again")
    elif status == "offline" and expected == "online":
        yield Judgement("/expected", "online", "offline", "it is disconnected")


def away(declared: Row, row: Row) -> bool:
    """Check whether it is offline and declared to be."""
    return declared.get("expected") == "offline" and row.get("status") == "offline"


KIND = Kind(
    name="device",
    plural="devices",
    model=Device,
    fetch=fetch,
    normalise=normalise,
    gates=(*_GATES, *SETTINGS_GATES, *OVERRIDE_GATES),
    follows=follows,
    judge=judge,
    away=away,
    identity=Mac,
    not_adopted=frozenset({"status", "version", "serial", "model", "type", "adopted"}),
)
