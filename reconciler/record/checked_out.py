"""The checked-out branch: HEAD, index and work tree follow a commit beside a user who works there.

The lock of the index is held over branch and index, as git's own commands do: no one sees or commits a state
in which one has moved and the other has not. What a user has staged or edited stays as it is.
"""

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.record import layout, refs
from reconciler.record.command import GitError, Repository, run
from reconciler.record.durable import sync_folder
from reconciler.record.filters import without_filters

INDEX_WAIT = 10.0
"""Seconds to wait for the index: git's own commands hold it for milliseconds, an editor may for hours."""

_PAUSE = 0.02
_LOCK = "index.lock"
_OURS = "reconciler-index"
"""The file that becomes the lock, so that the next run knows a lock that a killed run left."""
_NEXT = "reconciler-index.next"


class IndexBusyError(RecordError):
    """Another git process holds the index of the work tree."""


def branch(repo: Repository) -> str:
    """Return the branch that is checked out; raises `RecordError` if there is none to commit to."""
    try:
        head = (repo.git_dir / "HEAD").read_text("utf-8", "replace").strip()
    except OSError:
        head = ""
    named = head.removeprefix("ref: ")
    if named.startswith(refs.local("")) and named in refs.read_refs(repo, [named]).broken:
        raise refs.broken(repo, named)
    try:
        name = run(repo, "symbolic-ref", "--quiet", "HEAD").decode().strip().removeprefix(refs.local(""))
        run(repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
    except GitError as error:
        if error.problems[0].subject == "git rev-parse":
            what = "has no commit yet, so history.branch: null cannot add one"
            remedy = "commit the configuration first"
        else:
            what = "has no branch checked out, so history.branch: null has nowhere to commit"
            remedy = "git checkout BRANCH, or set history.branch"
        raise RecordError(Problem(str(repo.root), what, remedy)) from error
    return name


@dataclass(frozen=True, slots=True)
class Index:
    """The index of the work tree while we hold its lock."""

    repo: Repository

    def follow(self, directory: str) -> None:
        """Make index and work tree follow HEAD in the files that runs write, if they differ."""
        own, index = self.repo.git_dir / _NEXT, self.repo.git_dir / "index"
        for left in (own, own.with_name(f"{_NEXT}.lock")):
            left.unlink(missing_ok=True)
        if index.exists():
            shutil.copy2(index, own)  # with its time, by which git knows which files it need not read
        environment = {"GIT_INDEX_FILE": str(own)}
        try:
            paths = _behind(self.repo, directory, environment)
            if not paths:
                return
            into = (
                "--source=HEAD",
                "--staged",
                "--worktree",
                "--pathspec-from-file=-",
                "--pathspec-file-nul",
            )
            run(
                self.repo, *without_filters(self.repo), "restore", *into, stdin=paths, environment=environment
            )
            with own.open("rb") as file:
                os.fsync(file.fileno())
            own.replace(index)
            sync_folder(self.repo.git_dir)
        finally:
            own.unlink(missing_ok=True)


def _behind(repo: Repository, directory: str, environment: Mapping[str, str] | None = None) -> bytes:
    """Return the files of ours, each with a NUL, in which index or work tree are not as HEAD has them."""
    names = run(
        repo,
        *without_filters(repo),
        "diff-index",
        "--name-only",
        "-z",
        "HEAD",
        "--",
        directory,
        environment=environment,
    )
    paths = [path for path in names.decode("utf-8", "surrogateescape").split("\0") if path]
    ours = (path for path in paths if layout.is_ours(path.removeprefix(f"{directory}/")))
    return "".join(f"{path}\0" for path in ours).encode("utf-8", "surrogateescape")


@contextmanager
def index(repo: Repository) -> Iterator[Index]:
    """Hold the index of the work tree; raises `IndexBusyError` if others hold it for too long.

    Call it only while the lock of the clone is held: a lock of the index that another run of ours left is
    then known to be of a run that was killed, and is removed.
    """
    lock, ours = repo.git_dir / _LOCK, repo.git_dir / _OURS
    with suppress(FileNotFoundError):
        if lock.samefile(ours):
            lock.unlink()  # of a run that was killed
    ours.touch()
    try:
        _take(lock, ours)
        try:
            yield Index(repo)
        finally:
            lock.unlink(missing_ok=True)
    finally:
        ours.unlink(missing_ok=True)


def _take(lock: Path, ours: Path) -> None:
    """Make our file the lock: of several processes, only one can make a hard link."""
    deadline = time.monotonic() + INDEX_WAIT
    while True:
        try:
            _make(lock, ours)
        except FileExistsError:
            if time.monotonic() >= deadline:
                what = f"another git process has held the index for {INDEX_WAIT:g} seconds"
                remedy = "end it; if none is running, remove that file"
                raise IndexBusyError(Problem(str(lock), what, remedy)) from None
            time.sleep(_PAUSE)
        else:
            return


def _make(lock: Path, ours: Path) -> None:
    """Make the lock; where there are no hard links, it is not known for ours after a run was killed."""
    try:
        lock.hardlink_to(ours)
    except FileExistsError:
        raise
    except OSError:
        lock.touch(exist_ok=False)


def follow(repo: Repository, branch: str, directory: str, commit: str, expected: str | None) -> bool:
    """Move the checked-out branch to a commit that was pushed, and index and work tree with it.

    Returns False if the branch is not where it was expected, or if its index is in use: nothing is lost, and
    the next run tries again.
    """
    try:
        with index(repo) as held:
            if not refs.move(repo, {refs.local(branch): (commit, expected)}, log=True):
                return False
            held.follow(directory)
    except IndexBusyError:
        return False
    return True


def catch_up(repo: Repository, branch: str, directory: str, local: str | None, tip: str | None) -> bool:
    """Make branch, index and work tree follow the tip, where an earlier run could not or was killed.

    The branch follows only over commits of ours. Returns whether it moved.
    """
    if local is None or tip is None:
        return False
    if local != tip:
        ours = _only_runs(repo, local, tip)
        return ours and follow(repo, branch, directory, tip, local)
    if _behind(repo, directory):
        with suppress(IndexBusyError), index(repo) as held:
            held.follow(directory)
    return False


def _only_runs(repo: Repository, local: str, tip: str) -> bool:
    """Return whether the tip is the local branch with nothing but commits of runs on top."""
    try:
        run(repo, "merge-base", "--is-ancestor", local, tip)
        form = "--format=%(trailers:key=Drift-Run,valueonly,separator=%x2C)"
        lines = run(repo, "log", "--first-parent", form, f"{local}..{tip}").decode("utf-8", "replace")
    except GitError:
        return False
    return all(lines.removesuffix("\n").split("\n"))
