"""`/v1/history`: the runs of the last weeks, the times without one, and each day in numbers."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from pydantic import Field

from reconciler.config.severity import SEVERITIES, Severity
from reconciler.model.findings import FindingState
from reconciler.model.key import KeyText
from reconciler.model.ledger import Ledger
from reconciler.model.listing import Listed
from reconciler.model.run_changes import RunChanges
from reconciler.model.run_entry import CHANGES, RunEntry
from reconciler.model.value import Row, Timestamp, Value
from reconciler.publish.documents.envelope import Route
from reconciler.publish.documents.form import FEED
from reconciler.publish.documents.history_days import (
    NOT_COUNTED,
    HistoryDay,
    history_days,
    median,
    seconds_open,
)
from reconciler.publish.lives import newest_resolved, title_of_entry
from reconciler.publish.view import FINDINGS, HISTORY, View

MOST_RUNS = 3200
"""A run each 15 minutes for 33 days."""
MOST_GAPS = 200
_LISTED_FOR = timedelta(days=32)
_AROUND = 9
"""So many runs before and after a gap show how often one was due then."""


class HistoryRun(Value):
    """A run, whether or not it changed something."""

    id: str
    at: Timestamp = Field(description="Start of reading the site")
    verdict: str = Field(description="in_sync, drifted or incomplete")
    seconds: float | None = Field(description="Duration from start until recorded; null: not known")
    sources: dict[str, Listed] = Field(description="Source → completeness of reading it")
    findings: dict[Severity, int] = Field(description="Severity → findings that are not silenced")
    new: int | None = Field(description="New findings; null: not known")
    reopened: int | None = Field(description="Reappeared findings; null: not known")
    resolved: int | None = Field(description="Resolved findings; null: not known")
    link: Route | None = Field(
        description="Link to the changes of the run; null if there were none, or for older runs"
    )


class HistoryGap(Value):
    """A time in which no run was made although one was due."""

    after: Timestamp = Field(description="Start of the last run before it")
    until: Timestamp = Field(description="Start of the next run")
    seconds: int
    missed_runs: int = Field(ge=1, description="Estimated number of missed runs, from the runs before it")


class HistoryResolution(Value):
    """Findings that were resolved in the last 90 days."""

    resolved: int
    median_seconds: int | None = Field(description="Median time that they were open; null if there are none")


class ResolvedFinding(Value):
    """A finding that was resolved lately."""

    id: str
    key: KeyText
    path: str = Field(description="JSON pointer of the field; empty: the resource as a whole")
    title: str = Field(description="Title, as last reported; may contain untrusted text")
    severity: Severity | None = Field(description="Value as last reported; null: not known")
    resolved_at: Timestamp
    seconds: int = Field(ge=0, description="Time that it was open, since it appeared or last reappeared")
    link: Route = Field(description="Link to the life of the finding")


class HistoryLinks(Value):
    """The routes that belong to the history."""

    feed: Route = Field(description="Changes as text, for feed readers")


class HistoryData(Value):
    """The runs of a site, newest first."""

    runs: tuple[HistoryRun, ...] = Field(description="Runs of the last 32 days; at most 3,200")
    gaps: tuple[HistoryGap, ...] = Field(description="Gaps between runs, newest first; at most 200")
    days: tuple[HistoryDay, ...] = Field(description="All known days, newest first; at most 400")
    resolution: HistoryResolution
    resolved: tuple[ResolvedFinding, ...] = Field(
        description="The newest resolved findings with a published life; at most 2,000"
    )
    links: HistoryLinks


def history(view: View) -> Row:
    """Return the runs of the last weeks, the times without one, and each day in numbers."""
    return history_data(view).model_dump(mode="json")


def history_data(view: View) -> HistoryData:
    """Return the content of the document."""
    recorded, now = view.recorded, view.run.collected_at
    entries = _entries(view)
    documents = {each.id for each in recorded.past.changes}
    listed = [each for each in entries if now - each.at < _LISTED_FOR][-MOST_RUNS:]
    shown = [_row(each, documents) for each in reversed(listed)]
    fresh = view.run.stale_after - now
    gaps = list(_gaps([each.at for each in recorded.past.runs], [each.at for each in entries], fresh))
    resolved = [
        seconds_open(each)
        for each in recorded.ledger.values()
        if each.resolved_at is not None and each.type not in NOT_COUNTED
    ]
    return HistoryData(
        runs=tuple(shown),
        gaps=tuple(reversed(gaps[-MOST_GAPS:])),
        days=tuple(history_days(entries, recorded.ledger, now)),
        resolution=HistoryResolution(resolved=len(resolved), median_seconds=median(resolved)),
        resolved=tuple(_resolved(recorded.ledger, view.lives)),
        links=HistoryLinks(feed=FEED),
    )


def _entries(view: View) -> list[RunEntry]:
    """Return a row for each run up to the last one, oldest first."""
    past, last = view.recorded.past, view.recorded.report
    found = {each.id: _entry(each) for each in past.changes}
    found |= {each.id: each for each in (*past.runs, *view.recorded.runs)}
    if last.run.id not in found:
        states = {name: status.status for name, status in last.run.sources.items()}
        found[last.run.id] = RunEntry(
            last.run.id, last.summary.verdict, None, states, _counts(last.summary.findings)
        )
    latest = last.run.collected_at
    return sorted((each for each in found.values() if each.at <= latest), key=lambda each: each.id)


def _entry(changes: RunChanges) -> RunEntry:
    """Return the row of a run that is in no file of a day."""
    became = {name: getattr(changes, name).count for name in CHANGES}
    return RunEntry(changes.id, changes.verdict, None, changes.sources, _counts(changes.findings), became)


def _resolved(ledger: Ledger, lives: Mapping[str, FindingState]) -> Iterator[ResolvedFinding]:
    for identity in newest_resolved(ledger):
        if lives.get(identity) == "resolved":
            entry = ledger[identity]
            yield ResolvedFinding(
                id=identity,
                key=entry.key,
                path=entry.path,
                title=title_of_entry(entry),
                severity=entry.severity,
                resolved_at=entry.resolved_at or entry.first_seen,
                seconds=int(seconds_open(entry)),
                link=f"{FINDINGS}/{identity}",
            )


def _counts(findings: Mapping[Severity, int]) -> dict[str, int]:
    return {severity: count for severity, count in findings.items() if count}


def _row(entry: RunEntry, documents: Container[str]) -> HistoryRun:
    became = entry.changes
    return HistoryRun(
        id=entry.id,
        at=entry.at,
        verdict=entry.verdict,
        seconds=entry.seconds,
        sources=dict(entry.sources),
        findings={each: entry.findings.get(each, 0) for each in SEVERITIES},
        **{name: None if became is None else became.get(name, 0) for name in CHANGES},
        link=f"{HISTORY}/{entry.id}" if entry.id in documents else None,
    )


def _gaps(rows: Sequence[datetime], every: Sequence[datetime], fresh: timedelta) -> Iterator[HistoryGap]:
    """Yield the times without a run that were longer than data stay fresh, oldest first.

    `rows` are the runs that have a row, as all have up to the last of these; `every` are all known runs, in
    order. Where runs were less frequent than they are now, twice what was usual then counts.
    """
    known_until = max(rows, default=None)
    steps = [at - before for before, at in pairwise(every)]
    for number, (before, at) in enumerate(pairwise(every)):
        around = sorted(steps[max(0, number - _AROUND) : number + _AROUND + 1])
        usual, step = around[len(around) // 2] or fresh / 2, steps[number]
        if known_until is not None and at <= known_until and step > max(fresh, 2 * usual):
            missed = max(1, round(step / usual) - 1)
            yield HistoryGap(after=before, until=at, seconds=int(step.total_seconds()), missed_runs=missed)
