"""The runs of each day, a short row for each: `days/2026/11/23.json`, in UTC.

The pulse has the days of the last 32, so that every run has its row without a commit. The first commit of a
day files the days before it in the history.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from reconciler import files
from reconciler.config.settings import HistorySettings, Keep
from reconciler.model.findings import Finding, split_ignored
from reconciler.model.recorded import Recorded
from reconciler.model.run_entry import RunEntry, parse_run_row, run_row
from reconciler.model.snapshot import SCHEMA_VERSION, check_version
from reconciler.record import history, layout, tip, waiting
from reconciler.record.command import GitError, Repository
from reconciler.record.objects import blob_id, list_tree, read_blobs
from reconciler.record.retention import day_of, is_old_day

IN_PULSE = timedelta(days=32)
"""How long the pulse has the rows of a day."""

_DEFECTS = (KeyError, TypeError, AttributeError, ValueError, OverflowError)

Entries = Mapping[str, RunEntry]
"""Run id → its row."""


def day_path(run_id: str) -> str:
    """Return the file of the day of a run."""
    return f"{layout.DAYS}{run_id[:4]}/{run_id[4:6]}/{run_id[6:8]}.json"


def entry_of_run(recorded: Recorded, seconds: float) -> RunEntry:
    """Return the row of a run."""
    report = recorded.report
    came = [each for each in report.active if each.opened_at >= report.run.collected_at]
    gone = split_ignored([*report.resolved, *report.of_groups("resolved")])[0]
    changes = {
        "new": _verified(each for each in came if each.reopened is None),
        "reopened": _verified(each for each in came if each.reopened is not None),
        "resolved": _verified(gone),
    }
    return RunEntry(
        report.run.id,
        report.summary.verdict,
        seconds,
        {name: source.status for name, source in report.run.sources.items()},
        {severity: count for severity, count in report.summary.findings.items() if count},
        {name: count for name, count in changes.items() if count},
        recorded.memory,
    )


def _verified(findings: Iterable[Finding]) -> int:
    """Return the number of findings, without resources that could not be verified."""
    return sum(finding.type != "unverified" for finding in findings)


def day_file(entries: Entries) -> bytes:
    """Return the file of a day."""
    runs = {identity: run_row(entry) for identity, entry in entries.items()}
    return files.canonical({"schema_version": SCHEMA_VERSION, "runs": runs})


def parse_day(path: str, data: bytes | None) -> dict[str, RunEntry]:
    """Return the rows of a day that are of that day; none of a file that is not one of ours."""
    try:
        document: Any = files.parse_json(data or b"")
        check_version(document)
        rows = document["runs"].items()
    except _DEFECTS:
        return {}
    found: dict[str, RunEntry] = {}
    for identity, row in rows:
        if not (layout.RUN_ID.fullmatch(identity) and layout.is_moment(identity)):
            continue
        try:
            entry = parse_run_row(identity, row)
        except _DEFECTS:
            continue
        if day_path(identity) == path:
            found[identity] = entry
    return found


def of_pulses(repo: Repository, pulses: Iterable[str]) -> dict[str, dict[str, RunEntry]]:
    """Return the rows that pulses have, by the file of their day; a damaged pulse has none."""
    blobs: dict[tuple[str, str], None] = {}
    for pulse in pulses:
        try:
            listing = list_tree(repo, pulse, layout.DAYS)
        except GitError:
            continue
        blobs |= {
            (path, entry.id): None for path, entry in listing.items() if layout.DAY_FILE.fullmatch(path)
        }
    return _merged(repo, blobs)


def _merged(repo: Repository, blobs: Iterable[tuple[str, str]]) -> dict[str, dict[str, RunEntry]]:
    """Return the rows in these files (path, blob id) by path; what cannot be read is left out."""
    wanted = list(blobs)
    try:
        contents = read_blobs(repo, [blob for _, blob in wanted])
    except GitError:
        return {}
    days: dict[str, dict[str, RunEntry]] = {}
    for (path, _), data in zip(wanted, contents, strict=True):
        if entries := parse_day(path, data):
            days[path] = days.get(path, {}) | entries
    return days


def with_run(days: Mapping[str, Entries], entry: RunEntry, now: datetime) -> dict[str, dict[str, RunEntry]]:
    """Return the days that a pulse has after a run: the last 32, with its row."""
    kept = {
        path: dict(entries)
        for path, entries in days.items()
        if (began := day_of(path)) is not None and abs(now - began) < IN_PULSE
    }
    path = day_path(entry.id)
    kept[path] = kept.get(path, {}) | {entry.id: entry}
    return kept


def to_file(
    repo: Repository, pulses: Iterable[str], at: tip.Tip, now: datetime, keep: Keep
) -> dict[str, bytes]:
    """Return the files of the days before today that the history lacks or has fewer rows of."""
    today = datetime(now.year, now.month, now.day, tzinfo=UTC)
    if at.facts is not None and at.facts.run.collected_at >= today:
        return {}
    past = {
        path: entries
        for path, entries in of_pulses(repo, pulses).items()
        if (began := day_of(path)) is not None and began < today and not is_old_day(path, now, keep)
    }
    filed = _merged(repo, [(path, at.blobs[path]) for path in past if path in at.blobs])
    contents = {path: day_file(filed.get(path, {}) | entries) for path, entries in past.items()}
    return {path: data for path, data in contents.items() if at.blobs.get(path) != blob_id(repo, data)}


def in_order(days: Mapping[str, Entries]) -> tuple[RunEntry, ...]:
    """Return the rows of days, oldest first."""
    return tuple(days[path][identity] for path in sorted(days) for identity in sorted(days[path]))


def read_runs(repo: Repository, settings: HistorySettings) -> tuple[RunEntry, ...]:
    """Return a row for each run of the days that are kept, oldest first; uses what the last fetch brought.

    The rows of today, and of the days since the last commit, are those of the pulse.
    """
    place = history.locate(repo, settings, reading=True)
    seen = history.tips(repo, place)
    commit = waiting.newest(repo, place, seen)
    filed = tip.files(repo, place, commit, layout.DAYS) if commit else {}
    days = _merged(repo, [(path, blob) for path, blob in filed.items() if layout.DAY_FILE.fullmatch(path)])
    for path, entries in of_pulses(repo, seen.pulses).items():
        days[path] = days.get(path, {}) | entries
    return in_order(days)
