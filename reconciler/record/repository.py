"""The repository of the site: opening it, and identifying the desired state in it."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.model.deadline import NEVER, Deadline
from reconciler.record.command import LOCAL_TIMEOUT, NO_SPACE, GitError, Repository, execute, run
from reconciler.record.objects import read_blobs

_FACTS = (
    "--is-bare-repository",
    "--is-shallow-repository",
    "--show-object-format",
    "--absolute-git-dir",
    "--git-common-dir",
    "--show-toplevel",
)


def open_repository(
    root: Path, deadline: Deadline = NEVER, secrets: frozenset[str] = frozenset()
) -> Repository:
    """Return the repository whose work tree contains `root`; it may be a shallow clone or a linked work tree.

    No git process gets the environment variables named `secrets`. Raises `RecordError` if there is no
    repository, if it is bare, if git does not trust it, or if git is missing.
    """
    try:
        arguments = ("rev-parse", *_FACTS)
        facts = execute(root, arguments, {}, secrets=secrets, timeout=LOCAL_TIMEOUT).decode().splitlines()
    except GitError as error:
        raise RecordError(_cannot_open(root, error)) from error
    _, shallow, digest, git_dir, common_dir, top = facts
    return Repository(
        root=Path(top),
        git_dir=Path(git_dir),
        common_dir=(root / common_dir).resolve(),
        shallow=shallow == "true",
        digest=digest,
        secrets=secrets,
        deadline=deadline,
    )


def _cannot_open(root: Path, error: GitError) -> Problem:
    if "dubious ownership" in error.text:
        what = "belongs to another user, so git does not trust it"
        return Problem(str(root), what, f"git config --global --add safe.directory {root}")
    if error.output.startswith(b"true\n"):  # the first fact, before it found no top
        return Problem(
            str(root), "is a bare repository: it has no work tree", "run in an ordinary clone of it"
        )
    if "not a git repository" in error.text:
        if (root / ".git").exists():
            what = "is damaged: git does not take its .git for a repository"
            return Problem(str(root), what, "clone the repository again, or restore .git from a backup")
        what = "is not a git repository, so nothing can be recorded"
        return Problem(str(root), what, "run `git init` there and commit the configuration")
    return Problem(str(root), error.problems[0].what, error.problems[0].remedy)


def desired_identity(repo: Repository, directory: str) -> tuple[str | None, str | None]:
    """Return the commit that has the desired state of the work tree, and the git tree id of that state.

    Uncommitted edits count; files that git ignores do not. For a clean work tree the id is that of
    `git rev-parse HEAD:DIRECTORY`, and the commit is HEAD; with uncommitted edits, and before the first
    commit, no commit has this desired state, and it is None. The tree id is None if the directory does not
    exist. Works in a temporary index and object store: the repository stays as it is.
    """
    try:
        commit = run(repo, "rev-parse", "--verify", "--quiet", "HEAD^{commit}").decode().strip()
    except GitError:
        commit = ""
    if not (repo.root / directory).is_dir():
        return commit or None, None
    with _scratch() as scratch:
        place = {
            "GIT_INDEX_FILE": str(scratch / "index"),
            "GIT_OBJECT_DIRECTORY": str(scratch),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(repo.common_dir / "objects"),
        }
        try:
            if commit and (before := _tree_of(repo, f"{commit}:{directory}", {})):
                run(repo, "read-tree", f"--prefix={directory}/", before, environment=place)
            run(repo, "-c", "core.safecrlf=false", "add", "--all", "--", directory, environment=place)
        except GitError as error:
            if "ignored by one of your .gitignore" not in error.text:
                raise
            what = "is ignored by git, so a run cannot record which desired state it compared with"
            raise RecordError(Problem(directory, what, "remove it from .gitignore")) from error
        tree = run(repo, "write-tree", environment=place).decode().strip()
        found, committed = (
            _tree_of(repo, f"{where}:{directory}", place) if where else None for where in (tree, commit)
        )
    return commit if commit and found == committed else None, found


def read_committed(repo: Repository, commit: str, path: str, *, required: bool = False) -> bytes | None:
    """Return a file as a commit has it; None if that has no such file, or if there is no such commit.

    Raises `RecordError` for a commit that does not exist, if it is `required`.
    """
    try:
        found = run(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    except GitError as error:
        if not required:
            return None
        what = "is neither a branch nor a commit of this repository"
        raise RecordError(Problem(commit[:100], what, "fetch it, or name another")) from error
    return read_blobs(repo, [f"{found.decode().strip()}:{path}"])[0]


def unsaved(repo: Repository, paths: Sequence[str]) -> frozenset[str]:
    """Return the paths whose content in the work tree git does not have, neither staged nor committed.

    They are relative to the top of the work tree; those without a file have nothing that could get lost.
    """
    if not paths:
        return frozenset()
    arguments = ("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--ignored=no")
    answer = run(repo, "--no-optional-locks", *arguments, "--", *paths)
    entries = answer.decode("utf-8", "surrogateescape").split("\0")
    return frozenset(entry[3:] for entry in entries if entry and entry[1] not in " D")


def _tree_of(repo: Repository, name: str, environment: Mapping[str, str]) -> str | None:
    """Return the id of a tree; None if there is none: a directory without files is in no tree."""
    try:
        found = run(repo, "rev-parse", "--verify", "--quiet", name, environment=environment)
    except GitError:
        return None
    return found.decode().strip()


@contextmanager
def _scratch() -> Iterator[Path]:
    """Make a temporary folder that git writes to; raises `RecordError` that names it if that fails."""
    scratch = ""
    try:
        with tempfile.TemporaryDirectory(prefix="reconciler-", ignore_cleanup_errors=True) as scratch:
            yield Path(scratch)
    except OSError as error:
        raise _not_writable(scratch, error.strerror or type(error).__name__) from error
    except GitError as error:
        if not any(mark in error.text for mark in NO_SPACE):
            raise
        raise _not_writable(scratch, error.problems[0].what) from error


def _not_writable(scratch: str, why: str) -> RecordError:
    place = str(Path(scratch).parent) if scratch else tempfile.tempdir or os.environ.get("TMPDIR") or "TMPDIR"
    what = f"cannot be written: {why}"
    return RecordError(Problem(place, what, "free some disk space there, or set TMPDIR to another folder"))
