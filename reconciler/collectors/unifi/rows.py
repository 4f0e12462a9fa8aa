"""What several kinds do with a row: keep what a model reads, drop what is stale, put names in place of ids.

What a kind needs beside the row itself stands in it under keys with `@`: `@networks`, `@unread`.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from typing import Any

from reconciler.collectors.http.payload import ApiRow, identified, left_out, nameless_may_be, nonsense, tie_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.ignored_fields import ANYWHERE
from reconciler.errors import Problem
from reconciler.model.kind import Listing, Resource

BASE = frozenset(Resource.model_fields)
"""The fields of every kind that no row has."""
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def model_fields(model: type[Resource], *but: str) -> frozenset[str]:
    """The fields of a kind that are keys of its rows too."""
    return frozenset(model.model_fields) - BASE - set(but)


def fields(row: ApiRow, names: Iterable[str], ignored: Mapping[str, str]) -> dict[str, Any]:
    """What a row says under some names; empty text and null are nothing. The rest is unmodelled, by name."""
    known = frozenset(names)
    found = {key: value for key, value in row.items() if key in known and not is_nothing(value)}
    patterns = (*ignored, *ANYWHERE)
    found["unmodelled"] = sorted(
        key
        for key in row.keys() - known
        if not key.startswith("@") and not any(fnmatchcase(key, pattern) for pattern in patterns)
    )
    if row.get("@unread"):
        found["unread"] = sorted(row["@unread"])
    return found


def is_nothing(value: object) -> bool:
    """Whether a controller means nothing by it: forms of its pages leave empty text behind."""
    return value is None or value == ""


def is_on(row: ApiRow, flag: str, *, default: bool = False) -> bool:
    """A flag of a row, in whatever form."""
    value = row.get(flag)
    return default if is_nothing(value) else str(value).lower() in {"true", "1", "yes", "on"}


def mac_of(row: ApiRow) -> str | None:
    """The id of a row: its MAC address in upper case; None where it has none."""
    value = row.get("mac")
    text = value.strip().upper().replace("-", ":") if isinstance(value, str) else ""
    return text if _MAC.fullmatch(text) else None


def without(row: ApiRow, *keys: str) -> dict[str, Any]:
    """A row without some keys: what belongs to a feature that is off is stale. `*` stands for anything."""
    return {
        key: value for key, value in row.items() if not any(fnmatchcase(key, pattern) for pattern in keys)
    }


def numbered(row: ApiRow, prefix: str, count: int) -> list[Any]:
    """`dhcpd_dns_1` … as a list, in order and without the empty ones."""
    found = (row.get(f"{prefix}{number}") for number in range(1, count + 1))
    return [value for value in found if not is_nothing(value)]


def named(row: dict[str, Any], field: str, identity: object, table: Mapping[str, Any] | None) -> None:
    """Set a field to the name of what an id stands for; unread where the list of names could not be read.

    An id that no list has is shown as it is: what it named is gone.
    """
    if is_nothing(identity):
        return
    if table is None:
        row["unread"] = sorted({*row.get("unread", ()), field})
        return
    row[field] = name_of(identity, table)


def names(row: dict[str, Any], field: str, ids: object, table: Mapping[str, Any] | None) -> None:
    """As `named`, for a set of ids."""
    if is_nothing(ids) or ids == []:
        return
    if not isinstance(ids, list):
        nonsense(f"{field}: is no list")
    if table is None:
        row["unread"] = sorted({*row.get("unread", ()), field})
        return
    row[field] = sorted(name_of(identity, table) for identity in ids)


def name_of(identity: object, table: Mapping[str, Any]) -> str:
    """The name of what an id stands for."""
    if not isinstance(identity, str | int):
        nonsense("refers to something by what is no id")
    entry = table.get(str(identity))
    if isinstance(entry, Mapping):
        return str(entry["name"])
    return f"id {identity}" if entry is None else str(entry)


def listing(
    api: UnifiApi,
    read: Read,
    rows: Iterable[tuple[str | None, ApiRow]],
    *,
    kind: str,
    what: str,
    problem: Problem | None = None,
) -> Listing:
    """Rows by their ids; `what` names what a row lacks that has none. A `problem` makes the list partial."""
    found, shared, nameless = identified((identity, tie_of(row, "_id"), row) for identity, row in rows)
    problem = problem or api.doubt(read) or nameless_may_be(api.expected.get(kind, ()), found, nameless, what)
    return Listing(
        found,
        "partial" if problem else "complete",
        problem,
        ambiguous=shared,
        notes=left_out(nameless, what),
    )


def only_seen(api: UnifiApi, kind: str, found: Iterable[object]) -> Problem | None:
    """Why an empty list of what every site has some of is not believed; None where none were expected."""
    expected = len(api.expected.get(kind, ()))
    if any(True for _ in found) or not expected or kind in api.empty:
        return None
    remedy = f"if they are gone for good: run --accept-missing {api.settings.name}/{kind}"
    return Problem("", f"no {kind} is listed and {expected} should be", remedy, "may-be-hidden")
