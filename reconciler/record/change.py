"""Changes: whether a run is worth a commit, and when each resource last changed."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.recorded import KeyMove, Recorded

_Facts = tuple[object, ...]
_KEEP_MOVED = timedelta(days=30)


def state(report: DriftReport) -> object:
    """Return what makes a run worth a commit if it differs; rows are compared as files.

    That is the status of each scope (how complete its list is, the ids that could not be read, the guard),
    the desired tree, the verdict, and the outcome of each finding. Reasons, counts and clocks are left out.
    """
    return (
        report.run.desired_tree,
        report.summary.verdict,
        report.summary.failed_sources,
        {
            (scope.source, scope.kind): (scope.listed, set(scope.unread), scope.guard)
            for scope in report.scopes
        },
        {finding.id: _outcome(finding) for finding in report.every},
    )


def changed_findings(before: object, report: DriftReport) -> frozenset[str]:
    """Return the ids of the findings that had another outcome in the run with the state `before`."""
    known = before[-1] if isinstance(before, tuple) else {}
    found = {finding.id: _outcome(finding) for finding in report.every}
    return frozenset(each for each, outcome in found.items() if known.get(each, outcome) != outcome)


def changed_at(previous: Recorded | None, current: Recorded) -> Mapping[Key, datetime]:
    """Return when each resource's recorded row, verdict or findings last changed, given the run before."""
    now = current.report.run.collected_at
    facts = _facts(current)
    if previous is None:
        return dict.fromkeys(facts, now)
    before = _facts(previous)
    return {
        key: previous.changed_at.get(key, now) if each == before.get(key) else now
        for key, each in facts.items()
    }


def moved_keys(previous: Recorded | None, current: Recorded) -> Mapping[Key, KeyMove]:
    """Return the keys that resources had before, given the run before, each with the key now.

    A key that another resource has got in the meantime is not among them, nor one of more than 30 days ago.
    """
    now = current.report.run.collected_at
    fresh = {
        Key(scope.source, scope.kind, old): Key(scope.source, scope.kind, new)
        for scope in current.report.scopes
        for old, new in (scope.moved or {}).items()
    }
    earlier = previous.moved if previous else {}
    found = {old: KeyMove(fresh.get(move.key, move.key), move.since) for old, move in earlier.items()}
    found |= {old: KeyMove(new, now) for old, new in fresh.items()}
    rows = current.inventory
    return {
        old: move
        for old, move in sorted(found.items())
        if now - move.since < _KEEP_MOVED and old not in rows.config and old not in rows.observed
    }


def _outcome(finding: Finding) -> _Facts:
    change, pending = finding.change, finding.pending
    values: _Facts = (change.desired, change.live, change.running) if change else ()
    if pending is not None:
        values = (pending.configured, pending.running)
    return (finding.type, *values, finding.severity, finding.ignored_by is not None)


def _facts(recorded: Recorded) -> dict[Key, _Facts]:
    """Return row, verdict and findings of each resource; a missing one has findings and no row."""
    outcomes: dict[Key, list[_Facts]] = {}
    for finding in recorded.report.every:
        outcomes.setdefault(finding.key, []).append((finding.id, *_outcome(finding)))
    verdicts = recorded.report.verdicts
    keys = {str(key): key for key in (*recorded.inventory.config, *outcomes)}
    keys |= {text: Key.parse(text) for text in verdicts if text not in keys}
    return {
        key: (
            recorded.inventory.config.get(key),
            verdicts.get(text),
            sorted(outcomes[key], key=_first) if key in outcomes else (),
        )
        for text, key in keys.items()
    }


def _first(outcome: _Facts) -> str:
    return str(outcome[0])
