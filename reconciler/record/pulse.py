"""The pulse: one commit without parents that every run replaces.

It shows that the last run happened, and holds what is not worth keeping in history: the clocks, observed
values and the texts of the report. Its ref is the only one that is ever force-pushed; it has no reflog, so
that git can delete replaced pulses.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.model.recorded import Position, Recorded
from reconciler.model.run_entry import RunEntry
from reconciler.record import alarm_states, days, history, layout, order, parsing, refs
from reconciler.record import remote as remotes
from reconciler.record.command import GitError, Repository
from reconciler.record.commit import make_commit, pulse_message
from reconciler.record.damage import drop, drop_damaged, is_damage
from reconciler.record.durable import Durable
from reconciler.record.history import RecordPlace
from reconciler.record.jitter import ATTEMPTS, pause
from reconciler.record.objects import list_tree, make_tree, read_blobs, store_blobs
from reconciler.record.signing import Signer


@dataclass(frozen=True, slots=True)
class Pulse:
    """A run that is to become the pulse, and the history that it belongs to."""

    repo: Repository
    recorded: Recorded
    latest: str
    """The digest of the history's `latest/`."""
    position: Position
    scratch: Path
    durable: Durable
    known: frozenset[str]
    """The runs that could be read before this one began."""


def replace(made: Pulse, place: RecordPlace) -> tuple[RunEntry, ...] | None:
    """Make a run the pulse; return the rows of runs in it, or None if one of a later run stays.

    Raises `RemoteError` if the remote refuses it.
    """
    repo, began = made.repo, made.recorded.report.run.collected_at
    commit: str | None = None
    joined: tuple[str, ...] = ()
    runs: tuple[RunEntry, ...] = ()
    pulses: set[str | None] = set()
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause(attempt))
            history.fetch(repo, place)
        seen = history.tips(repo, place)
        check(repo, place, seen.pulse)
        if any(is_newer(repo, each, made.known, began) for each in seen.pulses):
            return None
        if seen.replaced_pulse and commit is None:
            _drop_damaged(repo, seen.replaced_pulse)
        pulses.add(seen.waiting_pulse if place.waits else seen.replaced_pulse)
        if commit is None or joined != seen.pulses:
            (commit, runs), joined = _make(made, seen.pulses, place.signer), seen.pulses
        if move(repo, made.durable, place, seen, commit):
            return runs
    raise remotes.contended(place.remote, str(place.pulse), ATTEMPTS, moved=len(pulses) > 1)


def check(repo: Repository, place: RecordPlace, commit: str | None) -> None:
    """Raise `RecordError` if the branch of the pulse has other content, which a run would replace."""
    if commit is not None and not _is_pulse(repo, commit):
        what = f"has no {layout.PULSE_RUN}, so it is not a pulse, and a run would replace its content"
        remedy = "name a branch that nothing else uses"
        raise RecordError(Problem(f"history.pulse: {place.pulse}", what, remedy))


def _is_pulse(repo: Repository, commit: str) -> bool:
    """Return whether a commit has the files of a pulse, or is damaged."""
    try:
        return layout.PULSE_RUN in list_tree(repo, commit, "")
    except GitError:
        return True


def _drop_damaged(repo: Repository, commit: str) -> None:
    """Remove what is damaged of a pulse, so that the next one can have the same objects and git can push."""
    try:
        files = list_tree(repo, commit, "")
    except GitError as error:
        if is_damage(error):
            drop(repo, commit)
        return
    drop_damaged(repo, [entry.id for entry in files.values()])


def is_newer(repo: Repository, commit: str, known: frozenset[str], began: datetime) -> bool:
    """Return whether a pulse may be of a run that began after ours, and was not there before it."""
    try:
        (data,) = read_blobs(repo, [f"{commit}:{layout.PULSE_RUN}"])
        theirs = parsing.parse_run(layout.PULSE_RUN, data)
    except (ValueError, GitError):
        return False  # whatever is wrong with it, this run replaces it
    return theirs.run.id not in known and order.may_be_newer(theirs.took, began)


def _make(made: Pulse, pulses: Iterable[str], by: Signer | None) -> tuple[str, tuple[RunEntry, ...]]:
    """Make the commit of the pulse, with the rows of runs that other pulses have; return those too."""
    took = order.seconds_since(made.recorded.report.run.collected_at)
    facts = made.recorded.report.run
    entry = days.entry_of_run(made.recorded, took)
    runs = days.with_run(days.of_pulses(made.repo, pulses), entry, facts.collected_at)
    contents = layout.pulse_files(made.recorded, made.latest, made.position, took)
    contents |= {path: days.day_file(entries) for path, entries in runs.items()}
    if sent := alarm_states.of_pulses(made.repo, pulses):
        contents[layout.PULSE_ALARMS] = alarm_states.document(sent)
    ids = store_blobs(made.repo, contents.values(), made.scratch)
    tree = make_tree(made.repo, None, dict(zip(contents, ids, strict=True)), made.scratch)
    commit = make_commit(made.repo, tree, None, pulse_message(facts), facts.collected_at, by)
    return commit, days.in_order(runs)


def move(repo: Repository, durable: Durable, place: RecordPlace, seen: history.Tips, commit: str) -> bool:
    """Make a commit the pulse; return False if the pulse is no longer the one in `seen`."""
    assert place.pulse is not None
    durable.sync_objects()
    waiting = refs.waiting(place.pulse)
    if place.waits:
        moved = refs.move(repo, {waiting: (commit, seen.waiting_pulse)})
    else:
        changes: dict[str, refs.Move] = {}
        if seen.waiting_pulse:
            changes[waiting] = (None, seen.waiting_pulse)
        if place.remote is None:
            moved = refs.move(repo, changes | {refs.local(place.pulse): (commit, seen.replaced_pulse)})
        elif remotes.replace(repo, place.remote, commit, place.pulse, seen.replaced_pulse):
            moved = refs.move(repo, changes | {remotes.tracking(place.remote, place.pulse): (commit, "")})
        else:
            return False
    durable.sync_refs()
    return moved
