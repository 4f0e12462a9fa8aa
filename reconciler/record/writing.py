"""Write the record: a commit if something changed, else one heartbeat a day, and the pulse."""

import os
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RemoteError
from reconciler.model.ledger import Ledger
from reconciler.model.recorded import Position, Recorded
from reconciler.model.run_entry import RunEntry
from reconciler.record import deliver, history, layout, pulse, signing, waiting
from reconciler.record import remote as remotes
from reconciler.record.change import changed_at, changed_findings
from reconciler.record.checked_out import Index, IndexBusyError, catch_up, index
from reconciler.record.command import GitError, Repository, run
from reconciler.record.commit import heartbeat_message, make_commit, run_message
from reconciler.record.durable import Durable
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.jitter import ATTEMPTS, pause
from reconciler.record.lock import WAIT, hold
from reconciler.record.objects import blob_id, make_tree, store_blobs
from reconciler.record.plan import Advance, Plan, Reason, RecordJob, make_plan
from reconciler.record.reading import load
from reconciler.record.tip import Tip, read_tip
from reconciler.record.trusted import KindOf, no_kinds
from reconciler.text import counted

_PATIENT = 2
"""Races that are lost to a person before the index is held from the reading of the tip on."""


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of recording a run."""

    commit: str | None
    """The new commit of the history; None if nothing had to be written."""
    reason: Reason
    """`superseded`: a newer run was recorded in the meantime, so this one is only under `runs/`."""
    pushed: bool
    last: bool
    """Whether this run is the one that is recorded last."""
    position: Position | None
    waiting: int = 0
    """Commits that wait in this clone until they can be pushed, this one included."""
    delivered: int = 0
    """Commits that waited, and are pushed now."""
    runs: tuple[RunEntry, ...] = ()
    """A row for each run of the last 32 days; none without a pulse."""
    problems: tuple[Problem, ...] = ()
    """Why it could not be pushed, or what else went wrong; the run is recorded anyway."""


@dataclass(frozen=True, slots=True)
class _Landed:
    reason: Reason
    commit: str | None
    latest: str
    """The digest of the `latest/` that results."""
    position: Position | None
    base: deliver.Base
    problems: list[Problem] = field(default_factory=list)


def kept(_previous: Recorded | None, current: Recorded) -> Ledger:
    """Return the ledger of a run as it is."""
    return current.ledger


def check(repo: Repository, settings: HistorySettings) -> None:
    """Raise `RecordError` if `write` could not succeed, so that the site is not read in vain."""
    place = history.locate(repo, settings)
    signing.check(repo, place.signer)
    history.check_writable(place, history.tips(repo, place))


def write(
    repo: Repository,
    settings: HistorySettings,
    recorded: Recorded,
    previous: Recorded | None,
    markdown: str,
    kind_of: KindOf = no_kinds,
    advance: Advance = kept,
) -> Written:
    """Record a run. `previous` is what `read` returned, `markdown` the report as Markdown.

    `advance` makes the ledger again where another run was recorded after `previous`.

    Either all of it becomes the tip of the history, or nothing does. If the remote cannot be reached or
    refuses, or the index of the checked-out branch stays in use, the run waits in this clone and
    `Written.problems` has the reason. Raises `RecordError` if git refuses, or if another run holds the clone
    for longer than `WAIT` seconds.
    """
    place = history.locate(repo, settings)
    known = previous.known if previous else frozenset()
    with hold(repo, WAIT) as scratch:
        durable = Durable(repo, scratch)
        job = RecordJob(repo, place, settings.keep, markdown, scratch, durable, known, kind_of, advance)
        problems: list[Problem] = []
        try:
            landed = _record(job, recorded, previous)
        except (RemoteError, IndexBusyError) as error:
            problems += error.problems
            job = replace(job, place=replace(place, waits=True))
            landed = _record(job, recorded, previous)
        problems += landed.problems
        last, runs = _replace_pulse(job, recorded, landed, problems)
        if landed.commit or runs:
            collect_garbage(repo)
        waits = waiting.commits(repo, history.tips(repo, place)) if job.place.waits else []
    return _written(job.place, landed, problems, waits=len(waits), last=last, runs=runs)


def _written(
    place: RecordPlace,
    landed: _Landed,
    problems: list[Problem],
    *,
    waits: int,
    last: bool,
    runs: tuple[RunEntry, ...],
) -> Written:
    """Return the outcome, with the messages about runs that wait, or that waited for too long."""
    if place.waits:
        problems[0] = _not_pushed(problems[0], waits)
    if landed.base.dropped:
        problems.append(_dropped(place, landed.base.dropped))
    on_remote = place.remote is not None and not place.waits
    return Written(
        landed.commit,
        landed.reason,
        pushed=on_remote and bool(landed.commit or runs),
        last=last,
        position=landed.position and replace(landed.position, pushed=not place.waits),
        waiting=waits,
        delivered=landed.base.delivered,
        runs=runs,
        problems=tuple(problems),
    )


def _replace_pulse(
    job: RecordJob, recorded: Recorded, landed: _Landed, problems: list[Problem]
) -> tuple[bool, tuple[RunEntry, ...]]:
    """Make this run the pulse; return whether it is the last run that is recorded, and the runs in the pulse.

    A pulse that the remote refuses waits in this clone, and the rest goes on.
    """
    if landed.reason == "superseded" or landed.position is None:
        return False, ()  # the pulse goes with what is recorded last
    if job.place.pulse is None:
        return True, ()
    pulses = pulse.Pulse(
        job.repo, recorded, landed.latest, landed.position, job.scratch, job.durable, job.known
    )
    try:
        runs = pulse.replace(pulses, job.place)
    except RemoteError as error:
        problems += error.problems
        runs = pulse.replace(pulses, replace(job.place, waits=True))
    return runs is not None, runs or ()


def _not_pushed(problem: Problem, waits: int) -> Problem:
    many = f"{counted(waits, 'commit')} {'waits' if waits == 1 else 'wait'} in this clone"
    if os.environ.get("CI", "").lower() not in {"", "0", "false"}:
        then = f"{many}, and CI is set: if this workspace is thrown away, what waits in it is lost"
    else:
        then = f"{many} until a run can push"
    return replace(problem, what=f"{problem.what}: {then}")


def _dropped(place: RecordPlace, count: int) -> Problem:
    days = deliver.LONGEST.days
    return Problem(place.branch, f"{counted(count, 'commit')} waited for more than {days} days: not pushed")


def _record(job: RecordJob, recorded: Recorded, previous: Recorded | None) -> _Landed:
    """Put a commit on the tip, if there is something to write."""
    place = job.place
    beside_user = place.checked_out and place.remote is None and not place.waits
    tips: set[str | None] = set()
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause(attempt))
        history.fetch(job.repo, place)  # the first time too: a run takes long, and others read the site too
        with ExitStack() as stack:
            held = None
            if beside_user and attempt >= _PATIENT:
                held = stack.enter_context(index(job.repo))  # a person commits faster than we do
            seen = _seen(job, held)
            tips.add(seen.waiting if place.waits else seen.history)
            landed = _attempt(job, seen, recorded, previous, held)
        if landed is not None:
            return landed
    raise remotes.contended(place.remote, place.branch, ATTEMPTS, moved=len(tips) > 1)


def _seen(job: RecordJob, held: Index | None) -> Tips:
    """Return the tips, checked; the work tree follows what an earlier run could not or was killed before."""
    repo, place = job.repo, job.place
    seen = history.tips(repo, place)
    history.check_writable(place, seen)
    pulse.check(repo, place, seen.pulse)
    if not place.checked_out or place.waits or held is not None:
        return seen
    moved = catch_up(repo, place.branch, place.directory, seen.local, seen.history)
    return history.tips(repo, place) if moved else seen


def _attempt(
    job: RecordJob, seen: Tips, recorded: Recorded, previous: Recorded | None, held: Index | None
) -> _Landed | None:
    """Make the commit for the tips that are seen, and move the tip; None if another was faster."""
    repo, place, now = job.repo, job.place, recorded.report.run.collected_at
    base = deliver.base(job, seen, now)
    if base.commit != (previous.commit if previous else None):
        previous = load(repo, place, base.commit, seen, job.kind_of)
        recorded = replace(recorded, changed_at=changed_at(previous, recorded))
        recorded = replace(recorded, ledger=job.advance(previous, recorded))
    tip = read_tip(repo, place, base.commit)
    plan = make_plan(job, seen, tip, recorded)
    commit, blobs = None, dict[str, str]()
    if plan.files:
        blobs = _blobs(repo, plan.files)
        commit = _commit(job, tip, plan, blobs, recorded)
    elif not base.delivered:
        return _Landed("unchanged", None, tip.digest, plan.position, base)
    onto = commit or base.commit
    assert onto is not None
    problems = history.advance(repo, place, seen, onto, job.durable, held)
    if problems is None:
        return None
    left = {path: blob for path, blob in tip.blobs.items() if path not in plan.removed}
    return _Landed(plan.reason, commit, layout.digest(left | blobs), plan.position, base, problems)


def _blobs(repo: Repository, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Return the id of each file; the same content in several places is hashed once."""
    ids = {id(data): data for data in contents.values()}
    hashed = {each: blob_id(repo, data) for each, data in ids.items()}
    return {path: hashed[id(data)] for path, data in contents.items()}


def _commit(job: RecordJob, tip: Tip, plan: Plan, blobs: Mapping[str, str], recorded: Recorded) -> str:
    repo, place, made = job.repo, job.place, recorded.report.run
    new = {path: blob for path, blob in blobs.items() if tip.blobs.get(path) != blob}
    contents = {blob: plan.files[path] for path, blob in new.items()}
    store_blobs(repo, contents.values(), job.scratch)
    changes: dict[str, str | None] = {place.path(path): blob for path, blob in new.items()}
    changes |= dict.fromkeys(map(place.path, plan.removed))
    tree = make_tree(repo, tip.commit, changes, job.scratch)
    if plan.reason == "heartbeat":
        message = heartbeat_message(made)
    else:
        message = run_message(recorded.report, changed_findings(tip.state, recorded.report))
    return make_commit(repo, tree, tip.commit, message, made.collected_at, place.signer)


def collect_garbage(repo: Repository) -> None:
    """Let git pack loose objects, as after a commit of its own; replaced pulses are deleted with them."""
    try:
        run(repo, "-c", "gc.autoDetach=false", "-c", "gc.cruftPacks=true", "gc", "--auto", "--quiet")
    except GitError:
        return  # housekeeping is no part of the record: what it could not do today it does another day
