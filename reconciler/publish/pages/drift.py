"""The drift page: every cause as a block, what is silenced, what waits, and what could not be read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.findings import DriftReport, Finding
from reconciler.publish.pages.blocks import shown_blocks
from reconciler.publish.pages.words import resource_page
from reconciler.publish.view import View
from reconciler.report import sections
from reconciler.report.lines import join_ids
from reconciler.report.unreadable import Unreadable, unreadable
from reconciler.text import counted

MOST = 200
"""Blocks that the page has itself; the script reads the rest from the drift report."""
_MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class Choices:
    """The values that the filters offer."""

    kinds: tuple[str, ...]
    types: tuple[str, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DriftSection:
    """Lines under one heading."""

    name: str
    title: str
    about: str
    lines: tuple[str, ...]
    more: int


def drift(view: View) -> Mapping[str, object]:
    """Return the values of the drift page."""
    report = view.recorded.report
    blocks = list(shown_blocks(view))
    own = blocks[:MOST]
    return {
        "label": sections.label(report),
        "counts": _counts(report),
        "blocks": own,
        "total": len(blocks),
        "left": len(blocks) - len(own),
        "own_ids": " ".join(identity for block in own for identity in block.finding_ids),
        "choices": _choices(report),
        "unreadable": tuple(_unreadable(view)),
        "sections": tuple(each for each in _sections(report) if each.lines),
    }


def _counts(report: DriftReport) -> str:
    active = [each for each in report.active if each.type != "unverified"]
    causes = sum(report.summary.causes.values()) or len(active)
    return f"{counted(len(active), 'finding')} from {counted(causes, 'cause')}" if active else "no findings"


def _choices(report: DriftReport) -> Choices:
    active = [each for each in report.active if each.type != "unverified"]
    return Choices(
        tuple(sorted({f"{each.key.source}/{each.key.kind}" for each in active})),
        tuple(sorted({each.type for each in active})),
        tuple(
            each for each in ("live", "desired", "both", "never") if any(one.moved == each for one in active)
        ),
    )


@dataclass(frozen=True, slots=True)
class ShownReason:
    """Why something could not be read, and what that hides."""

    text: str
    hidden: str
    resources: tuple[tuple[str, str | None], ...]


def _unreadable(view: View) -> Iterator[ShownReason]:
    for each in unreadable(view.recorded.report):
        yield ShownReason(
            f"{each.place}{f' {each.status}' if each.status else ''}: {each.problem}",
            _hidden(each),
            tuple(_unverified(each.unverified[:_MOST_LINES], view)),
        )


def _hidden(each: Unreadable) -> str:
    parts = [f"last read {sections.moment(each.last_read)}"] if each.last_read is not None else []
    if each.unverified:
        parts.append(f"{counted(len(each.unverified), 'resource')} unverified")
    if each.ids:
        parts.append(f"not read: {join_ids(each.ids[:5], len(each.ids))}")
    return " · ".join(parts)


def _unverified(found: tuple[Finding, ...], view: View) -> Iterator[tuple[str, str | None]]:
    for finding in found:
        entry = view.entries.get(finding.key)
        name = f" {finding.name}" if finding.name and finding.name != finding.key.id else ""
        yield f"{finding.key}{name}", resource_page(entry["link"]) if entry else None


def _sections(report: DriftReport) -> Iterator[DriftSection]:
    yield _section(
        "unconfirmed",
        "Unconfirmed",
        "Earlier findings that this run could neither confirm nor resolve.",
        sections.findings(report, "unconfirmed"),
    )
    yield _section(
        "silenced", "Silenced", "By ignore rules, each with its reason and its end.", sections.ignored(report)
    )
    yield _section(
        "resolved",
        "Resolved",
        "Findings of the run before that are gone.",
        sections.findings(report, "resolved"),
    )
    yield _section("events", "Events", "Changes that are not drift.", sections.events(report))


def _section(name: str, title: str, about: str, lines: Iterator[str]) -> DriftSection:
    every = tuple(lines)
    return DriftSection(name, title, about, every[:_MOST_LINES], max(0, len(every) - _MOST_LINES))
