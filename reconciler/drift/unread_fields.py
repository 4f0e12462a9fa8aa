"""Fields that should have been read and were not: one finding for each kind, not one for each resource.

A missing right or a list that did not answer leaves the same field of many resources unread. Each of them is
unverified; the finding is about all of them, and its id does not depend on which they are.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

from reconciler.config.severity import SEVERITIES
from reconciler.drift.findings import Comparison
from reconciler.errors import combined
from reconciler.model.defaults import default
from reconciler.model.desired import Declared
from reconciler.model.findings import Finding, finding_id
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.value import Row

CAUSE = "unreadable-field"
_RELATED = 20
"""So many of the other resources are named."""
_REASONS = 3


def unread_fields(
    comparison: Comparison, kind: AnyKind, declared: Declared
) -> tuple[AbstractSet[str], AbstractSet[str]]:
    """Return the compared fields that this run should have read and did not, and all that it did not read.

    Those that its API never has are only among all.
    """
    observed = comparison.inventory.observed.get(declared.key)
    unread = observed.get("unread") if observed else None
    if not isinstance(unread, list | tuple):
        return frozenset(), frozenset()
    scope = comparison.scopes.get((declared.key.source, declared.key.kind))
    never = frozenset((scope.not_supported if scope is not None else None) or ())
    compared = declared.fields.keys() | set(kind.adopted_fields if declared.exact else ())
    return (compared & set(unread)) - never, frozenset(unread)


def not_read(comparison: Comparison, key: Key, unread: AbstractSet[str]) -> str:
    """Return that some fields of a resource could not be read, with the reasons that are known."""
    text = f"{' and '.join(sorted(unread))} could not be read"
    unparsed = (comparison.inventory.observed.get(key) or {}).get("unparsed")
    reasons = (
        dict.fromkeys(str(unparsed[name]) for name in sorted(unread & unparsed.keys()))
        if isinstance(unparsed, dict)
        else ()
    )
    return f"{text}: {'; '.join(reasons)}" if reasons else text


def as_far_as_read(kind: AnyKind, declared: Declared, row: Row, unread: AbstractSet[str]) -> Row:
    """Return a row with its unread fields as they are declared, or at their defaults.

    So they differ in nothing, and neither does what depends on them: fields behind a flag, other defaults.
    """
    if not unread:
        return row
    known = {name: value for name, value in row.items() if name not in unread}
    whole = declared.fields if declared.filled is None else declared.filled
    known |= {name: whole.get(name, declared.fields[name]) for name in unread & declared.fields.keys()}
    model: Any = kind.model
    of_row = kind.defaults(known)
    for name in unread - known.keys():
        value = of_row.get(name, default(model, name))
        if value is not None:
            known[name] = value
    return kind.without_stale(known)


def fold_unread_fields(comparison: Comparison, found: Iterable[Finding]) -> list[Finding]:
    """Return the findings, with those about unread fields of one kind as one; silenced ones stay apart."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    others: list[Finding] = []
    for finding in found:
        if _is_about_fields(finding):
            groups.setdefault((finding.key.source, finding.key.kind), []).append(finding)
        else:
            others.append(finding)
    folded = {at: _folded(comparison, *at, group) for at, group in groups.items()}
    ids = {each.id: folded[at].id for at, group in groups.items() for each in group}
    return [
        finding if finding.cause not in ids else finding.model_copy(update={"cause": ids[finding.cause]})
        for finding in (*others, *folded.values())
    ]


def _is_about_fields(finding: Finding) -> bool:
    problem = finding.problem
    return (
        finding.type == "unverified"
        and finding.ignored_by is None
        and problem is not None
        and problem.cause == CAUSE
    )


def _folded(comparison: Comparison, source: str, kind: str, group: list[Finding]) -> Finding:
    """Return one finding in place of several, at the first of their resources."""
    first, *rest = sorted(group, key=lambda finding: finding.key)
    problems = sorted({finding.problem for finding in group if finding.problem is not None})
    problem = combined(problems[:_REASONS])
    if len(problems) > _REASONS:
        problem = replace(problem, what=f"{problem.what}; and {len(problems) - _REASONS} more reasons")
    identity = finding_id(Key(source, kind, "*"), f"unverified {CAUSE}")
    causes = {finding.cause for finding in group}
    title = first.title
    if rest:
        title = f"{len(group)} {comparison.kinds[source][kind].plural} could not be verified: {problem}"
    return first.model_copy(
        update={
            "id": identity,
            "title": title,
            "severity": max((finding.severity for finding in group), key=SEVERITIES.index),
            "problem": problem,
            "related": tuple(finding.key for finding in rest[:_RELATED]),
            "cause": first.cause if len(causes) == 1 else None,
            "reopened": None,
            **comparison.life(identity),
        }
    )
