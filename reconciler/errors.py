"""The errors that end a command, each as one line a person can act on.

    ReconcilerError            exit code 1 unless said otherwise
      UsageError               wrong command line (exit code 64)
      ConfigError              config/reconciler.yaml, or an environment variable it names
      DesiredStateError        a file of desired state
      SourceError              one source could not be read (becomes data: the run goes on)
      RecordError              git refused, or the record is not readable
        RemoteError            the remote cannot be reached
      PublishError             the tree could not be written or served

A failure that concerns one row or one list is not an error but data: see `Scope` and `Listing`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from reconciler.text import natural

EXIT_IN_SYNC = 0
EXIT_ERROR = 1
EXIT_DRIFT = 2
EXIT_INCOMPLETE = 3
EXIT_USAGE = 64


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that is wrong: where, what, and what to do about it."""

    subject: str
    """`file:line:column`, a host, an environment variable …"""
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}" + (f"; {self.remedy}" if self.remedy else "")


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file, line and column; those of one place as they come."""
    return sorted(problems, key=lambda problem: natural(problem.subject))


class ReconcilerError(Exception):
    """Something that ends a command; it carries every problem found, not just the first."""

    exit_code: ClassVar[int] = EXIT_ERROR

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class UsageError(ReconcilerError):
    """The command line asks for something that cannot be."""

    exit_code = EXIT_USAGE


class ConfigError(ReconcilerError):
    """The configuration, or an environment variable it refers to, is wrong."""


class DesiredStateError(ReconcilerError):
    """Desired state that cannot be read or does not fit its kind."""


class SourceError(ReconcilerError):
    """A source that could not be read at all; the run records it and goes on with the others."""


class RecordError(ReconcilerError):
    """The record could not be read from git or written to it."""


class RemoteError(RecordError):
    """The remote of the record cannot be reached, or is not there; what was fetched before still is."""


class PublishError(ReconcilerError):
    """The published tree could not be written or served."""
