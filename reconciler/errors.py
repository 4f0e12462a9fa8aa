"""The errors that end a command, each as one line to act on.

    ReconcilerError            exit code 1 unless noted otherwise
      UsageError               wrong command line (exit code 64)
      ConfigError              config/reconciler.yaml, or an environment variable it names
      DesiredStateError        a desired-state file
      SourceError              one source could not be read (becomes data: the run goes on)
      RecordError              git failed, or the record cannot be read
        RemoteError            the remote cannot be reached, or refuses
      PublishError             the tree could not be written or served

A failure that concerns one row or one list is not an error but data: see `Scope` and `Listing`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

from reconciler.text import natural

EXIT_IN_SYNC = 0
EXIT_ERROR = 1
EXIT_DRIFT = 2
EXIT_INCOMPLETE = 3
EXIT_USAGE = 64


Cause = Literal[
    "bad-answer",
    "changed-while-reading",
    "connection-lost",
    "guard",
    "history-went-back",
    "internal",
    "login-refused",
    "may-be-hidden",
    "misconfigured",
    "no-quorum",
    "no-time-left",
    "node-offline",
    "node-silent",
    "not-configured",
    "not-read",
    "not-supported",
    "nothing-recorded",
    "other",
    "request-failed",
    "timeout",
    "token-lacks-right",
    "unreachable",
    "unreadable-field",
    "unreadable-row",
    "untrusted-certificate",
]
"""A stable id for each cause of failure: programs and reports group by it; texts may change.

    bad-answer             the answer does not have the documented form
    changed-while-reading  the data moved during the run: a guest migrates, a page repeats itself
    connection-lost        the connection ended before the answer did
    guard                  a list that lost too much at once is held back
    history-went-back      the recorded history was rewound, replaced, rewritten or deleted
    internal               a part of this program raised an unforeseen error
    login-refused          a token, key or password is refused
    may-be-hidden          absence is not proven: the account may not be shown what is missing
    misconfigured          a setting or secret of the source cannot be used
    no-quorum              the cluster has no quorum, or does not report whether it has one
    no-time-left           the time for its source, or for the run, was over before it was read
    node-offline           the node is offline, and everything on it is unreachable
    node-silent            the node is online but does not answer through the cluster
    not-configured         the source or kind has left the configuration
    not-read               the snapshot does not cover this kind
    not-supported          this release or API generation does not offer it
    nothing-recorded       there is no recorded run yet
    request-failed         the server answers one request with an error
    timeout                no answer in time
    token-lacks-right      the account lacks a right; the remedy names it
    unreachable            no connection to the host
    unreadable-field       some fields of a resource could not be read or evaluated
    unreadable-row         one row of a list cannot be parsed
    untrusted-certificate  the server's certificate is not trusted
    other                  everything else, such as mistakes in files and on the command line
"""

CAUSES: frozenset[str] = frozenset(get_args(Cause))


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One failure or mistake: where, what, and how to fix it. It becomes text only where it is shown."""

    subject: str
    """`file:line:column`, a host, a node, an environment variable …; empty where the context names it."""
    what: str
    remedy: str = ""
    cause: Cause = "other"

    def __str__(self) -> str:
        where = f"{self.subject}: " if self.subject else ""
        return f"{where}{self.what}" + (f"; {self.remedy}" if self.remedy else "")


def combined(problems: Sequence[Problem]) -> Problem:
    """Merge several problems with one effect into one; its cause is that of the first."""
    if len(problems) == 1:
        return problems[0]
    first = problems[0]
    one_subject = all(problem.subject == first.subject for problem in problems)
    texts = (
        problem.what if one_subject or not problem.subject else f"{problem.subject}: {problem.what}"
        for problem in problems
    )
    remedies = dict.fromkeys(problem.remedy for problem in problems if problem.remedy)
    return Problem(
        subject=first.subject if one_subject else "",
        what="; ".join(dict.fromkeys(texts)),
        remedy="; ".join(remedies),
        cause=first.cause,
    )


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by file, line and column; those at one place keep their order."""
    return sorted(problems, key=lambda problem: natural(problem.subject))


class ReconcilerError(Exception):
    """An error that ends a command; it carries every problem found, not just the first."""

    exit_code: ClassVar[int] = EXIT_ERROR

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(ReconcilerError):
    """The command line asks for something impossible."""

    exit_code = EXIT_USAGE


class ConfigError(ReconcilerError):
    """The configuration, or an environment variable it refers to, is invalid."""


class DesiredStateError(ReconcilerError):
    """Desired state that cannot be read or does not fit its kind."""


class SourceError(ReconcilerError):
    """A source that could not be read at all; the run records that and continues with the others."""


class RecordError(ReconcilerError):
    """The record could not be read from git or written to it."""


class RemoteError(RecordError):
    """The remote of the record cannot be reached, refuses, or does not exist; what is here remains."""


class PublishError(ReconcilerError):
    """The published tree could not be written or served."""
