"""The blocks of a report as rows: a resource, its fields, what follows, and how to settle it."""

from collections.abc import Sequence
from enum import IntEnum

from rich.text import Text

from reconciler.model.findings import PLANNED, DriftReport, Finding
from reconciler.report.blocks import Many, ReportBlock, fold_effects
from reconciler.report.context import ReportContext
from reconciler.report.lines import age, format_value, item_counts, join_ids, label, pending_words, why
from reconciler.report.screen import Screen
from reconciler.report.text.rows import (
    GAP,
    GONE,
    GOOD,
    INDENT,
    QUIET,
    escaped_text,
    indented,
    join_ends,
    mark,
    quiet,
    wrap,
)
from reconciler.report.text.steps import steps_of

_MOST_EFFECTS = 4
"""Rows for what follows from a block in the short form."""
_MOST_FIELDS = 6
"""Rows for its causes in the short form."""
_VALUE = 60
"""Characters of a value in the short form."""
NAME = 60
_WIDE = 100
"""Columns from which on a place is shown in a row that is cut."""
_FEW, _SOME = 5, 100
"""Ids that are named in the short and in the full form."""


class Form(IntEnum):
    """How much a block shows.

    One row without its place; a row for each finding; or two; or all that is known, and how to settle it.
    """

    ONE_ROW = 0
    BRIEF = 1
    SHORT = 2
    FULL = 3


def rows_of(
    block: ReportBlock, report: DriftReport, context: ReportContext, screen: Screen, form: Form
) -> list[Text]:
    """Return the rows of a block."""
    writer = _Writer(report, screen, form)
    if form is Form.ONE_ROW:
        return [writer.one_row(block)]
    rows = writer.many(block) if block.many is not None else writer.resource(block)
    rows += writer.effects(block)
    if form is Form.FULL:
        rows += steps_of(block, report, context, screen.width)
    return rows


class _Writer:
    """The rows of blocks of one report, in one form."""

    def __init__(self, report: DriftReport, screen: Screen, form: Form) -> None:
        self._run = report.run
        self._width, self._colour = screen.width, screen.colour
        self._form, self._full = form, form is Form.FULL

    def resource(self, block: ReportBlock) -> list[Text]:
        """Return the head of a resource and its causes."""
        first, head, since = block.causes[0], self._title(block), self._since(block)
        if len(block.causes) == 1:
            return self._head(head, self._what(first), _and(_place(first.where), since))
        places = {finding.where for finding in block.causes}
        head.append(f"  {self._counted(block.causes)}")
        own = len(places) > 1
        if self._form is Form.BRIEF and not own:
            paths = [finding.path or finding.type for finding in block.causes]
            head.append_text(escaped_text(f": {join_ids(paths[:_FEW], len(paths))}"))
            return self._head(head, Text(), _and(_place(first.where), since))
        rows = self._head(head, Text(), _and(_place(None if own else places.pop()), since))
        most = len(block.causes) if self._full else _MOST_FIELDS
        for finding in block.causes[:most]:
            rows += self._head(Text("   "), self._what(finding), _place(finding.where if own else None))
        if len(block.causes) > most:
            rows.append(quiet(f"    … {len(block.causes) - most} more: reconciler drift {first.key}"))
        return rows

    def many(self, block: ReportBlock) -> list[Text]:
        """Return the head of a block for many resources, and which they are."""
        assert block.many is not None
        command = quiet(f"reconciler drift --rule {block.many.type}")
        return self._head(self._title(block), Text(), _and(command, self._since(block)))

    def one_row(self, block: ReportBlock) -> Text:
        """Return a block in one row: its head, as much of what is wrong as fits, place and since when.

        On a narrow screen, a place that would cut what is wrong is left out.
        """
        left, since = self._title(block), self._since(block)
        if len(block.causes) == 1:
            left.append("  ").append_text(self._what(block.causes[0]))
        elif block.causes:
            left.append(f"  {self._counted(block.causes)}")
        after = quiet(f"  +{block.size - block.count}" if block.size > block.count else "")
        places = {finding.where for finding in block.causes}
        if len(places) == 1:
            placed = _and(_place(places.pop()), since)
            needed = left.cell_len + after.cell_len + placed.cell_len + GAP
            since = placed if self._width >= _WIDE or needed <= self._width else since
        room = self._width - after.cell_len - since.cell_len - GAP
        left.truncate(max(room, 8), overflow="ellipsis")
        left.append_text(after)
        return join_ends(left, since, self._width) or left

    def _title(self, block: ReportBlock) -> Text:
        """Return mark, key and name of a resource; of many, the rule and which they are."""
        head = mark(block.severity, colour=self._colour).append(" ")
        if block.many is not None:
            head.append_text(escaped_text(block.many.type, style="bold")).append("  ")
            return head.append_text(self._ids(block.many))
        first = block.causes[0]
        head.append_text(escaped_text(str(first.key), 300, "bold"))
        if first.name and first.name != first.key.id:
            head.append(" ").append_text(escaped_text(first.name, NAME))
        return head

    def effects(self, block: ReportBlock) -> list[Text]:
        """Return a row for each thing that follows, or more in the full form."""
        found = list(fold_effects(block))
        most = len(found) if self._full else _MOST_EFFECTS
        rows: list[Text] = []
        for number, effect in enumerate(found[:most], 1):
            last = number == len(found)
            branch = quiet(f"    {'└' if last else '├'} ")
            branch.append_text(mark(effect.severity, colour=self._colour)).append(" ")
            text, place = self._effect(effect, block)
            rows += self._effect_rows(branch, text, place)
        if len(found) > most:
            rows.append(quiet(f"    └ … {len(found) - most} more follow from it"))
        return rows

    def _effect_rows(self, branch: Text, text: Text, place: Text) -> list[Text]:
        one = join_ends(branch + text, place, self._width)
        if one is not None:
            return [one]
        lines = wrap(text, self._width - branch.cell_len, None if self._full else 1)
        rows = [branch + lines[0], *indented(lines[1:], branch.cell_len)]
        return [*rows, *indented([place], branch.cell_len)] if place.cell_len else rows

    def _effect(self, effect: Finding | Many, block: ReportBlock) -> tuple[Text, Text]:
        if isinstance(effect, Many):
            return escaped_text(effect.type).append("  ").append_text(self._ids(effect)), Text()
        at = Text()
        if not block.causes or effect.key != block.causes[0].key:
            at.append_text(escaped_text(str(effect.key), 300))
            if effect.name and effect.name != effect.key.id:
                at.append(" ").append_text(escaped_text(effect.name, NAME))
            at.append("  ")
        wanted = self._full or not effect.of_rule
        return at.append_text(self._what(effect)), _place(effect.where if wanted else None)

    def _head(self, head: Text, what: Text, right: Text) -> list[Text]:
        """Return the head with its text, and the place at the right, or below where it does not fit."""
        left = head + Text("  ") + what if what.cell_len and head.plain.strip() else head + what
        if not head.plain.strip():
            left = Text(" " * INDENT) + what
        one = join_ends(left, right, self._width)
        if one is not None:
            return [one]
        most = None if self._full else int(self._form)
        room = self._width - INDENT
        first = join_ends(head, right, self._width) if head.plain.strip() else None
        if first is not None:
            return [first, *indented(wrap(what, room, most), INDENT)]
        if left.cell_len <= self._width:
            return [left, *self._below(right)]
        rows = wrap(head, self._width) if head.plain.strip() else []
        lines = indented(wrap(what, room, most), INDENT) if what.cell_len else []
        joined = join_ends(lines[-1], right, self._width) if lines else None
        return [*rows, *lines[:-1], joined] if joined is not None else [*rows, *lines, *self._below(right)]

    def _below(self, right: Text) -> list[Text]:
        return indented([right], INDENT) if right.cell_len else []

    def _what(self, finding: Finding) -> Text:
        """Return what is wrong: both values of a field, or a sentence."""
        if finding.change is not None and finding.type == "drifted":
            return self._change(finding)
        if finding.pending is not None:
            return self._pending(finding)
        reason = why(finding) or ""
        if finding.type == PLANNED:
            return escaped_text(reason)
        text = escaped_text(label(finding))
        if reason:
            text.append_text(escaped_text(f": {reason}", 800 if self._full else 300))
        return text.append_text(self._related(finding, reason))

    def _change(self, finding: Finding) -> Text:
        change = finding.change
        assert change is not None
        text = escaped_text(change.path or "exists").append("  ")
        longest = 128 if self._full else _VALUE
        if change.items and not self._full:
            text.append(item_counts(change.items))
        else:
            text.append_text(escaped_text(format_value(change.desired), longest, GOOD)).append(" → ")
            text.append_text(escaped_text(format_value(change.live), longest, GONE))
        if change.running is not None:
            text.append_text(escaped_text(f" (runs: {format_value(change.running)})"))
        if finding.reason:
            text.append_text(escaped_text(f" ({finding.reason})"))
        if finding.moved == "desired":
            text.append_text(quiet("  desired moved"))
        return text

    def _pending(self, finding: Finding) -> Text:
        pending = finding.pending
        assert pending is not None
        return escaped_text(f"{finding.type}: {pending.path}  ").append_text(
            escaped_text(pending_words(pending))
        )

    def _related(self, finding: Finding, reason: str) -> Text:
        others = [str(key) for key in finding.related if str(key) not in reason]
        if not others or not self._full:
            return Text()
        return escaped_text(f"; see {join_ids(others[:_FEW], len(others))}", 800)

    def _ids(self, many: Many) -> Text:
        most = _SOME if self._full else _FEW
        named = many.ids_with_names(most)
        of = f"{many.count} of {many.source}/{many.kind}"
        return escaped_text(f"{of}: {join_ids(named, max(many.count, len(named)))}", 100 * most)

    def _counted(self, causes: Sequence[Finding]) -> str:
        types = {finding.type for finding in causes}
        if types == {"drifted"}:
            return f"{len(causes)} fields"
        return f"{len(causes)} {types.pop()}" if len(types) == 1 else f"{len(causes)} findings"

    def _since(self, block: ReportBlock) -> Text:
        if block.reopened:
            return quiet("reopened")
        return quiet("new" if block.new else age(block.first_seen, self._run.collected_at))


def _place(where: str | None) -> Text:
    return escaped_text(where, 1000, QUIET) if where else Text()


def _and(left: Text, right: Text) -> Text:
    if not left.cell_len:
        return Text(" " * max(0, 4 - right.cell_len)) + right
    return left + Text("  " + " " * max(0, 4 - right.cell_len)) + right
