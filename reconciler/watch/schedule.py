"""Whether the schedule ran when it should, from the runs that the code host lists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import PurePosixPath

from reconciler.model.check import Check, CheckState
from reconciler.report.lines import age
from reconciler.text import counted, enumerated
from reconciler.watch.code_host import ScheduledRun

_LATE = 2
"""So many intervals after the last run, the next one is missing."""
_WAITING = frozenset({"queued", "waiting", "blocked", "pending"})
_FAILED = "failure"
_ENDED = frozenset({"success", _FAILED})
_NEVER_BEFORE = 2000
"""Gitea writes a moment of the year 1 or 1970 for one that has not come."""


@dataclass(frozen=True, slots=True)
class RunSchedule:
    """When runs are expected."""

    interval: timedelta
    files: tuple[str, ...]
    """The workflow files of the work tree that have a schedule, by name."""
    now: datetime


def check_schedule(schedule: RunSchedule, runs: Sequence[ScheduledRun] | None) -> Iterator[Check]:
    """Yield whether the last run is recent, and whether the last ones failed; `runs` are newest first."""
    if not schedule.files:
        what = "no workflow of this repository has a schedule"
        remedy = "see that a timer or cron runs `reconciler run`, and set heartbeat.url to notice if not"
        yield _check("note", what, remedy)
        return
    if runs is None:
        what = "this version does not show runs of workflows, so whether the schedule ran cannot be seen"
        yield _check("note", what, "set heartbeat.url, or read the list under Actions")
        return
    ours = [run for run in runs if _name(run) in schedule.files]
    waiting = [run for run in ours if _outcome(run) in _WAITING]
    begun = [began for run in ours if (began := _began(run)) is not None]
    yield _on_time(schedule, max(begun, default=None), len(waiting))
    yield from _failures(ours)


def _on_time(schedule: RunSchedule, last: datetime | None, waiting: int) -> Check:
    names = enumerated(schedule.files)
    late = last is None or schedule.now - last > _LATE * schedule.interval
    since = "has not run yet" if last is None else f"last ran {_ago(schedule.now - last, schedule.now)} ago"
    interval = _ago(schedule.interval, schedule.now)
    if late and waiting:
        what = f"{names} {since}: {counted(waiting, 'run')} waiting for a runner (interval is {interval})"
        return _check("bad", what, "start a runner that has the label in `runs-on` of the workflow")
    if last is None:
        what = f"{names} {since}: a schedule is registered when the default branch is pushed"
        remedy = "push a commit to it, with Actions on in the repository's settings, and wait for an interval"
        return _check("warning", what, remedy)
    if late:
        what = f"{names} {since}, and interval is {interval}"
        remedy = (
            "see that Actions are on, the workflow is not disabled, and its cron expression fits `interval`; "
            "after an upgrade or a restore, a push to the default branch registers the schedule again"
        )
        return _check("bad", what, remedy)
    return _check(
        "ok", f"{names} {since}", brief=f"scheduled run {_ago(schedule.now - last, schedule.now)} ago"
    )


def _failures(runs: Sequence[ScheduledRun]) -> Iterator[Check]:
    """Yield how many runs failed since the last one that did not; those that were cancelled do not count."""
    ended = [outcome for run in runs if (outcome := _outcome(run)) in _ENDED]
    number = sum(1 for _ in takewhile(lambda outcome: outcome == _FAILED, ended))
    if not number:
        return
    which = "the last scheduled run" if number == 1 else f"the last {number} scheduled runs"
    remedy = "read the log of the last one, under Actions in Gitea"
    yield _check("warning" if number == 1 else "bad", f"{which} failed", remedy)


def _check(state: CheckState, what: str, remedy: str = "", brief: str = "") -> Check:
    return Check(name="schedule", state=state, what=what, remedy=remedy, brief=brief)


def _name(run: ScheduledRun) -> str:
    """Return the name of the file: of `.gitea/workflows/reconcile.yml@refs/heads/main`, `reconcile.yml`."""
    return PurePosixPath(run.file.partition("@")[0]).name


def _outcome(run: ScheduledRun) -> str:
    return (run.conclusion or run.status).lower()


def _began(run: ScheduledRun) -> datetime | None:
    return run.started if run.started is not None and run.started.year >= _NEVER_BEFORE else None


def _ago(span: timedelta, now: datetime) -> str:
    return age(now - max(span, timedelta(seconds=1)), now)
