"""Runs and findings by day: what a chart of the last months needs."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pydantic import Field

from reconciler.config.severity import SEVERITIES, Severity
from reconciler.model.findings import INTERNAL, PLANNED
from reconciler.model.ledger import Ledger, LedgerEntry
from reconciler.model.run_entry import RunEntry
from reconciler.model.value import Value

MOST_DAYS = 400
KEPT_RESOLVED = timedelta(days=90)
"""So long the ledger has resolved findings; before that, it does not know them all."""

NOT_COUNTED = frozenset({"unverified", INTERNAL, PLANNED})
"""Findings of these types come and go with what could be read, and not with the site."""


class HistoryMemory(Value):
    """The memory of the site, in the last run of a day that could read all of it."""

    assigned_mib: int = Field(ge=0, description="Memory assigned to running guests")
    physical_mib: int = Field(ge=0, description="Memory of all nodes")


class HistoryDay(Value):
    """One day, in UTC. What is not known of it is null."""

    date: str = Field(description="2026-11-23")
    runs: int | None = Field(ge=0, description="Runs of that day; null: runs are not recorded")
    verdicts: dict[str, int] | None = Field(description="in_sync, drifted, incomplete → runs")
    sources: dict[str, int] | None = Field(
        description="Source → number of runs that could not read it completely; only sources with such runs"
    )
    findings: dict[Severity, int] | None = Field(
        description="Severity → number of findings that were not silenced in the last run of the day"
    )
    memory: HistoryMemory | None = Field(description="null: no run of the day could read all of it")
    open: int | None = Field(
        ge=0,
        description="Findings open at the end of the day, including silenced ones; approximate for "
        "findings that later reappeared",
    )
    opened: int | None = Field(ge=0, description="Findings that appeared or reappeared on that day")
    resolved: int | None = Field(ge=0, description="Findings that were resolved on that day")
    median_seconds_to_resolution: int | None = Field(
        description="Median time open of the findings resolved on that day; null if none were resolved"
    )


def history_days(runs: Sequence[RunEntry], ledger: Ledger, now: datetime) -> list[HistoryDay]:
    """Return each day from the first that is known to that of the last run, newest first.

    `runs` are the recorded rows, oldest first, and `now` is when the last run read the site.
    """
    today = now.astimezone(UTC).date()
    by_day: dict[date, list[RunEntry]] = {}
    for entry in runs:
        by_day.setdefault(entry.at.date(), []).append(entry)
    known_from = (now - KEPT_RESOLVED).astimezone(UTC).date()
    counts = _lives(ledger)
    seen = (day for day in (*counts.opened, *counts.seconds) if day > known_from)
    first = min([*by_day, *seen, today])
    first = max(first, today - timedelta(days=MOST_DAYS - 1))
    recorded = (min(by_day), max(by_day)) if by_day else None
    days = []
    for back in range((today - first).days + 1):
        day = today - timedelta(days=back)
        within = recorded is not None and recorded[0] <= day <= recorded[1]
        days.append(
            HistoryDay(
                date=day.isoformat(),
                **_of_runs(by_day.get(day, []), within=within),
                **counts.of(day, known=day > known_from),
            )
        )
    return days


def _of_runs(runs: Sequence[RunEntry], *, within: bool) -> dict[str, Any]:
    """Return what the runs of a day were; nulls where rows of that day are not recorded."""
    if not within:
        return dict.fromkeys(("runs", "verdicts", "sources", "findings", "memory"))
    short = Counter(name for run in runs for name, state in run.sources.items() if state != "complete")
    last = {each: runs[-1].findings.get(each, 0) for each in SEVERITIES} if runs else None
    return {
        "runs": len(runs),
        "verdicts": dict(sorted(Counter(run.verdict for run in runs).items())),
        "sources": dict(sorted(short.items())),
        "findings": last,
        "memory": next((run.memory for run in reversed(runs) if run.memory is not None), None),
    }


@dataclass(frozen=True, slots=True)
class _Lives:
    """How many findings came and went, by day."""

    opened: Counter[date]
    """Day → findings that came or came back."""
    firsts: Sequence[date]
    """When each was first seen, in order."""
    ends: Sequence[date]
    """When each was resolved, in order."""
    seconds: Mapping[date, Sequence[float]]
    """Day → how long those stood that were resolved on it."""

    def of(self, day: date, *, known: bool) -> dict[str, int | None]:
        """Return the numbers of a day; nulls where resolved findings are forgotten."""
        if not known:
            return dict.fromkeys(("open", "opened", "resolved", "median_seconds_to_resolution"))
        seconds = self.seconds.get(day, ())
        return {
            "open": bisect_right(self.firsts, day) - bisect_right(self.ends, day),
            "opened": self.opened[day],
            "resolved": len(seconds),
            "median_seconds_to_resolution": median(seconds),
        }


def _lives(ledger: Ledger) -> _Lives:
    entries = [entry for entry in ledger.values() if entry.type not in NOT_COUNTED]
    opened = Counter(day for entry in entries for day in {entry.first_seen.date(), entry.opened_at.date()})
    seconds: dict[date, list[float]] = {}
    for entry in entries:
        if entry.resolved_at is not None:
            seconds.setdefault(entry.resolved_at.date(), []).append(seconds_open(entry))
    ends = sorted(day for day, each in seconds.items() for _ in each)
    return _Lives(opened, sorted(entry.first_seen.date() for entry in entries), ends, seconds)


def seconds_open(entry: LedgerEntry) -> float:
    """Return how long a resolved finding stood, since it came or last came back."""
    assert entry.resolved_at is not None
    return max((entry.resolved_at - entry.opened_at).total_seconds(), 0.0)


def median(values: Iterable[float]) -> int | None:
    """Return the middle of some values (of two middle ones the mean), rounded; None of no values."""
    order = sorted(values)
    middle = len(order) // 2
    return round((order[middle] + order[~middle]) / 2) if order else None
