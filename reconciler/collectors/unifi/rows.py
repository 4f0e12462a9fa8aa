"""Rows of UniFi Network as fields of a model: what is stale is dropped, and names replace ids."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from reconciler.collectors.http.identities import list_rows
from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import flag_of, is_nothing, list_of, whole
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.values import row_of
from reconciler.collectors.unifi.networks import NetworkRef
from reconciler.errors import Problem
from reconciler.model.fields.ethernet import mac_address
from reconciler.model.listing import Listing
from reconciler.model.unread import mark_unread, read_into

UnifiListing = Listing[ApiRow, UnifiContext]


def read_fields(row: ApiRow, names: frozenset[str], kind: str, context: UnifiContext) -> dict[str, Any]:
    """Return the fields of a row by their names, what is unmodelled, and what its API lacks as unread."""
    found = {key: whole(value) for key, value in row.items() if key in names and not is_nothing(value)}
    found["unmodelled"] = unmodelled(row, names, kind, context)
    if lacking := lacking_of(row, context):
        found["unread"] = list(lacking)
    return found


def lacking_of(row: ApiRow, context: UnifiContext) -> tuple[str, ...]:
    """Return the fields that the API in use does not have of a row."""
    return context.lacking.get(str(row.get("_id")), ())


def unmodelled(row: ApiRow, names: frozenset[str], kind: str, context: UnifiContext) -> dict[str, str | None]:
    """Return the keys of a row that are neither read nor ignored; of a translated one, those of its API."""
    original = row_of(row)
    if original is not None:
        table = ignored_fields("unifi", f"integration {kind}")
        return table.unmodelled(original, frozenset(), context.fingerprints)
    return ignored_fields("unifi", kind).unmodelled(row, names, context.fingerprints)


def is_on(row: ApiRow, flag: str, *, default: bool = False, odd: bool | None = None) -> bool:
    """Check a flag of a row, in whatever form; `odd` is the result for what is neither yes nor no."""
    try:
        return flag_of(row.get(flag), default=default)
    except ValueError:
        return default if odd is None else odd


def rules(row: ApiRow, flag: str, *, default: bool = False) -> bool:
    """Check whether what a flag rules counts: it is on, or cannot be read."""
    return is_on(row, flag, default=default, odd=True)


def read_flags(row: ApiRow, names: Iterable[str]) -> dict[str, Any]:
    """Return the flags that a row has, in whatever form it has them; an odd one as it is."""
    return {name: _flag(row[name]) for name in names if not is_nothing(row.get(name))}


def _flag(value: Any) -> Any:
    try:
        return flag_of(value)
    except ValueError:
        return value


def mac_of(row: ApiRow) -> str | None:
    """Return the id of a row: its MAC address; None where it has none."""
    return mac_address(row.get("mac"))


def numbered(row: ApiRow, prefix: str, count: int) -> list[Any]:
    """Return `dhcpd_dns_1` … as a list, in order and without the empty ones."""
    found = (row.get(f"{prefix}{number}") for number in range(1, count + 1))
    return [value for value in found if not is_nothing(value)]


def resolve_name(
    found: dict[str, Any], field: str, identity: object, table: Mapping[str, Any] | None
) -> None:
    """Set a field to the name that an id stands for; unread where the list of names is not known or empty.

    An id that is not in the list is shown as it is: what it named is gone.
    """
    if is_nothing(identity):
        return
    if not table:
        mark_unread(found, field)
        return
    read_into(found, field, lambda: name_of(identity, table))


def resolve_names(found: dict[str, Any], field: str, ids: object, table: Mapping[str, Any] | None) -> None:
    """Set a field to the names of a set of ids, as `resolve_name` does for one."""
    if is_nothing(ids) or ids == []:
        return
    if not table:
        mark_unread(found, field)
        return
    read_into(found, field, lambda: sorted(name_of(each, table) for each in list_of(ids)))


def name_of(identity: object, table: Mapping[str, Any]) -> str:
    """Return the name that an id stands for."""
    if isinstance(identity, bool) or not isinstance(identity, str | int):
        refuse_row("contains a reference that is not an id")
    entry = table.get(str(identity))
    if isinstance(entry, NetworkRef):
        return entry.name
    if isinstance(entry, Mapping):
        return str(entry["name"])
    return f"id {identity}" if entry is None else str(entry)


def listing(
    api: UnifiApi,
    read: Read,
    rows: Iterable[tuple[str | None, ApiRow]],
    context: UnifiContext,
    *,
    kind: str,
    lacking: str,
    problem: Problem | None = None,
) -> UnifiListing:
    """Return the listing of a kind; `lacking` names what a row without an id lacks."""
    found = list_rows(
        rows,
        "_id",
        context,
        expected=api.expected.get(kind, ()),
        lacking=lacking,
        problem=problem or api.doubt(read),
    )
    return replace(found, not_supported=fields_in(context.lacking))


def fields_in(lacking: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return the fields that any row lacks."""
    return tuple(sorted({field for fields in lacking.values() for field in fields}))


def none_listed(api: UnifiApi, kind: str, found: Iterable[object]) -> Problem | None:
    """Return why an empty list is not accepted where some are expected; None where none are."""
    expected = len(api.expected.get(kind, ()))
    if any(True for _ in found) or not expected or kind in api.empty:
        return None
    remedy = f"if they are gone for good: run --accept-missing {api.settings.name}/{kind}"
    return Problem("", f"no {kind} is listed, but {expected} should be", remedy, "may-be-hidden")
