"""Write the record: a commit if something changed, else one heartbeat a day, and the pulse."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

from reconciler.config.settings import HistorySettings, Keep
from reconciler.errors import Problem, RecordError
from reconciler.model.recorded import Recorded
from reconciler.record import history, layout, pulse
from reconciler.record.change import changed_at, state
from reconciler.record.command import GitError, Repository, run
from reconciler.record.commit import heartbeat_message, make_commit, run_message
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.jitter import ATTEMPTS, pause
from reconciler.record.lock import WAIT, hold
from reconciler.record.objects import blob_id, list_tree, make_tree, read_blobs, store_blobs
from reconciler.record.reading import load, unreadable
from reconciler.record.retention import expired

Reason = Literal["first", "changed", "heartbeat", "superseded", "unchanged"]


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of recording a run."""

    commit: str | None
    """The new commit of the history; None if nothing had to be written."""
    reason: Reason
    """`superseded`: a newer run was recorded in the meantime, so this one is only under `runs/`."""
    pushed: bool


@dataclass(frozen=True, slots=True)
class _Tip:
    """The facts about the tip that the next commit depends on."""

    blobs: Mapping[str, str]
    """Path in the layout → blob id."""
    facts: layout.RunFacts | None
    state: object


@dataclass(frozen=True, slots=True)
class _Plan:
    reason: Reason
    files: Mapping[str, bytes]
    removed: frozenset[str] = frozenset()


def check(repo: Repository, settings: HistorySettings) -> None:
    """Raise `RecordError` if `write` could not succeed, so that the site is not read in vain."""
    place = history.locate(repo, settings)
    history.check_writable(place, history.tips(repo, place))


def write(
    repo: Repository,
    settings: HistorySettings,
    recorded: Recorded,
    previous: Recorded | None,
    markdown: str,
    *,
    wait: float = WAIT,
) -> Written:
    """Record a run. `previous` is what `read` returned, `markdown` the report as Markdown.

    Either all of it becomes the tip of the history, or nothing does. Raises `RecordError` if git or the
    remote refuses, or if another run holds the clone for longer than `wait` seconds.
    """
    place = history.locate(repo, settings)
    made = recorded.report.run.collected_at
    horizon = max(made, previous.report.run.collected_at) if previous else made
    with hold(repo, wait) as scratch:
        job = _Job(repo, place, settings.keep, markdown, scratch, horizon)
        reason, commit, latest = _record(job, recorded, previous)
        wrote = commit is not None
        if place.pulse and reason != "superseded":  # the pulse goes with what is recorded last
            wrote = pulse.replace(repo, place, recorded, latest, scratch, horizon) or wrote
        if wrote:
            _collect_garbage(repo)
    return Written(commit, reason, pushed=wrote and place.remote is not None)


@dataclass(frozen=True, slots=True)
class _Job:
    """The inputs that stay the same however often a race is lost."""

    repo: Repository
    place: RecordPlace
    keep: Keep
    markdown: str
    scratch: Path
    horizon: datetime
    """Anything with a later date was made by others in the meantime. A run that could be read before we began
    is older than ours, even if its clock was ahead and its date is later."""


def _record(job: _Job, recorded: Recorded, previous: Recorded | None) -> tuple[Reason, str | None, str]:
    """Return the reason, the commit if there is one, and the digest of the `latest/` that results."""
    repo, place = job.repo, job.place
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause(attempt))
        history.fetch(repo, place)  # the first time too: reading a site takes long, and others read it too
        seen = history.tips(repo, place)
        history.check_writable(place, seen)
        pulse.check(repo, place, seen.pulse)
        if seen.history != (previous.commit if previous else None):
            previous = load(repo, place, seen.history, seen.pulse)
            recorded = replace(recorded, changed_at=changed_at(previous, recorded))
        tip = _tip(repo, place, seen.history)
        plan = _plan(job, tip, recorded, newer=pulse.is_newer(repo, seen.pulse, job.horizon))
        if plan is None:
            if place.checked_out and seen.local == seen.history:
                history.restore(repo, place)  # of a run that was killed before its work tree followed
            return "unchanged", None, layout.digest(tip.blobs)
        blobs = {path: blob_id(repo, data) for path, data in plan.files.items()}
        commit = _commit(job, seen, tip, plan, blobs, recorded)
        if history.advance(repo, place, seen, commit):
            kept = {path: blob for path, blob in tip.blobs.items() if path not in plan.removed}
            return plan.reason, commit, layout.digest(kept | blobs)
    what = f"was moved by other runs {ATTEMPTS} times in a row"
    raise RecordError(Problem(place.branch, what, "run fewer jobs at once"))


def _tip(repo: Repository, place: RecordPlace, commit: str | None) -> _Tip:
    prefix = place.path("")
    entries = list_tree(repo, commit, prefix) if commit else {}
    blobs = {path.removeprefix(prefix): entry.id for path, entry in entries.items()}
    if layout.RUN not in blobs:
        return _Tip(blobs, None, None)
    names = (layout.RUN, layout.REPORT)
    contents = read_blobs(repo, [blobs.get(name, "missing") for name in names])
    try:
        facts = layout.parse_run(layout.RUN, contents[0])
        report = layout.parse_drift(layout.REPORT, contents[1], facts)
    except ValueError as error:
        raise unreadable(place.branch, str(commit), place.path(str(error))) from error
    return _Tip(blobs, facts, state(report))


def _plan(job: _Job, tip: _Tip, recorded: Recorded, *, newer: bool) -> _Plan | None:
    """Return what to write on top of the tip; None for nothing. `newer`: the pulse is of a later run."""
    live = layout.live_files(recorded)
    before = {path: tip.blobs[path] for path in layout.live_paths(tip.blobs)}
    now, then = recorded.report.run, tip.facts.run if tip.facts else None
    if (
        then is not None
        and before == {path: blob_id(job.repo, data) for path, data in live.items()}
        and tip.state == state(recorded.report)
    ):
        set_back = now.collected_at < then.collected_at <= job.horizon  # a clock that was ahead
        if now.collected_at.date() <= then.collected_at.date() and not set_back:
            return None
        removed = frozenset(_expired_files(job, tip, now.collected_at))
        return _Plan("heartbeat", {layout.RUN: layout.run_file(recorded)}, removed)
    reports = layout.report_files(recorded, job.markdown)
    folder = layout.run_folder(now.id)
    written = {f"{folder}{name}": data for name, data in reports.items()}
    written[f"{folder}live.json"] = layout.snapshot_file(recorded)
    superseded = then is not None and (newer or then.collected_at > job.horizon)
    if not superseded:
        written |= live | {f"{layout.LATEST}{name}": data for name, data in reports.items()}
        written[layout.RUN] = layout.run_file(recorded)
        written[layout.CHANGED] = layout.changed_file(recorded)
    newest = max(then.collected_at, now.collected_at) if then and superseded else now.collected_at
    old = _expired_files(job, tip, newest, now.id)
    gone = old if superseded else old | (before.keys() - live.keys())
    reason: Reason = "superseded" if superseded else "changed" if then else "first"
    return _Plan(reason, written, frozenset(gone - written.keys()))


def _expired_files(job: _Job, tip: _Tip, now: datetime, *made: str) -> set[str]:
    """Return the files of the runs that retention removes from the tree; `made` is the run being added."""
    runs = layout.run_ids(tip.blobs)
    return {path for run_id in expired({*runs, *made}, now, job.keep) for path in runs.get(run_id, ())}


def _commit(
    job: _Job, seen: Tips, tip: _Tip, plan: _Plan, blobs: Mapping[str, str], recorded: Recorded
) -> str:
    repo, place, made = job.repo, job.place, recorded.report.run
    new = {path: blob for path, blob in blobs.items() if tip.blobs.get(path) != blob}
    contents = {blob: plan.files[path] for path, blob in new.items()}
    store_blobs(repo, contents.values(), job.scratch)
    changes: dict[str, str | None] = {place.path(path): blob for path, blob in new.items()}
    changes |= dict.fromkeys(map(place.path, plan.removed))
    tree = make_tree(repo, seen.history, changes, job.scratch)
    message = heartbeat_message(made) if plan.reason == "heartbeat" else run_message(recorded.report)
    return make_commit(repo, tree, seen.history, message, made.collected_at)


def _collect_garbage(repo: Repository) -> None:
    """Let git pack loose objects, as after a commit of its own; replaced pulses are deleted with them."""
    try:
        run(repo, "-c", "gc.autoDetach=false", "-c", "gc.cruftPacks=true", "gc", "--auto", "--quiet")
    except GitError:
        return  # housekeeping is no part of the record: what it could not do today it does another day
