"""A report for the terminal: the verdict, a block per resource, what could not be read, the verdict again.

Import it where it is used: rich is slow to import.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from typing import IO

from rich.console import Console
from rich.text import Text

from reconciler.model.findings import DriftReport
from reconciler.report import sections
from reconciler.report.blocks import ReportBlock, blocks_of
from reconciler.report.context import NO_CONTEXT, ReportContext
from reconciler.report.escape import escape_terminal
from reconciler.report.screen import (
    LOG_ROWS,
    MOST_ROWS,
    PIPED_WIDTH,
    SCREEN_ROWS,
    Screen,
    in_ci,
    width_of,
)
from reconciler.report.text import blocks, footer
from reconciler.report.text.blocks import Form
from reconciler.report.text.rows import GOOD, INCOMPLETE, NOTE, WARNING, labelled, quiet, theme, wrap
from reconciler.text import counted

HEADLINE = 800
"""Characters of the first line."""

_VERDICTS = {"in_sync": GOOD, "drifted": WARNING, "incomplete": INCOMPLETE}
_ASCII = str.maketrans({"→": "->", "·": "-", "…": "...", "└": "`", "├": "|", "▲": "E", "×": "x", "–": "-"})
"""Our own signs for an output that has only ASCII."""


def console(file: IO[str], environment: Mapping[str, str] | None = None) -> Console:
    """Return a console whose colour and width follow the terminal, `NO_COLOR` and `CI`."""
    environment = dict(os.environ if environment is None else environment)
    width = width_of(file, environment)
    shown = Console(file=file, width=width, highlight=False, markup=False, emoji=False, _environ=environment)
    shown.push_theme(theme(shown.color_system))
    return shown


def to_text(
    report: DriftReport, width: int = PIPED_WIDTH, context: ReportContext = NO_CONTEXT, *, full: bool = False
) -> str:
    """Return the report as plain text, for a file."""
    full = full or context.full
    return plain_text(report, Screen(width, MOST_ROWS if full else LOG_ROWS, full), context)


def plain_text(
    report: DriftReport, screen: Screen, context: ReportContext = NO_CONTEXT, done: str = ""
) -> str:
    """Return the report as plain text."""
    return "".join(f"{row.plain.rstrip()}\n" for row in rows_of(report, screen, context, done))


def for_stream(
    report: DriftReport, file: IO[str], context: ReportContext = NO_CONTEXT, done: str = ""
) -> str:
    """Return the report as a stream wants it: with the colours of a terminal, else as plain text.

    `done`: the outcome of the run, for the last line.
    """
    shown = console(file)
    text = _styled(report, _screen(shown, full=context.full), context, done, shown)
    try:
        text.encode(getattr(file, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return text.translate(_ASCII)
    return text


def _screen(shown: Console, *, full: bool) -> Screen:
    watched = shown.is_terminal and not in_ci()
    rows = MOST_ROWS if full else SCREEN_ROWS if watched else LOG_ROWS
    coloured = shown.is_terminal and shown.color_system is not None and not shown.no_color
    return Screen(shown.width, rows, full, coloured)


def _styled(report: DriftReport, screen: Screen, context: ReportContext, done: str, shown: Console) -> str:
    if not shown.is_terminal:
        return plain_text(report, screen, context, done)
    with shown.capture() as capture:
        for row in rows_of(report, screen, context, done):
            row.rstrip()
            shown.print(row, soft_wrap=True)
    return capture.get()


def rows_of(
    report: DriftReport, screen: Screen, context: ReportContext = NO_CONTEXT, done: str = ""
) -> list[Text]:
    """Return the rows of a report.

    The short form is one screen where that is possible: the worst blocks show how to settle them as long as
    there is room.
    """
    first, last = _first(report), _last(report, done)
    notes = [quiet(escape_terminal(note, HEADLINE)) for note in context.notes]
    found = blocks_of(report, fold=not screen.full)
    below = footer.rows_of(report, screen, partial=bool(notes))
    if not (found or below) and report.verdicts:
        return [first, *notes, last]
    below += _next(report, screen, found)
    taken = sum(-(-row.cell_len // screen.width) for row in (first, last)) + 3 + len(below)
    rows = _blocks(found, report, context, screen, taken)
    return [first, *notes, *_spaced(rows), *_spaced(below), Text(), last]


def _next(report: DriftReport, screen: Screen, found: Sequence[ReportBlock]) -> list[Text]:
    """Return the row that names the next command."""
    if screen.full or (report.verdicts and not found):
        return []
    step = "reconciler drift KEY shows a resource and how to settle it; --verbose shows everything"
    if not report.verdicts:
        step = "reconciler adopt prints desired state for all that is live"
    return labelled(quiet("Next"), quiet(step), screen.width, footer.COLUMN)


def _spaced(rows: Sequence[Text]) -> list[Text]:
    return [Text(), *rows] if rows else []


def _blocks(
    found: Sequence[ReportBlock], report: DriftReport, context: ReportContext, screen: Screen, taken: int
) -> list[Text]:
    """Return the rows of the blocks; those that do not fit are counted, with the command that shows them.

    Errors are always shown, up to the number of rows of a log.
    """

    def rows_in(block: ReportBlock, form: Form) -> list[Text]:
        return blocks.rows_of(block, report, context, screen, form)

    room = screen.rows - taken
    forms: list[list[Text]] = []
    made = 0
    for block in found:
        if made > max(room, LOG_ROWS):
            break
        forms.append(rows_in(block, Form.FULL if screen.full else Form.BRIEF))
        made += len(forms[-1])
    kept = len(found)
    if len(forms) < len(found) or made > room:
        kept = _that_fit(found, forms, screen, taken)
        if not screen.full and len(found) <= room:
            whole = _before_one_row(list(map(len, forms)), room)
            forms[whole:] = [rows_in(block, Form.ONE_ROW) for block in found[whole:]]
            kept = len(found)
    elif not screen.full:
        _lengthen(forms, found, rows_in, SCREEN_ROWS - taken - made)
    rows = [row for form in forms[:kept] for row in form]
    left = found[kept:]
    return [*rows, *wrap(quiet(_rest(left, screen)), screen.width)] if left else rows


def _before_one_row(lengths: Sequence[int], room: int) -> int:
    """Return how many blocks keep their rows where each of those after them has one row."""
    spare = room - len(lengths)
    for number, length in enumerate(lengths):
        spare -= length - 1
        if spare < 0:
            return number
    return len(lengths)


def _that_fit(found: Sequence[ReportBlock], forms: Sequence[list[Text]], screen: Screen, taken: int) -> int:
    """Return how many of the blocks there is room for, with a row for the rest."""
    spent = taken + 1
    for number, (block, rows) in enumerate(zip(found, forms, strict=False)):
        spent += len(rows)
        limit = max(screen.rows, LOG_ROWS) if block.severity == "error" else screen.rows
        if number and spent > limit:
            return number
    return len(forms)


def _lengthen(
    forms: list[list[Text]],
    found: Sequence[ReportBlock],
    rows_in: Callable[[ReportBlock, Form], list[Text]],
    spare: int,
) -> None:
    """Replace blocks by longer forms, from the worst on, as long as all of it is one screen."""
    for form in (Form.SHORT, Form.FULL):
        for number, block in enumerate(found[: len(forms)]):
            if spare <= 0:
                return
            rows = rows_in(block, form)
            more = len(rows) - len(forms[number])
            if more <= spare:
                forms[number] = rows
                spare -= more


def _rest(left: Sequence[ReportBlock], screen: Screen) -> str:
    causes = sum(block.count for block in left)
    numbers = {
        noun: sum(block.count for block in left if block.severity == severity)
        for severity, noun in (("error", "error"), ("warning", "warning"), ("info", "note"))
    }
    of = ", ".join(counted(number, noun) for noun, number in numbers.items() if number)
    command = "reconciler drift --format json" if screen.full else "reconciler drift --verbose"
    return f"… {counted(causes, 'more cause')} ({of}): {command}"


def _verdict(report: DriftReport) -> Text:
    style = _VERDICTS[report.summary.verdict] if report.verdicts else NOTE
    return Text.assemble((sections.label(report).upper(), style))


def _first(report: DriftReport) -> Text:
    return _verdict(report).append(f"  {escape_terminal(report.summary.headline, HEADLINE)}")


def _last(report: DriftReport, done: str) -> Text:
    run = report.run
    counts = report.summary.headline.split(" · ", 1)[0].split(":", 1)[0]
    parts = [counts, run.site]
    if run.desired_commit or run.desired_tree:
        parts.append(f"desired {run.desired_commit[:12] if run.desired_commit else 'uncommitted'}")
    parts += [f"run {run.id}", *([done] if done else [])]
    return _verdict(report).append("  " + " · ".join(escape_terminal(part, HEADLINE) for part in parts))
