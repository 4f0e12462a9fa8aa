"""The hidden first line of our comment on a pull request, by which the next review finds it again."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

_MARKER = re.compile(
    r"<!-- reconciler:review site=(?P<site>[\w.~%-]{1,300}) author=(?P<author>-?\d{1,18}|new) "
    r"head=(?P<head>[0-9a-f]{7,64}) content=(?P<content>[0-9a-f]{16}) lines=(?P<lines>[0-9a-f,]{0,700}) -->"
)
MOST_LINES = 40
"""Comments on lines that are remembered."""


@dataclass(frozen=True, slots=True)
class Marker:
    """Whose comment it is, and of which content."""

    site: str
    author: int | None
    """The id of the account that wrote it, as the server answered; None: not known yet."""
    head: str
    """The commit that was reviewed."""
    content: str
    """A digest of the content without its clocks: an equal one is not written again."""
    lines: tuple[str, ...] = field(default=())
    """Digests of the problems that were commented on at their lines."""

    def __str__(self) -> str:
        author = "new" if self.author is None else self.author
        return (
            f"<!-- reconciler:review site={quote(self.site, safe='')} author={author} head={self.head} "
            f"content={self.content} lines={','.join(self.lines[-MOST_LINES:])} -->"
        )


def find_marker(body: str) -> Marker | None:
    """Return the marker of a comment; None where its first line is not one."""
    match = _MARKER.fullmatch(body.partition("\n")[0].strip())
    if match is None:
        return None
    author = None if match["author"] == "new" else int(match["author"])
    lines = tuple(each for each in match["lines"].split(",") if each)
    return Marker(unquote(match["site"]), author, match["head"], match["content"], lines)


def digest(parts: Iterable[str]) -> str:
    """Return 16 hex digits that differ where texts differ."""
    content = hashlib.sha256()
    for part in parts:
        content.update(part.encode("utf-8", "replace"))
        content.update(b"\0")
    return content.hexdigest()[:16]
