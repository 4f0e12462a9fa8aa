"""Runs that wait in this clone: they could not be pushed, or their branch could not be moved.

They are commits on a ref of ours, on top of the tip as it was known; `deliver` puts them on it.
"""

from reconciler.record import layout, parsing
from reconciler.record.command import GitError, Repository, run
from reconciler.record.history import RecordPlace, Tips
from reconciler.record.objects import read_blobs


def newest(repo: Repository, place: RecordPlace, seen: Tips) -> str | None:
    """Return the commit of the run that is recorded last: one that waits, or the tip of the branch."""
    if seen.waiting is None or seen.history is None or has(repo, seen.waiting, seen.history):
        return seen.waiting or seen.history
    path = place.path(layout.RUN)
    moments = {}
    for commit, data in zip(
        (seen.history, seen.waiting),
        read_blobs(repo, [f"{seen.history}:{path}", f"{seen.waiting}:{path}"]),
        strict=True,
    ):
        try:
            moments[commit] = parsing.parse_run(layout.RUN, data).run.collected_at
        except ValueError:
            continue
    return max(moments, key=moments.__getitem__, default=seen.history)


def commits(repo: Repository, seen: Tips) -> list[str]:
    """Return the commits that wait, oldest first."""
    if seen.waiting is None:
        return []
    recorded = [f"^{commit}" for commit in {seen.history, seen.seen} if commit]
    return run(repo, "rev-list", "--reverse", "--topo-order", seen.waiting, *recorded).decode().split()


def has(repo: Repository, commit: str, ancestor: str) -> bool:
    """Return whether a commit is the ancestor or has it below."""
    try:
        run(repo, "merge-base", "--is-ancestor", ancestor, commit)
    except GitError:
        return False
    return True
