"""A report as Markdown: `drift.md` in the record, a step's summary, a pull request's comment.

Import it where it is used: jinja2 is slow to import.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from reconciler.errors import Problem
from reconciler.model.findings import DriftReport
from reconciler.model.value import timestamp
from reconciler.report import escape
from reconciler.report.lines import Line, format_value, gone, join_ids, lines_of
from reconciler.report.sections import (
    ignored,
    label,
    next_steps,
    not_held,
    source_problem,
    unchecked,
    went_back,
)

MAX_REPORT_BYTES = 60_000
"""Bytes of a report: what is longer than about that, code hosts refuse or do not show."""

_SHARES = (20_000, 7_000, 4_000, 2_000, 2_000, 1_000, 1_000, 2_000, 1_000, 1_000)
"""Of the sections in their order; half as much again is kept for rows of many."""


class Safe(str):
    """Markdown of our own: the only text that the template prints as it is."""

    __slots__ = ()


Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A titled table; `more` rows did not fit its share of the page."""

    title: Safe
    columns: tuple[Safe, ...]
    rows: tuple[Cells, ...]
    more: int


def render(report: DriftReport) -> str:
    """Return the report: the verdict on line 1, at most `MAX_REPORT_BYTES` bytes; the rest is counted."""
    run, summary = report.run, report.summary
    tables = zip(_tables(report), _SHARES, strict=True)
    sections = [_section(*table, share) for table, share in tables]
    return (
        _environment()
        .get_template("drift.md.j2")
        .render(
            verdict=Safe(label(report)),
            headline=Safe(escape.escape_markdown(summary.headline, 800)),
            collected_at=Safe(timestamp(run.collected_at)),
            stale_after=Safe(timestamp(run.stale_after)),
            desired=run.desired_commit[:12]
            if run.desired_commit
            else run.desired_tree and Safe("uncommitted"),
            run_id=run.id,
            went_back=[Safe(escape.escape_markdown(line)) for line in went_back(report)],
            sections=[section for section in sections if section.rows],
            steps=[(Safe(name), Safe(escape.escape_markdown(step))) for name, step in next_steps(report)],
        )
    )


def _tables(report: DriftReport) -> list[tuple[str, str, Iterable[tuple[Cells, int]]]]:
    """Return title, columns and rows of each section."""
    lines = lines_of(report)
    return [
        (
            "Findings",
            "Severity, Resource, Field, Desired, Live, Since, Declared at",
            _each(_finding, report, (line for line in lines if not _is_unverified(line))),
        ),
        (
            "Not verified",
            "Resource, Reason, Since, Declared at",
            _each(_unverified, report, filter(_is_unverified, lines)),
        ),
        ("Sources", "Source, Status, Last read, Reason", _sources(report)),
        (
            "Resolved since the last run",
            "Resource, What",
            _each(_resolved, report, lines_of(report, "resolved")),
        ),
        (
            "Unconfirmed since the last run",
            "Resource, What",
            _each(_waiting, report, lines_of(report, "unconfirmed")),
        ),
        ("Rules not fully checked", "Rules, Reason", _unchecked(report)),
        ("Ignored", "What", (((_reason(text),), 1) for text in ignored(report))),
        ("Not healthy", "Resource, Reason", _degraded(report)),
        ("Not compared", "What", (((_reason(text),), 1) for text in not_held(report))),
        ("Events", "Resource, What, Field, Old, New", _events(report)),
    ]


@cache
def _environment() -> Environment:
    """Return Jinja with escaping for Markdown: safe by default, in every template."""
    return Environment(
        loader=PackageLoader("reconciler.report"),
        finalize=_neutral,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
    )


def _neutral(value: object) -> object:
    return value if isinstance(value, Safe | int) else escape.escape_markdown_code(str(value))


def _is_unverified(line: Line) -> bool:
    return line.verdict == "unverified"


def _each(
    row: Callable[[Line, str], Cells], report: DriftReport, found: Iterable[Line]
) -> Iterator[tuple[Cells, int]]:
    """Yield a row for each line, with its number of findings; with dates, because a page is read later."""
    for line in found:
        new = line.first_seen >= report.run.collected_at
        yield row(line, f"{timestamp(line.first_seen)}{' (new)' if new else ''}"), line.count


def _section(title: str, columns: str, rows: Iterable[tuple[Cells, int]], share: int) -> Section:
    """Return a table of the rows that fit its share; rows that stand for many have half as much again."""
    kept: list[Cells] = []
    more, spent = 0, 0
    for cells, count in rows:
        size = sum(len(str(_neutral(cell)).encode()) + 3 for cell in cells) + 2
        if spent + size <= (share if count == 1 else share * 3 // 2):
            kept.append(cells)
            spent += size
        else:
            more += count
    return Section(Safe(title), tuple(map(Safe, columns.split(", "))), tuple(kept), more)


def _resource(line: Line) -> Safe:
    text = escape.escape_markdown_code(line.resource)
    if line.count > 1:
        return Safe(f"{line.count} of {text}: {escape.escape_markdown_code(join_ids(line.ids, line.count))}")
    return Safe(f"{text} {escape.escape_markdown_code(line.name)}" if line.name else text)


def _finding(line: Line, since: str) -> Cells:
    of_rule = (Safe(""), line.verdict)  # about a resource as a whole
    desired, live = {
        "missing": (Safe("present"), Safe("missing")),
        "unmanaged": (Safe("not declared"), Safe("present")),
    }.get(line.verdict, of_rule if line.live is None else (line.desired or "", line.live))
    if line.running is not None:
        live = Safe(f"{_neutral(live)} (runs: {_neutral(line.running)})")
    if line.reason:
        live = Safe(f"{_neutral(live)} ({_reason(line.reason)})")
    where = line.declared_at or Safe("")
    return Safe(line.severity), _resource(line), line.field or Safe(""), desired, live, Safe(since), where


def _unverified(line: Line, since: str) -> Cells:
    return _resource(line), _reason(line.reason), Safe(since), line.declared_at or Safe("")


def _reason(text: str | None) -> Safe:
    return Safe(escape.escape_markdown_code(text, 400) if text else "")


def _problem(problem: Problem | None) -> Safe:
    return _reason(None if problem is None else str(problem))


def _resolved(line: Line, _since: str) -> Cells:
    return _resource(line), _what(line, gone(line))


def _waiting(line: Line, _since: str) -> Cells:
    return _resource(line), _what(line, line.verdict)


def _what(line: Line, what: str) -> Safe:
    return Safe(f"{what} {escape.escape_markdown_code(line.field)}" if line.field else what)


def _degraded(report: DriftReport) -> Iterator[tuple[Cells, int]]:
    for key, reason in report.degraded.items():
        yield (Safe(escape.escape_markdown_code(key)), _reason(reason)), 1


def _unchecked(report: DriftReport) -> Iterator[tuple[Cells, int]]:
    for rules, reason in unchecked(report):
        yield (rules, _reason(reason)), 1


def _events(report: DriftReport) -> Iterator[tuple[Cells, int]]:
    for event in report.events:
        name = f" {escape.escape_markdown_code(event.name)}" if event.name else ""
        many = f"{event.key.source}/{event.key.kind} {join_ids(event.ids, event.count)}"
        resource = escape.escape_markdown_code(str(event.key) if event.count == 1 else many)
        values = (format_value(event.old), format_value(event.new)) if event.has_values else ("", "")
        yield (Safe(f"{resource}{name}"), Safe(event.what), event.path, *values), 1


def _sources(report: DriftReport) -> Iterator[tuple[Cells, int]]:
    """Yield every source, and each of its lists that is incomplete for a reason of its own."""
    for name, status in sorted(report.run.sources.items()):
        last = Safe(timestamp(status.last_success)) if status.last_success else Safe("")
        yield (name, Safe(status.status), last, _reason(source_problem(name, status, report.scopes))), 1
        told = status.problem if status.status == "failed" else None
        for scope in report.scopes:
            if scope.source != name or scope.listed == "complete" or scope.retired:
                continue
            if scope.problem != told:
                yield (f"{name}/{scope.kind}", Safe(scope.listed), Safe(""), _problem(scope.problem)), 1
