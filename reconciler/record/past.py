"""Earlier runs as they are published, in a few processes whatever their number; nothing is fetched but blobs.

Only the small files of runs are read: `days/` and the `changes.json` of each. What is damaged or missing is
left out and reported, because nothing else depends on it.
"""

from collections.abc import Mapping

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.model.past import Past
from reconciler.model.run_changes import RunChanges
from reconciler.model.run_entry import RunEntry
from reconciler.record import days, history, layout, tip, waiting
from reconciler.record.blobs import each_blob
from reconciler.record.command import GitError, Repository
from reconciler.record.history import RecordPlace
from reconciler.record.partial import fetch_objects
from reconciler.record.run_changes import parse_changes
from reconciler.text import counted, enumerated

MOST_RUNS = 200
"""So many of the runs that changed something are published."""

_REMEDY = "publishing goes on without; nothing else is affected"


def read_past(repo: Repository, settings: HistorySettings) -> Past:
    """Return the runs of the days that are kept, and the changes of the newest ones that made a commit.

    Uses what the last fetch brought. Raises nothing: what cannot be read is a problem of the answer.
    """
    try:
        return _read(repo, settings)
    except RecordError as error:
        return Past(problems=error.problems)


def _read(repo: Repository, settings: HistorySettings) -> Past:
    place = history.locate(repo, settings, reading=True)
    seen = history.tips(repo, place)
    commit = waiting.newest(repo, place, seen)
    problems: list[Problem] = []
    filed = _files(repo, place, commit, layout.DAYS, problems)
    of_runs = _files(repo, place, commit, layout.RUNS, problems)
    wanted = {path: blob for path, blob in filed.items() if layout.DAY_FILE.fullmatch(path)}
    changes = _changes_files(of_runs)
    fetch_objects(repo, place.remote, [*wanted.values(), *changes.values()])
    contents = dict(each_blob(repo, [*wanted.values(), *changes.values()]))
    runs = _runs(wanted, contents, place, problems)
    for path, entries in days.of_pulses(repo, seen.pulses).items():
        runs[path] = runs.get(path, {}) | entries
    found = _changes(changes, contents, place, problems)
    return Past(days.in_order(runs), found, tuple(problems))


def _files(
    repo: Repository, place: RecordPlace, commit: str | None, folder: str, problems: list[Problem]
) -> Mapping[str, str]:
    """Return the files of a folder of the record; none where the folder cannot be listed."""
    if commit is None:
        return {}
    try:
        return tip.files(repo, place, commit, folder)
    except GitError as error:
        problems.append(
            Problem(place.branch, f"{folder} cannot be listed: {error.problems[0].what}", _REMEDY)
        )
        return {}


def _changes_files(files: Mapping[str, str]) -> dict[str, str]:
    """Return the newest runs with a file of their changes: id → blob."""
    named = {run_id: f"{layout.run_folder(run_id)}{layout.CHANGES}" for run_id in layout.run_ids(files)}
    found = {run_id: files[path] for run_id, path in named.items() if path in files}
    return {run_id: found[run_id] for run_id in sorted(found, reverse=True)[:MOST_RUNS]}


def _runs(
    files: Mapping[str, str],
    contents: Mapping[str, bytes | None],
    place: RecordPlace,
    problems: list[Problem],
) -> dict[str, dict[str, RunEntry]]:
    """Return the rows of the filed days, by file."""
    found = {path: days.parse_day(path, contents.get(blob)) for path, blob in files.items()}
    _note([path for path in files if not found[path]], "day", place, problems)
    return {path: entries for path, entries in found.items() if entries}


def _changes(
    files: Mapping[str, str],
    contents: Mapping[str, bytes | None],
    place: RecordPlace,
    problems: list[Problem],
) -> tuple[RunChanges, ...]:
    found: list[RunChanges] = []
    bad: list[str] = []
    for run_id, blob in files.items():
        try:
            found.append(parse_changes(run_id, contents.get(blob)))
        except ValueError:
            bad.append(run_id)
    _note(bad, "run", place, problems)
    return tuple(found)


def _note(bad: list[str], noun: str, place: RecordPlace, problems: list[Problem]) -> None:
    if bad:
        what = f"the history of {counted(len(bad), noun)} cannot be read: {enumerated(sorted(bad))}"
        problems.append(Problem(place.branch, what, _REMEDY))
