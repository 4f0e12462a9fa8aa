"""Retention: what of the runs stays in the tree; git history keeps them all."""

from collections.abc import Iterable
from datetime import UTC, datetime

from reconciler.config.settings import Keep
from reconciler.model.snapshot import moment_of
from reconciler.record import layout


def expired(run_ids: Iterable[str], now: datetime, keep: Keep) -> set[str]:
    """Return the runs to remove.

    Runs younger than `keep.all` stay, and so does the last run of each UTC day younger than `keep.daily`.
    """
    runs = sorted(run_ids)
    last_of_day = {run[:8]: run for run in runs}
    return {
        run
        for run in runs
        if (age := now - moment_of(run)) >= keep.all
        and not (age < keep.daily and last_of_day[run[:8]] == run)
    }


def expired_files(paths: Iterable[str], now: datetime, keep: Keep, *made: str) -> set[str]:
    """Return the files to remove: of runs, of their rows past `keep.live`, and of days past `keep.daily`.

    `made` is the run being added. Only files that runs write are among them.
    """
    runs = layout.run_ids(paths)
    gone = {path for run in expired({*runs, *made}, now, keep) for path in runs.get(run, ())}
    for run, files in runs.items():
        if now - moment_of(run) >= keep.live:
            gone |= {path for path in files if layout.ROWS_OF_RUN.fullmatch(path)}
    return gone | {path for path in paths if is_old_day(path, now, keep)}


def is_old_day(path: str, now: datetime, keep: Keep) -> bool:
    """Return whether a file is that of a day which is not kept any more."""
    began = day_of(path)
    return began is not None and now - began >= max(keep.all, keep.daily)


def day_of(path: str) -> datetime | None:
    """Return the beginning of the day that a file is of; None for any other file."""
    match = layout.DAY_FILE.fullmatch(path)
    if match is None:
        return None
    year, month, day = map(int, match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
