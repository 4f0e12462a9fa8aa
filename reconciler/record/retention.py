"""Retention: which runs stay in the tree; git history keeps them all."""

from collections.abc import Iterable
from datetime import datetime

from reconciler.config.settings import Keep
from reconciler.model.snapshot import moment_of


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
