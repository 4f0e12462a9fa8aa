"""Clients that are currently connected to a UniFi site, by their MAC address: inventory, never drift.

Read from `stat/sta`, one call (the integration API's `clients` where a key opens only that). All clients
behind one switch port, such as the guests of a Proxmox VE node, show that port. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/stat/sta`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.rows import CLIENTS as INSTEAD
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, is_on, listing, mac_of, name_of
from reconciler.model.fields.addresses import Address
from reconciler.model.fields.ethernet import Mac, mac_address
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import FieldClass, Resource
from reconciler.model.unread import read_into

STATIONS = Read("classic", "stat/sta")
READS = (STATIONS, NETWORKS)


class NetworkClient(Resource):
    """A connected client."""

    name: Annotated[Text | None, Field(description="Name set in the controller; untrusted")] = None
    hostname: Annotated[Text | None, Field(description="Host name that the client reports; untrusted")] = None
    ip: Annotated[Address | None, Field(description="IP address")] = None
    network: Annotated[Text | None, RefTo("network"), Field(description="Id of the network")] = None
    vlan: Annotated[Count | None, Field(le=4094, description="VLAN ID")] = None
    wired: Annotated[Flag, Field(description="Wired connection")] = False
    switch_port: Annotated[Text | None, Field(description="Id of the switch port")] = None
    access_point: Annotated[Mac | None, Field(description="MAC address of the access point")] = None
    wlan: Annotated[Text | None, Field(description="SSID")] = None
    is_guest: Annotated[Flag, Field(description="Guest client")] = False
    blocked: Annotated[Flag, Field(description="Client is blocked")] = False


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every client that is connected now."""
    rows = lookups.rows(STATIONS, INSTEAD)
    read = lookups.read_of(STATIONS, INSTEAD)
    found = ((mac_of(row), row) for row in rows)
    context = UnifiContext(networks=lookups.networks or {})
    return listing(api, read, found, context, kind="client", lacking="mac")


def normalise(_mac: str, raw: ApiRow, context: UnifiContext) -> NetworkClient:
    """Make a client of its row."""
    found: dict[str, Any] = {
        key: raw[key]
        for key in ("name", "hostname", "ip", "vlan", "is_guest", "blocked")
        if not is_nothing(raw.get(key))
    }
    found["wired"] = is_on(raw, "is_wired")
    if not is_nothing(raw.get("network_id")):
        read_into(found, "network", lambda: name_of(raw["network_id"], context.networks or {}))
    elif not is_nothing(raw.get("network")):
        found["network"] = raw["network"]
    switch = mac_address(raw.get("sw_mac"))
    if found["wired"] and switch and str(raw.get("sw_port", "")).isdecimal():
        found["switch_port"] = f"{switch}:{raw['sw_port']}"
    if not found["wired"]:
        found["access_point"] = raw.get("ap_mac") or None
        found["wlan"] = raw.get("essid") or None
    return NetworkClient.of_row(found)


KIND = Kind(
    name="client",
    plural="clients",
    model=NetworkClient,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
    field_class=FieldClass.OBSERVED,
    identity=Mac,
)
