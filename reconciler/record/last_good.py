"""Files of the record that cannot be parsed: the last version of each that can be counts instead.

Anyone who may push can write to the record, and a person may merge it wrongly. A run goes on with what an
earlier commit had, names the file, and writes it again. A file of a newer version of this program, and damage
to the clone, are errors: an older version would not put them right.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from reconciler import files
from reconciler.errors import Problem, RecordError
from reconciler.model.snapshot import SCHEMA_VERSION
from reconciler.record import damage
from reconciler.record.command import GitError, Repository, run
from reconciler.record.damage import DamagedError
from reconciler.record.history import RecordPlace
from reconciler.record.layout import RUN
from reconciler.record.objects import read_blobs
from reconciler.text import visible

_FAR = 20
"""So many earlier versions of a file are tried."""
_VERSION = re.compile(r"has schema_version '(\d{1,6})[.']")
_OURS = int(SCHEMA_VERSION.partition(".")[0])

T = TypeVar("T")
Parser = Callable[[str, bytes | None], T]
"""Takes a path in the layout and its content; raises `ValueError` as `path: what is wrong`."""


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a record in a commit."""

    repo: Repository
    place: RecordPlace
    commit: str
    blobs: Mapping[str, str]
    """Path in the layout → blob id."""
    contents: Mapping[str, bytes | None]
    problems: list[Problem] = field(default_factory=list)
    """The files that were replaced by an earlier version of theirs, or left out."""

    def parse(self, path: str, parser: Parser[T]) -> T:
        """Return a file, or its last good version; raises `RecordError` where there is none."""
        try:
            return parser(path, self.contents.get(path))
        except ValueError as error:
            what = f"{path}: is not a file" if self._is_odd(path) else str(error)
        if _is_newer(what):
            what = f"{what}{self._writer()}"
        refused = self._error(path, what)
        if isinstance(refused, DamagedError) or _is_newer(what):
            raise refused
        for commit, data in self._earlier(path):
            try:
                found = parser(path, data)
            except ValueError:
                continue
            self._note(
                self.place.path(what),
                f"its version of {commit[:12]} counts instead, and this run writes it again",
            )
            return found
        raise refused

    def parse_or_leave(self, path: str, parser: Parser[T], nothing: T) -> T:
        """Return a file or its last good version, and `nothing` where there is none."""
        try:
            return self.parse(path, parser)
        except DamagedError:
            raise
        except RecordError as error:
            if _is_newer(error.problems[0].what):
                raise
            self._note(error.problems[0].what, "it is left out, and what it held is read again")
            return nothing

    def _note(self, what: str, then: str) -> None:
        self.problems.append(Problem(self.place.branch, f"{visible(what, 300)}: {then}"))

    def _error(self, path: str, what: str) -> RecordError:
        name = f"{self.place.branch} at {self.commit[:12]}"
        identity = None if self._is_odd(path) else self.blobs.get(path)
        stored = identity, self.contents.get(path)
        return damage.unreadable(self.repo, self.place.remote, name, self.place.path(what), stored)

    def _writer(self) -> str:
        """Return the version of the program that made this record, as the end of a sentence."""
        try:
            version = files.parse_json(self.contents.get(RUN) or b"")["run"]["version"]
        except (ValueError, KeyError, TypeError):
            return ""
        return f", and reconciler {visible(version, 30)} wrote it" if isinstance(version, str) else ""

    def _is_odd(self, path: str) -> bool:
        """Return whether a symbolic link or a submodule is in the place of a file."""
        return ":" in self.blobs.get(path, "")

    def _earlier(self, path: str) -> list[tuple[str, bytes | None]]:
        """Return the commits that changed a file before, and what it was then; the newest first."""
        full = self.place.path(path)
        try:
            log = run(self.repo, "log", f"-{_FAR}", "--format=%H", self.commit, "--", full)
            commits = log.decode().split()
            return list(
                zip(commits, read_blobs(self.repo, [f"{each}:{full}" for each in commits]), strict=True)
            )
        except GitError:
            return []  # a shallow or partial clone has no more than its tip


def _is_newer(what: str) -> bool:
    """Return whether a newer version of this program has written a file."""
    match = _VERSION.search(what)
    return match is not None and int(match[1]) > _OURS
