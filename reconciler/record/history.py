"""The history branch: which commit is its tip, and how the tip moves, in four cases.

                    on a branch of its own               on the checked-out branch
    not pushed      the local branch                     HEAD; index and work tree follow
    pushed          the remote's branch                  the remote's branch; HEAD follows if it was there

Nothing is ever rebased or forced: a commit lands on the tip that it was made for, or it is made again.
"""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.record import layout
from reconciler.record import remote as remotes
from reconciler.record.command import GitError, Repository, run

_MOVED = re.compile(r"but expected|reference already exists|unable to resolve reference")
_NO_LOG = ("-c", "core.logAllRefUpdates=false")
_INDEX_WAIT = 3.0
_INDEX_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class RecordPlace:
    """Where runs are recorded, according to the settings and the checkout."""

    branch: str
    checked_out: bool
    """Recorded on the checked-out branch (`history.branch: null`)."""
    detached: bool
    """No branch is checked out: the record can only be read, from the remote's default branch or HEAD."""
    remote: str | None
    pulse: str | None
    directory: str

    @property
    def names(self) -> tuple[str, ...]:
        """The branches that are read: history, and the pulse if there is one."""
        return (self.branch, self.pulse) if self.pulse else (self.branch,)

    def path(self, relative: str) -> str:
        """Return a path of the layout as a path in the repository."""
        return f"{self.directory}/{relative}"


@dataclass(frozen=True, slots=True)
class Tips:
    """The commits that matter; each is None if it does not exist yet."""

    history: str | None
    """The commit that is read, and that the next one follows."""
    local: str | None
    """The local branch."""
    pulse: str | None
    replaced_pulse: str | None
    """The pulse on the ref that will be replaced."""
    work_trees: Mapping[str, str]
    """Local branch → the work tree that has it checked out."""


def locate(repo: Repository, settings: HistorySettings, *, reading: bool = False) -> RecordPlace:
    """Return the place that the settings name in the repository; raises `RecordError` if it is unusable."""
    branch, detached = settings.branch, False
    if branch is None:
        try:
            branch = _head(repo)
        except RecordError:
            if not reading:
                raise
            branch, detached = _default_branch(repo, settings.push or "origin"), True
    if branch == settings.pulse:
        what = f"is also the branch of the history, {branch}"
        raise RecordError(Problem("history.pulse", what, "give the pulse a branch of its own"))
    if settings.push is not None and not reading:
        remotes.check(repo, settings.push)
    return RecordPlace(
        branch, settings.branch is None, detached, settings.push, settings.pulse, settings.directory
    )


def _head(repo: Repository) -> str:
    try:
        name = run(repo, "symbolic-ref", "--quiet", "HEAD").decode().strip().removeprefix("refs/heads/")
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


def _default_branch(repo: Repository, remote: str) -> str:
    """Return the branch that a clone checks out, as known since it was cloned; HEAD if it is not known."""
    try:
        name = run(repo, "symbolic-ref", "--quiet", f"refs/remotes/{remote}/HEAD").decode().strip()
    except GitError:
        return "HEAD"
    return name.removeprefix(f"refs/remotes/{remote}/")


def fetch(repo: Repository, place: RecordPlace) -> None:
    """Fetch the branches that are newer on the remote; does nothing without a remote.

    Raises `RemoteError` if the remote cannot be reached or does not exist.
    """
    if place.remote is None:
        return
    remotes.check(repo, place.remote)
    theirs = remotes.branches(repo, place.remote, place.names)
    refs = {name: remotes.tracking(place.remote, name) for name in place.names}
    ours, _ = _refs(repo, *refs.values())
    behind = [name for name, commit in theirs.items() if commit != ours.get(refs[name])]
    new = tuple(name for name in behind if refs[name] not in ours)
    known = tuple(name for name in behind if refs[name] in ours)
    if repo.shallow and not place.checked_out and new:
        remotes.fetch(repo, place.remote, new, shallow=True)
        new = ()
    if new or known:
        remotes.fetch(repo, place.remote, new + known, shallow=False)
    for name, ref in refs.items():
        if name not in theirs and ref in ours:
            run(repo, "update-ref", "-d", ref)


def tips(repo: Repository, place: RecordPlace) -> Tips:
    """Return the tips that are known here. Without a remote, `origin` replaces a missing local branch."""
    upstream = place.remote or "origin"
    local = f"refs/heads/{place.branch}"
    local_pulse = f"refs/heads/{place.pulse or ''}"
    theirs = remotes.tracking(upstream, place.branch)
    their_pulse = remotes.tracking(upstream, place.pulse or "")
    found, work_trees = _refs(repo, local, local_pulse, theirs, their_pulse)

    def pick(ours: str, remote: str) -> str | None:
        first, second = (remote, ours) if place.remote else (ours, remote)
        return found.get(first) or found.get(second)

    if place.detached:
        tip = found.get(theirs) or _commit(repo, "HEAD")
    elif place.checked_out and not place.remote:
        tip = found.get(local)
    else:
        tip = pick(local, theirs)
    return Tips(
        history=tip,
        local=found.get(local),
        pulse=pick(local_pulse, their_pulse) if place.pulse else None,
        replaced_pulse=found.get(their_pulse if place.remote else local_pulse),
        work_trees={ref.removeprefix("refs/heads/"): path for ref, path in work_trees.items()},
    )


def _commit(repo: Repository, name: str) -> str | None:
    try:
        return run(repo, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").decode().strip()
    except GitError:
        return None


def check_writable(place: RecordPlace, seen: Tips) -> None:
    """Raise `RecordError` if a commit would move a branch that another work tree has checked out."""
    if place.remote is not None:
        return
    problems = [
        Problem(
            "history",
            f"branch {name} is checked out in {seen.work_trees[name]}, and a run would move it there",
            "check out another branch there, or set history.branch: null",
        )
        for name in place.names
        if name in seen.work_trees and not (place.checked_out and name == place.branch)
    ]
    if problems:
        raise RecordError(problems)


def advance(repo: Repository, place: RecordPlace, seen: Tips, commit: str) -> bool:
    """Make `commit` the new tip; return False if the tip is no longer the one in `seen`.

    If the branch is checked out, index and work tree follow in the files that runs write. Other staged or
    edited files stay as they are.
    """
    if place.checked_out:
        _wait_for_index(repo)
    if place.remote is not None:
        if not remotes.push(repo, place.remote, commit, place.branch):
            return False
        run(repo, "update-ref", remotes.tracking(place.remote, place.branch), commit)
        if not place.checked_out or seen.local != seen.history:
            return True
    moved = update_branch(repo, place.branch, commit, seen.local)
    if moved and place.checked_out:
        restore(repo, place)
    return moved or place.remote is not None


def update_branch(
    repo: Repository, branch: str, commit: str, expected: str | None, *, log: bool = True
) -> bool:
    """Move a local branch if it is still at `expected`; return False if it is not."""
    nothing = "0" * len(commit)
    message = ("-m", "reconciler: record")
    try:
        options = () if log else _NO_LOG
        run(repo, *options, "update-ref", *message, f"refs/heads/{branch}", commit, expected or nothing)
    except GitError as error:
        if _MOVED.search(error.text):
            return False
        raise
    return True


def restore(repo: Repository, place: RecordPlace) -> None:
    """Make index and work tree follow HEAD in the files that runs write, if they differ."""
    names = run(repo, "diff-index", "--name-only", "-z", "HEAD", "--", place.directory)
    paths = [path for path in names.decode("utf-8", "surrogateescape").split("\0") if path]
    ours = [path for path in paths if layout.is_ours(path.removeprefix(place.path("")))]
    if ours:
        _wait_for_index(repo)
        listed = "".join(f"{path}\0" for path in ours).encode("utf-8", "surrogateescape")
        into = ("--source=HEAD", "--staged", "--worktree", "--pathspec-from-file=-", "--pathspec-file-nul")
        run(repo, "restore", *into, stdin=listed)


def _wait_for_index(repo: Repository) -> None:
    path: Path = repo.git_dir / "index.lock"
    deadline = time.monotonic() + _INDEX_WAIT
    while path.exists():
        if time.monotonic() >= deadline:
            what = "another git process holds the index"
            raise RecordError(Problem(str(path), what, "end it; if none is running, remove that file"))
        time.sleep(_INDEX_PAUSE)


def _refs(repo: Repository, *refs: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return the commit of each ref that exists, and the work tree of each ref that is checked out."""
    form = "--format=%(refname)%00%(objectname)%00%(worktreepath)"
    lines = run(repo, "for-each-ref", form, *refs).decode("utf-8", "replace").splitlines()
    found = [line.split("\0") for line in lines]
    commits = {ref: commit for ref, commit, _ in found if ref in refs}
    return commits, {ref: path for ref, _, path in found if path}
