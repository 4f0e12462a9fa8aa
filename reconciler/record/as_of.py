"""The record at a time: of a run, of a date, of a commit or a branch."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.model.kind import KindOf
from reconciler.model.recorded import Recorded
from reconciler.record import history, layout, waiting
from reconciler.record.command import GitError, Repository, run
from reconciler.record.commits import Log, RecordCommit, log
from reconciler.record.days import read_runs
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.reading import load
from reconciler.record.trusted import no_kinds
from reconciler.text import enumerated, visible

RUN_PREFIX = re.compile(r"\d{8}T[0-9]{0,6}Z?-?[0-9a-f]{0,6}")
"""A run id, or the beginning of one: the day at least."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class OpenRecord:
    """A record that can be asked: where it is, and its tips."""

    repo: Repository
    place: RecordPlace
    seen: Tips

    @property
    def newest(self) -> str | None:
        """The commit of the run that is recorded last, whether it waits to be pushed or not."""
        return waiting.newest(self.repo, self.place, self.seen)

    @property
    def tips(self) -> tuple[str, ...]:
        """The commits from which the whole history can be reached."""
        return tuple(dict.fromkeys(self.seen.histories))

    def log(self, paths: Sequence[str]) -> Log:
        """Return the commits that changed one of some files or folders, newest first."""
        return log(self.repo, self.place, self.tips, paths)


@dataclass(frozen=True, slots=True)
class AsOf:
    """A commit of the record, as the answer to a time."""

    commit: RecordCommit
    until: datetime | None
    """When the next run was recorded; None for the last one."""
    problems: tuple[Problem, ...] = ()


def open_record(repo: Repository, settings: HistorySettings, *, fetch: bool = True) -> OpenRecord:
    """Return the record of a repository; raises `RecordError` if nothing is recorded yet.

    `fetch`: from the remote first, where there is one; raises `RemoteError` if it cannot be reached.
    """
    place = history.locate(repo, settings, reading=True)
    if fetch:
        history.fetch(repo, place)
    opened = OpenRecord(repo, place, history.tips(repo, place))
    newest = opened.newest
    if newest is None or not _has_record(opened, newest):
        what = f"nothing is recorded on {place.branch} yet"
        raise RecordError(Problem(str(repo.root), what, "run `reconciler run`, or git fetch the branch"))
    return opened


def load_at(opened: OpenRecord, commit: str, kind_of: KindOf = no_kinds) -> Recorded:
    """Return the record of a commit, with observed values only where the pulse belongs to it."""
    found = load(opened.repo, opened.place, commit, opened.seen, kind_of)
    if found is None:
        what = "has no record"
        raise RecordError(Problem(commit[:12], what, f"name a commit of {opened.place.branch}"))
    return found


def as_of(opened: OpenRecord, when: datetime | str | None) -> AsOf:
    """Return the record at a time; None: the last one. A text is a run id or its beginning, or a git ref.

    Of the history, a ref is the record in it; of any other branch, the record at the time of its commit.
    Raises `RecordError` where there is none.
    """
    found = opened.log([layout.RUN])
    commits = found.commits
    if when is None:
        return _answer(found, next((each for each in commits if each.id == opened.newest), commits[0]))
    if isinstance(when, str):
        if RUN_PREFIX.fullmatch(when):
            return _answer(found, run_commit(opened, commits, when))
        of_ref = _of_ref(opened, found, when)
        if isinstance(of_ref, AsOf):
            return of_ref
        when = of_ref
    moment = when
    recorded = next((each for each in commits if each.at <= moment), None)
    if recorded is None:
        raise _too_early(opened, found, moment)
    return _answer(found, recorded)


def run_commit(opened: OpenRecord, commits: Sequence[RecordCommit], run_id: str) -> RecordCommit:
    """Return the commit of a run, by its id or the beginning of it; raises `RecordError`."""
    named = {each.run: each for each in reversed(commits) if each.run and each.run.startswith(run_id)}
    if len(named) == 1:
        return next(iter(named.values()))
    if named:
        what = f"is the beginning of {len(named)} runs: {enumerated(sorted(named), _MOST_NAMED)}"
        raise RecordError(Problem(run_id, what, "write more of it"))
    what = f"is not a run that made a commit on {opened.place.branch}"
    raise RecordError(Problem(run_id, what, "`reconciler history` lists the runs"))


def whole_run_id(repo: Repository, settings: HistorySettings, run_id: str) -> str:
    """Return the id of the recorded run that begins with a text; raises `RecordError` if it is not one."""
    if layout.RUN_ID.fullmatch(run_id):
        return run_id
    opened = open_record(repo, settings, fetch=False)
    found = log(repo, opened.place, opened.tips, [""], files=False)
    if not any(each.run and each.run.startswith(run_id) for each in found.commits):
        others = [entry.id for entry in read_runs(repo, settings) if entry.id.startswith(run_id)]
        if len(others) == 1:
            return others[0]
    commit = run_commit(opened, found.commits, run_id)
    assert commit.run is not None
    return commit.run


def run_with_rows(repo: Repository, settings: HistorySettings, run_id: str) -> str:
    """Return the id of the run whose record has the rows of a run, by its id or the beginning of it.

    Of a run that changed nothing, that is the run before it. Raises `RecordError` for an unknown beginning.
    """
    run_id = whole_run_id(repo, settings, run_id)
    at = next((entry.at for entry in read_runs(repo, settings) if entry.id == run_id), None)
    found = open_record(repo, settings, fetch=False).log([""])
    if at is None or any(each.run == run_id for each in found.commits):
        return run_id
    return next((each.run for each in found.commits if each.run and each.at <= at), run_id)


def _answer(found: Log, commit: RecordCommit) -> AsOf:
    at = found.commits.index(commit)
    return AsOf(commit, found.commits[at - 1].at if at else None, found.problems)


def _of_ref(opened: OpenRecord, found: Log, name: str) -> AsOf | datetime:
    """Return the record in a commit of the history, or the time of any other commit."""
    identity = commit_of(opened.repo, name)
    for each in found.commits:
        if each.id == identity:
            return _answer(found, each)
    if opened.place.checked_out or not _has_record(opened, identity):
        return _time_of(opened.repo, identity)
    within = log(opened.repo, opened.place, [identity], [layout.RUN])
    if not within.commits:
        return _time_of(opened.repo, identity)
    last = within.commits[0]
    later = [each.id for each in found.commits]
    after = later.index(last.id) if last.id in later else 0
    return AsOf(last, found.commits[after - 1].at if after else None, within.problems)


def commit_of(repo: Repository, name: str) -> str:
    """Return the commit that a branch, a tag or an id leads to; raises `RecordError` if there is none."""
    try:
        output = run(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    except GitError as error:
        what = "is neither a date, nor a run, nor a branch, tag or commit of this repository"
        remedy = "write 2026-11-24, 2026-11-24 13:00, the id of a run, or a git ref; or fetch it"
        raise RecordError(Problem(visible(name, 100), what, remedy)) from error
    return output.decode().strip()


def _has_record(opened: OpenRecord, commit: str) -> bool:
    try:
        run(opened.repo, "cat-file", "-e", f"{commit}:{opened.place.path(layout.RUN)}")
    except GitError:
        return False
    return True


def _time_of(repo: Repository, commit: str) -> datetime:
    seconds = run(repo, "log", "-1", "--no-show-signature", "--format=%ct", commit).decode().strip()
    return datetime.fromtimestamp(int(seconds), UTC)


def _too_early(opened: OpenRecord, found: Log, moment: datetime) -> RecordError:
    first = min(each.at for each in found.commits)
    form = "%Y-%m-%d %H:%M" if first - moment >= timedelta(minutes=1) else "%Y-%m-%d %H:%M:%S"
    what = f"is before the first record that is here, of {first:{form}} UTC"
    remedy = "; ".join(problem.remedy for problem in found.problems) or "name a later time"
    return RecordError(Problem(f"{moment.astimezone(UTC):{form}} UTC", what, remedy))
