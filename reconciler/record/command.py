"""Run git's own commands: the only place that starts git, and the only import of GitPython.

GitPython's index and object classes are not used: `index.commit` reads and rewrites every file of the
repository, git's commands touch only what changed. Every call is the same: no shell, no prompt, no hook,
messages in English, and nothing of a surrounding git process (a hook's GIT_DIR or GIT_INDEX_FILE) leaks in.
"""

import os
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf
from pathlib import Path

from reconciler.errors import Problem, RecordError
from reconciler.model.deadline import NEVER, Deadline

NETWORK_TIMEOUT = 300.0
"""Seconds after which a fetch or push is aborted."""
LOCAL_TIMEOUT = 60.0
"""Seconds that a command without network may take, even when the time of the run is over: what was read is
still recorded."""
LISTING_TIMEOUT = 60.0
"""Seconds after which listing the branches of a remote is aborted."""

DURABLE = ("-c", "core.fsync=objects,derived-metadata,reference", "-c", "core.fsyncMethod=batch")
"""Objects and refs reach the disk before a command ends (git 2.36 and newer), refs last."""

_OPTIONS = (
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.splitIndex=false"),
    *("-c", "advice.addEmbeddedRepo=false"),
    *DURABLE,
)
_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_LITERAL_PATHSPECS": "1"}
_SURROUNDING = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""Set inside a hook or alias; `git rev-parse --local-env-vars`."""

_CREDENTIALS = re.compile(r"//[^\s'\"]*@")
_QUERY = re.compile(r"(://[^\s'\"?]*)\?[^\s'\"]*")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")
_LONGEST = 300
_REMEDIES = (
    ("No space left", "free some disk space; earlier records are intact"),
    ("Out of diskspace", "free some disk space; earlier records are intact"),
    ("File too large", "raise the limit on file sizes; earlier records are intact"),
    ("index.lock", "end the other git process; if none is running, remove that file"),
    (".lock': File exists", "end the other git process; if none is running, remove that file"),
    ("ermission denied", "give this user write access to the repository"),
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A work tree and its git directory, as git reports them."""

    root: Path
    """Top of the work tree."""
    git_dir: Path
    """Of this work tree: HEAD and index."""
    common_dir: Path
    """Shared by all work trees of the repository: objects and branches."""
    shallow: bool
    """Cloned with `--depth`."""
    digest: str
    """`sha1` or `sha256`: the hash of object ids."""
    deadline: Deadline = field(default=NEVER, compare=False)
    """By which commands have to end: those with network at once, others after `LOCAL_TIMEOUT` at least."""


class GitError(RecordError):
    """A git command that failed, as one line; callers that expect the failure check its parts."""

    def __init__(self, subject: str, status: int, output: bytes, text: str) -> None:
        """Take what git wrote to standard output (`output`) and standard error (`text`)."""
        self.status = status
        self.output = output
        self.text = scrubbed(text)
        super().__init__(Problem(subject, *explain(self.text, status)))


class OutOfTime(GitError):
    """A git command that was not run, because the time of the run is over."""

    def __init__(self, problem: Problem) -> None:
        super().__init__("git", 1, b"", problem.what)
        self.problems = (problem,)


def scrubbed(text: str) -> str:
    """Return the text without the user, password or token of any URL in it."""
    return _QUERY.sub(r"\1", _CREDENTIALS.sub("//", text))


def one_line(text: str) -> str:
    """Return text from git or from a remote's hook as one short printable line."""
    return " ".join(_UNPRINTABLE.sub(" ", scrubbed(text)).split())[:_LONGEST]


def explain(text: str, status: int) -> tuple[str, str]:
    """Return what went wrong and how to fix it, from git's standard error."""
    lines = [line for line in text.splitlines() if line.startswith(("fatal:", "error:", "Timeout:"))]
    if not lines:
        lines = text.splitlines()[-1:]
    what = one_line(lines[0].removeprefix("fatal:").removeprefix("error:")) if lines else ""
    if not what:
        what = f"was killed by signal {-status}" if status < 0 else f"failed with status {status}"
    remedy = next((remedy for mark, remedy in _REMEDIES if mark in text), "")
    return what, remedy


def run(
    repo: Repository,
    *arguments: str,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> bytes:
    """Run `git ARGUMENTS` in the repository and return its standard output; raises `GitError`.

    `timeout` is for a command with network; it ends by the deadline of the repository too.
    """
    seconds = _seconds(repo, timeout)
    if seconds == 0:
        raise OutOfTime(repo.deadline.problem)
    place = {
        "GIT_DIR": str(repo.git_dir),
        "GIT_COMMON_DIR": str(repo.common_dir),
        "GIT_WORK_TREE": str(repo.root),
        "GIT_INDEX_FILE": str(repo.git_dir / "index"),
        "GIT_OBJECT_DIRECTORY": str(repo.common_dir / "objects"),
    }
    return execute(repo.root, arguments, {**place, **(environment or {})}, stdin=stdin, timeout=seconds)


def _seconds(repo: Repository, timeout: float | None) -> float | None:
    """Return the seconds that a command may take; None for as long as it wants."""
    left = repo.deadline.left
    if timeout is not None:
        return min(timeout, left)
    return None if left == inf else max(LOCAL_TIMEOUT, left)


def execute(
    directory: Path,
    arguments: tuple[str, ...],
    environment: Mapping[str, str],
    *,
    stdin: bytes = b"",
    timeout: float | None = None,
) -> bytes:
    """Run `git ARGUMENTS` in any directory; raises `GitError`, or `RecordError` if git is not installed."""
    try:
        import git
    except ImportError as error:  # GitPython runs `git version` when it is imported
        raise _missing() from error
    program = git.Git.GIT_PYTHON_GIT_EXECUTABLE or "git"
    started = time.monotonic()
    try:
        with tempfile.TemporaryFile() as file:
            file.write(stdin)
            file.seek(0)
            status, output, text = git.Git(str(directory)).execute(
                [*_without_surroundings(environment), program, *_OPTIONS, *arguments],
                istream=file.fileno() if stdin else None,
                env={**_ENVIRONMENT, **environment},
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=timeout,
            )
    except git.GitCommandNotFound as error:
        raise _missing() from error
    except OSError as error:
        raise RecordError(
            Problem(f"git {_subcommand(arguments)}", f"cannot be run: {error.strerror}")
        ) from error
    if timeout is not None and status < 0 and time.monotonic() - started >= timeout:
        text = f"fatal: did not end within {round(timeout, 1):g} s"
    if status:
        command = f"git {_subcommand(arguments)}"
        raise GitError(command, status, output, text)
    return output


def _subcommand(arguments: tuple[str, ...]) -> str:
    return next(word for option, word in pairwise(("", *arguments)) if "-c" not in {option, word})


def _without_surroundings(environment: Mapping[str, str]) -> list[str]:
    """Return an `env` command that removes variables: GitPython can only add to the environment."""
    names = [name for name in _SURROUNDING if name in os.environ and name not in environment]
    return ["env", *(part for name in names for part in ("-u", name))] if names else []


def _missing() -> RecordError:
    path = os.environ.get("PATH", "")
    return RecordError(Problem("git", f"was not found in {path or 'an empty PATH'}", "apt-get install git"))
