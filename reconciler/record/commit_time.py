"""The time of a commit: that of the run it records, else the second before it was committed."""

from datetime import datetime

from reconciler.model.snapshot import moment_of
from reconciler.model.value import moment
from reconciler.record.command import Repository, run
from reconciler.record.layout import RUN_ID

_FORM = "--format=%ct%x00%(trailers:key=Drift-Run,valueonly,separator=%x2C)"


def commit_time(repo: Repository, reference: str) -> datetime:
    """Return the time after which something came later than the commit that a branch, tag or id names.

    A run within the second of a commit of a person came after it. Raises `GitError` if there is no commit.
    """
    named = run(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{reference}^{{commit}}")
    commit = named.decode().strip()
    seconds, recorded = run(repo, "show", "--no-patch", _FORM, commit).decode().strip().split("\0")
    first = recorded.split(",", maxsplit=1)[0].strip()
    return moment_of(first) if RUN_ID.fullmatch(first) else moment(int(seconds) - 1)
