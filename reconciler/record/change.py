"""What counts as a change: the rule by which a run is recorded, and when each resource last changed."""

from collections.abc import Mapping
from datetime import datetime

from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded

_Look = tuple[object, ...]


def state(report: DriftReport) -> object:
    """All of a report that makes a run worth a commit when it differs; the rows are compared as files.

    The status of each scope (what its list proves, the ids that could not be read, the guard), the desired
    tree, and of each finding what it claims. Reasons, counts and clocks are not in it.
    """
    return (
        report.run.desired_tree,
        {
            (scope.source, scope.kind): (scope.listed, set(scope.unread), scope.guard)
            for scope in report.scopes
        },
        {finding.id: _claim(finding) for finding in report.findings},
    )


def changed_at(previous: Recorded | None, current: Recorded) -> Mapping[Key, datetime]:
    """When each resource's recorded row, verdict or findings last changed, seen from the run before."""
    now = current.report.run.collected_at
    looks = _looks(current)
    if previous is None:
        return dict.fromkeys(looks, now)
    before = _looks(previous)
    return {
        key: previous.changed_at.get(key, now) if look == before.get(key) else now
        for key, look in looks.items()
    }


def _claim(finding: Finding) -> _Look:
    change = finding.change
    values = (change.desired, change.live, change.running) if change else (None, None, None)
    return (finding.verdict, finding.rule, *values, finding.severity, finding.ignored_by is not None)


def _looks(recorded: Recorded) -> dict[Key, _Look]:
    """What there is of each resource: one that is missing has findings and no row."""
    claims: dict[Key, list[_Look]] = {}
    for finding in recorded.report.findings:
        claims.setdefault(finding.key, []).append((finding.id, *_claim(finding)))
    verdicts = recorded.report.verdicts
    keys = {str(key): key for key in (*recorded.inventory.config, *claims)}
    keys |= {text: Key.parse(text) for text in verdicts if text not in keys}
    return {
        key: (
            recorded.inventory.config.get(key),
            verdicts.get(text),
            sorted(claims[key], key=_first) if key in claims else (),
        )
        for text, key in keys.items()
    }


def _first(claim: _Look) -> str:
    return str(claim[0])
