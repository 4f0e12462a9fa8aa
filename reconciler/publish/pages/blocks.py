"""The blocks of a report as values of a template: in the same order and words as the report."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from reconciler.config.severity import Severity
from reconciler.model.act import Act
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.publish.pages import steps
from reconciler.publish.pages.steps import FixStep
from reconciler.publish.pages.words import resource_page, sentence, what
from reconciler.publish.view import View
from reconciler.report.blocks import Many, ReportBlock, blocks_of, fold_effects
from reconciler.report.lines import MOVED, format_value

MOST_IDS = 200
"""Resources of one block that are named; the rest is counted."""
_MOST_ITEMS = 20
_MOST_ACTS = 3


@dataclass(frozen=True, slots=True)
class ShownChange:
    """A field with its values side by side."""

    path: str
    desired: str
    live: str
    running: str | None
    items: tuple[tuple[str, str, str], ...] = ()
    """Of a list: what happened to an item, as declared and as it is live."""
    more_items: int = 0
    declared: bool = True


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """One finding of a block."""

    id: str
    severity: Severity
    sentence: str
    """The sentence about it, where `change` is not enough."""
    change: ShownChange | None
    where: str | None
    """`file:line` of what declares it."""
    line: str | None
    """The web page of that line."""
    edit: str | None
    moved: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class ShownEffect:
    """Something that follows from a block."""

    id: str | None
    severity: Severity
    text: str
    key: str | None
    name: str | None
    page: str | None


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """One thing to do: a resource, or many with the same finding, and how it is settled."""

    severity: Severity
    state: str
    """`new`, `reopened` or empty."""
    source: str
    kind: str
    types: tuple[str, ...]
    moved: tuple[str, ...]
    title: str
    """The key; of many, the type and how many."""
    name: str | None
    page: str | None
    first_seen: datetime
    findings: tuple[ShownFinding, ...]
    ids: tuple[tuple[str, str | None], ...]
    """Of many: id with name, and the page of each."""
    more_ids: int
    effects: tuple[ShownEffect, ...]
    acts: tuple[Act, ...]
    more_acts: int
    steps: tuple[FixStep, ...]

    @property
    def first_id(self) -> str | None:
        """The id of the finding that stands for the block."""
        return self.findings[0].id if self.findings else None

    @property
    def finding_ids(self) -> tuple[str, ...]:
        """The ids of the findings in it."""
        effects = (each.id for each in self.effects if each.id is not None)
        return (*(each.id for each in self.findings), *effects)


def shown_blocks(view: View) -> Iterator[ShownBlock]:
    """Yield every block of the report, the worst first."""
    for block in blocks_of(view.recorded.report):
        yield _many(block, view) if block.many is not None else _one(block, view)


def _one(block: ReportBlock, view: View) -> ShownBlock:
    first = block.causes[0]
    acts = list(dict.fromkeys(act for finding in block.causes for act in finding.who))
    return ShownBlock(
        severity=block.severity,
        state=_state(block),
        source=first.key.source,
        kind=first.key.kind,
        types=tuple(dict.fromkeys(each.type for each in [*block.causes, *block.effects])),
        moved=tuple(dict.fromkeys(each.moved for each in block.causes if each.moved)),
        title=str(first.key),
        name=first.name if first.name != first.key.id else None,
        page=_page(view, first.key),
        first_seen=block.first_seen,
        findings=tuple(_finding(each, view) for each in block.causes),
        ids=(),
        more_ids=0,
        effects=tuple(_effects(block, view)),
        acts=tuple(acts[:_MOST_ACTS]),
        more_acts=max(0, len(acts) - _MOST_ACTS),
        steps=tuple(steps.fix_steps(block.causes, view)),
    )


def _many(block: ReportBlock, view: View) -> ShownBlock:
    many = block.many
    assert many is not None
    return ShownBlock(
        severity=block.severity,
        state=_state(block),
        source=many.source,
        kind=many.kind,
        types=(many.type, *dict.fromkeys(each.type for each in block.effects)),
        moved=(),
        title=f"{'not declared' if many.type == 'unmanaged' else many.type}",
        name=f"{many.count} of {many.source}/{many.kind}",
        page=None,
        first_seen=block.first_seen,
        findings=(),
        ids=tuple(_ids(many, view)),
        more_ids=max(0, many.count - MOST_IDS),
        effects=tuple(_effects(block, view)),
        acts=(),
        more_acts=0,
        steps=tuple(steps.of_rule(many.type, view)),
    )


def _state(block: ReportBlock) -> str:
    return "reopened" if block.reopened else "new" if block.new else ""


def _ids(many: Many, view: View) -> Iterator[tuple[str, str | None]]:
    for (identity, _), shown in zip(many.ids, many.ids_with_names(MOST_IDS), strict=False):
        yield shown, _page(view, Key(many.source, many.kind, identity))


def _finding(finding: Finding, view: View) -> ShownFinding:
    change = _change(finding)
    return ShownFinding(
        id=finding.id,
        severity=finding.severity,
        sentence=sentence(finding),
        change=change,
        where=finding.where,
        line=view.repository.line(finding.where),
        edit=view.repository.edit(finding.where),
        moved=MOVED.get(finding.moved or ""),
        reason=finding.reason if change is not None else None,
    )


def _change(finding: Finding) -> ShownChange | None:
    pending, change = finding.pending, finding.change
    if pending is not None:
        running = format_value(pending.running)
        return ShownChange(pending.path, "", format_value(pending.configured), running)
    if change is None or finding.type != "drifted":
        return None
    items = tuple(
        (item.what, _item(item.desired, item.what != "added"), _item(item.live, item.what != "removed"))
        for item in change.items[:_MOST_ITEMS]
    )
    return ShownChange(
        path=change.path or "exists",
        desired=format_value(change.desired),
        live=format_value(change.live),
        running=format_value(change.running) if change.running is not None else None,
        items=items,
        more_items=max(0, len(change.items) - _MOST_ITEMS),
        declared=change.declared,
    )


def _item(value: object, is_there: bool) -> str:  # noqa: FBT001  a pair with the value
    return format_value(value) if is_there else ""


def _effects(block: ReportBlock, view: View) -> Iterator[ShownEffect]:
    own = block.causes[0].key if block.causes else None
    for each in fold_effects(block):
        if isinstance(each, Many):
            text = (
                f"{each.type}: {each.count} of {each.source}/{each.kind}: {', '.join(each.ids_with_names(5))}"
            )
            more = f" and {each.count - 5} more" if each.count > 5 else ""
            yield ShownEffect(None, each.severity, text + more, None, None, None)
        elif each.key == own:
            yield ShownEffect(each.id, each.severity, what(each), None, None, None)
        else:
            name = each.name if each.name != each.key.id else None
            yield ShownEffect(each.id, each.severity, what(each), str(each.key), name, _page(view, each.key))


def _page(view: View, key: Key) -> str | None:
    entry = view.entries.get(key)
    return resource_page(entry["link"]) if entry else None
