"""Fixed IP addresses and other client settings of a UniFi site, by MAC address.

Read from `rest/user`, one call, which lists every client ever seen or configured: those with a setting are
resources. A released fixed address stays in its row, and some rows have no MAC address
(home-assistant/core#77864). By hand: `curl
-H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/user`.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.identities import left_out
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import read_notes
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import CLIENT_GROUPS, NETWORKS, UnifiLookups
from reconciler.collectors.unifi.networks import in_network
from reconciler.collectors.unifi.rows import (
    UnifiListing,
    listing,
    mac_of,
    read_fields,
    read_flags,
    resolve_name,
    rules,
)
from reconciler.model.fields.addresses import Address
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Notes, Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource

USERS = Read("classic", "rest/user")
READS = (USERS, NETWORKS)


class Reservation(Resource):
    """A client with a fixed IP address or other settings."""

    name: Annotated[Text | None, Field(description="Name of the client")] = None
    use_fixedip: Annotated[Flag, Field(description="Fixed IP address: the client always gets `fixed_ip`")] = (
        True
    )
    fixed_ip: Annotated[Address | None, Field(description="Fixed IP address")] = None
    network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network of the fixed IP address")
    ] = None
    local_dns_record_enabled: Annotated[Flag, Field(description="Local DNS record")] = False
    local_dns_record: Annotated[
        Host | None, Field(description="Host name that the gateway resolves to the client")
    ] = None
    virtual_network_override_enabled: Annotated[Flag, Field(description="Virtual network override")] = False
    virtual_network_override: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network that the client is put into")
    ] = None
    fixed_ap_enabled: Annotated[Flag, Field(description="Lock the client to one access point")] = False
    fixed_ap_mac: Annotated[Mac | None, Field(description="MAC address of that access point")] = None
    blocked: Annotated[Flag, Field(description="Client is blocked")] = False
    user_group: Annotated[
        Text | None,
        RefTo("client-group"),
        Field(description="Id of the client group with bandwidth limits; null: Default"),
    ] = None
    has_note: Annotated[Flag, Field(description="The client has a note")] = False
    note: Annotated[Notes | None, Field(description="Note; only with store_descriptions")] = None


_FLAGS = (
    "use_fixedip",
    "local_dns_record_enabled",
    "virtual_network_override_enabled",
    "fixed_ap_enabled",
    "blocked",
)
"""A client with one of these is a resource."""
_DEFAULT = "Default"
"""The group that a client without one is in."""
_FIELDS = frozenset({"name", "fixed_ip", "local_dns_record", "fixed_ap_mac", *_FLAGS})
_GATES = (
    Gate("/use_fixedip", ("/fixed_ip", "/network")),
    Gate("/local_dns_record_enabled", ("/local_dns_record",)),
    Gate("/virtual_network_override_enabled", ("/virtual_network_override",)),
    Gate("/fixed_ap_enabled", ("/fixed_ap_mac",)),
)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read the clients that have a setting of their own; a site may have none."""
    rows = lookups.classic(USERS)
    grouped = any(row.get("usergroup_id") for row in rows)
    context = UnifiContext(
        networks=lookups.networks,
        user_groups=lookups.names(CLIENT_GROUPS.path) if grouped else {},
        store_descriptions=api.settings.store_descriptions,
    )
    wanted = ((mac_of(row), row) for row in rows if _is_set(row, context))
    found = listing(api, USERS, wanted, context, kind="reservation", lacking="mac")
    others = sum(mac_of(row) is None and not _is_set(row, context) for row in rows)
    return replace(found, notes=(*found.notes, *left_out(others, "mac")))


def _is_set(row: ApiRow, context: UnifiContext) -> bool:
    """Return whether a client has a setting; what cannot be read may be one."""
    group = row.get("usergroup_id")
    limited = isinstance(group, str) and (context.user_groups or {}).get(group, _DEFAULT) != _DEFAULT
    return limited or any(rules(row, flag) for flag in _FLAGS)


def normalise(_mac: str, raw: ApiRow, context: UnifiContext) -> Reservation:
    """Make a client of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _FIELDS, "reservation", context)
    found |= dict.fromkeys(_FLAGS, False) | read_flags(raw, _FLAGS)
    if rules(raw, "use_fixedip"):  # of others it shows where the client was last
        resolve_name(found, "network", raw.get("network_id"), context.networks)
    if rules(raw, "virtual_network_override_enabled"):
        moved_to = raw.get("virtual_network_override_id")
        resolve_name(found, "virtual_network_override", moved_to, context.networks)
    resolve_name(found, "user_group", raw.get("usergroup_id"), context.user_groups)
    if found.get("user_group") == _DEFAULT:
        del found["user_group"]
    read_notes(found, raw, field="note", stored=context.store_descriptions)
    return Reservation.of_row(KIND.without_stale(found))


KIND = Kind(
    within=in_network,
    name="reservation",
    plural="reservations",
    model=Reservation,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
    identity=Mac,
    notes="note",
    not_adopted=frozenset({"has_note"}),
)
