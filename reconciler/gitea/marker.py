"""The hidden first line of our comment or issue, by which the next run finds it again."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote, unquote

from reconciler.gitea.answers import User

_MARKER = re.compile(
    r"<!-- reconciler:(?P<kind>review|issue) site=(?P<site>[\w.~%-]{1,300}) "
    r"author=(?P<author>-?\d{1,18}|new) head=(?P<head>[0-9a-f]{7,64}|none) "
    r"content=(?P<content>[0-9a-f]{16}) lines=(?P<lines>[0-9a-f,]{0,700}) -->"
)
MOST_LINES = 40
"""Comments on lines that are remembered."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose text it is, and of which content."""

    kind: Literal["review", "issue"]
    site: str
    author: int | None
    """The id of the account that wrote it, as the server answered; None: not known yet."""
    content: str
    """A digest of the content without its clocks: an equal one is not written again."""
    head: str = "none"
    """The commit that was reviewed."""
    lines: tuple[str, ...] = ()
    """Digests of the problems that were commented on at their lines."""

    def __str__(self) -> str:
        author = "new" if self.author is None else self.author
        return (
            f"<!-- reconciler:{self.kind} site={quote(self.site, safe='')} author={author} head={self.head} "
            f"content={self.content} lines={','.join(self.lines[-MOST_LINES:])} -->"
        )


def find_marker(body: str) -> Marker | None:
    """Return the marker of a comment; None where its first line is not one."""
    match = _MARKER.fullmatch(body.partition("\n")[0].strip())
    if match is None:
        return None
    author = None if match["author"] == "new" else int(match["author"])
    lines = tuple(each for each in match["lines"].split(",") if each)
    kind: Literal["review", "issue"] = "review" if match["kind"] == "review" else "issue"
    return Marker(kind, unquote(match["site"]), author, match["content"], match["head"], lines)


def find_own(body: str, kind: str, site: str, author: User | None, me: int | None) -> Marker | None:
    """Return the marker of a text of ours; None for any other, a copy of ours by another account too.

    Ours is of the account `me`, that of the token, or, where a token may not see its own, of one with a
    negative id: those of workflows, which no person can have.
    """
    marker = find_marker(body)
    if marker is None or author is None or (marker.kind, marker.site) != (kind, site):
        return None
    mine = author.id == me if me is not None else author.id < 0
    return marker if mine and marker.author in {author.id, None} else None


def digest(parts: Iterable[str]) -> str:
    """Return 16 hex digits that differ where texts differ."""
    content = hashlib.sha256()
    for part in parts:
        content.update(part.encode("utf-8", "replace"))
        content.update(b"\0")
    return content.hexdigest()[:16]
