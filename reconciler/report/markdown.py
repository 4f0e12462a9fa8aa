"""A report as Markdown: `drift.md` in the record, a step's summary, a pull request's comment.

Import it where it is used: jinja2 is slow to import.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from reconciler.model.findings import DriftReport
from reconciler.model.value import timestamp
from reconciler.report import escape, sections
from reconciler.report.blocks import ReportBlock, blocks_of
from reconciler.report.context import NO_CONTEXT, ReportContext
from reconciler.report.markdown_blocks import lines_of
from reconciler.report.unreadable import Unreadable, unreadable
from reconciler.text import counted

MAX_REPORT_BYTES = 60_000
"""Bytes of a report: what is longer than about that, code hosts refuse or do not show."""

_BLOCKS, _NOTES, _LISTS = 24_000, 8_000, 2_200
"""Bytes for errors and warnings, for notes, and for each of the other sections."""


class Safe(str):
    """Markdown of our own: the only text that the template prints as it is."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class TitledList:
    """A titled list; `more` of its entries did not fit their share of the page."""

    title: Safe
    items: tuple[Safe, ...]
    more: int
    folded: bool = False
    """Whether it is closed until it is clicked."""


def render(report: DriftReport, context: ReportContext = NO_CONTEXT) -> str:
    """Return the report: the verdict on line 1, at most `MAX_REPORT_BYTES` bytes; the rest is counted."""
    run = report.run
    return (
        _environment()
        .get_template("drift.md.j2")
        .render(
            verdict=Safe(sections.label(report).upper()),
            headline=Safe(escape.escape_markdown(report.summary.headline, 800)),
            site=run.site,
            collected_at=Safe(timestamp(run.collected_at)),
            stale_after=Safe(timestamp(run.stale_after)),
            desired=run.desired_commit[:12]
            if run.desired_commit
            else run.desired_tree and Safe("uncommitted"),
            run_id=run.id,
            notes=context.notes,
            lists=[each for each in _lists(report, context) if each.items or each.more],
            steps=Safe("`reconciler adopt` prints desired state for all that is live.")
            if not report.verdicts
            else "",
        )
    )


def _lists(report: DriftReport, context: ReportContext) -> Iterator[TitledList]:
    """Yield the sections in their order."""
    found = blocks_of(report)
    loud = [block for block in found if block.severity != "info"]
    notes = [block for block in found if block.severity == "info"]
    yield _listed("History went back", _coded(sections.went_back(report)))
    yield _blocks("Findings", loud, _BLOCKS, report, context)
    yield _blocks(f"Notes: {sum(block.size for block in notes)}", notes, _NOTES, report, context, folded=True)
    yield _listed("Unreadable", map(_unread, unreadable(report)))
    yield _listed("Unconfirmed since the last run", _coded(sections.findings(report, "unconfirmed")))
    yield _listed("Resolved since the last run", _coded(sections.findings(report, "resolved")))
    yield _listed("Rules not fully checked", _coded(sections.unchecked(report)), folded=True)
    yield _listed("Silenced", _coded(sections.ignored(report)), folded=True)
    yield _listed("Not healthy", _coded(sections.not_healthy(report)), folded=True)
    yield _listed("Not compared", _coded(sections.not_held(report)), folded=True)
    yield _listed("Events", _coded(sections.events(report)), folded=True)


def _blocks(
    title: str,
    found: Iterable[ReportBlock],
    share: int,
    report: DriftReport,
    context: ReportContext,
    *,
    folded: bool = False,
) -> TitledList:
    """Return the blocks that fit their share, in the short form where the long one does not fit."""
    kept: list[Safe] = []
    more, spent = 0, 0
    for block in found:
        for full in (True, False):
            item = "\n".join(lines_of(block, report, context, full=full))
            size = len(item.encode("utf-8", "replace")) + 3
            if spent + size <= (share if full else share * 3 // 2):
                kept.append(Safe(item))
                spent += size
                break
        else:
            more += block.count
    return TitledList(Safe(title), tuple(kept), more, folded)


def _listed(title: str, items: Iterable[str], *, folded: bool = False) -> TitledList:
    kept: list[Safe] = []
    more, spent = 0, 0
    for item in items:
        spent += len(item.encode("utf-8", "replace")) + 3
        if spent <= _LISTS:
            kept.append(Safe(item))
        else:
            more += 1
    return TitledList(Safe(title), tuple(kept), more, folded)


def _coded(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield escape.escape_markdown_code(line, 600, table=False)


def _unread(each: Unreadable) -> str:
    place = escape.escape_markdown_code(each.place, 200, table=False)
    why = escape.escape_markdown_code(str(each.problem), 400, table=False)
    text = f"{place}{f' {each.status}' if each.status else ''}: {why}"
    if each.last_read is not None:
        text += f", last read {timestamp(each.last_read)}"
    if each.unverified:
        ids = [f"{finding.key.kind}/{finding.key.id}" for finding in each.unverified[:20]]
        more = f" and {len(each.unverified) - 20} more" if len(each.unverified) > 20 else ""
        named = escape.escape_markdown_code(", ".join(ids), 400, table=False)
        text += f"; {counted(len(each.unverified), 'resource')} unverified: {named}{more}"
    if each.ids:
        named = escape.escape_markdown_code(", ".join(each.ids[:20]), 400, table=False)
        text += f"; {len(each.ids)} not read: {named}"
    return text


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
