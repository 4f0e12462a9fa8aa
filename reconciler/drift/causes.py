"""Which findings follow from others: one cause, one alarm.

A rule names the fields that it fires because of; a finding that stands at one of them is its cause. So is the
flag of a gated field, the change of a value that is not active yet, and the missing or unread thing that
something is on or in. Causes are one level: every consequence names the root.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.config.severity import SEVERITIES
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.rule import Place, RuleResults, Violation

_CAN_CAUSE = frozenset({"missing", "drifted", "unmanaged", "unverified"})
_WHOLE = _CAN_CAUSE - {"drifted"}


def with_causes(comparison: Comparison, found: Sequence[Finding], results: RuleResults) -> list[Finding]:
    """Return the findings, each that follows from another with the id of that one."""
    causes: dict[Key, list[Finding]] = {}
    for finding in found:
        if finding.type in _CAN_CAUSE:
            causes.setdefault(finding.key, []).append(finding)
    violations = _by_finding(results)
    direct: dict[str, str] = {}
    for finding in found:
        places = [*_places(comparison, finding), *violations.get((finding.type, finding.key), ())]
        if finding.of_rule:
            places += ((key, "") for key in (finding.key, *finding.related))
        cause = _worst(finding, places, causes)
        if cause is not None:
            direct[finding.id] = cause.id
    return [
        finding.model_copy(update={"cause": _root(finding.id, direct)}) if finding.id in direct else finding
        for finding in found
    ]


def _by_finding(results: RuleResults) -> dict[tuple[str, Key], list[Place]]:
    """Return the places that the violations of each rule and resource follow from."""
    places: dict[tuple[str, Key], list[Place]] = {}
    for rule, violations in results.violations.items():
        for violation in violations:
            places.setdefault((rule, violation.key), []).extend(_evidence(violation))
    return places


def _evidence(violation: Violation) -> Iterator[Place]:
    yield from violation.because
    for key in (violation.key, *violation.related, *violation.evidence):
        yield key, ""


def _places(comparison: Comparison, finding: Finding) -> Iterator[Place]:
    """Yield the places that a finding of the comparison itself can follow from."""
    key = finding.key
    kind = comparison.kinds.get(key.source, {}).get(key.kind)
    if kind is None:
        return
    if finding.pending is not None:
        yield key, finding.path
    elif finding.type == "drifted":
        for gate in kind.gates:
            if any(_touches(finding.path, field) for field in gate.fields):
                yield key, gate.flag
    elif finding.type in {"missing", "unverified"}:
        declared = comparison.desired.resources.get(key)
        row = comparison.inventory.config.get(key) or (declared.fields if declared is not None else {})
        if kind.host is not None and (node := kind.host(key.id, row)) is not None:
            for host in (each for each in comparison.kinds[key.source].values() if each.away is not None):
                yield Key(key.source, host.name, str(node)), ""
        for parent, identity in kind.within(key.id, row):
            yield Key(key.source, parent, identity), ""


def _worst(
    finding: Finding, places: Iterable[Place], causes: Mapping[Key, Sequence[Finding]]
) -> Finding | None:
    """Return the worst other finding that stands at one of the places; of equal ones the first by key."""
    candidates = {
        cause.id: cause
        for key, path in places
        for cause in causes.get(key, ())
        if cause.id != finding.id and _stands_at(cause, path)
    }
    order = sorted(
        candidates.values(), key=lambda each: (-SEVERITIES.index(each.severity), each.key, each.path)
    )
    return order[0] if order else None


def _stands_at(cause: Finding, path: str) -> bool:
    """Return whether a finding stands at a place: one about a whole resource does at each of its fields."""
    return cause.type in _WHOLE or not cause.path or (path != "" and _touches(cause.path, path))


def _touches(path: str, other: str) -> bool:
    """Return whether one of two pointers is the other, or above it."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


def _root(identity: str, direct: Mapping[str, str]) -> str | None:
    """Return the last cause in a row of causes; None where they go in a circle back to the finding."""
    seen = {identity}
    at = direct[identity]
    while at in direct and at not in seen:
        seen.add(at)
        at = direct[at]
    return None if at in seen else at
