"""Firewall zones of a UniFi site, by name.

Read from the v2 API's `firewall/zone`, one call (the integration API's `firewall/zones` where a key opens
only that); a site that has not migrated to the zone-based firewall has none. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/firewall/zone`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.rows import ZONES as INSTEAD
from reconciler.collectors.unifi.lookups import FEATURES, NETWORKS, ZONES, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_names
from reconciler.errors import Problem
from reconciler.model.fields.text import Names, Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.relations import Shows, items_of
from reconciler.model.resource import DERIVED, Resource, own_fields

READS = (NETWORKS,)


class FirewallZone(Resource):
    """A firewall zone and its networks."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    networks: Annotated[
        Names,
        RefTo("network"),
        DERIVED,
        Field(description="Ids of the networks in the zone; each network has one zone"),
    ] = ()
    zone_key: Annotated[
        Text | None, Field(description="Key of a zone that the controller created: internal, external, …")
    ] = None


_FIELDS = own_fields(FirewallZone, "networks")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every zone; a site with the older firewall is proved to have none."""
    engine = api.facts.zone_based
    if engine is None and api.facts.classic is None:
        raise UnifiRequestFailed(api.settings.host, FEATURES.path, None, api.facts.engine)
    if engine is False:
        what = "the site has not migrated to the zone-based firewall"
        expected = api.expected.get("firewall-zone")
        return Listing({}, UnifiContext(), Problem("", what, cause="not-supported") if expected else None)
    rows = lookups.rows(ZONES, INSTEAD)
    read = lookups.read_of(ZONES, INSTEAD)
    found = ((name(row), row) for row in rows)
    lacking = lookups.lacking(INSTEAD, own_fields(FirewallZone))
    context = UnifiContext(networks=lookups.networks, lacking=lacking)
    problem = lookups.problem(INSTEAD) or (_none(api) if not rows else None)
    return listing(api, read, found, context, kind="firewall-zone", lacking="name", problem=problem)


def _none(api: UnifiApi) -> Problem | None:
    """Return why a list without zones is not accepted: a site with that firewall always has some."""
    what = "no zone is listed: the site may not have migrated to the zone-based firewall"
    return Problem("", what, cause="not-supported") if api.expected.get("firewall-zone") else None


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> FirewallZone:
    """Make a zone of its row."""
    found = read_fields(raw, _FIELDS, "firewall-zone", context)
    found["name"] = name(raw)
    resolve_names(found, "networks", raw.get("network_ids"), context.networks)
    return FirewallZone.of_row(found)


KIND = Kind(
    shows=lambda _name, row: [
        Shows("/networks", "network", network, "/firewall_zone") for network in items_of(row, "networks")
    ],
    name="firewall-zone",
    plural="firewall-zones",
    model=FirewallZone,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    not_adopted=frozenset({"zone_key"}),
)
