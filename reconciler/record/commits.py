"""The commits of the record, newest first: one `git log` for all of them, whatever is asked about.

Older ones may be missing: a clone has only a part of the history, or an object is damaged. What can be read
is returned, with the problem and its remedy.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from reconciler.errors import Problem
from reconciler.model.value import moment
from reconciler.record import layout, partial
from reconciler.record.command import GitError, Repository, run
from reconciler.record.damage import explained
from reconciler.record.history import RecordPlace
from reconciler.text import counted

_MARK, _GAP = "\x01", "\x02"
_TRAILERS = ("Drift-Run", "Desired-Commit", "Collector-Version")
_FORM = _GAP.join(
    [
        f"{_MARK}%H",
        "%P",
        "%at",
        "%ct",
        "%f",
        *(f"%(trailers:key={name},valueonly,unfold,separator=%x2C)" for name in _TRAILERS),
        "%an",
    ]
)
_LOG = (
    *("-c", "log.showRoot=true"),
    "log",
    *("--date-order", "--no-color", "--no-notes", "--no-show-signature", "--no-mailmap"),
    f"--format=tformat:{_FORM}",
)
_WITH_FILES = ("--raw", "--no-abbrev", "--no-renames", "--no-relative", "--diff-merges=first-parent")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_RAW = re.compile(r":\d{6} (\d{6}) ([0-9a-f]+) ([0-9a-f]+) [A-Z]\d*\t(.+)")
_FILES = frozenset({"100644", "100755", "000000"})
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SUBJECTS = ("--no-walk=unsorted", "--no-patch", "--no-color", "--no-show-signature", "--no-mailmap")

Blob = str | None
"""The id of a file; None where there is none."""


@dataclass(frozen=True, slots=True)
class RecordCommit:
    """A commit of the history, and the files among those asked about that it changed."""

    id: str
    at: datetime
    """When the run read the site; of a commit by hand, when it was made."""
    run: str | None
    """The id of the run; None where a person made the commit."""
    desired: str | None
    """The commit of the desired state that the run compared with."""
    version: str | None
    author: str
    """Untrusted text."""
    is_heartbeat: bool = False
    files: Mapping[str, tuple[Blob, Blob]] = field(default_factory=dict)
    """Path in the layout → the file before and after."""
    cut: bool = False
    """It is the oldest in a shallow clone: what was before it is not known."""

    def blob(self, path: str) -> Blob:
        """Return the id of a file after the commit."""
        return self.files[path][1]


@dataclass(frozen=True, slots=True)
class Log:
    """The commits that can be read, and why there may be older ones."""

    commits: tuple[RecordCommit, ...]
    problems: tuple[Problem, ...] = ()


def log(
    repo: Repository, place: RecordPlace, tips: Sequence[str], paths: Sequence[str], *, files: bool = True
) -> Log:
    """Return the commits up to some tips that changed one of the files or folders, newest first.

    Paths are those of the layout; in the order of recording, whatever the clocks show. `files`: with the
    files that each changed.
    """
    if not tips:
        return Log(())
    problems: list[Problem] = []
    full = [place.path(path) for path in paths]
    try:
        output = run(repo, *_LOG, *(_WITH_FILES if files else ()), *tips, "--", *full)
    except GitError as error:
        output = error.output
        found = explained(repo, place.remote, error).problems[0]
        problems.append(Problem(found.subject, f"older history cannot be read: {found.what}", found.remedy))
    cuts = _cuts(repo)
    parsed = _parsed(output.decode("utf-8", "replace"), place.path(""), cuts)
    commits = tuple(each for each in parsed if each.files or not files)  # not merges that changed nothing
    if cuts and not problems and _is_cut(repo, tips, cuts):
        problems.append(_shallow(place))
    return Log(commits, tuple(problems))


def _parsed(text: str, prefix: str, cuts: frozenset[str]) -> Iterator[RecordCommit]:
    for entry in text.split(f"\n{_MARK}") if text else ():
        head, *lines = entry.removeprefix(_MARK).split("\n")
        parts = head.split(_GAP, 8)
        if len(parts) != 9 or not _COMMIT.fullmatch(parts[0]):
            continue  # the last one, where git was interrupted
        identity, _, made, committed, subject, run_id, desired, version, author = parts
        yield RecordCommit(
            id=identity,
            at=_moment(made, committed),
            run=run_id if layout.RUN_ID.fullmatch(run_id) else None,
            desired=desired if _COMMIT.fullmatch(desired) else None,
            version=version or None,
            author=author,
            is_heartbeat=subject.startswith("heartbeat-"),
            files=dict(_files(lines, prefix)),
            cut=identity in cuts,
        )


def _files(lines: Iterable[str], prefix: str) -> Iterator[tuple[str, tuple[Blob, Blob]]]:
    """Yield the files of a commit; a link or a submodule in the place of one is none."""
    for line in lines:
        if match := _RAW.fullmatch(line):
            mode, before, after, path = match.groups()
            new = after if mode in _FILES and after.strip("0") else None
            yield path.removeprefix(prefix), (before if before.strip("0") else None, new)


def _moment(*texts: str) -> datetime:
    """Return the first of some times that a run can have been at."""
    for text in texts:
        try:
            found = moment(int(text))
        except (ValueError, OverflowError, OSError):
            continue
        if layout.is_sensible(found):
            return found
    return _EPOCH


def _cuts(repo: Repository) -> frozenset[str]:
    """Return the oldest commits of a shallow clone."""
    try:
        text = (repo.common_dir / "shallow").read_text("ascii", "replace")
    except OSError:
        return frozenset()
    return frozenset(text.split())


def _is_cut(repo: Repository, tips: Sequence[str], cuts: frozenset[str]) -> bool:
    """Return whether some tips lead to a commit whose parents are not in this clone."""
    try:
        roots = run(repo, "rev-list", "--max-parents=0", *tips).decode().split()
    except GitError:
        return True
    return not cuts.isdisjoint(roots)


def _shallow(place: RecordPlace) -> Problem:
    what = "older history is not in this clone, which is shallow"
    return Problem(place.branch, what, f"git fetch --unshallow {place.remote or 'origin'} {place.branch}")


def fetch_missing(repo: Repository, place: RecordPlace, found: Log, paths: Sequence[str]) -> Log:
    """Fetch the files of some commits that a clone with a filter left out: all at once, not one by one.

    Returns the log with a problem where that fails.
    """
    if not found.commits:
        return found
    try:
        partial.complete_history(
            repo, place.remote, found.commits[0].id, [place.path(each) for each in paths]
        )
    except GitError as error:
        what = f"older history is not in this clone, and could not be fetched: {error.problems[0].what}"
        remedy = f"git fetch --refetch --no-filter {place.remote or 'origin'}"
        return Log(found.commits, (*found.problems, Problem(place.branch, what, remedy)))
    return found


def unreadable(place: RecordPlace, count: int) -> Problem:
    """Return the problem of versions of a file that are damaged, or are not what a run writes."""
    what = (
        f"{counted(count, 'version')} could not be read, and what changed in between is shown as one change"
    )
    remote = place.remote or "origin"
    return Problem(
        place.branch, what, f"clone the repository again from {remote}; `git fsck` lists the damage"
    )


def subjects(repo: Repository, ids: Iterable[str]) -> dict[str, tuple[str, str]]:
    """Return the subject and the author of commits, of those that are in this clone; untrusted texts."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    form = f"--format=tformat:%H{_GAP}%an{_GAP}%s"
    names = "".join(f"{each}\n" for each in wanted).encode()
    try:
        output = run(repo, "log", *_SUBJECTS, form, "--ignore-missing", "--stdin", stdin=names)
    except GitError:
        return {}
    lines = (line.split(_GAP, 2) for line in output.decode("utf-8", "replace").splitlines())
    return {parts[0]: (parts[2], parts[1]) for parts in lines if len(parts) == 3}
