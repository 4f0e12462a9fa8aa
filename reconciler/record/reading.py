"""Read the record: the only memory of a run."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.kind import KindOf
from reconciler.model.recorded import KeyMove, Recorded
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row
from reconciler.record import days, history, layout, parsing, partial, tip, waiting
from reconciler.record.command import GitError, Repository
from reconciler.record.damage import explained
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.last_good import Files
from reconciler.record.objects import read_blobs
from reconciler.record.trusted import no_kinds, trusted
from reconciler.record.trusted import problems as problems_of


def read(
    repo: Repository, settings: HistorySettings, kind_of: KindOf = no_kinds, *, fetch: bool = True
) -> Recorded | None:
    """Return what the last run recorded; None if nothing is recorded yet.

    `kind_of` returns the kinds whose models read the rows; rows of others stay as they are. With
    `history.push` the remote is fetched first, and its branch counts; `fetch=False` uses what the last fetch
    brought. Raises `RecordError` if the remote cannot be reached or the record cannot be read.
    """
    place = history.locate(repo, settings, reading=True)
    if fetch:
        history.fetch(repo, place)
    seen = history.tips(repo, place)
    found = load(repo, place, waiting.newest(repo, place, seen), seen, kind_of)
    return found and replace(found, runs=days.in_order(days.of_pulses(repo, seen.pulses)))


def without_pulse(repo: Repository, settings: HistorySettings) -> Problem | None:
    """Return a problem if the pulse of this history is not here, as after `git clone --single-branch`."""
    place = history.locate(repo, settings, reading=True)
    seen = history.tips(repo, place)
    missing = "times are those of the last commit, and observed values are missing"
    if place.pulse is None:
        return Problem("history.pulse", f"is null: {missing}", "set it to a branch, or publish with `run`")
    if not seen.pulses:
        add = f"git remote set-branches --add {place.remote or 'origin'} {place.pulse} && git fetch"
        return Problem(place.pulse, f"is not in this clone: {missing}", add)
    commit = waiting.newest(repo, place, seen)
    if commit is None:
        return None
    latest = layout.digest(tip.files(repo, place, commit, layout.LATEST))
    pulses = read_blobs(repo, [f"{pulse}:{name}" for pulse in seen.pulses for name in layout.PULSE])
    if _pulse_of(pulses, latest) is not None:
        return None
    remedy = "fetch both branches, or wait for the next run"
    return Problem(place.pulse, f"does not belong to this history: {missing}", remedy)


def load(
    repo: Repository, place: RecordPlace, commit: str | None, seen: Tips, kind_of: KindOf = no_kinds
) -> Recorded | None:
    """Return the record of a commit, with the facts of the pulse that belongs to this very record."""
    if commit is None:
        return None
    partial.complete(repo, place.remote, [commit], place.path(layout.LATEST))
    partial.complete(repo, place.remote, list(seen.pulses))
    try:
        entries = tip.files(repo, place, commit, layout.LATEST)
        if not entries:
            return None
        names, ids = list(entries), list(entries.values())
        of_pulses = [f"{pulse}:{name}" for pulse in seen.pulses for name in layout.PULSE]
        others = [f"{tip}:{place.path(layout.RUN)}" for tip in seen.histories if tip != commit]
        contents = _contents(repo, ids, of_pulses + others)
    except GitError as error:
        raise explained(repo, place.remote, error) from error
    files = Files(repo, place, commit, entries, dict(zip(names, contents, strict=False)))
    facts = files.parse(layout.RUN, parsing.parse_run)
    report = files.parse(layout.REPORT, lambda path, data: parsing.parse_drift(path, data, facts))
    changed, moved = files.parse_or_leave(
        layout.CHANGED, _changed, (dict[Key, datetime](), dict[Key, KeyMove]())
    )
    position, known = facts.position, {facts.run.id, *_run_ids(contents[len(ids) :])}
    observed: Mapping[Key, Row] = {}
    if parsed := _pulse_of(contents[len(ids) : len(ids) + len(of_pulses)], layout.digest(entries)):
        facts, report, observed = parsed
    if position and commit == seen.waiting:
        position = replace(position, pushed=False)
    rows = trusted(_live(files, names), observed, kind_of)
    files.problems.extend(problems_of(rows.bad, lambda path: f"{place.branch}: {place.path(path)}"))
    return Recorded(
        report=report,
        inventory=Inventory(facts.run, facts.scopes, rows.config, rows.observed, facts.as_of),
        changed_at=changed,
        moved=moved,
        ledger=tip.read_ledger(files, facts),
        commit=commit,
        position=position,
        known=frozenset(known),
        problems=tuple(files.problems),
    )


def _changed(path: str, data: bytes | None) -> tuple[dict[Key, datetime], dict[Key, KeyMove]]:
    """Return both parts of `changed.json`; raises `ValueError` as `path: what is wrong`."""
    return parsing.parse_changed(path, data), parsing.parse_moved(path, data)


def _live(files: Files, names: Iterable[str]) -> dict[Key, Row]:
    """Return the rows of the files of `latest/live/`."""
    rows: dict[Key, Row] = {}
    for path in sorted(layout.live_paths(names)):
        rows |= files.parse_or_leave(path, parsing.parse_live, dict[Key, Row]())
    return rows


def _contents(repo: Repository, needed: list[str], more: list[str]) -> list[bytes | None]:
    """Return the contents of objects; those of `more` may be damaged, and are then left out."""
    try:
        return read_blobs(repo, needed + more)
    except GitError:
        return [*read_blobs(repo, needed), *(None for _ in more)]


def _run_ids(contents: Iterable[bytes | None]) -> Iterator[str]:
    """Yield the ids of the runs whose `run.json` is among these files."""
    for data in contents:
        with suppress(ValueError):
            yield parsing.parse_run(layout.RUN, data).run.id


_Pulse = tuple[parsing.RunFacts, DriftReport, Mapping[Key, Row]]


def _pulse_of(contents: Sequence[bytes | None], latest: str) -> _Pulse | None:
    """Return the newest of the pulses that belong to a `latest/`; their files follow each other."""
    size = len(layout.PULSE)
    each = (_parse_pulse(contents[at : at + size], latest) for at in range(0, len(contents), size))
    return max(filter(None, each), key=lambda pulse: pulse[0].run.collected_at, default=None)


def _parse_pulse(contents: Sequence[bytes | None], latest: str) -> _Pulse | None:
    """Return facts, report and observed rows of a pulse; None if it is damaged or of another `latest/`.

    A run that was killed between the two, or whose pulse was refused, leaves the pulse of the run before:
    what that run observed does not belong to this record. The next run makes a new one.
    """
    if not contents or contents[0] is None:
        return None
    try:
        facts = parsing.parse_run(layout.PULSE_RUN, contents[0])
        if facts.latest != latest:
            return None
        report = parsing.parse_drift(layout.PULSE_REPORT, contents[1], facts)
        return facts, report, parsing.parse_observed(layout.PULSE_OBSERVED, contents[2])
    except ValueError:
        return None
