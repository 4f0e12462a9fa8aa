"""The order of the ACL rules of a UniFi site: one resource, `site`.

The first matching rule applies. Read from the integration API's `acl-rules` and `acl-rules/ordering`, one
call each. Only the relative order of rules that are both declared and live counts. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/integration/v1/sites/SITE/acl-rules/ordering`.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.values import whole_number
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.integration.substitute import is_users
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.switching import ACL_RULES, rows_of
from reconciler.model.fields.marks import RelativeOrder
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import RowContext
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource
from reconciler.model.value import Row

READS = (ACL_RULES,)
ORDER = Read("integration", "acl-rules/ordering", single=True)
_ONLY = "site"


class AclOrder(Resource):
    """Evaluation order of the site's ACL rules."""

    rules: Annotated[
        tuple[Annotated[Text, RefTo("acl-rule")], ...],
        RelativeOrder,
        Field(description="Ids of ACL rules, in order"),
    ] = ()


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[list[str], RowContext]:
    """Read the order; a site that never had a rule has none."""
    del lookups
    rows, problem = rows_of(api, "acl-rule", ACL_RULES)
    own = identified(((name(row), row) for row in rows if is_users(row)), "id").rows
    places = _places(api) if own else {}

    def place(identity: str) -> int:
        row = own[identity]
        return places.get(str(row.get("id")), whole_number(row.get("index")) or 0)

    order = sorted(own, key=place)
    known = bool(own) or bool(api.expected.get("acl-order"))
    return Listing({_ONLY: order} if known and problem is None else {}, RowContext(), problem)


def _places(api: UnifiApi) -> dict[str, int]:
    """Return the place of each rule by its id; none where the order cannot be read by itself."""
    try:
        ids: Any = api.rows(ORDER)[0].get("orderedAclRuleIds")
    except UnifiRequestFailed:
        return {}
    return {str(each): place for place, each in enumerate(ids if isinstance(ids, list) else ())}


def normalise(_identity: str, raw: list[str], _context: RowContext) -> AclOrder:
    """Make an order of the ids of its rules."""
    return AclOrder(rules=tuple(raw))


def _declared(text: str) -> str:
    if text.strip() != _ONLY:
        message = f"is not the order of a site; write {_ONLY}"
        raise ValueError(message)
    return _ONLY


def _within(_identity: str, row: Row) -> list[tuple[str, str]]:
    """Return the rules that make up the order."""
    rules = row.get("rules")
    return [("acl-rule", str(each)) for each in rules] if isinstance(rules, list) else []


KIND = Kind(
    name="acl-order",
    plural="acl-orders",
    model=AclOrder,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
    within=_within,
)
