"""Zones of the zone-based firewall of a UniFi site, by name.

Read from the v2 API's `firewall/zone`, one call (the integration API's `firewall/zones` where a key opens
that alone); a site that has not migrated to that firewall has none. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/firewall/zone`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.unifi import ignored_fields, integration
from reconciler.collectors.unifi.connection.api import UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.lookups import FEATURES, NETWORKS, ZONES, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import fields, listing, model_fields, names
from reconciler.errors import Problem
from reconciler.model.fields import Names, Text
from reconciler.model.kind import Kind, Listing, Resource

READS = (NETWORKS,)


class FirewallZone(Resource):
    """A zone: the networks that policies mean by its name."""

    networks: Annotated[Names, Field(description="Names of networks")] = ()
    zone_key: Annotated[Text | None, Field(description="Of zones that the controller made")] = None


_FIELDS = model_fields(FirewallZone, "networks")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing:
    """Every zone; proven to be none where the site has the other firewall."""
    engine = api.facts.zone_based
    if engine is None and api.facts.classic is None:
        raise UnifiRequestFailed(api.settings.host, FEATURES.path, None, api.facts.engine)
    if engine is False:
        if api.expected.get("firewall-zone"):
            what = "the site has not migrated to the zone-based firewall"
            return Listing({}, "partial", Problem("", what, cause="not-supported"))
        return Listing({})
    rows = lookups.rows(ZONES, "firewall/zones", integration.zone)
    shared = {"@networks": lookups.networks}
    read = lookups.read_of(ZONES, "firewall/zones")
    return listing(
        api, read, ((name(row), {**row, **shared}) for row in rows), kind="firewall-zone", what="name"
    )


def normalise(identity: str, raw: Mapping[str, Any]) -> FirewallZone:
    """A zone of its row; raises `ValueError` when it makes no sense."""
    del identity
    found = fields(raw, _FIELDS, ignored_fields.ZONE)
    names(found, "networks", raw.get("network_ids"), raw.get("@networks"))
    return FirewallZone.model_validate(found)


KIND = Kind(
    name="firewall-zone",
    plural="firewall-zones",
    model=FirewallZone,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"zone_key"}),
)
