"""Rows by their ids: each id once, the same in every run, in whatever order the rows come."""

from collections.abc import Callable, Container, Iterable
from typing import NamedTuple

from reconciler.collectors.http.payload import ApiRow
from reconciler.errors import Problem
from reconciler.model.key import first_free
from reconciler.model.listing import ContextT, Listing
from reconciler.model.naming import RawIdentity


class IdentifiedRows(NamedTuple):
    """Rows by id."""

    rows: dict[str, ApiRow]
    ambiguous: dict[str, tuple[str, ...]]
    """Each id that several rows have → the ids (`~2` …) under which the others are kept."""
    nameless: int
    """How many rows have no id."""


def identified(rows: Iterable[tuple[str | None, ApiRow]], own_id: str) -> IdentifiedRows:
    """Return (id, row) pairs by id; `own_id` is the key of the server's own id.

    Of rows with one id the first by the server's id keeps it, and the others get `~2`, `~3` …
    """
    groups: dict[str, list[ApiRow]] = {}
    nameless = 0
    for identity, row in rows:
        if identity:
            groups.setdefault(identity, []).append(row)
        else:
            nameless += 1
    found = {identity: group[0] for identity, group in groups.items() if len(group) == 1}
    ambiguous: dict[str, tuple[str, ...]] = {}
    for identity, group in groups.items():
        if len(group) == 1:
            continue
        ids: list[str] = []
        for row in sorted(group, key=lambda row: _tie_breaker(row, own_id)):
            taken: list[Container[str]] = [found] if identity not in found else [found, groups]
            free = first_free(identity, *taken)
            found[free] = row
            ids.append(free)
        ambiguous[identity] = tuple(ids[1:])
    return IdentifiedRows(found, ambiguous, nameless)


def _no_names(_row: ApiRow) -> tuple[str, ...]:
    return ()


def list_rows(
    rows: Iterable[tuple[str | None, ApiRow]],
    own_id: str,
    context: ContextT,
    *,
    expected: Iterable[str],
    lacking: str,
    problem: Problem | None = None,
    names: Callable[[ApiRow], tuple[str, ...]] = _no_names,
) -> Listing[ApiRow, ContextT]:
    """Return the listing of (id, row) pairs; `lacking` names what a row without an id lacks.

    `names` returns the names that a row goes by, where these are more than its id.

    It is complete unless there is a problem with it, or one of the `expected` ids is missing and may be among
    the rows without an id.
    """
    found, ambiguous, nameless = identified(rows, own_id)
    identities = {
        identity: RawIdentity(names=names(row), upstream_id=_upstream_id(row, own_id))
        for identity, row in found.items()
    }
    known = {*found, *(name for each in identities.values() for name in each.names)}
    return Listing(
        found,
        context,
        problem or _may_be_nameless(expected, known, nameless, lacking),
        ambiguous=ambiguous,
        identities=identities,
        notes=left_out(nameless, lacking),
    )


def left_out(count: int, lacking: str) -> tuple[str, ...]:
    """Return a note on rows that lack what makes their id; none where there are none."""
    if not count:
        return ()
    what = "1 row has no" if count == 1 else f"{count} rows have no"
    return (f"{what} {lacking} and {'is' if count == 1 else 'are'} left out",)


def _may_be_nameless(
    expected: Iterable[str], found: Container[str], nameless: int, lacking: str
) -> Problem | None:
    if not nameless or all(identity in found for identity in expected):
        return None
    have = "1 of its rows has" if nameless == 1 else f"{nameless} of its rows have"
    return Problem("", f"{have} no {lacking}, and may be the missing ones", cause="may-be-hidden")


def _upstream_id(row: ApiRow, own_id: str) -> str | None:
    own = row.get(own_id)
    return str(own) if isinstance(own, str | int) and not isinstance(own, bool) and own != "" else None


def _tie_breaker(row: ApiRow, own_id: str) -> str:
    """Return what orders rows that share an id: the server's own id, or all of their content."""
    own = row.get(own_id)
    if isinstance(own, int) and not isinstance(own, bool):
        return f"{own:0>16}"
    if isinstance(own, str) and own:
        return own
    return repr(sorted((str(key), repr(value)) for key, value in row.items()))
