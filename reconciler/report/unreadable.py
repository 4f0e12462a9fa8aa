"""Why resources could not be read or verified: each reason once, with what it hides."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.errors import Problem
from reconciler.model.findings import DriftReport, Finding, split_ignored
from reconciler.model.snapshot import Scope, SourceStatus

_NO_REASON = Problem("", "no reason given")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A source, a list or a few resources that a run could not read, for one reason."""

    place: str
    """The source, `source/kind` of a list, or the source of single resources."""
    status: str
    """`failed` or `partial`; empty for single resources of a list that was read."""
    problem: Problem
    last_read: datetime | None = None
    unverified: tuple[Finding, ...] = field(default=())
    """The findings that it explains, other than the ignored ones."""
    ids: tuple[str, ...] = ()
    """Resources without a finding that it explains, as `kind/id`."""


def unreadable(report: DriftReport) -> list[Unreadable]:
    """Return the reasons of a report: sources that failed, then lists, then single resources."""
    waiting: dict[tuple[str, Problem], list[Finding]] = {}
    for finding in split_ignored(report.findings)[0]:
        if finding.type == "unverified":
            problem = finding.problem or _NO_REASON
            waiting.setdefault((finding.key.source, problem), []).append(finding)
    found = list(_failed_sources(report, waiting))
    scopes = [scope for scope in report.scopes if not scope.retired]
    found += _lists(scopes, {each.place for each in found}, waiting)
    explained = {str(finding.key) for finding in split_ignored(report.findings)[1]}
    for (source, problem), findings in waiting.items():
        found.append(Unreadable(source, "", problem, None, tuple(findings)))
        explained |= {str(finding.key) for finding in findings}
    return [*found, *_single(scopes, {each.place for each in found if each.status == "failed"}, explained)]


def source_problem(name: str, status: SourceStatus, scopes: Iterable[Scope]) -> str:
    """Return why a source is not complete in one line: its first problem, and which other kinds are short."""
    own = (scope for scope in scopes if scope.source == name and not scope.retired)
    short = [scope for scope in own if scope.problem or scope.unread]
    if status.status == "failed" or not short:
        return str(status.problem or "")
    if status.problem is not None and status.problem.cause == "no-time-left":
        return f"{status.problem} (incomplete: {', '.join(scope.kind for scope in short)})"
    first = short[0]
    problem = first.problem or f"{len(first.unread)} unread: {min(first.unread.values())}"
    others = ", ".join(scope.kind for scope in short[1:])
    return f"{first.kind}: {problem}" + (f" (also incomplete: {others})" if others else "")


def _failed_sources(
    report: DriftReport, waiting: dict[tuple[str, Problem], list[Finding]]
) -> Iterator[Unreadable]:
    for name, status in sorted(report.run.sources.items()):
        if status.status == "failed":
            problem = status.problem or _NO_REASON
            findings = tuple(waiting.pop((name, problem), ()))
            yield Unreadable(name, "failed", problem, status.last_success, findings)


def _lists(
    scopes: Sequence[Scope], failed: set[str], waiting: dict[tuple[str, Problem], list[Finding]]
) -> Iterator[Unreadable]:
    """Yield the lists that are not complete; those of one source with one reason together."""
    together: dict[tuple[str, str, Problem], list[str]] = {}
    for scope in scopes:
        if scope.listed != "complete" and not (scope.source in failed and scope.listed == "failed"):
            problem = scope.problem or _NO_REASON
            together.setdefault((scope.source, scope.listed, problem), []).append(scope.kind)
    for (source, listed, problem), kinds in together.items():
        findings = tuple(waiting.pop((source, problem), ()))
        yield Unreadable(f"{source}/{', '.join(kinds)}", listed, problem, None, findings)


def _single(scopes: Sequence[Scope], failed: set[str], explained: set[str]) -> Iterator[Unreadable]:
    """Yield the resources that could not be read and have no finding: no file declares their kind."""
    reasons: dict[tuple[str, Problem], list[str]] = {}
    for scope in scopes:
        for identity, problem in sorted(scope.unread.items()):
            if scope.source not in failed and f"{scope.source}/{scope.kind}/{identity}" not in explained:
                reasons.setdefault((scope.source, problem), []).append(f"{scope.kind}/{identity}")
    for (source, problem), ids in reasons.items():
        yield Unreadable(source, "", problem, None, (), tuple(ids))
