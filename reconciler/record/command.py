"""Run git's own commands, with GitPython: the only place that starts git, the only program that a run starts.

GitPython's index and object classes are not used: `index.commit` reads and rewrites every file of the
repository, git's commands touch only what changed. Every call is the same: no shell, no prompt, no hook,
messages in English, an environment without secrets, and nothing of a surrounding git process (a hook's
GIT_DIR or GIT_INDEX_FILE) leaks in.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from errno import ENOENT
from itertools import pairwise
from math import inf
from pathlib import Path
from typing import Any

from reconciler.errors import Problem, RecordError
from reconciler.model.deadline import NEVER, Deadline
from reconciler.record.environment import for_git

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
_GRACE = 5.0
"""Seconds that an ending git has to remove its lock files."""

_CREDENTIALS = re.compile(r"//[^\s'\"]*@")
_QUERY = re.compile(r"(://[^\s'\"?]*)\?[^\s'\"]*")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")
_LONGEST = 300
_UNREADABLE = "warning: unable to access"
NO_SPACE = ("No space left", "Out of diskspace", "Disk quota exceeded")
"""Marks of a full disk in the messages of git."""
_REMEDIES = (
    *((mark, "free some disk space; earlier records are intact") for mark in NO_SPACE),
    ("File too large", "raise the limit on file sizes; earlier records are intact"),
    ("index.lock", "end the other git process; if none is running, remove that file"),
    (".lock': File exists", "end the other git process; if none is running, remove that file"),
    ("clean filter '", "fix that filter, or exempt the file in .gitattributes: PATH -filter"),
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
    secrets: frozenset[str] = frozenset()
    """The environment variables with secrets of the configuration, which no git process gets."""


class GitError(RecordError):
    """A git command that failed, as one line; callers that expect the failure check its parts."""

    def __init__(self, subject: str, status: int, output: bytes, text: str) -> None:
        """Take what git wrote to standard output (`output`) and standard error (`text`)."""
        self.status = status
        self.output = output
        self.text = scrubbed(text)
        super().__init__(Problem(subject, *explain(self.text, status)))


class DeadlineError(GitError):
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
    if lines and "reading the configuration" in lines[0]:  # a warning before it names the file
        lines = [line.removeprefix("warning:") for line in text.splitlines() if _UNREADABLE in line] or lines
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
        raise DeadlineError(repo.deadline.problem)
    place = {
        "GIT_DIR": str(repo.git_dir),
        "GIT_COMMON_DIR": str(repo.common_dir),
        "GIT_WORK_TREE": str(repo.root),
        "GIT_INDEX_FILE": str(repo.git_dir / "index"),
        "GIT_OBJECT_DIRECTORY": str(repo.common_dir / "objects"),
    }
    place |= environment or {}
    return execute(repo.root, arguments, place, secrets=repo.secrets, stdin=stdin, timeout=seconds)


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
    secrets: frozenset[str] = frozenset(),
    stdin: bytes = b"",
    timeout: float | None = None,
) -> bytes:
    """Run `git ARGUMENTS` in any directory; raises `GitError`, or `RecordError` if git is not installed."""
    command = f"git {_subcommand(arguments)}"
    if not os.access(directory, os.X_OK):  # GitPython would start it elsewhere
        what = f"cannot be run: {directory}: is not a folder that may be entered"
        raise RecordError(Problem(command, what))
    allowed = for_git(os.environ, secrets)
    if shutil.which("git", path=allowed.get("PATH")) is None:
        raise _missing()
    try:
        started = _start(directory, arguments, {**allowed, **environment}, has_input=bool(stdin))
    except OSError as error:
        raise RecordError(Problem(command, f"cannot be run: {error.strerror}")) from error
    process: subprocess.Popen[bytes] = started.proc
    with process:
        try:
            output, errors = process.communicate(stdin or None, timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            text = f"fatal: did not end within {round(timeout or 0, 1):g} s"
            raise GitError(command, -signal.SIGTERM, b"", text) from None
        except BaseException:
            _end(process)
            raise
    started.proc = None  # it has ended: nothing is left to interrupt
    if process.returncode:
        raise GitError(command, process.returncode, output, errors.decode("utf-8", "replace"))
    return output


def _start(
    directory: Path, arguments: tuple[str, ...], environment: Mapping[str, str], *, has_input: bool
) -> Any:
    """Start git by GitPython, with only these variables in its environment.

    GitPython can only add to the environment that it hands on, so `env` takes the others out.
    """
    git = _gitpython(environment)
    without = [word for name in os.environ if name not in environment for word in ("-u", name)]
    starter = ["env", *without] if without else []
    try:
        return git.Git(str(directory)).execute(
            [*starter, "git", *_OPTIONS, *arguments],
            istream=subprocess.PIPE if has_input else None,
            env=dict(environment),
            as_process=True,
            start_new_session=True,  # no terminal to prompt on, and one signal ends it and its children
        )
    except git.GitCommandNotFound as error:
        raise FileNotFoundError(ENOENT, "No such file or directory", "env") from error


def _gitpython(environment: Mapping[str, str]) -> Any:
    """Import GitPython, which runs `git version` then: in the environment of all our git processes."""
    if "git" not in sys.modules:
        before = dict(os.environ)
        os.environ.clear()
        os.environ.update(environment, GIT_PYTHON_REFRESH="quiet")
        try:
            import git  # noqa: F401
        finally:
            os.environ.clear()
            os.environ.update(before)
    return sys.modules["git"]


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a git process and its children: with time to remove lock files, then without."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=_GRACE)
            return


def _subcommand(arguments: tuple[str, ...]) -> str:
    return next(word for option, word in pairwise(("", *arguments)) if "-c" not in {option, word})


def _missing() -> RecordError:
    path = os.environ.get("PATH", "")
    return RecordError(Problem("git", f"was not found in {path or 'an empty PATH'}", "apt-get install git"))
