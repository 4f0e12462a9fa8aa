"""base and head, evaluated on one snapshot → what the change between them opens, closes and changes.

Findings are compared by their ids, which no value is part of. Only causes count: what follows from another
finding is counted with it. A finding about what the snapshot does not show is never closed: it is undecided.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from reconciler.config.severity import SEVERITIES
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.fix import Fix
from reconciler.model.key import Key
from reconciler.model.pointer import parts_of
from reconciler.review.answer import ClosedBy, NoLongerChecked, ReviewedFinding, Undecided

UNMANAGED = "unmanaged"
UNVERIFIED = "unverified"


@dataclass(frozen=True, slots=True)
class DriftEffect:
    """The findings of both sides, sorted by what the change does to them; the worst first."""

    opens: tuple[Finding, ...]
    closes: tuple[Finding, ...]
    changes: tuple[tuple[Finding, Finding], ...]
    """Of base and of head."""
    silences: tuple[Finding, ...]
    leaves: tuple[Finding, ...]
    undecided: tuple[Undecided, ...]
    consequences: Mapping[str, int]
    """Cause → number of findings that follow from it, on either side."""


def changed_keys(base: DesiredState | None, head: DesiredState) -> frozenset[Key]:
    """Return the resources that the two sides declare differently, or that only one of them declares."""
    before = {} if base is None else base.resources
    after = head.resources
    return frozenset(
        key
        for key in {*before, *after}
        if key not in before
        or key not in after
        or (before[key].fields, before[key].exact, before[key].absent, before[key].planned)
        != (after[key].fields, after[key].exact, after[key].absent, after[key].planned)
    )


def effect(base: DriftReport, head: DriftReport, changed: AbstractSet[Key]) -> DriftEffect:
    """Return what the change does; `changed` are the resources whose declaration differs."""
    before, after = _told(base), _told(head)
    undecided = tuple(_undecided(base, head, changed))
    open_questions = {each.key for each in undecided}
    ignored = {finding.id for finding in head.ignored}
    known = {finding.id for finding in base.every}
    hidden = _causes({each.id: each for each in head.ignored if each.type != UNVERIFIED})
    at_once = [each for each in hidden if each.id not in known and each.key not in open_questions]
    causes_before, causes_after = _causes(before), _causes(after)
    gone = [each for each in causes_before if each.id not in after and each.key not in open_questions]
    both = [(before[each.id], each) for each in causes_after if each.id in before]
    differs = [pair for pair in both if _facts(pair[0]) != _facts(pair[1])]
    same = {each.id for _, each in both} - {each.id for _, each in differs}
    return DriftEffect(
        opens=_worst_first(
            each for each in causes_after if each.id not in before and each.key not in open_questions
        ),
        closes=_worst_first(each for each in gone if each.id not in ignored),
        changes=tuple(sorted(differs, key=lambda pair: _rank(pair[1]))),
        silences=_worst_first([*(each for each in gone if each.id in ignored), *at_once]),
        leaves=_worst_first(each for each in causes_after if each.id in same),
        undecided=undecided,
        consequences=_consequences((*before.values(), *after.values())),
    )


def _told(report: DriftReport) -> dict[str, Finding]:
    """Return the active findings that a snapshot shows, by id."""
    return {each.id: each for each in report.active if each.type != UNVERIFIED}


def _causes(findings: Mapping[str, Finding]) -> list[Finding]:
    return [each for each in findings.values() if each.cause is None or each.cause not in findings]


def _facts(finding: Finding) -> tuple[object, ...]:
    """Return what makes a finding another one for a reviewer."""
    change = finding.change
    desired = None if change is None else (change.desired, change.declared)
    return finding.severity, desired, finding.title if change is None else None


def _undecided(base: DriftReport, head: DriftReport, changed: AbstractSet[Key]) -> Iterator[Undecided]:
    """Yield the resources whose declaration changes and which the snapshot does not show."""
    findings = {each.key: each for report in (base, head) for each in report.every if each.type == UNVERIFIED}
    for key in sorted(changed):
        if UNVERIFIED in {report.verdicts.get(str(key)) for report in (base, head)}:
            finding = findings.get(key)
            yield Undecided(key=key, name=finding and finding.name, why=_why(finding))


def _why(finding: Finding | None) -> str:
    if finding is None:
        return "it could not be read"
    return finding.problem.what if finding.problem is not None else finding.title


def _consequences(findings: Iterable[Finding]) -> dict[str, int]:
    after: dict[str, set[str]] = {}
    for each in findings:
        if each.cause is not None:
            after.setdefault(each.cause, set()).add(each.id)
    return {cause: len(ids) for cause, ids in after.items()}


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=_rank))


def _rank(finding: Finding) -> tuple[int, Key, str]:
    return -SEVERITIES.index(finding.severity), finding.key, finding.path


def reviewed(
    finding: Finding,
    consequences: Mapping[str, int],
    *,
    before: Finding | None = None,
    fix: Fix | None = None,
    lets_in: str | None = None,
    closed_by: ClosedBy | None = None,
) -> ReviewedFinding:
    """Return a finding as a review shows it; `before` is the one of base."""
    change = finding.change
    return ReviewedFinding(
        id=finding.id,
        key=finding.key,
        name=finding.name,
        type=finding.type,
        severity=finding.severity,
        title=finding.title,
        path=finding.path,
        before=before.change.desired if before is not None and before.change is not None else None,
        desired=None if change is None else change.desired,
        live=None if change is None else change.live,
        declared_at=finding.where,
        consequences=consequences.get(finding.id, 0),
        fix=fix,
        lets_in=lets_in,
        closed_by=closed_by,
    )


def no_longer_checked(base: DesiredState, head: DesiredState) -> NoLongerChecked:
    """Return how much of what base declares head does not declare."""
    gone = [each for key, each in base.resources.items() if key not in head.resources]
    kept = [(each, head.resources[key]) for key, each in base.resources.items() if key in head.resources]
    kept = [(before, after) for before, after in kept if not after.absent]
    fields = sum(len(each.fields) for each in gone)
    fields += sum(len(before.fields.keys() - after.fields.keys()) for before, after in kept)
    exact = sum(before.exact and not after.exact for before, after in kept)
    return NoLongerChecked(resources=len(gone), fields=fields, exact=exact)


def closed_by(finding: Finding, head: DesiredState) -> ClosedBy:
    """Return how a finding that head does not have closes."""
    declared = head.resources.get(finding.key)
    if declared is None:
        return "no_longer_declared"
    if declared.absent:
        return "to_be_deleted"
    field = (parts_of(finding.path) or ("",))[0]
    return "accepted" if not field or field in declared.fields or declared.exact else "no_longer_declared"
