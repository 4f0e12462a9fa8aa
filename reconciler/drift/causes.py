"""Which findings follow from others: one cause, one alarm.

A rule names the fields that it fires because of; a finding that stands at one of them is its cause. So is the
flag of a gated field, the change of a value that is not active yet, the missing or unread thing that
something is on or in, what brought an undeclared resource along, its missing self under the old name, what a
field refers to, and what it shows of other resources. Causes are one level: every consequence names the root.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.config.severity import SEVERITIES
from reconciler.drift.ambiguous_ids import RULE as AMBIGUOUS_ID
from reconciler.drift.findings import Comparison
from reconciler.drift.renamed import renamed
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import member, parts_of
from reconciler.model.references import EACH, KEYS, Reference, referred
from reconciler.model.rule import Place, RuleResults, Violation
from reconciler.model.value import Row

_CAN_CAUSE = frozenset({"missing", "drifted", "unmanaged", "unverified"})
_WHOLE = _CAN_CAUSE - {"drifted"}


def with_causes(comparison: Comparison, found: Sequence[Finding], results: RuleResults) -> list[Finding]:
    """Return the findings, each that follows from another with the id of that one."""
    causes: dict[Key, list[Finding]] = {}
    for finding in found:
        if finding.type in _CAN_CAUSE:
            causes.setdefault(finding.key, []).append(finding)
    violations = _by_finding(results)
    waiting = any(finding.pending is not None for finding in found)
    shown = _shown_changes(comparison, causes) if waiting else {}
    direct: dict[str, str] = {}
    for finding in found:
        places = [*_places(comparison, finding), *violations.get((finding.type, finding.key), ())]
        if finding.pending is not None:
            places += (
                place for pointer, place in shown.get(finding.key, ()) if _touches(pointer, finding.path)
            )
        if finding.type == "unmanaged":
            places += _what_brought_it(comparison, finding.key, causes)
        if finding.of_rule:
            places += _of_subjects(comparison, finding)
        cause = _worst(finding, places, causes)
        if cause is not None:
            direct[finding.id] = cause.id
    for finding, cause in renamed(comparison, found):
        direct.setdefault(finding.id, cause.id)
    return [
        finding.model_copy(update={"cause": _root(finding.id, direct)}) if finding.id in direct else finding
        for finding in found
    ]


def _of_subjects(comparison: Comparison, finding: Finding) -> Iterator[Place]:
    """Yield what a finding of a rule is about, as a whole; of ids, also the fields that they are made of."""
    for key in (finding.key, *finding.related):
        yield key, ""
        if finding.type == AMBIGUOUS_ID:
            yield from _of_its_id(comparison, key)


def _of_its_id(comparison: Comparison, key: Key) -> Iterator[Place]:
    """Yield the fields that the id of a resource is made of."""
    kind = comparison.kinds[key.source][key.kind]
    row = comparison.inventory.config.get(key, {})
    yield from ((key, f"/{name}") for name in kind.of_id(key.id, row))


def _by_finding(results: RuleResults) -> dict[tuple[str, Key], list[Place]]:
    """Return the places that the violations of each rule and resource follow from."""
    places: dict[tuple[str, Key], list[Place]] = {}
    for rule, violations in results.violations.items():
        for violation in violations:
            places.setdefault((rule, violation.key), []).extend(_evidence(violation))
    return places


def _evidence(violation: Violation) -> Iterator[Place]:
    yield from violation.evidence_fields
    for key in (violation.key, *violation.related, *violation.evidence):
        yield key, ""


def _places(comparison: Comparison, finding: Finding) -> Iterator[Place]:
    """Yield the places that a finding of the comparison itself can follow from."""
    kind = comparison.kinds.get(finding.key.source, {}).get(finding.key.kind)
    if kind is None:
        return
    if finding.pending is not None:
        yield finding.key, finding.path
    elif finding.type == "drifted":
        yield from _of_field(comparison, kind, finding)
    elif finding.type in {"missing", "unverified"}:
        yield from _around(comparison, kind, finding.key)
    elif finding.type == "unmanaged" and kind.orders:
        for key, path in _around(comparison, kind, finding.key):
            yield key, path
            yield from _of_its_id(comparison, key)


def _of_field(comparison: Comparison, kind: AnyKind, finding: Finding) -> Iterator[Place]:
    """Yield what a field can follow from: its flag, what it refers to, what it shows of other resources."""
    key, path = finding.key, finding.path
    for gate in kind.gates:
        if any(_touches(path, field) for field in gate.fields):
            yield key, gate.flag
    if (field := kind.follows(path)) is not None:
        yield key, field
    for reference in kind.references:
        for identity in _no_longer_referred(finding, reference):
            yield Key(key.source, reference.kind, identity), ""
    for row in _rows(comparison, key):
        for field, other, identity, pointer in kind.shows(key.id, row):
            if _touches(path, field):
                yield Key(key.source, other, identity), pointer


def _no_longer_referred(finding: Finding, reference: Reference) -> set[str]:
    """Return the ids that one side of a field refers to, and not the other."""
    at = parts_of(finding.path)
    steps = reference.path[: len(at)]
    change = finding.change
    if change is None or len(at) > len(reference.path):
        return set()
    if any(step not in {EACH, KEYS, name} for step, name in zip(steps, at, strict=True)):
        return set()
    rest = reference.path[len(at) :]
    return set(referred(change.desired, rest)) ^ set(referred(change.live, rest))


def _around(comparison: Comparison, kind: AnyKind, key: Key) -> Iterator[Place]:
    """Yield what a resource is on or in: an order, in a manner of speaking, in its policies."""
    for row in _rows(comparison, key):
        if kind.host is not None and (node := kind.host(key.id, row)) is not None:
            for host in (each for each in comparison.kinds[key.source].values() if each.away is not None):
                yield Key(key.source, host.name, str(node)), ""
        for parent, identity in kind.within(key.id, row):
            yield Key(key.source, parent, identity), ""


def _what_brought_it(
    comparison: Comparison, key: Key, causes: Mapping[Key, Sequence[Finding]]
) -> Iterator[Place]:
    """Yield what makes an undeclared resource appear, where that is new or has changed.

    One that is missing or unread brings nothing.
    """
    kind = comparison.kinds[key.source][key.kind]
    for other, identity, pointer in kind.comes_with(key.id, comparison.inventory.config.get(key, {})):
        whole = Key(key.source, other, identity)
        if any(cause.type in {"unmanaged", "drifted"} for cause in causes.get(whole, ())):
            yield whole, pointer


def _shown_changes(
    comparison: Comparison, causes: Mapping[Key, Sequence[Finding]]
) -> dict[Key, list[tuple[str, Place]]]:
    """Return the resources of which others show pending changes, with the pointer and what differs there.

    A node shows those of its interfaces; one that is gone may be such a change too.
    """
    inventory = comparison.inventory
    found: dict[Key, list[tuple[str, Place]]] = {}
    for key, differences in causes.items():
        kind = comparison.kinds.get(key.source, {}).get(key.kind)
        row = {**inventory.config.get(key, {}), **inventory.observed.get(key, {})}
        for path, other, identity, pointer in () if kind is None else kind.shows(key.id, row):
            if not row or member(row, parts_of(path)):
                places = found.setdefault(Key(key.source, other, identity), [])
                places += ((pointer, (key, each.path)) for each in differences)
    return found


def _rows(comparison: Comparison, key: Key) -> Iterator[Row]:
    """Yield a resource as it is live, or was when last read, and as it is declared."""
    declared = comparison.desired.resources.get(key)
    yield comparison.inventory.config.get(key, {})
    yield declared.fields if declared is not None else {}


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
