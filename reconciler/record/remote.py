"""The remote: reading its branches, and pushing to them. A lost race is a result, not an error."""

import re
from dataclasses import replace as replaced

from reconciler.errors import Problem, RecordError, RemoteError
from reconciler.record.command import (
    LISTING_TIMEOUT,
    NETWORK_TIMEOUT,
    DeadlineError,
    GitError,
    Repository,
    one_line,
    run,
)
from reconciler.record.damage import damaged, is_damage

_RACE = re.compile(
    r"\[rejected\] \((?:fetch first|non-fast-forward|stale info)|failed to update ref|cannot lock ref"
    r"|reference already exists|incorrect old value"
)
"""Reasons of a rejected push that mean that another push was faster. No other reason goes away by itself."""

_NO_RIGHT = re.compile(
    r"error: 40[13]\b|\bdenied\b|not (?:authorized|allowed|permitted)|read[- ]only|[Aa]uthentication failed"
    r"|could not read (?:Username|Password)|insufficient (?:permission|scope)|cannot push"
)
"""Reasons of a push that failed as a whole, where the remote could be read before."""
_UNSIGNED = re.compile(r"\b(?:un)?sign(?:ed|ature|ing)|unverified|not verified|\bGPG\b", re.IGNORECASE)
"""In the message of a server that refuses commits without a signature."""


def check(repo: Repository, remote: str) -> None:
    """Raise `RemoteError` unless the repository has that remote."""
    known = run(repo, "remote").decode().split()
    if remote not in known:
        what = f"this repository has no remote named {remote}"
        others = "".join(f"{name}, " for name in known)
        remedy = f"git remote add {remote} URL, or set history.push to {others and f'one of {others}or '}null"
        raise RemoteError(Problem("history.push", what, remedy))


def branches(repo: Repository, remote: str, names: tuple[str, ...]) -> dict[str, str]:
    """Return the commit of each of the branches that the remote has: name → id."""
    prefix = "refs/heads/"
    refs = [f"{prefix}{name}" for name in names]
    try:
        output = run(repo, "ls-remote", "--refs", remote, *refs, timeout=LISTING_TIMEOUT).decode()
    except GitError as error:
        raise unreachable(repo, remote, error) from error
    found = {ref: identity for identity, _, ref in (line.partition("\t") for line in output.splitlines())}
    return {ref.removeprefix(prefix): found[ref] for ref in refs if ref in found}


def fetch(repo: Repository, remote: str, names: tuple[str, ...], *, shallow: bool) -> None:
    """Fetch branches that exist into their remote-tracking branches; `shallow` fetches only their tips."""
    depth = ("--depth=1",) if shallow else ()
    refs = (f"+refs/heads/{name}:{tracking(remote, name)}" for name in names)
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules")
    no_log = ("-c", "core.logAllRefUpdates=false")
    try:
        run(repo, *no_log, "fetch", *quiet, *depth, remote, *refs, timeout=NETWORK_TIMEOUT)
    except GitError as error:
        raise unreachable(repo, remote, error) from error


def fetch_pull_request(repo: Repository, remote: str, number: int) -> str:
    """Fetch the head of a pull request, which becomes no branch here; return its commit.

    Gitea and Forgejo keep it as `refs/pull/N/head`, that of a fork too. Nothing of it is checked out.
    """
    source, here = f"refs/pull/{number}/head", f"refs/reconciler/pull/{number}"
    quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules")
    try:
        run(repo, "fetch", *quiet, remote, f"+{source}:{here}", timeout=NETWORK_TIMEOUT)
    except GitError as error:
        if "couldn't find remote ref" in error.text:
            remedy = "close the pull request, or push its branch again"
            raise RemoteError(Problem(remote, f"has no commits of pull request {number}", remedy)) from error
        raise unreachable(repo, remote, error) from error
    return run(repo, "rev-parse", here).decode().strip()


def push(repo: Repository, remote: str, commit: str, branch: str) -> bool:
    """Push a commit to a branch of the remote, fast-forward only; return False if another was faster."""
    return _push(repo, remote, branch, f"{commit}:refs/heads/{branch}")


def replace(repo: Repository, remote: str, commit: str, branch: str, expected: str | None) -> bool:
    """Replace a branch of the remote if it is still at `expected`; return False if it is not."""
    lease = f"--force-with-lease=refs/heads/{branch}:{expected or ''}"
    return _push(repo, remote, branch, f"{commit}:refs/heads/{branch}", lease)


def tracking(remote: str, branch: str) -> str:
    """Return the name of the remote-tracking branch."""
    return f"refs/remotes/{remote}/{branch}"


def _push(repo: Repository, remote: str, branch: str, refspec: str, *options: str) -> bool:
    plain = ("--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-signed")
    try:
        run(repo, "push", *plain, *options, remote, refspec, timeout=NETWORK_TIMEOUT)
    except GitError as error:
        reasons = [line for line in error.output.decode(errors="replace").splitlines() if line[:1] == "!"]
        if not reasons and _NO_RIGHT.search(error.text):
            raise _no_right(remote, branch, error) from error
        if not reasons:
            raise unreachable(repo, remote, error) from error
        if is_race(reasons[0]):
            return False
        raise refused(remote, branch, reasons[0], error.text) from error
    return True


def unreachable(repo: Repository, remote: str, error: GitError) -> RecordError:
    """Return the error of a remote that gave no answer about a branch."""
    if isinstance(error, DeadlineError):
        return RemoteError(replaced(error.problems[0], subject=remote))
    if is_damage(error):
        return damaged(repo, remote, error.problems[0].what)
    what = f"cannot be reached: {error.problems[0].what}"
    return RemoteError(
        Problem(remote, what, "check its URL (git remote -v), the network and the credentials")
    )


def _no_right(remote: str, branch: str, error: GitError) -> RemoteError:
    """Return the error for a remote that can be read, and does not let this user push."""
    said = next((line for line in error.text.splitlines() if _NO_RIGHT.search(line)), "")
    what = f"can be read, but refuses the push to {branch}: {one_line(said) or error.problems[0].what}"
    return RemoteError(Problem(remote, what, f"give the job's user or key the right to push to {branch}"))


def is_race(status: str) -> bool:
    """Return whether a line of `git push --porcelain` means that another push was faster."""
    return _RACE.search(status) is not None


def refused(remote: str, branch: str, status: str, text: str) -> RemoteError:
    """Return the error of a branch that the remote does not let us push to, from what git printed."""
    if "non-fast-forward" in status:
        what = f"refuses to replace {branch} (receive.denyNonFastForwards)"
        return RemoteError(Problem(remote, what, "allow it for that branch, or set history.pulse: null"))
    lines = [line.removeprefix("remote:").strip() for line in text.splitlines() if line.startswith("remote:")]
    message = one_line(" ".join(filter(None, lines)))
    reason = one_line(status.rpartition("\t")[2])
    what = f"refuses the push to {branch}: {reason}" + (f": {message}" if message else "")
    remedy = "allow the job's user to push to that branch"
    if _UNSIGNED.search(message):
        remedy = "set history.sign to an SSH key that the server knows, or exempt that branch"
    return RemoteError(Problem(remote, what, remedy))


def contended(remote: str | None, branch: str, attempts: int, *, moved: bool) -> RemoteError:
    """Return the error of a branch that could not be moved; `moved`: others moved it each time."""
    if moved:
        what = f"was moved by other runs {attempts} times in a row"
        return RemoteError(Problem(branch, what, "run fewer jobs at once"))
    what = f"could not be moved {attempts} times in a row, and no other run moved it"
    lock = f"{branch}.lock"
    remedy = f"look for a leftover {lock} or a broken ref in the repository of {remote}"
    return RemoteError(Problem(branch, what, remedy if remote else f"remove a leftover {lock}"))
