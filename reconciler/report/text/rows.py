"""Rows of text for a terminal: what is on the left, what is on the right, and what must never be folded.

Everything untrusted goes through `escaped_text` or `escape_terminal` first. A place (`file:line`) and a
command stay in one piece on one row, even where that is wider than the terminal: they are there to be copied.
"""

import io
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text
from rich.theme import Theme

from reconciler.config.severity import Severity
from reconciler.report.escape import escape_terminal

ERROR, WARNING, NOTE = "report.error", "report.warning", "report.note"
GOOD, GONE, QUIET, INCOMPLETE = "report.good", "report.gone", "report.quiet", "report.incomplete"
"""The names of styles; see `theme`."""

MANY_COLOURS = {
    ERROR: "bold color(196)",
    WARNING: "bold color(166)",
    NOTE: "color(32)",
    GOOD: "color(29)",
    GONE: "color(196)",
    QUIET: "color(244)",
    INCOMPLETE: "bold color(133)",
}
"""Colours of middling brightness, which are readable on a light and on a dark background."""

FEW_COLOURS = {
    ERROR: "bold red",
    WARNING: "bold magenta",
    NOTE: "none",
    GOOD: "green",
    GONE: "red",
    QUIET: "none",
    INCOMPLETE: "bold magenta",
}
"""The same for 8 or 16 colours, without yellow, white, cyan and blue, which one background hides."""

SEVERITY_STYLES: dict[Severity, str] = {"error": ERROR, "warning": WARNING, "info": NOTE}
_MARKS: dict[Severity, str] = {"error": "▲", "warning": "!", "info": "·"}
_LETTERS: dict[Severity, str] = {"error": "E", "warning": "W", "info": "i"}


def theme(color_system: str | None) -> Theme:
    """Return the styles that a terminal can show."""
    return Theme(MANY_COLOURS if color_system in {"256", "truecolor"} else FEW_COLOURS)


INDENT = 4
GAP = 2
_RULER = Console(file=io.StringIO(), width=1000, color_system=None, _environ={})
"""Rich wraps text with the options of a console; the width is always given."""


def mark(severity: Severity, *, colour: bool) -> Text:
    """Return the mark of a severity: a letter where no colour distinguishes them."""
    return Text.assemble(((_MARKS if colour else _LETTERS)[severity], SEVERITY_STYLES[severity]))


def quiet(text: str) -> Text:
    """Return text of less weight."""
    return Text.assemble((text, QUIET))


def wrap(text: Text, width: int, most: int | None = None) -> list[Text]:
    """Return a text as rows of a width, by words; after `most` rows it ends in an ellipsis."""
    if text.cell_len <= width:
        return [text]
    rows = list(text.wrap(_RULER, max(width, 8), overflow="fold"))
    for row in rows:
        row.rstrip()
    if most is not None and len(rows) > most:
        used = 0
        for row in rows[: most - 1]:
            used = text.plain.index(row.plain, used) + len(row)
        rest = text[used:]
        rest = rest[len(rest) - len(rest.plain.lstrip()) :]
        rest.truncate(max(width, 8), overflow="ellipsis")
        return [*rows[: most - 1], rest]
    return rows


def indented(rows: Iterable[Text], columns: int) -> list[Text]:
    """Return rows moved to the right."""
    return [Text(" " * columns).append_text(row) for row in rows]


def join_ends(left: Text, right: Text, width: int) -> Text | None:
    """Return one row with a text at each end; None if they do not fit."""
    if not right.cell_len:
        return left if left.cell_len <= width else None
    room = width - left.cell_len - right.cell_len
    return left + Text(" " * room) + right if room >= GAP else None


def labelled(label: Text, text: Text, width: int, column: int, most: int | None = None) -> list[Text]:
    """Return a label, and a text that wraps in the column beside it."""
    head = label.copy()
    head.append(" " * max(column - label.cell_len, GAP))
    rows = wrap(text, max(width - head.cell_len, 20), most)
    return [head + rows[0], *indented(rows[1:], head.cell_len)]


def escaped_text(text: str, longest: int = 240, style: str = "") -> Text:
    """Return untrusted text, harmless, of bounded length."""
    return Text(escape_terminal(text, longest), style)
