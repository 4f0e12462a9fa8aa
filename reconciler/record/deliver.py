"""The runs that waited: put on their branch, in the order of their time.

If others recorded in the meantime, they are made again on top of that: their folders under `runs/` as they
are, `latest/` only from a run that is newer than the tip.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from reconciler.record import layout, order, parsing
from reconciler.record.change import changed_at, moved_keys
from reconciler.record.command import Repository, run
from reconciler.record.commit import make_commit
from reconciler.record.history import Tips
from reconciler.record.objects import make_tree, store_blobs
from reconciler.record.plan import RecordJob
from reconciler.record.reading import load
from reconciler.record.signing import all_signed
from reconciler.record.tip import files, read_tip
from reconciler.record.waiting import commits, has

LONGEST = timedelta(days=7)
"""Runs that waited for longer are not pushed."""


@dataclass(frozen=True, slots=True)
class Base:
    """The commit that the next run is recorded on."""

    commit: str | None
    delivered: int = 0
    """Runs that waited, and are on the branch once this commit is."""
    dropped: int = 0
    """Runs that waited for too long."""


@dataclass(frozen=True, slots=True)
class _Run:
    commit: str
    run_id: str
    moment: datetime
    message: str


def base(job: RecordJob, seen: Tips, now: datetime) -> Base:
    """Return the commit to record on, with the runs that waited below it; none of them is on a branch yet."""
    repo, place = job.repo, job.place
    if seen.waiting is None:
        return Base(seen.history)
    if place.waits:
        return Base(seen.waiting)
    runs = _runs(repo, seen)
    fresh = [each for each in runs if now - each.moment < LONGEST]
    dropped = len(runs) - len(fresh)
    signed = place.signer is None or all_signed(repo, [each.commit for each in runs])
    if not dropped and signed and (seen.history is None or has(repo, seen.waiting, seen.history)):
        return Base(seen.waiting, len(runs))
    commit = seen.history
    facts = read_tip(repo, place, commit).facts
    over = facts is None or facts.run.id in job.known
    for each in sorted(fresh, key=lambda each: each.moment):
        commit = _again(job, seen, commit, each, over=over)
    return Base(commit, len(fresh), dropped)


def _runs(repo: Repository, seen: Tips) -> list[_Run]:
    form = "--format=%H%x00%at%x00%(trailers:key=Drift-Run,valueonly,separator=)%x00%B%x01"
    waiting = commits(repo, seen)
    if not waiting:
        return []
    text = run(repo, "log", "--no-walk=unsorted", "--stdin", form, stdin="\n".join(waiting).encode()).decode(
        "utf-8", "replace"
    )
    parts = (entry.strip("\n").split("\0") for entry in text.split("\x01") if entry.strip())
    return [
        _Run(commit, run_id, datetime.fromtimestamp(int(moment), UTC), f"{message.strip()}\n")
        for commit, moment, run_id, message in parts
        if layout.RUN_ID.fullmatch(run_id)
    ]


def _again(job: RecordJob, seen: Tips, onto: str | None, waited: _Run, *, over: bool) -> str | None:
    """Return a commit on top of `onto` with a run that waited; `over`: a later one may replace `latest/`."""
    repo, place = job.repo, job.place
    own = files(repo, place, waited.commit)
    tip = read_tip(repo, place, onto)
    folder = layout.run_folder(waited.run_id)
    changes: dict[str, str | None] = {path: blob for path, blob in own.items() if path.startswith(folder)}
    theirs = read_tip(repo, place, waited.commit)
    newer = tip.facts is None or (over and waited.moment > tip.facts.run.collected_at)
    if newer and theirs.facts is not None and theirs.facts.run.id == waited.run_id:
        changes |= {
            path: None for path in tip.blobs if path.startswith(layout.LATEST) and layout.is_ours(path)
        }
        changes |= {path: blob for path, blob in own.items() if path.startswith(layout.LATEST)}
        changes |= _restamped(job, seen, onto, waited.commit, tip.facts, theirs.facts)
    if not changes:
        return onto
    tree = make_tree(repo, onto, {place.path(path): blob for path, blob in changes.items()}, job.scratch)
    return make_commit(repo, tree, onto, waited.message, waited.moment, place.signer)


def _restamped(
    job: RecordJob,
    seen: Tips,
    onto: str | None,
    commit: str,
    before: parsing.RunFacts | None,
    facts: parsing.RunFacts,
) -> Mapping[str, str]:
    """Store the files that depend on what was recorded before: path → blob id."""
    without_pulse = replace(seen, pulse=None, waiting_pulse=None)
    current, previous = (load(job.repo, job.place, each, without_pulse) for each in (commit, onto))
    assert current is not None
    current = replace(current, changed_at=changed_at(previous, current), moved=moved_keys(previous, current))
    current = replace(current, ledger=job.advance(previous, current))
    position = order.next_position(before.position if before else None)
    took = order.seconds_since(current.report.run.collected_at)
    contents: Mapping[str, bytes] = {
        layout.RUN: layout.run_file(current, position, took, live=facts.live),
        layout.CHANGED: layout.changed_file(current),
        layout.LEDGER: layout.ledger_file(current),
    }
    ids: Sequence[str] = store_blobs(job.repo, contents.values(), job.scratch)
    return dict(zip(contents, ids, strict=True))
