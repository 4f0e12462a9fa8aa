"""Read the record: the only memory of a run."""

from collections.abc import Mapping, Sequence

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row
from reconciler.record import history, layout
from reconciler.record.command import GitError, Repository, run
from reconciler.record.history import RecordPlace
from reconciler.record.objects import list_tree, read_blobs

_UPGRADE = "upgrade reconciler here, or move that branch aside to start a new history"
_REVERT = "revert the commit that changed it, or move that branch aside to start a new history"


def read(repo: Repository, settings: HistorySettings, *, fetch: bool = True) -> Recorded | None:
    """Return what the last run recorded; None if nothing is recorded yet.

    With `history.push` the remote is fetched first, and its branch counts; `fetch=False` uses what the last
    fetch brought. Raises `RecordError` if the remote cannot be reached or the record cannot be read.
    """
    place = history.locate(repo, settings, reading=True)
    if fetch:
        history.fetch(repo, place)
    seen = history.tips(repo, place)
    return load(repo, place, seen.history, seen.pulse)


def without_pulse(repo: Repository, settings: HistorySettings) -> Problem | None:
    """Return a problem if the pulse of this history is not here, as after `git clone --single-branch`."""
    place = history.locate(repo, settings, reading=True)
    seen = history.tips(repo, place)
    missing = "times are those of the last commit, and observed values are missing"
    if place.pulse is None:
        return Problem("history.pulse", f"is null: {missing}", "set it to a branch, or publish with `run`")
    if seen.pulse is None:
        add = f"git remote set-branches --add {place.remote or 'origin'} {place.pulse} && git fetch"
        return Problem(place.pulse, f"is not in this clone: {missing}", add)
    if seen.history is None:
        return None
    latest = layout.digest(_latest(repo, place, seen.history))
    pulse = read_blobs(repo, [f"{seen.pulse}:{name}" for name in layout.PULSE])
    if _parse_pulse(pulse, latest) is not None:
        return None
    remedy = "fetch both branches, or wait for the next run"
    return Problem(place.pulse, f"does not belong to this history: {missing}", remedy)


def load(repo: Repository, place: RecordPlace, commit: str | None, pulse: str | None) -> Recorded | None:
    """Return the record of a commit, with the facts of the pulse if it belongs to this very record."""
    if commit is None:
        return None
    entries = _latest(repo, place, commit)
    if not entries:
        return None
    names, ids = list(entries), list(entries.values())
    of_pulse = [f"{pulse}:{name}" for name in layout.PULSE] if pulse else []
    contents = read_blobs(repo, ids + of_pulse)
    latest = dict(zip(names, contents, strict=False))
    try:
        facts = layout.parse_run(layout.RUN, latest.get(layout.RUN))
        report = layout.parse_drift(layout.REPORT, latest.get(layout.REPORT), facts)
        changed = layout.parse_changed(layout.CHANGED, latest.get(layout.CHANGED))
        config = layout.parse_live({path: latest[path] for path in sorted(layout.live_paths(names))})
    except ValueError as error:
        raise unreadable(place.branch, commit, place.path(str(error))) from error
    observed: Mapping[Key, Row] = {}
    if parsed := _parse_pulse(contents[len(ids) :], layout.digest(entries)):
        facts, report, observed = parsed
    return Recorded(
        report=report,
        inventory=Inventory(facts.run, facts.scopes, config, observed, facts.as_of),
        changed_at=changed,
        commit=commit,
    )


def _latest(repo: Repository, place: RecordPlace, commit: str) -> dict[str, str]:
    """Return the files of `latest/` in a commit: path in the layout → blob id."""
    entries = list_tree(repo, commit, place.path(layout.LATEST))
    return {path.removeprefix(place.path("")): entry.id for path, entry in entries.items()}


def _parse_pulse(
    contents: Sequence[bytes | None], latest: str
) -> tuple[layout.RunFacts, DriftReport, Mapping[Key, Row]] | None:
    """Return facts, report and observed rows of a pulse; None if it is damaged or of another `latest/`.

    A run that was killed between the two, or whose pulse was refused, leaves the pulse of the run before:
    what that run observed does not belong to this record. The next run makes a new one.
    """
    if not contents or contents[0] is None:
        return None
    try:
        facts = layout.parse_run(layout.PULSE_RUN, contents[0])
        if facts.latest != latest:
            return None
        report = layout.parse_drift(layout.PULSE_REPORT, contents[1], facts)
        return facts, report, layout.parse_observed(layout.PULSE_OBSERVED, contents[2])
    except ValueError:
        return None


def read_run(repo: Repository, settings: HistorySettings, run_id: str, *, fetch: bool = False) -> bytes:
    """Return the snapshot of a recorded run, as `collect --output` writes it; `latest` is the last one.

    A run that retention has removed from the tree is searched for in the history. Raises `RecordError` if
    there is no such run.
    """
    place = history.locate(repo, settings, reading=True)
    if fetch:
        history.fetch(repo, place)
    seen = history.tips(repo, place)
    if run_id == "latest":
        recorded = load(repo, place, seen.history, seen.pulse)
        if recorded is None:
            raise _no_run(run_id, f"nothing is recorded on {place.branch} yet")
        return layout.snapshot_file(recorded)
    try:
        path = place.path(f"{layout.run_folder(run_id)}live.json")
    except ValueError as error:
        raise _no_run(
            run_id, "is not a run id; write one such as 20261123T210500Z-3fa9c1, or latest"
        ) from error
    for commit in _commits_with(repo, seen.history, path):
        (data,) = read_blobs(repo, [f"{commit}:{path}"])
        if data is not None:
            return data
    raise _no_run(run_id, f"is not recorded on {place.branch}")


def _commits_with(repo: Repository, tip: str | None, path: str) -> list[str]:
    if tip is None:
        return []
    try:
        added = run(repo, "log", "-1", "--diff-filter=A", "--format=%H", tip, "--", path).decode().split()
    except GitError:
        added = []  # a shallow or partial clone has no more than its tip
    return [tip, *added]


def _no_run(run_id: str, what: str) -> RecordError:
    return RecordError(Problem(run_id[:40], what, f"see {layout.RUNS} for the recorded runs"))


def unreadable(branch: str, commit: str, what: str) -> RecordError:
    """Return the error for a record that does not have the form in which we write it."""
    remedy = _UPGRADE if "schema_version" in what else _REVERT
    return RecordError(Problem(f"{branch} at {commit[:12]}", what, remedy))
