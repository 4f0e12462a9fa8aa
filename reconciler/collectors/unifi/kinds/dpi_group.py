"""DPI restriction groups of a UniFi site, by name; networks and WLANs refer to one.

Restrictions are separate rows without required names; here they are a field of their group. A restriction
that no group lists is not read. Read from `rest/dpigroup` and, where a group lists one,
`rest/dpiapp`: one or two calls; a release without the list has none. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/dpigroup`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import is_nothing, list_of, objects_of, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import has_id, name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import MAX_SAFE_INT, Flag
from reconciler.model.fields.text import NumberNames, Text
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

GROUPS = Read("classic", "rest/dpigroup")
APPS = Read("classic", "rest/dpiapp")
READS = (GROUPS,)
DpiRate = Annotated[
    int, Field(ge=-1, le=MAX_SAFE_INT, description="Bandwidth limit, in kbit/s; -1: no limit")
]


class DpiRestriction(Value):
    """Applications that are blocked, logged or rate-limited."""

    name: Annotated[Text | None, Field(description="Name of the restriction")] = None
    enabled: Annotated[Flag, Field(description="Restriction is enabled")] = True
    blocked: Annotated[Flag, Field(description="Block the applications")] = False
    log: Annotated[Flag, Field(description="Log their traffic")] = False
    apps: Annotated[NumberNames, Field(description="Application IDs")] = ()
    categories: Annotated[NumberNames, Field(description="Application category IDs")] = ()
    qos_rate_max_down: Annotated[DpiRate, Field(description="Download limit, in kbit/s; -1: no limit")] = -1
    qos_rate_max_up: Annotated[DpiRate, Field(description="Upload limit, in kbit/s; -1: no limit")] = -1


class DpiGroup(Resource):
    """A group of application restrictions."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    enabled: Annotated[Flag, Field(description="Group is enabled")] = True
    restrictions: Annotated[
        tuple[DpiRestriction, ...],
        InOneOrder,
        Field(description="Restrictions of the group; order does not matter"),
    ] = ()


_OF_EACH = frozenset({"enabled", "blocked"})
"""The keys that each restriction has beside its id."""
_FIELDS = own_fields(DpiGroup, "restrictions")
_OF_KEYS = {"apps": "apps", "cats": "categories"}
_PLAIN = ("name", "enabled", "blocked", "log", "qos_rate_max_down", "qos_rate_max_up")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every group, each with the rows of its restrictions; a site may have none."""
    rows = lookups.classic_if_known(GROUPS, "dpi-group")
    restrictions = _restrictions(lookups) if any(row.get("dpiapp_ids") for row in rows) else {}
    found = ((name(row), _joined(row, restrictions)) for row in rows)
    return listing(api, GROUPS, found, UnifiContext(), kind="dpi-group", lacking="name")


def _restrictions(lookups: UnifiLookups) -> Mapping[str, ApiRow] | None:
    """Return restrictions by id; None where their list cannot be read, is empty or has a broken row."""
    try:
        rows = lookups.classic(APPS)
    except UnifiRequestFailed:
        return None
    if lookups.api.doubt(APPS) or not all(has_id(row) and row.keys() >= _OF_EACH for row in rows):
        return None
    return {str(row["_id"]): row for row in rows} or None


def _joined(row: ApiRow, restrictions: Mapping[str, ApiRow] | None) -> ApiRow:
    """Return a group with its restrictions in place of their ids; without them where they are not known.

    One that is gone is shown by its id.
    """
    ids = row.get("dpiapp_ids")
    if not isinstance(ids, list) or not ids:
        return row
    if restrictions is None:
        return {**row, "restrictions": None}
    return {**row, "restrictions": [restrictions.get(str(each), {"name": f"id {each}"}) for each in ids]}


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> DpiGroup:
    """Make a group of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "dpi-group", context) | {"name": name(raw)}
    read_into(found, "restrictions", lambda: _read(raw))
    return DpiGroup.of_row(found)


def _read(raw: ApiRow) -> list[dict[str, Any]]:
    """Return the restrictions of a group; raises `ValueError` where they are unknown or of another type."""
    if "restrictions" not in raw:
        list_of(raw.get("dpiapp_ids"))
        return []
    if raw["restrictions"] is None:
        refuse_row("the list of restrictions cannot be read")
    return [_restriction(row) for row in objects_of(raw["restrictions"])]


def _restriction(row: ApiRow) -> dict[str, Any]:
    found = {key: row[key] for key in _PLAIN if not is_nothing(row.get(key))}
    return found | {field: list(map(text_of, list_of(row.get(key)))) for key, field in _OF_KEYS.items()}


KIND = Kind(
    name="dpi-group",
    plural="dpi-groups",
    model=DpiGroup,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
)
