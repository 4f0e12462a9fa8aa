"""Policy-based routes of a UniFi site, by name: traffic that uses another WAN or a VPN.

Read from the v2 API's `trafficroutes`, one call; older releases have none. They have no order. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/trafficroutes`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_name
from reconciler.collectors.unifi.traffic import (
    MatchingTarget,
    Regions,
    TrafficAddresses,
    TrafficDomains,
    TrafficTargets,
    addresses_of,
    as_objects,
    domains_of,
    gates,
    targets_of,
    title_of,
)
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into

ROUTES = Read("v2", "trafficroutes")
READS = (ROUTES, NETWORKS)


class TrafficRoute(Resource):
    """A policy-based route."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    enabled: Annotated[Flag, Field(description="Route is enabled")] = True
    matching_target: MatchingTarget = None
    domains: TrafficDomains = ()
    addresses: TrafficAddresses = ()
    regions: Regions = ()
    targets: TrafficTargets = ()
    network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the WAN or VPN that the traffic uses")
    ] = None
    next_hop: Annotated[Host | None, Field(description="Next hop")] = None
    kill_switch_enabled: Annotated[
        Flag, Field(description="Kill switch: drop the traffic if that network is down")
    ] = False


_FIELDS = own_fields(TrafficRoute, "name", "domains", "addresses", "targets", "network")
_KNOWN = frozenset({"INTERNET", "DOMAIN", "IP", "REGION"})


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every route; a site may have none."""
    found = ((title_of(row), row) for row in lookups.classic_if_known(ROUTES, "traffic-route"))
    context = UnifiContext(networks=lookups.networks)
    return listing(api, ROUTES, found, context, kind="traffic-route", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> TrafficRoute:
    """Make a route of its row."""
    raw = as_objects(raw)
    found: dict[str, Any] = read_fields(raw, _FIELDS, "traffic-route", context) | {"name": title_of(raw)}
    read_into(found, "domains", lambda: domains_of(raw.get("domains")))
    read_into(found, "addresses", lambda: addresses_of(raw))
    read_into(found, "targets", lambda: targets_of(raw.get("target_devices"), context.networks))
    resolve_name(found, "network", raw.get("network_id"), context.networks)
    return TrafficRoute.of_row(found)


KIND = Kind(
    name="traffic-route",
    plural="traffic-routes",
    model=TrafficRoute,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=gates(
        {"domains": frozenset({"DOMAIN"}), "addresses": frozenset({"IP"}), "regions": frozenset({"REGION"})},
        _KNOWN,
    ),
)
