"""Plan the files that a run writes on a tip: all of them, those of its own folder, a heartbeat, or none."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from reconciler.config.settings import Keep
from reconciler.model.kind import KindOf
from reconciler.model.ledger import Ledger
from reconciler.model.recorded import Position, Recorded
from reconciler.record import days, layout, order, pulse
from reconciler.record.change import changed_findings, state
from reconciler.record.command import Repository
from reconciler.record.durable import Durable
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.objects import blob_id, tree_id
from reconciler.record.retention import expired_files
from reconciler.record.run_changes import changes_file, changes_of
from reconciler.record.tip import Tip

Reason = Literal["first", "changed", "heartbeat", "superseded", "unchanged"]

Advance = Callable[[Recorded | None, Recorded], Ledger]
"""Returns the ledger after a run, given the record before it."""


@dataclass(frozen=True, slots=True)
class RecordJob:
    """The inputs that stay the same however often a race is lost."""

    repo: Repository
    place: RecordPlace
    keep: Keep
    markdown: str
    scratch: Path
    durable: Durable
    known: frozenset[str]
    """The runs that could be read before this one began: they are older, whatever their clocks show."""
    kind_of: KindOf
    advance: Advance


@dataclass(frozen=True, slots=True)
class Plan:
    """The files to write and to remove, and the place in the history after that."""

    reason: Reason
    files: Mapping[str, bytes]
    removed: frozenset[str]
    position: Position | None


def make_plan(job: RecordJob, seen: Tips, tip: Tip, recorded: Recorded) -> Plan:
    """Return what to write on top of the tip."""
    live = layout.live_files(recorded)
    ids = {path: blob_id(job.repo, data) for path, data in live.items()}
    before = {path: tip.blobs[path] for path in layout.live_paths(tip.blobs)}
    now, then = recorded.report.run, tip.facts.run if tip.facts else None
    position = tip.facts.position if tip.facts else None
    lost = (now.went_back and now.went_back.serial) or 0
    following, took = order.next_position(position, lost), order.seconds_since(now.collected_at)
    meanwhile = _recorded_meanwhile(job, seen, tip, now.collected_at)
    if then is not None and before == ids and tip.state == state(recorded.report):
        set_back = now.collected_at < then.collected_at and not meanwhile  # a clock that was ahead
        behind = position is None or position.serial < lost  # it could be taken for one that went back
        if now.collected_at.date() <= then.collected_at.date() and not set_back and not behind:
            return Plan("unchanged", {}, frozenset(), position)
        beat = {layout.RUN: layout.run_file(recorded, following, took, live=live_tree(job.repo, ids))}
        if layout.LEDGER not in tip.blobs:  # of a record by an older version
            beat[layout.LEDGER] = layout.ledger_file(recorded)
        beat |= days.to_file(job.repo, seen.pulses, tip, now.collected_at, job.keep)
        removed = frozenset(expired_files(tip.blobs, now.collected_at, job.keep))
        return Plan("heartbeat", beat, removed, following)
    superseded = then is not None and meanwhile
    placed = position if superseded else following
    run_file = layout.run_file(recorded, placed, took, live=live_tree(job.repo, ids))
    written = _written(job, tip, recorded, live, run_file, latest=not superseded)
    if not superseded:
        written |= days.to_file(job.repo, seen.pulses, tip, now.collected_at, job.keep)
    newest = max(then.collected_at, now.collected_at) if then and superseded else now.collected_at
    old = expired_files(tip.blobs, newest, job.keep, now.id)
    gone = old if superseded else old | (before.keys() - live.keys())
    reason: Reason = "superseded" if superseded else "changed" if then else "first"
    return Plan(reason, written, frozenset(gone - written.keys()), placed)


def live_tree(repo: Repository, ids: Mapping[str, str]) -> str:
    """Return the git tree of the rows of a run: path in `latest/live/` → blob id."""
    return tree_id(repo, {path.removeprefix(f"{layout.LATEST}live/"): blob for path, blob in ids.items()})


def _written(
    job: RecordJob, tip: Tip, recorded: Recorded, live: Mapping[str, bytes], run_file: bytes, *, latest: bool
) -> dict[str, bytes]:
    """Return the files of a run: those of its own folder, and those of `latest/`."""
    run_id = recorded.report.run.id
    folder = layout.run_folder(run_id)
    reports = {**layout.report_files(recorded, job.markdown), "run.json": run_file}
    written = {f"{folder}{name}": data for name, data in reports.items()}
    written |= layout.live_of_run(run_id, live)
    before = tip.facts.run.sources if tip.facts else None
    changes = changes_of(recorded.report, changed_findings(tip.state, recorded.report), before)
    written[f"{folder}{layout.CHANGES}"] = changes_file(changes)
    observed = layout.observed_file(recorded)
    if observed is not None:
        written[f"{folder}observed.json"] = observed
    if latest:
        written |= {**live, **{f"{layout.LATEST}{name}": data for name, data in reports.items()}}
        written[layout.CHANGED] = layout.changed_file(recorded)
        written[layout.LEDGER] = layout.ledger_file(recorded)
    return written


def _recorded_meanwhile(job: RecordJob, seen: Tips, tip: Tip, began: datetime) -> bool:
    """Return whether the tip, or a pulse, is of a run after ours, as far as can be known."""
    facts = tip.facts
    if facts is not None and facts.run.id not in job.known and order.may_be_newer(facts.took, began):
        return True
    return any(pulse.is_newer(job.repo, each, job.known, began) for each in seen.pulses)
