"""A new repository for a site, and the facts of one that exists, for `init`."""

import shutil
from contextlib import suppress
from pathlib import Path

from reconciler.record.command import LOCAL_TIMEOUT, GitError, execute

_BRANCH = "main"


def create_repository(root: Path) -> str:
    """Make a git repository, and return the name of its branch: git's configured one, or `main`.

    Raises `RecordError`; then there is none, as before.
    """
    branch = _BRANCH
    with suppress(GitError):
        branch = _git(root, "config", "--get", "init.defaultBranch") or _BRANCH
    made = root / ".git"
    try:
        _git(root, "init", "--quiet", f"--initial-branch={branch}")
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return branch


def has_remote(root: Path, name: str) -> bool:
    """Return whether the repository at `root` has a remote of that name."""
    try:
        return name in _git(root, "remote").split()
    except GitError:
        return False


def has_identity(root: Path) -> bool:
    """Return whether git knows by whom commits are."""
    try:
        _git(root, "-c", "user.useConfigOnly=true", "var", "GIT_AUTHOR_IDENT")
    except GitError:
        return False
    return True


def _git(root: Path, *arguments: str) -> str:
    return execute(root, arguments, {}, timeout=LOCAL_TIMEOUT).decode(errors="replace").strip()
