"""A report as the lines that people read: one per finding, or one for many of one kind and cause."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from reconciler.config.severity import Severity
from reconciler.errors import Problem
from reconciler.model.findings import (
    PLANNED,
    DriftReport,
    Finding,
    FindingState,
    GroupedFindings,
    split_ignored,
)
from reconciler.model.snapshot import Run

GROUP_THRESHOLD = 8
"""More unmanaged or unverified resources of one kind and cause than this become one line."""

SOURCE_FAILED = "the source failed"
"""In place of the source's reason on each of its lines: a report shows that once, with the sources."""

MOST_NAMED = 5
"""Ids that a line names; the rest is counted."""

_RELATED = 3
"""Related resources shown on a line; the JSON report has all."""


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a finding, or of several alike; every text in it is untrusted."""

    severity: Severity
    verdict: str
    resource: str
    name: str | None
    field: str | None
    """JSON pointer, only of a drifted field."""
    desired: str | None
    live: str | None
    running: str | None
    """Of a change that is not active yet: what runs."""
    reason: str | None
    declared_at: str | None
    first_seen: datetime
    ids: tuple[str, ...] = ()
    """Of a line for many, some of them."""
    count: int = 1


def group_findings(
    findings: Iterable[Finding], run: Run | None = None, *, many: int = GROUP_THRESHOLD
) -> list[Line]:
    """Return the findings as lines in their order; one line for the same finding of many resources.

    New findings in `run` are not hidden among older ones. All findings of a source that failed are one line,
    with `SOURCE_FAILED` as the reason.
    """
    failed = (
        {name: each.problem for name, each in run.sources.items() if each.status == "failed"} if run else {}
    )
    groups: dict[object, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_alike(finding, run, failed), []).append(finding)
    found: list[Line] = []
    for alike, group in groups.items():
        if isinstance(alike, _OfFailed):
            found.append(_of_failed(group))
        else:
            found += [_group(group)] if len(group) > many else [_line(finding) for finding in group]
    return found


def lines_of(report: DriftReport, state: FindingState = "open") -> list[Line]:
    """Return a list of a report as lines: one for each of its groups, after the others."""
    if state == "open":
        found = group_findings(split_ignored(report.findings)[0], report.run)
    else:
        each = report.resolved if state == "resolved" else split_ignored(report.unconfirmed)[0]
        found = group_findings(each)
    groups = (group for group in report.grouped if group.state == state and group.ignored_by is None)
    return [*found, *map(_of_group, groups)]


class _OfFailed(NamedTuple):
    """The group of the findings of a source that failed."""

    source: str
    severity: Severity
    new: bool


def _alike(finding: Finding, run: Run | None, failed: Mapping[str, Problem | None]) -> object:
    key, new = finding.key, run is not None and finding.first_seen >= run.collected_at
    if finding.type == "unverified" and key.source in failed and failed[key.source] == finding.problem:
        return _OfFailed(key.source, finding.severity, new)
    if finding.type in {"unmanaged", "unverified"}:
        return finding.type, finding.severity, key.source, key.kind, finding.problem, new
    return finding.id


def format_value(value: object) -> str:
    """Return a JSON value for people: text as it is unless that could be mistaken, nothing as `none`."""
    if value is None:
        return "none"
    if isinstance(value, str) and value.strip() == value and not _looks_like_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago, in the largest fitting unit: `new` (in this run), `20 s`, `5 min`, `12 d`."""
    passed = now - moment
    if passed <= timedelta(0):
        return "new"
    if passed < timedelta(minutes=1):
        return f"{passed.seconds} s"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(days=2):
        return f"{passed // timedelta(hours=1)} h"
    return f"{passed.days} d"


def join_ids(ids: Sequence[str], count: int) -> str:
    """Return a few ids and how many more there are: `101, 102 and 7 more`."""
    named = ", ".join(ids)
    return named if count <= len(ids) else f"{named} and {count - len(ids)} more"


def gone(line: Line) -> str:
    """Return how to describe a finding that is resolved."""
    return "unverified, now read again" if line.verdict == "unverified" else line.verdict


def _looks_like_json(text: str) -> bool:
    if text in {"", "none"}:
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _line(finding: Finding) -> Line:
    desired, live = _sides(finding)
    return Line(
        severity=finding.severity,
        verdict=finding.type,
        resource=str(finding.key),
        name=finding.name if finding.name != finding.key.id else None,
        field=finding.path or None,
        desired=desired,
        live=live,
        running=_running(finding),
        reason=_with_related(finding),
        declared_at=finding.where,
        first_seen=finding.first_seen,
    )


def _running(finding: Finding) -> str | None:
    """Return the running value of a change that is not active yet."""
    if finding.pending is not None:
        return format_value(finding.pending.running)
    change = finding.change
    return None if change is None or change.running is None else format_value(change.running)


def _why(finding: Finding) -> str | None:
    """Return what the values of a finding do not show: the problem, the reason, the sentence of a rule."""
    if finding.problem is not None:
        return str(finding.problem)
    if finding.pending is not None:
        return None
    return finding.title if finding.of_rule or finding.type == PLANNED else finding.reason


def _group(group: Sequence[Finding]) -> Line:
    first = group[0]
    return Line(
        severity=first.severity,
        verdict=first.type,
        resource=f"{first.key.source}/{first.key.kind}",
        name=None,
        field=None,
        desired=None,
        live=None,
        running=None,
        reason=_why(first),
        declared_at=None,
        first_seen=min(finding.first_seen for finding in group),
        ids=tuple(finding.key.id for finding in group[:MOST_NAMED]),
        count=len(group),
    )


def _of_group(group: GroupedFindings) -> Line:
    first = next(group.findings())
    return replace(_group([first]), ids=group.ids[:MOST_NAMED], count=group.count)


def _of_failed(group: Sequence[Finding]) -> Line:
    if len(group) == 1:
        return replace(_line(group[0]), reason=SOURCE_FAILED)
    ids = tuple(f"{finding.key.kind}/{finding.key.id}" for finding in group[:MOST_NAMED])
    return replace(_group(group), resource=group[0].key.source, ids=ids, reason=SOURCE_FAILED)


def _sides(finding: Finding) -> tuple[str | None, str | None]:
    """Return the desired and the live value of a finding about a field."""
    if finding.pending is not None:
        return None, format_value(finding.pending.configured)
    change = finding.change
    return (None, None) if change is None else (format_value(change.desired), format_value(change.live))


def _with_related(finding: Finding) -> str | None:
    """Return the reason, and the related resources that it does not name."""
    why = _why(finding)
    reason = why or ""
    others = [str(key) for key in finding.related if str(key) not in reason]
    if not others:
        return why
    also = f"see {', '.join(others[:_RELATED])}" + (
        f" and {len(others) - _RELATED} more" * (len(others) > _RELATED)
    )
    return f"{reason}; {also}" if reason else also
