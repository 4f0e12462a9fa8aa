"""Our commits: who, when, and the trailers of its message."""

import os
import re
from collections.abc import Collection
from datetime import datetime

from reconciler.model.findings import DriftReport
from reconciler.model.snapshot import Run
from reconciler.model.value import timestamp
from reconciler.record import diary, signing
from reconciler.record.command import GitError, Repository, run
from reconciler.record.signing import Signer

_OURS = {"NAME": "reconciler", "EMAIL": "reconciler@localhost"}
_ROLES = ("AUTHOR", "COMMITTER")
_NO_IDENTITY = re.compile(r"auto-detection is disabled|empty ident|consists only of disallowed characters")
_DISALLOWED = re.compile("""[\\x00-\\x20.,:;<>"'\\\\]*""")
"""Characters that git removes at the ends of a name."""
_SKIP = "[skip ci]"
"""Keeps Gitea from starting workflows on a push by a personal token (SKIP_WORKFLOW_STRINGS)."""


def make_commit(
    repo: Repository,
    tree: str,
    parent: str | None,
    message: str,
    moment: datetime,
    by: Signer | None = None,
) -> str:
    """Create a commit object, on no branch yet, and return its id; `moment` is the author date.

    It is signed with the key of `by`; raises `RecordError` if that cannot be used.

    The author is the user that the environment or git's configuration names; if neither does with a name
    that git accepts, it is our own (git would make up an address from the host name).
    """
    parents = ("-p", parent) if parent else ()
    options, sign = (by.options, ("-S",)) if by else ((), ())
    arguments = ("-c", "user.useConfigOnly=true", *options, "commit-tree", *sign, *parents, "-F", "-", tree)
    date = {"GIT_AUTHOR_DATE": timestamp(moment), **signing.QUIET}
    try:
        made = run(repo, *arguments, stdin=message.encode(), environment=date)
    except GitError as error:
        if by and not _NO_IDENTITY.search(error.text):
            raise signing.refused(by, error) from error
        if not _NO_IDENTITY.search(error.text):
            raise
        names = {f"GIT_{role}_{part}": word for role in _ROLES for part, word in _OURS.items()}
        given = {name: os.environ.get(name, "") for name in names}
        ours = {name: word for name, word in names.items() if _DISALLOWED.fullmatch(given[name])}
        made = run(repo, *arguments, stdin=message.encode(), environment={**ours, **date})
    return made.decode().strip()


def run_message(report: DriftReport, changed: Collection[str] = ()) -> str:
    """Return the message of a run that changed something; `changed`: earlier findings with new values."""
    return _with_trailers(diary.subject(report, changed), report.run, diary.body(report, changed))


def heartbeat_message(made: Run) -> str:
    """Return the message of the daily heartbeat."""
    return _with_trailers("heartbeat: nothing changed", made)


def pulse_message(made: Run) -> str:
    """Return the message of a pulse."""
    return _with_trailers("pulse: the last run", made)


def _with_trailers(subject: str, made: Run, body: str = "") -> str:
    trailers = [f"Drift-Run: {made.id}"]
    if made.desired_commit:
        trailers.append(f"Desired-Commit: {made.desired_commit}")
    trailers.append(f"Collector-Version: {made.version}")
    return "\n\n".join(filter(None, (subject, body, _SKIP, "\n".join(trailers)))) + "\n"
