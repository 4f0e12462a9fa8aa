"""Keep the last good rows of what could not be read: silence is not absence."""

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from reconciler.config.file import SITE
from reconciler.drift.unread_keys import demote
from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.recorded import Recorded
from reconciler.model.resource import FieldClass
from reconciler.model.snapshot import NOT_CONFIGURED, Inventory, Run, Scope, Snapshot, dump_resources
from reconciler.model.value import Row, timestamp

KEEP_RETIRED = timedelta(days=7)
"""How long the rows of a source or kind stay after it left the configuration."""


def carry_forward(snapshot: Snapshot, previous: Recorded | None, kinds: Kinds) -> Inventory:
    """Return the snapshot as JSON values, with the previous rows of what this run could not read.

    Carried are ids named as unread, and ids that a list which is not complete does not hold (no scope at all
    counts as that); each with the time it was last read. So are single fields that could not be read, and
    the time at which a lock was first seen. Rows of a source or kind that left the configuration stay for
    `KEEP_RETIRED`, in a scope with that problem.
    """
    never = {(scope.source, scope.kind): scope.not_supported or () for scope in snapshot.scopes}
    known_config = previous.inventory.config if previous is not None else {}
    known_observed = previous.inventory.observed if previous is not None else {}
    now = timestamp(snapshot.run.collected_at)
    config: dict[Key, Row] = {}
    observed: dict[Key, Row] = {}
    for key, row in _with_lock_times(dump_resources(snapshot.resources, kinds), previous, kinds, now).items():
        kind = kinds[key.source][key.kind]
        kept, rest = kind.split(row)
        if "unread" in rest:
            kept = _with_previous(kind, kept, row["unread"], _before(previous, key), never.get(key[:2], ()))
        if kind.field_class is FieldClass.CONFIG:
            config[key] = _same_value(kept, known_config.get(key))
        if rest:
            observed[key] = _same_value(rest, known_observed.get(key))
    scopes = snapshot.scopes
    if previous is not None:
        earlier = previous.inventory
        scopes = demote(scopes, config, earlier.config, earlier.scopes)
    as_of: dict[Key, datetime] = {key: moment for key, moment in snapshot.as_of.items() if key in config}
    if previous is not None:
        left = _retired(snapshot, previous, kinds)
        scopes += tuple(_retired_scope(*place) for place in sorted({key[:2] for key in left}))
        for key in (*_unread(snapshot, previous, kinds), *left):
            as_of[key] = previous.inventory.as_of.get(key, previous.report.run.collected_at)
            if key in previous.inventory.config:
                config[key] = previous.inventory.config[key]
            if key in previous.inventory.observed:
                observed[key] = _not_seen(previous.inventory.observed[key])
    return Inventory(_run(snapshot.run, previous), scopes, config, observed, as_of, snapshot.log)


def _same_value(row: Row, before: Row | None) -> Row:
    """Return the row of the previous run where it is equal: most are, and a second one needs memory."""
    return before if before is not None and before == row else row


def _retired(snapshot: Snapshot, previous: Recorded, kinds: Kinds) -> list[Key]:
    """Return the previous keys of sources and kinds that are not configured, if read lately enough."""
    oldest = snapshot.run.collected_at - KEEP_RETIRED
    read_at = previous.inventory.as_of
    return [
        key
        for key in {**previous.inventory.config, **previous.inventory.observed}
        if key.source != SITE
        and key.kind not in kinds.get(key.source, {})
        and read_at.get(key, previous.report.run.collected_at) > oldest
    ]


def _retired_scope(source: str, kind: str) -> Scope:
    what = f"is not configured any more; its rows stay for {KEEP_RETIRED.days} days after they were last read"
    problem = Problem(f"{source}/{kind}", what, cause=NOT_CONFIGURED)
    return Scope(source=source, kind=kind, listed="failed", problem=problem, count=0)


def _not_seen(observed: Row) -> Row:
    """Return the last observed values of a resource that this run could not read, with its health unknown."""
    return (
        {**observed, "health": {"state": "unknown", "reason": "not read"}}
        if "health" in observed
        else observed
    )


def _with_lock_times(
    rows: dict[Key, Row], previous: Recorded | None, kinds: Kinds, now: str
) -> Mapping[Key, Row]:
    """Return rows with the time at which a run first saw the lock that holds the resource.

    If the code of a kind fails, they stay as they are: the rule that reads the locks reports that.
    """
    for place in dict.fromkeys(key[:2] for key in rows):
        kind = kinds[place[0]][place[1]]
        if kind.locked is not None:
            held = {key: row for key, row in rows.items() if key[:2] == place}
            times = isolated(
                f"kind {'/'.join(place)}", partial(_lock_times, kind.locked, held, previous, now)
            )
            for key, time in () if isinstance(times, Problem) else times.items():
                rows[key] = {**rows[key], "locked_since": time}
    return rows


def _lock_times(
    lock_of: Callable[[Row, str], str | None], rows: Mapping[Key, Row], previous: Recorded | None, now: str
) -> dict[Key, object]:
    times: dict[Key, object] = {}
    for key, row in rows.items():
        lock = lock_of(row, "")
        if lock is not None and "locked_since" not in row:
            before = previous.inventory.observed.get(key, {}) if previous is not None else {}
            times[key] = before.get("locked_since", now) if lock_of(before, "") == lock else now
    return times


@dataclass(frozen=True)
class _Before:
    """A resource as the previous run left it."""

    row: Row
    lacking: Container[str]
    """The fields that the previous run could not read either."""


def _before(previous: Recorded | None, key: Key) -> _Before | None:
    if previous is None or key not in previous.inventory.config:
        return None
    unread = previous.inventory.observed.get(key, {}).get("unread") or ()
    assert isinstance(unread, list | tuple)
    return _Before(previous.inventory.config[key], unread)


def _with_previous(
    kind: AnyKind, row: Row, unread: object, before: _Before | None, never: Container[str]
) -> Row:
    """Return a row with the previous values of the fields that could not be read, or without them.

    A field that the API in use never has is not carried: no run would replace it. The fields behind a carried
    flag are stale where it is off; those behind a flag that is not known stay as they were read.
    """
    assert isinstance(unread, list | tuple)
    kept = {name: value for name, value in row.items() if name not in unread}
    unknown = set(unread)
    if before is not None:
        kept |= {name: before.row[name] for name in unread if name in before.row and name not in never}
        unknown = {name for name in unread if name not in kept and (name in before.lacking or name in never)}
    known = kind.without_stale({**kept, "unread": [*unknown]})
    return kind.split(known)[0]


def _unread(snapshot: Snapshot, previous: Recorded, kinds: Kinds) -> list[Key]:
    """Return the previous keys that this run neither read nor proved to be gone."""
    complete: Mapping[tuple[str, str], frozenset[str]] = {
        (scope.source, scope.kind): frozenset(scope.unread)
        for scope in snapshot.scopes
        if scope.listed == "complete"
    }
    return [
        key
        for key in {**previous.inventory.config, **previous.inventory.observed}
        if key not in snapshot.resources
        and key.kind in kinds.get(key.source, {})
        and ((key.source, key.kind) not in complete or key.id in complete[key.source, key.kind])
    ]


def _run(run: Run, previous: Recorded | None) -> Run:
    """Return the run with the last success of failed sources, which only the record knows."""
    known = previous.report.run.sources if previous is not None else {}
    sources = {
        name: status.model_copy(update={"last_success": known[name].last_success})
        if status.status == "failed" and name in known
        else status
        for name, status in run.sources.items()
    }
    return run.model_copy(update={"sources": sources})
