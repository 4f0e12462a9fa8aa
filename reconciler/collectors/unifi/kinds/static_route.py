"""Static routes of a UniFi site, by name.

Read from `rest/routing`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/routing`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_name
from reconciler.model.fields.addresses import Block
from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields

ROUTES = Read("classic", "rest/routing")
READS = (ROUTES, NETWORKS)


class StaticRoute(Resource):
    """A static route."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    enabled: Annotated[Flag, Field(description="Route is enabled")] = True
    destination: Annotated[Block | None, Field(description="Destination network")] = None
    route_type: Annotated[
        Text, Field(description="Route type: nexthop-route, interface-route or blackhole")
    ] = "nexthop-route"
    next_hop: Annotated[Host | None, Field(description="Next hop; only with nexthop-route")] = None
    interface: Annotated[Text | None, Field(description="Interface: WAN, WAN2 or the id of a network")] = None
    distance: Annotated[Count | None, Field(description="Administrative distance")] = None
    gateway_type: Annotated[
        Text, Field(description="Router: default (the gateway) or switch (a Layer 3 switch)")
    ] = "default"
    gateway_device: Annotated[
        Mac | None, Field(description="MAC address of the Layer 3 switch, with gateway_type switch")
    ] = None


_MADE = {
    "static-route_network": "destination",
    "static-route_type": "route_type",
    "static-route_nexthop": "next_hop",
    "static-route_distance": "distance",
}
_FIELDS = own_fields(StaticRoute, *_MADE.values(), "interface")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every route; a site may have none."""
    found = ((name(row), row) for row in lookups.classic(ROUTES))
    context = UnifiContext(networks=lookups.networks)
    return listing(api, ROUTES, found, context, kind="static-route", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> StaticRoute:
    """Make a route of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "static-route", context) | {"name": name(raw)}
    found |= {field: raw[key] for key, field in _MADE.items() if not is_nothing(raw.get(key))}
    where = raw.get("static-route_interface")
    if isinstance(where, str) and where.startswith("WAN"):
        found["interface"] = where
    else:
        resolve_name(found, "interface", where, context.networks)
    return StaticRoute.of_row(found)


KIND = Kind(
    name="static-route",
    plural="static-routes",
    model=StaticRoute,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=(
        Gate("/route_type", ("/next_hop",), frozenset({"nexthop-route"})),
        Gate("/route_type", ("/interface",), frozenset({"interface-route"})),
        Gate("/gateway_type", ("/gateway_device",), frozenset({"switch"})),
    ),
)
