"""Refs: reading them with their damage, and moving several in one step.

    refs/reconciler/seen/<branch>      the tip that this clone saw or made last
    refs/reconciler/waiting/<branch>   what could not be pushed yet
    refs/reconciler/kept/<commit>      a tip that the history lost

These are in no fetch or push of git's own. A ref that is broken (its file is empty or has no id of a commit
that exists) is not the same as one that does not exist: taking one for the other would start a new history.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.record.command import GitError, Repository, run

_LOCAL = "refs/heads/"
_OURS = "refs/reconciler/"
_FORM = "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(worktreepath)"
_MOVED = re.compile(
    r"but expected|reference already exists|unable to resolve reference '[^']*'(?!: reference broken)"
)
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MOST_TRIED = 20
_NO_LOG = ("-c", "core.logAllRefUpdates=false")


@dataclass(frozen=True, slots=True)
class Refs:
    """The state of some refs."""

    commits: Mapping[str, str]
    """Ref → commit, of those that exist."""
    broken: frozenset[str]
    work_trees: Mapping[str, str]
    """Ref → the work tree that has it checked out."""


def local(branch: str) -> str:
    """Return the name of a local branch as a ref."""
    return f"{_LOCAL}{branch}"


def seen(branch: str) -> str:
    """Return the ref with the tip of a branch that this clone saw or made last."""
    return f"{_OURS}seen/{branch}"


def waiting(branch: str) -> str:
    """Return the ref of what waits until it can be pushed to a branch."""
    return f"{_OURS}waiting/{branch}"


def kept(commit: str) -> str:
    """Return the ref that keeps a commit which a branch lost."""
    return f"{_OURS}kept/{commit}"


def read_refs(repo: Repository, names: Sequence[str]) -> Refs:
    """Return the commits of those refs that exist, and which of them are broken."""
    try:
        found = _listed(repo, names)
    except GitError:
        found = [line for name in names for line in _one(repo, name)]
    commits = {ref: commit for ref, commit, kind, _ in found if ref in names and kind == "commit"}
    work_trees = {ref: path for ref, _, _, path in found if ref in names and path}
    absent = [name for name in names if name not in commits]
    broken = frozenset(name for name in absent if _exists(repo, name))
    return Refs(commits, broken, work_trees)


def _listed(repo: Repository, names: Sequence[str]) -> list[list[str]]:
    lines = run(repo, "for-each-ref", _FORM, *names).decode("utf-8", "replace").splitlines()
    return [line.split("\0") for line in lines]


def _one(repo: Repository, name: str) -> list[list[str]]:
    """Return the line of one ref; none if its object does not exist."""
    try:
        return _listed(repo, [name])
    except GitError:
        return []


def _exists(repo: Repository, name: str) -> bool:
    """Return whether a ref that git lists no commit for exists anyway."""
    if not _file(repo, name).is_file() and not _packed(repo, name):
        return False
    return not any(ref == name and kind == "commit" for ref, _, kind, _ in _one(repo, name))


def _packed(repo: Repository, name: str) -> bool:
    try:
        text = (repo.common_dir / "packed-refs").read_bytes()
    except OSError:
        return False
    return f" {name}\n".encode() in text


def _file(repo: Repository, name: str) -> Path:
    return repo.common_dir / name


def discard(repo: Repository, names: Iterable[str]) -> None:
    """Remove broken refs that the next run or fetch makes again."""
    for name in names:
        path = _file(repo, name)
        identity = _content(path)
        path.unlink(missing_ok=True)
        if _ID.fullmatch(identity) and not _readable(repo, identity):
            # git would take the damaged file for the commit, and never fetch it
            (repo.common_dir / "objects" / identity[:2] / identity[2:]).unlink(missing_ok=True)
        if _packed(repo, name) and not _one(repo, name):
            run(repo, "update-ref", "--no-deref", "-d", name)


Move = tuple[str | None, str | None]
"""The new commit of a ref (None: remove it) and the one that it must have now (None: it must not exist)."""
Moves = Mapping[str, Move]


def move(repo: Repository, changes: Moves, *, log: bool = False) -> bool:
    """Move refs in one step; return False, with nothing moved, if one of them has another commit.

    An empty text as the commit that a ref must have means that it does not matter.
    """
    nothing = "0" * (64 if repo.digest == "sha256" else 40)
    lines = []
    for ref, (new, old) in changes.items():
        expected = nothing if old is None else old
        verb = f"delete {ref}" if new is None else f"update {ref} {new}"
        lines.append(f"{verb} {expected}".rstrip() + "\n")
    options = () if log else _NO_LOG
    message = ("-m", "reconciler: record") if log else ()
    try:
        run(repo, *options, "update-ref", *message, "--stdin", stdin="".join(lines).encode())
    except GitError as error:
        if _MOVED.search(error.text):
            return False
        raise
    return True


class BrokenRefError(RecordError):
    """A ref that only a person can set right."""


def broken(repo: Repository, name: str) -> BrokenRefError:
    """Return the error for a broken ref, with the last commit that it is known to have had."""
    path, branch = _file(repo, name), name.removeprefix(_LOCAL)
    identity = _content(path)
    if _ID.fullmatch(identity) and identity.strip("0"):
        what = f"leads to {identity[:12]}, which is missing or damaged"
    else:
        what = f"is broken: it has no id of a commit, so {branch} leads nowhere"
    good = _last_good(repo, name)
    which = "its last known commit" if good else "where COMMIT is one that `git fsck --lost-found` lists"
    remedy = f"rm -f {path} && git update-ref {name} {good or 'COMMIT'} ({which})"
    return BrokenRefError(Problem(str(path), what, remedy))


def _content(path: Path) -> str:
    try:
        return path.read_text("ascii", "replace").strip()
    except OSError:
        return ""


def _last_good(repo: Repository, name: str) -> str | None:
    """Return the last commit that a ref is known to have had and that exists."""
    log = _content(repo.common_dir / "logs" / name).splitlines()
    seen_here = _content(_file(repo, seen(name.removeprefix(_LOCAL))))
    ids = [seen_here, *(line.split(" ", 2)[1] for line in reversed(log) if line.count(" ") > 1)]
    known = [identity for identity in ids if _ID.fullmatch(identity)]
    for identity in known[:_MOST_TRIED]:
        if _readable(repo, f"{identity}^{{tree}}"):
            return identity
    return None


def _readable(repo: Repository, name: str) -> bool:
    try:
        run(repo, "rev-parse", "--verify", "--quiet", f"{name}^{{}}")  # reads the object, and checks its id
    except GitError:
        return False
    return True
