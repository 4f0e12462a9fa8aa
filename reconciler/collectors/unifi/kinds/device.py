"""Devices of a UniFi site: gateways, switches, access points, by their MAC address.

Read from `stat/device`, one call (the integration API's `devices` where a key opens only that). By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/stat/device`. Its rows mix configuration
with some hundred keys of state that come and go: of those that are not read, only the names are kept.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import (
    flag_of,
    is_nothing,
    object_of,
    objects_of,
    text_of,
    whole,
    whole_number,
)
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
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
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import OBSERVED, Health, StatusResource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

READS = (DEVICES, NETWORKS)

_STATES = {
    0: "it is disconnected",
    2: "it waits for adoption",
    4: "it is being upgraded",
    5: "it is being provisioned",
    6: "it has missed heartbeats",
    7: "it is being adopted",
    9: "its adoption failed",
    10: "it is isolated",
    11: "it scans the air",
}
_RADIO = ("radio", "channel", "ht", "tx_power_mode", "tx_power", "min_rssi_enabled", "min_rssi")
_BANDS = {"ng": "2g", "na": "5g", "6e": "6g", "ad": "60g"}


class IpSettings(Value):
    """The address of a device and how it gets it."""

    type: Annotated[Text, Field(description="dhcp or static")] = "dhcp"
    ip: Address | None = None
    netmask: Address | None = None
    gateway: Address | None = None
    dns1: Address | None = None
    dns2: Address | None = None
    dnssuffix: Text | None = None


class Radio(Value):
    """The settings of a radio of an access point."""

    channel: Annotated[Text, Field(description="auto, or a number")] = "auto"
    width: Annotated[Count | None, Field(description="MHz")] = None
    tx_power_mode: Annotated[Text, Field(description="auto, low, medium, high or custom")] = "auto"
    tx_power: Annotated[Text | None, Field(description="dBm, only with custom")] = None
    min_rssi: Annotated[int | None, Field(description="dBm; none: no minimum")] = None


class Uplink(Value):
    """The device and port that a device is connected to."""

    device: Annotated[Mac | None, Field(description="MAC address of the device")] = None
    port: Count | None = None
    type: Text | None = None


class Device(StatusResource):
    """A gateway, switch or access point."""

    name: Text | None = None
    model: Text | None = None
    type: Annotated[Text | None, Field(description="usw, uap, udm, ugw, uxg, …")] = None
    serial: Text | None = None
    version: Annotated[Text | None, Field(description="Of its firmware")] = None
    adopted: Flag = True
    disabled: Flag = False
    locked: Flag = False
    management_network: Annotated[
        Text | None, RefTo("network"), Field(description="none: the default one")
    ] = None
    ip_settings: IpSettings = IpSettings()
    stp_version: Text | None = None
    stp_priority: Count | None = None
    jumboframe_enabled: Flag = False
    flowctrl_enabled: Flag = False
    dot1x_portctrl_enabled: Flag = False
    poe_mode: Text | None = None
    led_override: Annotated[Text, Field(description="default, on or off")] = "default"
    snmp_contact: Text | None = None
    snmp_location: Text | None = None
    radios: Annotated[dict[str, Radio], Field(default_factory=dict, description="By band: 2g, 5g, 6g")]
    ip: Annotated[Address | None, OBSERVED] = None
    uplink: Annotated[Uplink | None, OBSERVED] = None


_FIELDS = own_fields(Device, "management_network", "ip_settings", "radios", "uplink")


_READ = _FIELDS.union(
    ("mac", "state", "mgmt_network_id", "uplink", "port_table", "port_overrides"),
    (f"config_network.{name}" for name in IpSettings.model_fields),
    (f"radio_table[radio].{name}" for name in _RADIO),
)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every device that the controller knows, connected or not."""
    rows = lookups.rows(DEVICES, INSTEAD)
    lacking = lookups.lacking(INSTEAD, own_fields(Device))
    managed = any(row.get("mgmt_network_id") for row in rows)
    return listing(
        api,
        lookups.read_of(DEVICES, INSTEAD),
        ((mac_of(row), row) for row in rows),
        UnifiContext(networks=lookups.networks if managed else {}, lacking=lacking),
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
    read_into(found, "radios", lambda: dict(_radios(raw.get("radio_table"))))
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


def _radios(table: object) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in objects_of(table):
        if is_nothing(row.get("radio")):
            continue
        band, mode = text_of(row["radio"]), text_of(row.get("tx_power_mode") or "auto")
        given = {
            "channel": row.get("channel"),
            "width": row.get("ht"),
            "tx_power": row.get("tx_power") if mode == "custom" else None,
            "min_rssi": row.get("min_rssi") if flag_of(row.get("min_rssi_enabled")) else None,
        }
        radio = {key: whole(value) for key, value in given.items() if not is_nothing(value)}
        yield _BANDS.get(band, band), {**radio, "tx_power_mode": mode}


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
    return Health(state="unknown", reason="the controller reports no known state")


_GATES = (
    Gate(
        "/ip_settings/type",
        tuple(f"/ip_settings/{name}" for name in ("ip", "netmask", "gateway", "dns1", "dns2", "dnssuffix")),
        frozenset({"static"}),
    ),
    Gate("/stp_version", ("/stp_priority",), closed_by=frozenset({"disabled"})),
)

KIND = Kind(
    name="device",
    plural="devices",
    model=Device,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
    identity=Mac,
    not_adopted=frozenset({"version", "serial", "model", "type", "adopted"}),
)
