"""Which runs stay in the tree; git history keeps them all."""

from collections.abc import Iterable
from datetime import UTC, datetime

from reconciler.config import Keep


def run_moment(run_id: str) -> datetime:
    """When a run was, from its id."""
    return datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def expired(run_ids: Iterable[str], now: datetime, keep: Keep) -> set[str]:
    """The runs to remove.

    What stays: runs younger than `keep.all`, and the last run of each UTC day younger than `keep.daily`.
    """
    runs = sorted(run_ids)
    last_of_day = {run[:8]: run for run in runs}
    return {
        run
        for run in runs
        if (age := now - run_moment(run)) >= keep.all
        and not (age < keep.daily and last_of_day[run[:8]] == run)
    }
