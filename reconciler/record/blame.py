"""Which commit wrote a line of the desired state: looked up when findings that git moved are shown."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.value import moment
from reconciler.record.command import GitError, Repository, run

MOST_LINES = 100
"""Lines that are looked up at once: git reads the history of their files."""

_PLACE = re.compile(r"(.+):([1-9]\d{0,8})")
_HEAD = re.compile(r"([0-9a-f]{40}(?:[0-9a-f]{24})?) \d+ (\d+)(?: \d+)?")
_SUBJECT_MAX = 120


@dataclass(frozen=True, slots=True)
class LineCommit:
    """The commit that last changed a line; author and subject are untrusted text."""

    commit: str
    author: str
    at: datetime
    subject: str


def line_commits(repo: Repository, commit: str, places: Iterable[str]) -> dict[str, LineCommit]:
    """Return the commit behind each `file:line` of the first `MOST_LINES`, as `commit` has the file.

    A place is left out where git cannot show it: the file is not in that commit, or the clone is shallow.
    """
    files: dict[str, list[int]] = {}
    for place in list(dict.fromkeys(places))[:MOST_LINES]:
        match = _PLACE.fullmatch(place)
        if match is not None:
            files.setdefault(match[1], []).append(int(match[2]))
    found: dict[str, LineCommit] = {}
    cut = _cut_off(repo)
    for file, lines in files.items():
        ranges = [part for line in lines for part in ("-L", f"{line},{line}")]
        try:
            text = run(repo, "blame", "--porcelain", "--root", *ranges, commit, "--", file).decode(
                "utf-8", "replace"
            )
        except GitError:
            continue
        found |= {f"{file}:{line}": each for line, each in _parsed(text) if each.commit not in cut}
    return found


def _cut_off(repo: Repository) -> frozenset[str]:
    """Return the commits whose parents a shallow clone does not have: all seems to be theirs."""
    try:
        return frozenset((repo.common_dir / "shallow").read_text("ascii", "replace").split())
    except OSError:
        return frozenset()


def _parsed(text: str) -> Iterator[tuple[int, LineCommit]]:
    """Yield line and commit of the porcelain form (git-blame(1)): facts of a commit come only once."""
    facts: dict[str, dict[str, str]] = {}
    commit, line = "", 0
    for each in text.split("\n"):
        head = _HEAD.fullmatch(each)
        if each.startswith("\t"):
            known = facts[commit]
            at = known.get("author-time", "0")
            subject = known.get("summary", "")[:_SUBJECT_MAX]
            made = moment(int(at) if at.isdecimal() else 0)
            yield line, LineCommit(commit, known.get("author", ""), made, subject)
        elif head is not None:
            commit, line = head[1], int(head[2])
            facts.setdefault(commit, {})
        elif commit:
            name, _, value = each.partition(" ")
            facts[commit][name] = value
