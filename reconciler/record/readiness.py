"""Checks of git for `doctor`: whether a run could record, and push; nothing is written or moved."""

import re
from collections.abc import Iterator
from pathlib import Path

from reconciler.config.settings import HistorySettings
from reconciler.errors import Problem, RecordError
from reconciler.model.check import Check, CheckState
from reconciler.model.deadline import NEVER, Deadline
from reconciler.record import history, layout, signing
from reconciler.record.command import LOCAL_TIMEOUT, GitError, Repository, execute, run
from reconciler.record.history import RecordPlace
from reconciler.record.push_trial import try_push
from reconciler.record.repository import desired_identity, open_repository
from reconciler.text import enumerated

_OLDEST, _DURABLE = (2, 29), (2, 36)
"""The oldest git with every option that is used; the oldest that can write objects through to the disk."""
_VERSION = re.compile(rb"git version (\d+)\.(\d+)")


def git_checks(
    root: Path,
    settings: HistorySettings,
    desired: str,
    deadline: Deadline = NEVER,
    secrets: frozenset[str] = frozenset(),
) -> Iterator[Check]:
    """Yield the checks of git and of the repository; they end with the first that no other can follow.

    `desired` is the folder of the desired state. No git process gets the environment variables `secrets`.
    """
    try:
        yield from _version(execute(root, ("version",), {}, secrets=secrets, timeout=LOCAL_TIMEOUT))
        repo = open_repository(root, deadline, secrets)
        place = history.locate(repo, settings)
        history.check_writable(place, history.tips(repo, place))
    except RecordError as error:
        yield from (_bad("repository", problem) for problem in error.problems)
        return
    yield _identity(repo)
    yield from _desired(repo, desired)
    yield from _filters(repo, settings, desired)
    yield from _signing(repo, settings)
    yield from _push(repo, place)


def _version(output: bytes) -> Iterator[Check]:
    match = _VERSION.search(output)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    shown = ".".join(map(str, version))
    if version < _OLDEST:
        what, least = f"git {shown} is too old", ".".join(map(str, _OLDEST))
        yield Check(name="version", state="bad", what=what, remedy=f"install git {least} or newer")
    elif version < _DURABLE:
        what = f"git {shown} does not wait until the disk has what it wrote: a power cut may lose a record"
        yield Check(name="version", state="note", what=what, remedy="install git 2.36 or newer")
    else:
        yield Check(name="version", state="ok", what=f"git {shown}")


def _identity(repo: Repository) -> Check:
    try:
        found = run(repo, "-c", "user.useConfigOnly=true", "var", "GIT_COMMITTER_IDENT")
    except GitError:
        what = "git has no user.name and user.email here: runs are recorded as reconciler"
        return Check(name="identity", state="ok", what=what)
    who = found.decode(errors="replace").rpartition(">")[0] + ">"
    return Check(name="identity", state="ok", what=f"runs are recorded as {who}")


def _desired(repo: Repository, desired: str) -> Iterator[Check]:
    """Check that the desired state of the work tree is committed, so that reports can name its commit."""
    try:
        commit, tree = desired_identity(repo, desired)
    except RecordError as error:
        yield from (_bad("desired state", problem) for problem in error.problems)
        return
    if tree is not None and commit is None:
        what = f"{desired}/ has uncommitted changes, so reports cannot name its commit"
        yield Check(name="desired state", state="note", what=what, remedy="commit them")
    elif tree is not None:
        yield Check(name="desired state", state="ok", what=f"{desired}/ is committed")


def _filters(repo: Repository, settings: HistorySettings, desired: str) -> Iterator[Check]:
    """Check for filters (LFS, smudge) of `.gitattributes`: a checkout may then hold other bytes."""
    paths = (f"{settings.directory}/{layout.LATEST}drift.json", f"{desired}/pve/guest.yaml")
    fields = run(repo, "check-attr", "-z", "filter", "--", *paths).decode(errors="replace").split("\0")
    found = {
        path.partition("/")[0]: value
        for path, _, value in zip(*[iter(fields)] * 3, strict=False)
        if value not in {"unspecified", "unset", ""}
    }
    for folder, name in found.items():
        what = f".gitattributes sets filter={name} on {folder}/"
        if folder == desired.partition("/")[0]:
            what += ": without that filter, a checkout has other files than were committed"
        else:
            what += ": what runs record goes past it, so a checkout shows these files as changed"
        remedy = f"add the line `{folder}/** -filter -text` to .gitattributes"
        yield Check(name="filters", state="warning", what=what, remedy=remedy)


def _signing(repo: Repository, settings: HistorySettings) -> Iterator[Check]:
    """Check that commits can be signed, or that people sign theirs and runs do not."""
    if settings.sign is not None:
        try:
            signing.check(repo, signing.signer(repo, settings.sign))
        except RecordError as error:
            yield from (_bad("signing", problem) for problem in error.problems)
            return
        yield Check(name="signing", state="ok", what=f"runs sign their commits with {settings.sign}")
        return
    try:
        wanted = run(repo, "config", "--type=bool", "--get", "commit.gpgSign").strip() == b"true"
    except GitError:
        return
    if wanted:
        what = "commit.gpgSign is set, and the commits of runs are not signed"
        remedy = "set history.sign to an SSH key, if the server refuses unsigned commits"
        yield Check(name="signing", state="note", what=what, remedy=remedy)


def _push(repo: Repository, place: RecordPlace) -> Iterator[Check]:
    if place.remote is None:
        what = f"runs are recorded on {place.branch} in this clone, and not pushed (history.push: null)"
        yield Check(name="push", state="ok", what=what, brief=f"records on {place.branch}, not pushed")
        return
    try:
        try_push(repo, place)
    except RecordError as error:
        yield from (_bad("push", problem) for problem in error.problems)
        return
    names = enumerated(place.branch_names)
    what = f"{place.remote} takes a push to {names} (tried: it was made so that nothing can change)"
    yield Check(name="push", state="ok", what=what, brief=f"{place.remote} reachable, {names} pushable")


def _bad(name: str, problem: Problem, state: CheckState = "bad") -> Check:
    what = f"{problem.subject}: {problem.what}" if problem.subject else problem.what
    return Check(name=name, state=state, what=what, remedy=problem.remedy)
