"""The order of the NAT rules of a UniFi site: one resource, `site`.

The first matching rule applies: destination NAT before routing, source NAT and masquerading after routing.
The index of a rule changes when another is inserted before it, so only the relative order of rules that are
both declared and live counts. Read from the v2 API's `nat`, the list of `nat-rule`: no further
call. By hand: `curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/nat`.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.collectors.http.identities import identified
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.nat import RULES, nat_rules, order_of, place
from reconciler.collectors.unifi.rows import is_on
from reconciler.collectors.unifi.traffic import title_of
from reconciler.model.fields.marks import RelativeOrder
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import RowContext
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource
from reconciler.model.value import Row

READS = (RULES,)
_ONLY = "site"
RuleId = Annotated[Text, RefTo("nat-rule")]


class NatOrder(Resource):
    """Evaluation order of the site's NAT rules."""

    destination_nat: Annotated[
        tuple[RuleId, ...], RelativeOrder, Field(description="Ids of DNAT rules, in order")
    ] = ()
    source_nat: Annotated[
        tuple[RuleId, ...], RelativeOrder, Field(description="Ids of SNAT and MASQUERADE rules, in order")
    ] = ()


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[dict[str, list[str]], RowContext]:
    """Read the order; a site that never had a rule has none."""
    rows = nat_rules(lookups, "nat-order")
    found = identified(((title_of(row), row) for row in rows), "_id").rows
    orders: dict[str, list[str]] = {}
    for identity, row in sorted(found.items(), key=lambda each: (place(each[1]), each[0])):
        field = order_of(row)
        if field is not None and not is_on(row, "is_predefined"):
            orders.setdefault(field, []).append(identity)
    problem = api.doubt(RULES)
    known = bool(orders) or bool(api.expected.get("nat-order"))
    return Listing({_ONLY: orders} if known and problem is None else {}, RowContext(), problem)


def normalise(_identity: str, raw: dict[str, list[str]], _context: RowContext) -> NatOrder:
    """Make an order of the ids of its rules."""
    return NatOrder.of_row(raw)


def _declared(text: str) -> str:
    if text.strip() != _ONLY:
        message = f"is not the order of a site; write {_ONLY}"
        raise ValueError(message)
    return _ONLY


def _within(_identity: str, row: Row) -> list[tuple[str, str]]:
    """Return the rules that make up the order."""
    lists = [row.get("destination_nat"), row.get("source_nat")]
    return [("nat-rule", str(each)) for ids in lists if isinstance(ids, list) for each in ids]


KIND = Kind(
    name="nat-order",
    plural="nat-orders",
    model=NatOrder,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
    within=_within,
)
