"""The sections below the blocks of a report, as rows: a label, and what it is about in few rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.text import Text

from reconciler.model.findings import DriftReport
from reconciler.report import sections
from reconciler.report.lines import join_ids
from reconciler.report.screen import Screen
from reconciler.report.text.rows import escaped_text, indented, join_ends, labelled, quiet
from reconciler.report.unreadable import Unreadable, unreadable
from reconciler.text import counted

COLUMN = 14
_FULL_ITEMS = 200
_REASONS, _WITH_PLACE, _FEW = 12, 3, 5
_ITEM = 800
"""Characters of an item: room for a failed source with the cause and remedy of each of its hosts."""


@dataclass(frozen=True, slots=True)
class Section:
    """A label, its items, and in how many rows the short form has them."""

    label: str
    items: Sequence[str]
    short: Sequence[str] | None = None
    """Its items in the short form, where that is not a choice of them."""


def rows_of(report: DriftReport, screen: Screen, *, partial: bool) -> list[Text]:
    """Return the rows of all sections; of a part of a report, only those that are about that part."""
    rows = [*_went_back(report, screen), *_unreadable(report, screen)]
    for section in _sections(report, screen, partial=partial):
        rows += _section(section, screen)
    return rows


def _sections(report: DriftReport, screen: Screen, *, partial: bool) -> list[Section]:
    found = [
        Section("Unconfirmed", [*sections.findings(report, "unconfirmed")]),
        Section("Resolved", [*sections.findings(report, "resolved")]),
        Section("Silenced", [*sections.ignored(report)], [*sections.ignored_briefly(report)]),
        Section("Events", [*sections.events(report)]),
    ]
    if not partial:
        found += [
            Section("Not checked", [*sections.unchecked(report)], [*sections.unchecked_briefly(report)]),
            Section("Not healthy", [*sections.not_healthy(report, every=screen.full)]),
            Section("Not compared", [*sections.not_held(report)]),
        ]
    return [section for section in found if section.items]


def _went_back(report: DriftReport, screen: Screen) -> list[Text]:
    lines = [f"went back: {line}" for line in sections.went_back(report)]
    return _listed(Section("History", lines), screen)


def _unreadable(report: DriftReport, screen: Screen) -> list[Text]:
    """Return each reason with what it hides, and places of the few resources that are named."""
    rows: list[Text] = []
    found = unreadable(report)
    most = len(found) if screen.full else _REASONS
    for number, each in enumerate(found[:most]):
        label = quiet("" if number else "Unreadable")
        rows += labelled(label, escaped_text(_reason(each), _ITEM), screen.width, COLUMN)
        rows += _unverified(each, screen)
    if len(found) > most:
        rows += labelled(Text(), quiet(f"… and {len(found) - most} more: --verbose"), screen.width, COLUMN)
    return rows


def _reason(each: Unreadable) -> str:
    """Return a reason in one line: the place, why, what to do, and how much it hides."""
    parts = [f"{each.place}{f' {each.status}' if each.status else ''}: {each.problem}"]
    if each.last_read is not None:
        parts.append(f"last read {sections.moment(each.last_read)}")
    if each.unverified:
        parts.append(f"{counted(len(each.unverified), 'resource')} unverified")
    if each.ids:
        parts.append(f"not read: {join_ids(each.ids[:_FEW], len(each.ids))}")
    return " · ".join(parts)


def _unverified(each: Unreadable, screen: Screen) -> list[Text]:
    """Return a row for each resource that a reason hides, with its place; of many, only their ids."""
    found = each.unverified
    if not screen.full and (len(found) > _WITH_PLACE or each.status == "failed"):
        ids = [f"{finding.key.kind}/{finding.key.id}" for finding in found[:_FEW]]
        text = quiet("") if each.status == "failed" else escaped_text(join_ids(ids, len(found)), _ITEM)
        return labelled(Text(), text, screen.width, COLUMN, 1) if text.cell_len else []
    rows: list[Text] = []
    for finding in found[:_FULL_ITEMS]:
        name = f" {finding.name}" if finding.name and finding.name != finding.key.id else ""
        left = Text(" " * COLUMN).append_text(escaped_text(f"{finding.key}{name}", 200))
        place = escaped_text(finding.where or "", 1000)
        one = join_ends(left, place, screen.width)
        rows += [one] if one is not None else [left, *indented([place], COLUMN)]
    if len(found) > _FULL_ITEMS:
        rows += labelled(Text(), quiet(f"… and {len(found) - _FULL_ITEMS} more"), screen.width, COLUMN)
    return rows


def _section(section: Section, screen: Screen) -> list[Text]:
    if screen.full:
        return _listed(section, screen)
    items = section.items if section.short is None else section.short
    return labelled(quiet(section.label), escaped_text(_joined(items), _ITEM), screen.width, COLUMN, 1)


def _listed(section: Section, screen: Screen) -> list[Text]:
    """Return a section with its items one below the other."""
    rows: list[Text] = []
    for number, item in enumerate(section.items[:_FULL_ITEMS]):
        label = quiet("" if number else section.label)
        rows += labelled(label, escaped_text(item, _ITEM), screen.width, COLUMN)
    if len(section.items) > _FULL_ITEMS:
        left = len(section.items) - _FULL_ITEMS
        rows += labelled(Text(), quiet(f"… and {left} more"), screen.width, COLUMN)
    return rows


def _joined(items: Iterable[str], most: int = 3) -> str:
    every = list(items)
    more = [f"… and {len(every) - most} more"] if len(every) > most else []
    return " · ".join([*every[:most], *more])
