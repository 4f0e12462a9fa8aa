"""Fixed addresses of clients of a UniFi site, by their MAC address.

Read from `rest/user`, one call, which lists every client that was ever seen or set up; an address that
is not fixed any more stays in its row, and some rows have no MAC (home-assistant/core#77864). By hand: `curl
-H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/user`. Its rows mix configuration with
state that comes and goes, so keys that are not read are not reported.
"""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.identities import left_out
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, read_notes
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, is_on, listing, mac_of, resolve_name
from reconciler.model.fields import Address, Flag, Host, Mac, Notes, Text
from reconciler.model.kind import Kind, Resource
from reconciler.model.references import RefTo

USERS = Read("classic", "rest/user")
READS = (USERS, NETWORKS)


class Reservation(Resource):
    """A client that always gets the same address."""

    name: Text | None = None
    fixed_ip: Address | None = None
    network: Annotated[Text | None, RefTo("network"), Field(description="Id of its network")] = None
    local_dns_record: Annotated[Host | None, Field(description="Name that the gateway resolves to it")] = None
    blocked: Flag = False
    has_note: Flag = False
    note: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read the clients whose address is fixed; a site may have none."""
    rows = lookups.classic(USERS)
    context = UnifiContext(networks=lookups.networks, store_descriptions=api.settings.store_descriptions)
    wanted = ((mac_of(row), row) for row in rows if is_on(row, "use_fixedip"))
    found = listing(api, USERS, wanted, context, kind="reservation", lacking="mac")
    others = sum(mac_of(row) is None and not is_on(row, "use_fixedip") for row in rows)
    return replace(found, notes=(*found.notes, *left_out(others, "mac")))


def normalise(_mac: str, raw: ApiRow, context: UnifiContext) -> Reservation:
    """Make a fixed address of its row; raises `ValueError` when it cannot be parsed."""
    found = {key: raw[key] for key in ("name", "fixed_ip", "blocked") if not is_nothing(raw.get(key))}
    resolve_name(found, "network", raw.get("network_id"), context.networks)
    if is_on(raw, "local_dns_record_enabled") and not is_nothing(raw.get("local_dns_record")):
        found["local_dns_record"] = raw["local_dns_record"]
    found |= read_notes(raw, field="note", stored=context.store_descriptions)
    return Reservation.model_validate(found)


KIND = Kind(
    name="reservation",
    plural="reservations",
    model=Reservation,
    fetch=fetch,
    normalise=normalise,
    identity=Mac,
    notes="note",
    not_adopted=frozenset({"has_note"}),
)
