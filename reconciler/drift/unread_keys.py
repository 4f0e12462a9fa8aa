"""The keys of an API that no field reads: which changed, and those that change by themselves.

A key whose fingerprint differs is an event. One that changed in three runs in a row changes by itself: from
then on only its name is kept, as the record had it last. The count lives in the scope, where it makes no
commit by itself.
"""

from collections.abc import Iterator, Mapping

from reconciler.model.fingerprint import same_secret
from reconciler.model.key import Key
from reconciler.model.snapshot import Scope
from reconciler.model.value import Row

RUNS_TO_DEMOTE = 3
"""Changes in so many runs in a row show that a key changes by itself."""


def changed_keys(before: Row, now: Row) -> Iterator[str]:
    """Yield the JSON pointer of each unread key that came, went or changed between two rows."""
    old, new = _keys(before), _keys(now)
    if old == new:
        return
    for at in sorted({*old, *new}):
        if (at in old) != (at in new) or same_secret(old.get(at), new.get(at)) is False:
            yield at


def demote(
    scopes: tuple[Scope, ...], rows: dict[Key, Row], before: Mapping[Key, Row], earlier: tuple[Scope, ...]
) -> tuple[Scope, ...]:
    """Return the scopes with their counts; in `rows`, keys that change by themselves become as they were.

    `rows` are those that this run read, `before` and `earlier` the rows and scopes of the last record.
    """
    counts = {(scope.source, scope.kind): scope.unsteady or {} for scope in earlier}
    changes: dict[tuple[str, str], set[str]] = {}
    for key, row in rows.items():
        if key in before:
            changes.setdefault((key.source, key.kind), set()).update(changed_keys(before[key], row))
    counted = tuple(
        scope.model_copy(update={"unsteady": _counted(counts[at], changes.get(at, set())) or None})
        if (at := (scope.source, scope.kind)) in counts
        else scope
        for scope in scopes
    )
    demoted = {(scope.source, scope.kind): demoted_keys(scope) for scope in counted}
    for key, row in rows.items():
        names = demoted.get((key.source, key.kind))
        if names:
            rows[key] = _with_names(row, before.get(key, row), names)
    return counted


def demoted_keys(scope: Scope) -> frozenset[str]:
    """Return the keys of a kind that change by themselves."""
    return frozenset(at for at, runs in (scope.unsteady or {}).items() if runs >= RUNS_TO_DEMOTE)


def _counted(counts: Mapping[str, int], changed: set[str]) -> dict[str, int]:
    found = {at: runs for at, runs in counts.items() if runs >= RUNS_TO_DEMOTE}
    return found | {at: counts.get(at, 0) + 1 for at in sorted(changed) if at not in found}


def _with_names(row: Row, before: Row, names: frozenset[str]) -> Row:
    """Return a row whose demoted keys are there by name, where the record has them."""
    keys, known = _keys(row), _keys(before)
    if names.isdisjoint(keys) and names.isdisjoint(known):
        return row
    kept = {at: value for at, value in keys.items() if at not in names}
    kept |= dict.fromkeys(names & known.keys())
    return {**row, "unmodelled": dict(sorted(kept.items()))}


def _keys(row: Row) -> Mapping[str, object]:
    keys = row.get("unmodelled")
    return keys if isinstance(keys, dict) else {}
