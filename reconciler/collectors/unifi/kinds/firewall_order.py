"""The order of the firewall policies of a UniFi site, by zone pair: `from:to`, or `WAN_IN` before migration.

The first matching policy applies, so moving a policy can change which traffic passes. Read from the list
of the policies, the v2 API's `firewall-policies` or `rest/firewallrule`; where a key opens only the
integration API, also from its `firewall/policies/ordering` of each pair. Only the relative order of policies
that are both declared and live counts. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/firewall-policies`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.policies import AFTER, pair, read_policies
from reconciler.collectors.unifi.rows import name_of
from reconciler.model.fields.marks import RelativeOrder
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.naming import Naming
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource
from reconciler.model.value import Row

READS = (NETWORKS,)

_SIDES = ("source", "destination")
PolicyId = Annotated[Text, RefTo("firewall-policy")]


class FirewallOrder(Resource):
    """Evaluation order of the policies between two zones."""

    source_zone: Annotated[
        Text | None,
        RefTo("firewall-zone"),
        Field(description="Id of the source zone; defaults to the one in the id"),
    ] = None
    destination_zone: Annotated[
        Text | None,
        RefTo("firewall-zone"),
        Field(description="Id of the destination zone; defaults to the one in the id"),
    ] = None
    ruleset: Annotated[Text | None, Field(description="Rule set of the older firewall: WAN_IN, …")] = None
    policies: Annotated[
        tuple[PolicyId, ...],
        RelativeOrder,
        Field(description="Ids of policies that are evaluated before the predefined ones, in order"),
    ] = ()
    after_predefined: Annotated[
        tuple[PolicyId, ...],
        RelativeOrder,
        Field(description="Ids of policies that are evaluated after the predefined ones, in order"),
    ] = ()


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[dict[str, Any], UnifiContext]:
    """Read the order of each pair with policies; one that has lost its last is empty, and not missing."""
    found = read_policies(api, lookups)
    orders: dict[str, dict[str, Any]] = {}
    own = identified(found.identified, "_id").rows
    for identity, row in sorted(own.items(), key=lambda each: (found.place(each[1]), each[0])):
        ends = pair(row, found.zones or {})
        if ends is not None:
            order = orders.setdefault(ends, {**_ends(row, found.zones or {}), "policies": [], AFTER: []})
            order[AFTER if row.get(AFTER) else "policies"].append(identity)
    problem = found.problem or api.doubt(found.read)
    if problem is None:
        orders = {each: _of_id(each, {}) for each in _expected(api, found.zones or {})} | orders
    return Listing(orders, UnifiContext(), problem)


def _expected(api: UnifiApi, zones: Mapping[str, str]) -> Iterator[str]:
    """Yield the expected pairs of zones that exist: that of a renamed one is listed under its new name."""
    known = {*zones.values(), "any"}
    for each in api.expected.get("firewall-order", ()):
        if ":" not in each or known.issuperset(each.split(":")):
            yield each


def _ends(row: ApiRow, zones: Mapping[str, str]) -> dict[str, Any]:
    """Return the zones of the policies of a pair, or their rule set."""
    if "ruleset" in row:
        return {"ruleset": row["ruleset"]}
    ids = {side: (row.get(side) or {}).get("zone_id") for side in _SIDES}
    return {f"{side}_zone": name_of(each, zones) for side, each in ids.items() if each}


def normalise(_identity: str, raw: dict[str, Any], _context: UnifiContext) -> FirewallOrder:
    """Make an order of the ids of its policies."""
    return FirewallOrder.of_row(raw)


def _declared(text: str) -> str:
    parts = [part.strip() for part in text.strip().split(":")]
    if len(parts) > 2 or not all(parts):
        message = "is not a zone pair; write from:to, such as External:Internal"
        raise ValueError(message)
    return ":".join(parts)


def _names(row: Row) -> tuple[str, ...]:
    """Return the zones of an order, or its rule set."""
    if row.get("ruleset"):
        return (str(row["ruleset"]),)
    return (":".join(str(row.get(f"{side}_zone") or "any") for side in _SIDES),)


def _of_id(identity: str, _row: Row) -> Row:
    """Return the zones of an id, or its rule set."""
    source, colon, destination = identity.partition(":")
    if not colon:
        return {"ruleset": identity}
    ends = {"source_zone": source, "destination_zone": destination}
    return {name: zone for name, zone in ends.items() if zone != "any"}


def _within(_identity: str, row: Row) -> list[tuple[str, str]]:
    """Return the policies that make up an order."""
    names = [row.get("policies"), row.get(AFTER)]
    return [("firewall-policy", str(each)) for ids in names if isinstance(ids, list) for each in ids]


KIND = Kind(
    name="firewall-order",
    plural="firewall-orders",
    model=FirewallOrder,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
    naming=Naming(_names, of_id=_of_id),
    within=_within,
)
