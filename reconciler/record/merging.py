"""The tree that a merge of two commits would have, made in git's object store: nothing is checked out."""

from typing import NamedTuple

from reconciler.record.command import GitError, Repository, run

_CONFLICTS = 1
"""The exit status of a merge with conflicts."""


class MergedTree(NamedTuple):
    """The tree of a merge, or why there is none."""

    tree: str | None
    """Its id; None where the two cannot be merged."""
    conflicts: tuple[str, ...] = ()
    """Paths that both sides changed differently."""
    why_not: str = ""
    """Why git could not even try: the clone is too shallow, or git too old (before 2.38)."""


def merged_tree(repo: Repository, base: str, head: str) -> MergedTree:
    """Merge commit `head` into commit `base` in memory; raises `GitError` only where git itself fails.

    No program of the repository takes part: a merge driver has to be configured in the clone.
    """
    arguments = ("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", base, head)
    try:
        output = run(repo, *arguments)
    except GitError as error:
        if error.status == _CONFLICTS:
            _, *paths = error.output.decode("utf-8", "surrogateescape").rstrip("\0").split("\0")
            return MergedTree(None, tuple(dict.fromkeys(path for path in paths if path)))
        if "unrelated histories" in error.text or "not something we can merge" in error.text:
            return MergedTree(None, why_not="this clone does not have the commit that both come from")
        if "usage: git merge-tree" in error.text or "unknown option" in error.text:
            return MergedTree(None, why_not="this git is older than 2.38")
        raise
    return MergedTree(output.decode().strip("\0\n"))


def fork_point(repo: Repository, base: str, head: str) -> str | None:
    """Return the newest commit that two commits both come from; None where this clone has none."""
    try:
        return run(repo, "merge-base", base, head).decode().strip() or None
    except GitError as error:
        if error.status == 1:
            return None
        raise
