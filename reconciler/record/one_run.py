"""The snapshot of a recorded run, in one piece: from its folder, or from the history once that is thinned."""

from collections.abc import Iterator, Mapping

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row
from reconciler.record import history, layout, parsing, tip, waiting
from reconciler.record.command import GitError, Repository, run
from reconciler.record.damage import explained, is_damage
from reconciler.record.history import RecordPlace
from reconciler.record.objects import list_tree, read_blobs
from reconciler.record.reading import load
from reconciler.record.trusted import no_kinds, trusted
from reconciler.text import visible


def read_run(repo: Repository, settings: HistorySettings, run_id: str, *, fetch: bool = False) -> bytes:
    """Return the snapshot of a recorded run, as `collect --output` writes it; `latest` is the last one.

    A run that retention has removed from the tree is searched for in the history. Raises `RecordError` if
    there is no such run, or if it cannot be read.
    """
    place = history.locate(repo, settings, reading=True)
    if fetch:
        history.fetch(repo, place)
    seen = history.tips(repo, place)
    newest = waiting.newest(repo, place, seen)
    if run_id == "latest":
        recorded = load(repo, place, newest, seen)
        if recorded is None:
            raise _no_run(run_id, f"nothing is recorded on {place.branch} yet")
        return layout.snapshot_file(recorded.inventory)
    try:
        folder = layout.run_folder(run_id)
    except ValueError as error:
        raise _no_run(
            run_id, "is not a run id; write one such as 20261123T210500Z-3fa9c1, or latest"
        ) from error
    try:
        for commit in _commits_with(repo, newest, place.path(folder)):
            found = _snapshot(repo, place, commit, folder)
            if found is not None:
                return found
    except GitError as error:
        raise _explained(repo, place, run_id, error) from error
    except ValueError as error:
        raise RecordError(Problem(f"{place.branch}: {run_id}", str(error))) from error
    raise _no_run(run_id, f"is not recorded on {place.branch}{_partly(repo)}")


def _snapshot(repo: Repository, place: RecordPlace, commit: str, folder: str) -> bytes | None:
    """Return the snapshot of a run whose folder is in a commit; None if it is not, or has no rows there."""
    blobs = tip.files(repo, place, commit, folder)
    in_one = blobs.get(f"{folder}live.json")
    if in_one is not None:  # by an older version
        return read_blobs(repo, [in_one])[0]
    named = {name: blobs.get(f"{folder}{name}", "missing") for name in ("run.json", "observed.json")}
    run_file, observed_file = read_blobs(repo, list(named.values()))
    if run_file is None:
        return None
    facts = parsing.parse_run(f"{folder}run.json", run_file)
    inside = f"{folder}live/"
    live = {path.removeprefix(inside): blob for path, blob in blobs.items() if path.startswith(inside)}
    if not live and facts.live is not None:
        live = {path: entry.id for path, entry in list_tree(repo, facts.live, "").items()}
    config = dict(_rows(repo, {f"{inside}{path}": blob for path, blob in live.items()}))
    observed: Mapping[Key, Row] = {}
    if observed_file is not None:
        observed = parsing.parse_observed(f"{folder}observed.json", observed_file)
    for key, why in trusted(config, observed, no_kinds).bad.items():
        message = f"{inside}{key.source}/{key.kind}.json: row {visible(key.id, 60)}: {why}"
        raise ValueError(message)
    return layout.snapshot_file(Inventory(facts.run, facts.scopes, config, observed, facts.as_of))


def _rows(repo: Repository, live: Mapping[str, str]) -> Iterator[tuple[Key, Row]]:
    """Yield the rows in the files of a run: path in the layout → blob id."""
    paths = sorted(path for path in live if layout.place_of(path))
    for path, data in zip(paths, read_blobs(repo, [live[path] for path in paths]), strict=True):
        yield from parsing.parse_live(path, data).items()


def _commits_with(repo: Repository, newest: str | None, folder: str) -> Iterator[str]:
    """Yield the tip, then the commit that added the folder of a run."""
    if newest is None:
        return
    yield newest
    try:
        added = (
            run(repo, "log", "-1", "--diff-filter=A", "--format=%H", newest, "--", folder).decode().split()
        )
    except GitError:
        return  # a shallow or partial clone has no more than its tip
    yield from added


def _partly(repo: Repository) -> str:
    return ", as far as this shallow clone goes (git fetch --unshallow)" if repo.shallow else ""


def _explained(repo: Repository, place: RecordPlace, run_id: str, error: GitError) -> RecordError:
    """Return the error for a run whose rows cannot be read: a shallow clone does not have the older ones."""
    if repo.shallow and is_damage(error):
        remote = place.remote or "origin"
        what = "is recorded, but this shallow clone does not have its rows"
        return RecordError(Problem(run_id, what, f"git fetch --unshallow {remote} {place.branch}"))
    return explained(repo, place.remote, error)


def _no_run(run_id: str, what: str) -> RecordError:
    return RecordError(Problem(run_id[:40], what, "`reconciler history` lists the runs"))
