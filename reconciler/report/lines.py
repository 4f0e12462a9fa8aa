"""A report as the lines that people read: one per finding, or one for many of one kind and cause."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from reconciler.config.severity import Severity
from reconciler.errors import Problem
from reconciler.model.findings import PLANNED, DriftReport, Finding, GroupedFindings, split_ignored
from reconciler.model.snapshot import Run, Scope, SourceStatus
from reconciler.text import counted

GROUP_THRESHOLD = 8
"""More unmanaged or unverified resources of one kind and cause than this become one line."""

SOURCE_FAILED = "the source failed"
"""In place of the source's reason on each of its lines: a report shows that once, with the sources."""

_NAMED = 5
_STEPS: dict[str, str] = {
    "missing": "restore it, or delete its lines if it is gone for good",
    "drifted": "edit the line shown to accept the live value, or set it back on the source",
    "unmanaged": "declare it (reconciler adopt --all prints the lines), or remove it from the source",
    "unverified": "fix the cause above; the last known values are kept until it can be read",
}

State = Literal["open", "resolved", "unconfirmed"]
"""A list of findings in a report."""

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


def lines_of(report: DriftReport, state: State = "open") -> list[Line]:
    """Return a list of a report as lines: one for each of its groups, after the others."""
    if state == "open":
        found = group_findings(split_ignored(report.findings)[0], report.run)
    else:
        found = group_findings(report.resolved if state == "resolved" else report.unconfirmed)
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


def ignored(report: DriftReport) -> Iterator[str]:
    """Yield a line for each ignore rule that applies, and for each other place that silences findings.

    An expired rule is a finding, and not shown here again.
    """
    by_place: dict[str, list[Finding]] = {}
    for finding in report.ignored:
        by_place.setdefault(str(finding.ignored_by), []).append(finding)
    today = report.run.collected_at.date().isoformat()
    for use in report.ignores:
        if use.expires >= today:
            owner = f", {use.owner}" if use.owner else ""
            end = f"{use.reason} (until {use.expires}{owner}; {use.where})"
            found = by_place.pop(use.where, [])
            yield f"{counted(len(found), 'finding')} of {use.about}: {end}{_which(found)}"
    for where, found in sorted(by_place.items()):
        yield f"{counted(len(found), 'finding')} on what is expected to be offline ({where}){_which(found)}"


def _which(findings: Sequence[Finding]) -> str:
    """Return some of the findings that are ignored together: `: 901 drifted /memory, 902 missing`."""
    named = []
    for finding in findings[:_NAMED]:
        path = f" {finding.path}" if finding.path else ""
        named.append(f"{finding.key.id} {finding.type}{path}")
    return f": {join_ids(named, len(findings))}" if named else ""


def not_held(report: DriftReport) -> Iterator[str]:
    """Yield what is not compared: undeclared fields of rows that are not exact, kinds without a file."""
    summary = report.summary
    if summary.not_exact:
        ids = [str(key) for key in summary.not_exact[:_NAMED]]
        count = len(summary.not_exact)
        total = count + summary.exact
        what = "is" if count == 1 else "are"
        yield f"{count} of {counted(total, 'declared resource')} {what} not exact: {join_ids(ids, count)}"
    if summary.no_file and report.verdicts:
        yield f"{counted(len(summary.no_file), 'kind')} without a file: {', '.join(summary.no_file)}"
    for scope in report.scopes:
        if scope.not_supported:
            fields = ", ".join(scope.not_supported)
            yield f"{scope.source}/{scope.kind}: its API does not offer {fields}"


def label(report: DriftReport) -> str:
    """Return the verdict in words; none where nothing is declared."""
    return report.summary.verdict.replace("_", " ") if report.verdicts else "no verdict"


def next_steps(report: DriftReport) -> list[tuple[str, str]]:
    """Return the next step for each verdict in the report."""
    if not report.verdicts:
        return [("declare", "reconciler adopt --all prints desired state for all that is live")]
    types = {finding.type for finding in report.active}
    steps = [(type_, step) for type_, step in _STEPS.items() if type_ in types]
    return [*steps, *((rule, hint) for rule, hint in sorted(report.hints.items()) if rule in types)]


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
        ids=tuple(finding.key.id for finding in group[:_NAMED]),
        count=len(group),
    )


def _of_group(group: GroupedFindings) -> Line:
    first = next(group.findings())
    return replace(_group([first]), ids=group.ids[:_NAMED], count=group.count)


def _of_failed(group: Sequence[Finding]) -> Line:
    if len(group) == 1:
        return replace(_line(group[0]), reason=SOURCE_FAILED)
    ids = tuple(f"{finding.key.kind}/{finding.key.id}" for finding in group[:_NAMED])
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


def source_problem(name: str, status: SourceStatus, scopes: Iterable[Scope]) -> str:
    """Why a source is not complete, in one line: its first problem, and which other kinds lack something."""
    short = [scope for scope in scopes if scope.source == name and (scope.problem or scope.unread)]
    if status.status == "failed" or not short:
        return str(status.problem or "")
    first = short[0]
    problem = first.problem or f"{len(first.unread)} unread: {min(first.unread.values())}"
    others = ", ".join(scope.kind for scope in short[1:])
    return f"{first.kind}: {problem}" + (f" (also incomplete: {others})" if others else "")


def unchecked(report: DriftReport) -> Iterator[tuple[str, str]]:
    """Yield (rules, why they could not be fully checked): rules with one reason together."""
    together: dict[str, list[str]] = {}
    for rule, reason in report.unchecked.items():
        together.setdefault(reason, []).append(rule)
    for reason, rules in together.items():
        yield ", ".join(rules), reason
