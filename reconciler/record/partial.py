"""Clones without all blobs or trees: what is missing is fetched at once, where git fetches one at a time."""

import re
from collections.abc import Sequence

from reconciler.record.command import NETWORK_TIMEOUT, GitError, Repository, run

_PROMISOR = re.compile(rb"^\s*promisor\s*=\s*true", re.MULTILINE | re.IGNORECASE)
_QUIET = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules")


def is_partial(repo: Repository) -> bool:
    """Return whether a repository was cloned with `--filter`."""
    try:
        return _PROMISOR.search((repo.common_dir / "config").read_bytes()) is not None
    except OSError:
        return False


def complete_history(repo: Repository, remote: str | None, tip: str, paths: Sequence[str]) -> None:
    """Fetch what is missing of every version of some files or folders; raises `GitError` where that fails."""
    if not is_partial(repo):
        return
    listed = run(repo, "rev-list", "--objects", "--missing=print", tip, "--", *paths).decode(
        "utf-8", "replace"
    )
    missing = [line[1:] for line in listed.splitlines() if line[:1] == "?"]
    if missing:
        _fetch(repo, remote or "origin", missing)


def complete(repo: Repository, remote: str | None, commits: list[str], below: str | None = None) -> None:
    """Fetch what is missing of some commits, or of a folder in them.

    Does nothing in other clones. Where it fails, git fetches each object when it is read, or reports why not.
    """
    if not commits or not is_partial(repo):
        return
    paths = ("--", below) if below else ()
    walk = ("rev-list", "--objects", "--missing=print", "--no-walk")
    try:
        listed = run(repo, *walk, *commits, *paths).decode("utf-8", "replace")
        missing = [line[1:] for line in listed.splitlines() if line[:1] == "?"]
        if missing:
            _fetch(repo, remote or "origin", missing)
    except GitError:
        return


def fetch_objects(repo: Repository, remote: str | None, ids: Sequence[str]) -> None:
    """Fetch those of some files that a clone with a filter left out, all at once.

    Does nothing in other clones. Where it fails, git fetches each file when it is read, or reports why not.
    """
    if not ids or not is_partial(repo):
        return
    names = "".join(f"{identity}\n" for identity in ids).encode()
    missing = ("rev-list", "--objects", "--missing=print", "--no-walk", "--stdin")
    try:
        listed = run(repo, *missing, stdin=names).decode("ascii", "replace")
        if absent := [line[1:] for line in listed.splitlines() if line[:1] == "?"]:
            _fetch(repo, remote or "origin", absent)
    except GitError:
        return


def _fetch(repo: Repository, remote: str, ids: list[str]) -> None:
    once = ("-c", "fetch.negotiationAlgorithm=noop")
    names = "".join(f"{identity}\n" for identity in ids).encode()
    run(
        repo,
        *(*once, "fetch", *_QUIET, "--filter=blob:none", "--stdin", remote),
        stdin=names,
        timeout=NETWORK_TIMEOUT,
    )
