"""A report as blocks: a block per resource with its causes, and with what follows from them under it.

Many resources with one finding of the same rule are one block, so that the number of blocks stays the
number of things to do. What could not be verified is not here: it is listed once, with its reason (see
`unreadable`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.config.severity import SEVERITIES, Severity
from reconciler.model.findings import DriftReport, Finding, GroupedFindings, split_ignored
from reconciler.model.key import Key
from reconciler.model.snapshot import Run
from reconciler.text import natural, visible

FOLD_ABOVE = 3
"""More resources with the same single finding of one rule than this are one block, and one line below one."""

_ID = 40
"""Characters of an id or name among many."""

_FOLDED_TYPES = frozenset({"unmanaged"})
"""Types of the comparison that fold like rules: a place in desired state is lost for none of them."""


@dataclass(frozen=True, slots=True)
class Many:
    """Findings of one type about resources of one kind, shown as one."""

    type: str
    source: str
    kind: str
    severity: Severity
    count: int
    ids: tuple[tuple[str, str | None], ...]
    """Id and name of each resource, or of the first ones."""
    first_seen: datetime

    def ids_with_names(self, most: int) -> list[str]:
        """Return the first ids, each with the name that it does not have itself."""
        return [
            visible(identity, _ID) + (f" ({visible(name, _ID)})" if name and name != identity else "")
            for identity, name in self.ids[:most]
        ]


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """One resource, or many of one rule: its causes, and what follows from them."""

    severity: Severity
    """The worst in it."""
    new: bool
    reopened: bool
    causes: tuple[Finding, ...]
    """Findings about one resource; empty where `many` has them."""
    effects: tuple[Finding, ...] = ()
    many: Many | None = None
    more_effects: tuple[Many, ...] = ()
    """Effects that are recorded in groups."""

    @property
    def count(self) -> int:
        """The number of causes that it stands for."""
        return self.many.count if self.many is not None else len(self.causes)

    @property
    def size(self) -> int:
        """The number of findings that it stands for."""
        return self.count + len(self.effects) + sum(each.count for each in self.more_effects)

    @property
    def first_seen(self) -> datetime:
        """Since when its oldest cause is known."""
        return self.many.first_seen if self.many else min(each.first_seen for each in self.causes)


def blocks_of(report: DriftReport, *, fold: bool = True) -> list[ReportBlock]:
    """Return the open findings of a report as blocks: the worst first, new ones before older ones.

    Without `fold`, each resource has a block of its own, except those that are recorded in groups.
    """
    active = [each for each in split_ignored(report.findings)[0] if each.type != "unverified"]
    shown = {finding.id for finding in active}
    effects: dict[str, list[Finding]] = {}
    by_key: dict[Key, list[Finding]] = {}
    for finding in active:
        if finding.cause in shown:
            effects.setdefault(str(finding.cause), []).append(finding)
        else:
            by_key.setdefault(finding.key, []).append(finding)
    recorded: dict[str | None, list[Many]] = {}
    for group in report.grouped:
        if group.state == "open" and group.ignored_by is None:
            recorded.setdefault(group.cause if group.cause in shown else None, []).append(_recorded(group))
    run = report.run
    found = [_of_many([], run, many) for many in recorded.get(None, ())]
    for group_ in _folded(by_key.values(), run, fold=fold):
        below = [each for cause in group_ for each in effects.get(cause.id, ())]
        more = tuple(many for cause in group_ for many in recorded.get(cause.id, ()))
        found.append(_block(group_, below, more, run))
    return sorted(found, key=_order)


def fold_effects(block: ReportBlock, *, fold: bool = True) -> Iterator[Finding | Many]:
    """Yield what follows from a block, the worst first: many of one type and kind as one."""
    groups: dict[object, list[Finding]] = {}
    for finding in block.effects:
        alike = (finding.type, finding.severity, finding.key.source, finding.key.kind)
        groups.setdefault(alike if fold and _can_fold(finding) else finding.id, []).append(finding)
    lines: list[Finding | Many] = list(block.more_effects)
    for group in groups.values():
        lines += [_many(group)] if len(group) > FOLD_ABOVE else group
    yield from sorted(lines, key=lambda each: -SEVERITIES.index(each.severity))


def users_of(block: ReportBlock) -> list[str]:
    """Return the keys of what uses the resource of a block."""
    return [str(key) for key in dict.fromkeys(key for each in block.causes for key in each.used_by)]


def is_new(finding: Finding, run: Run) -> bool:
    """Return whether a run was the first to see a finding, or saw it come back."""
    return finding.first_seen >= run.collected_at or finding.reopened == run.collected_at


def _can_fold(finding: Finding) -> bool:
    return finding.of_rule or finding.type in _FOLDED_TYPES


def _folded(groups: Iterable[Sequence[Finding]], run: Run, *, fold: bool) -> Iterator[Sequence[Finding]]:
    """Yield the causes of each block; those of many resources with the same finding together."""
    alike: dict[object, list[Sequence[Finding]]] = {}
    for group in groups:
        first = group[0]
        key: object = first.key
        if fold and all(each.type == first.type and _can_fold(each) for each in group):
            new = any(is_new(each, run) for each in group)
            key = (first.type, first.severity, first.key.source, first.key.kind, new)
        alike.setdefault(key, []).append(group)
    for same in alike.values():
        if len(same) > FOLD_ABOVE:
            yield [finding for group in same for finding in group]
        else:
            yield from same


def _block(
    causes: Sequence[Finding], effects: Sequence[Finding], more: tuple[Many, ...], run: Run
) -> ReportBlock:
    if len({finding.key for finding in causes}) > 1:
        return _of_many(causes, run, _many(causes), effects, more)
    return ReportBlock(
        severity=_worst([*causes, *effects, *more]),
        new=any(is_new(each, run) for each in causes),
        reopened=any(each.reopened == run.collected_at for each in causes),
        causes=tuple(causes),
        effects=tuple(effects),
        more_effects=more,
    )


def _of_many(
    causes: Sequence[Finding],
    run: Run,
    many: Many,
    effects: Sequence[Finding] = (),
    more: tuple[Many, ...] = (),
) -> ReportBlock:
    return ReportBlock(
        severity=_worst([many, *effects, *more]),
        new=many.first_seen >= run.collected_at or any(is_new(each, run) for each in causes),
        reopened=any(each.reopened == run.collected_at for each in causes),
        causes=(),
        effects=tuple(effects),
        many=many,
        more_effects=more,
    )


def _many(findings: Sequence[Finding]) -> Many:
    first = findings[0]
    return Many(
        first.type,
        first.key.source,
        first.key.kind,
        first.severity,
        len(findings),
        tuple({each.key.id: (each.key.id, each.name) for each in findings}.values()),
        min(each.first_seen for each in findings),
    )


def _recorded(group: GroupedFindings) -> Many:
    ids = tuple((identity, None) for identity in group.ids)
    return Many(group.type, group.source, group.kind, group.severity, group.count, ids, group.first_seen)


def _worst(each: Iterable[Finding | Many]) -> Severity:
    return max((one.severity for one in each), key=SEVERITIES.index)


def _order(block: ReportBlock) -> tuple[object, ...]:
    many = block.many
    key = (many.source, many.kind, "") if many is not None else block.causes[0].key
    return -SEVERITIES.index(block.severity), not block.new, key[0], key[1], natural(key[2]), key[2]
