"""Findings of a rule that has too many to list: the record and reports hold them in groups.

What the next run must know of each is in its group: which resources, since when, of which severity, silenced
by what. Only the sentence of each is lost: a group has that of its first.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from reconciler.model.findings import Finding, GroupedFindings

GROUP_ABOVE = 5000
"""More findings of one rule in one list than this are in groups."""

State = Literal["open", "resolved", "unconfirmed"]


def group_findings(
    found: Sequence[Finding], state: State
) -> tuple[tuple[Finding, ...], tuple[GroupedFindings, ...]]:
    """Return the findings of a list that are listed one by one, and the others in groups."""
    counts = Counter(finding.type for finding in found if _can_be_grouped(finding))
    many = {type_ for type_, count in counts.items() if count > GROUP_ABOVE}
    if not many:
        return tuple(found), ()
    listed: list[Finding] = []
    groups: dict[object, list[Finding]] = {}
    for finding in found:
        if finding.type in many and _can_be_grouped(finding):
            groups.setdefault(_alike(finding), []).append(finding)
        else:
            listed.append(finding)
    return tuple(listed), tuple(_group(group, state) for group in groups.values())


def _can_be_grouped(finding: Finding) -> bool:
    """Return whether its group has all that the next run must know of it."""
    return finding.of_rule and finding.pending is None and finding.problem is None


def _alike(finding: Finding) -> object:
    key = finding.key
    return (
        finding.type, key.source, key.kind, finding.severity, finding.cause, finding.first_seen,
        finding.ignored_by,
    )  # fmt: skip


def _group(group: Sequence[Finding], state: State) -> GroupedFindings:
    first = group[0]
    return GroupedFindings(
        state=state,
        type=first.type,
        source=first.key.source,
        kind=first.key.kind,
        title=first.title,
        severity=first.severity,
        cause=first.cause,
        docs=first.docs,
        first_seen=first.first_seen,
        ignored_by=first.ignored_by,
        count=len(group),
        ids=tuple(finding.key.id for finding in group),
    )
