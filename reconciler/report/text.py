"""A report for the terminal: a table of findings, what could not be read, next steps, the verdict last.

Import it where it is used: rich is slow to import.
"""

import io
import os
from collections.abc import Iterator, Sequence
from typing import IO

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from reconciler.model.findings import DriftReport, Event
from reconciler.model.value import timestamp
from reconciler.report.escape import escape_terminal
from reconciler.report.lines import Line, age, format_value, gone, join_ids, lines_of
from reconciler.report.sections import ignored, label, next_steps, not_held, unchecked, went_back

PIPED_WIDTH = 100
"""Columns where there is no terminal to ask."""

LONGEST_TABLE = 200
"""Lines of the table; the rest is counted, but for lines that stand for many."""

_WIDE = 120
NAME = 60
"""Characters of a name."""
MAX_LINE_CHARS = 800
"""Characters of a line of a list: room for a failed source with the cause and remedy of each of its hosts."""

_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}
_VERDICTS = {"in_sync": "bold green", "drifted": "bold yellow", "incomplete": "bold magenta"}


def console(file: IO[str], environment: dict[str, str] | None = None) -> Console:
    """Return a console whose colour and width follow the terminal and `NO_COLOR`; 100 columns without one."""
    environment = dict(os.environ) if environment is None else environment
    width = None if file.isatty() or environment.get("COLUMNS", "").isdigit() else PIPED_WIDTH
    return Console(file=file, width=width, highlight=False, markup=False, emoji=False, _environ=environment)


def to_text(report: DriftReport, width: int = PIPED_WIDTH) -> str:
    """Return the report as plain text of that width, for a file."""
    file = io.StringIO()
    render(report, Console(file=file, width=width, color_system=None, highlight=False, _environ={}))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines()) + "\n"


def for_stream(report: DriftReport, file: IO[str]) -> str:
    """Return the report as a stream wants it: with the colours of a terminal, else as plain text."""
    shown = console(file)
    if not shown.is_terminal:
        return to_text(report, shown.width)
    with shown.capture() as capture:
        render(report, shown)
    return capture.get()


def render(report: DriftReport, console: Console) -> None:
    """Print the report."""
    console.print(_head(report, console.width))
    _section(console, "History went back", went_back(report))
    found = lines_of(report)
    if found:
        console.print()
        kept = [line for number, line in enumerate(found) if number < LONGEST_TABLE or line.count > 1]
        console.print(_table(report, kept, console.width))
        if len(kept) < len(found):
            _item(console, f"… and {len(found) - len(kept)} more: --format json has them all")
    _section(console, "Unreadable", _unread(report))
    _section(
        console,
        "Resolved since the last run",
        (_gone(line, gone(line)) for line in lines_of(report, "resolved")),
    )
    _section(
        console,
        "Unconfirmed since the last run",
        (_gone(line, line.verdict) for line in lines_of(report, "unconfirmed")),
    )
    _section(console, "Rules not fully checked", (f"{why} ({rules})" for rules, why in unchecked(report)))
    _section(console, "Ignored", ignored(report))
    _section(console, "Not healthy", (f"{key}: {reason}" for key, reason in report.degraded.items()))
    _section(console, "Not compared", not_held(report))
    _section(console, "Events", map(_event, report.events))
    _next(report, console)
    console.print()
    console.print(_verdict(report))


def _head(report: DriftReport, width: int) -> Text:
    run = report.run
    parts = [f"read {_moment(timestamp(run.collected_at))}"]
    if run.desired_commit or run.desired_tree:
        parts.append(f"desired state {run.desired_commit[:12] if run.desired_commit else 'uncommitted'}")
    if width >= PIPED_WIDTH:
        parts.append(f"run {run.id}")
    return Text.assemble((escape_terminal(run.site), "bold"), ("  " + ", ".join(parts), "dim"))


def _next(report: DriftReport, console: Console) -> None:
    """Print the next step for each verdict in the report."""
    steps = next_steps(report)
    if steps:
        console.print()
        console.print("Next", style="dim")
        console.print(Padding(_grid([(plain(name), Text(step)) for name, step in steps]), (0, 0, 0, 2)))


def _verdict(report: DriftReport) -> Table:
    summary = report.summary
    style = _VERDICTS[summary.verdict] if report.verdicts else "bold"
    return _grid(
        [(Text(label(report).upper(), style), Text(escape_terminal(summary.headline, MAX_LINE_CHARS)))]
    )


def _grid(rows: Sequence[tuple[Text, Text]]) -> Table:
    """Two columns without lines; the second wraps."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for row in rows:
        grid.add_row(*row)
    return grid


def _table(report: DriftReport, found: list[Line], width: int) -> Table:
    wide = width >= _WIDE
    table = Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim"
    )
    table.add_column("Severity", no_wrap=True)
    table.add_column("Resource", overflow="fold", max_width=44 if wide else max(28, width * 2 // 5))
    table.add_column("Finding (desired → live)", overflow="fold", min_width=24)
    table.add_column("Since", no_wrap=True, justify="right")
    if wide:
        table.add_column("Declared at", overflow="fold")
    for line in found:
        where = escape_terminal(line.declared_at or "")
        cells = [
            _severity(line),
            _resource(line, " " if wide else "\n"),
            _finding(line, "" if wide else where),
        ]
        cells.append(plain(age(line.first_seen, report.run.collected_at)))
        table.add_row(*cells, *([plain(where)] if wide else []))
    return table


def _severity(line: Line) -> Text:
    return Text(line.severity, style=_STYLES[line.severity])


def plain(text: str) -> Text:
    """Return text of less weight."""
    return Text(text, style="dim")


def _resource(line: Line, gap: str) -> Text:
    if line.count > 1:
        ids = escape_terminal(join_ids(line.ids, line.count))
        return Text.assemble((escape_terminal(line.resource), "bold"), f"{gap}{ids}")
    name = f"{gap}{escape_terminal(line.name, NAME)}" if line.name else ""
    return Text.assemble((escape_terminal(line.resource), "bold"), name)


def _finding(line: Line, where: str) -> Text:
    text = Text()
    if line.verdict == "drifted":
        if line.field:
            text.append(f"{escape_terminal(line.field)}  ")
        text.append(escape_terminal(line.desired or ""), "green")
        text.append(" → ")
        text.append(escape_terminal(line.live or ""), "red")
        if line.running is not None:
            text.append(f" (runs: {escape_terminal(line.running)})")
    elif line.running is not None:
        text.append(f"{escape_terminal(line.verdict)}  {escape_terminal(line.field or '')}  ")
        runs = (
            ""
            if line.running == "[]" or {line.running, line.live} == {"true", "false"}
            else f"{escape_terminal(line.running)} runs, "
        )
        text.append(
            f"{runs}{escape_terminal(line.live or '')} is configured{'' if runs else ', not active yet'}"
        )
        return text
    else:
        text.append(f"{line.count} {line.verdict}" if line.count > 1 else escape_terminal(line.verdict))
    if line.reason:
        text.append(
            f" ({escape_terminal(line.reason, 240)})"
            if line.verdict == "drifted"
            else f": {escape_terminal(line.reason, 240)}"
        )
    if where:
        text.append(f"\n{where}", "dim")
    return text


def _unread(report: DriftReport) -> Iterator[str]:
    """Yield the incomplete sources and lists, and why, except what the table already shows."""
    told = {finding.problem for finding in report.findings}
    for name, status in sorted(report.run.sources.items()):
        if status.status == "failed":
            last = f" (last read {_moment(timestamp(status.last_success))})" if status.last_success else ""
            yield f"{name} failed: {status.problem or 'no reason given'}{last}"
            told.add(status.problem)
    for scope in report.scopes:
        if scope.listed != "complete" and not scope.retired and scope.problem not in told:
            yield f"{scope.source}/{scope.kind} {scope.listed}: {scope.problem or 'no reason given'}"


def _gone(line: Line, what: str) -> str:
    many = f" {join_ids(line.ids, line.count)}" if line.count > 1 else ""
    name = f" {line.name}" if line.name else ""
    change = f" {line.field}" if line.field else ""
    return f"{line.resource}{many}{name}: {what}{change}"


def _event(event: Event) -> str:
    name = f" {event.name}" if event.name else ""
    many = f" {join_ids(event.ids, event.count)}" if event.count > 1 else ""
    resource = f"{event.key.source}/{event.key.kind}{many}" if many else f"{event.key}{name}"
    values = f" ({format_value(event.old)} → {format_value(event.new)})" if event.has_values else ""
    return f"{resource}: {event.what}{f' {event.path}' if event.path else ''}{values}"


def _section(console: Console, title: str, items: Iterator[str]) -> None:
    """Print a titled list; nothing when there are no items, and a count after the first twenty."""
    found = list(items)
    if not found:
        return
    console.print()
    console.print(title, style="dim")
    for item in found[:20]:
        _item(console, item)
    if len(found) > 20:
        _item(console, f"… and {len(found) - 20} more")


def _item(console: Console, text: str) -> None:
    console.print(Padding(Text(escape_terminal(text, MAX_LINE_CHARS)), (0, 0, 0, 2)))


def _moment(stamp: str) -> str:
    return stamp[:16].replace("T", " ") + " UTC"
