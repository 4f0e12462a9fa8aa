"""The history: findings by day as a chart, the runs that changed something, and what was resolved."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import NamedTuple

from reconciler.model.run_changes import RunChanges
from reconciler.publish.documents.feed import title_of
from reconciler.publish.documents.history import HistoryData, HistoryGap, ResolvedFinding, history_data
from reconciler.publish.pages.day_chart import day_chart
from reconciler.publish.pages.named import NamedThing, named
from reconciler.publish.pages.words import run_page
from reconciler.publish.view import View
from reconciler.text import counted

MOST_DAYS = 92
MOST_RUNS = 200
"""Runs that changed something; the document has all."""
MOST_GAPS = 20
MOST_RESOLVED = 50
_VERDICTS = {"in_sync": "good", "drifted": "warning", "incomplete": "error"}
_COUNTS = ("new", "reopened", "resolved")


class ShownRun(NamedTuple):
    """A run that changed something."""

    id: str
    at: datetime
    page: str
    look: str
    """The class of its verdict: good, warning or error."""
    verdict: str
    title: str
    """The change in a few words."""
    counts: str
    """How many findings came, came back and went; empty where none did."""


class RunDay(NamedTuple):
    """The runs of one day, in UTC."""

    date: str
    runs: tuple[ShownRun, ...]


class ShownResolved(NamedTuple):
    """A finding that was resolved lately."""

    resource: NamedThing
    what: str
    at: datetime
    stood: str


class ShownGap(NamedTuple):
    """A time without a run."""

    after: datetime
    until: datetime
    lasted: str
    missed: str


def history(view: View) -> Mapping[str, object]:
    """Return the chart, the days, the runs that changed something, and what was resolved."""
    data = history_data(view)
    changes = view.recorded.past.changes
    return {
        "settled": _settled(data),
        "chart": day_chart(data.days[:MOST_DAYS]),
        "days": data.days[:MOST_DAYS],
        "spent": [lasted(each.median_seconds_to_resolution) for each in data.days[:MOST_DAYS]],
        "run_days": list(_run_days(changes[:MOST_RUNS])),
        "more_runs": max(0, len(changes) - MOST_RUNS),
        "gaps": [_gap(each) for each in data.gaps[:MOST_GAPS]],
        "resolved": [_resolved(view, each) for each in data.resolved[:MOST_RESOLVED]],
    }


def _settled(data: HistoryData) -> str:
    """Return in one sentence how many findings were resolved, and how long they stood."""
    count, median = data.resolution.resolved, data.resolution.median_seconds
    if not count:
        return "No finding was resolved in the last 90 days."
    words = f"{counted(count, 'finding')} resolved in the last 90 days"
    return f"{words}; median time open {lasted(median)}." if median is not None else f"{words}."


def _run_days(changes: Sequence[RunChanges]) -> Iterator[RunDay]:
    for day, each in groupby(changes, lambda run: run.collected_at.date()):
        yield RunDay(day.isoformat(), tuple(map(_run, each)))


def _run(changes: RunChanges) -> ShownRun:
    counts = {name: getattr(changes, name).count for name in _COUNTS}
    return ShownRun(
        changes.id,
        changes.collected_at,
        run_page(changes.id),
        _VERDICTS.get(changes.verdict, "quiet"),
        changes.verdict.replace("_", " "),
        title_of(changes),
        ", ".join(f"{count} {name}" for name, count in counts.items() if count),
    )


def _gap(gap: HistoryGap) -> ShownGap:
    missed = f"about {counted(gap.missed_runs, 'run')} missed"
    return ShownGap(gap.after, gap.until, lasted(gap.seconds), missed)


def _resolved(view: View, finding: ResolvedFinding) -> ShownResolved:
    return ShownResolved(
        named(view, finding.key), finding.title, finding.resolved_at, lasted(finding.seconds)
    )


def lasted(seconds: float | None) -> str:
    """Return a length of time in its largest fitting unit: `3 hours`; empty where it is not known."""
    if seconds is None:
        return ""
    for unit, size, least in (("day", 86400, 2), ("hour", 3600, 1), ("minute", 60, 1)):
        if seconds >= size * least:
            return counted(int(seconds // size), unit)
    return counted(int(seconds), "second")
