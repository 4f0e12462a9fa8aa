"""Makes a finding of each verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.config.file import SeveritySettings
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.drift import hints
from reconciler.drift.expected_offline import ExpectedOffline
from reconciler.errors import Problem
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.findings import FieldChange, Finding, Verdict, finding_id
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.rule import Rule
from reconciler.model.snapshot import Inventory, Scope


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that findings are made from."""

    inventory: Inventory
    desired: DesiredState
    kinds: Kinds
    severity: SeveritySettings
    first_seen: Mapping[str, datetime]
    scopes: Mapping[tuple[str, str], Scope]
    expected_offline: ExpectedOffline
    rules: Mapping[str, Rule]


def missing(comparison: Comparison, declared: Declared) -> Finding:
    """Return the finding of a declared resource that is proved not to exist."""
    hint = hints.missing(declared)
    return _whole(comparison, declared.key, "missing", comparison.severity.missing, hint, declared=declared)


def unmanaged(comparison: Comparison, key: Key, file: str) -> Finding:
    """Return the finding of an undeclared live resource; `file` is where to declare it."""
    return _whole(comparison, key, "unmanaged", comparison.severity.unmanaged, hints.unmanaged(key, file))


def unverified(comparison: Comparison, key: Key, declared: Declared | None, problem: Problem) -> Finding:
    """Return the finding of a resource that this run could not verify.

    The severity of an undeclared one is not above that of unmanaged ones.
    """
    hint = hints.unverified(key, comparison.scopes.get((key.source, key.kind)))
    severity = comparison.severity.unverified
    if declared is None:
        severity = min(severity, comparison.severity.unmanaged, key=SEVERITIES.index)
    return _whole(comparison, key, "unverified", severity, hint, declared=declared, problem=problem)


def drifted(
    comparison: Comparison, declared: Declared, change: FieldChange, reason: str | None = None
) -> Finding:
    """Return the finding of a field that is not as declared; an info while the resource is locked."""
    key = declared.key
    locked = comparison.kinds[key.source][key.kind].locked
    lock = locked(comparison.inventory.observed.get(key, {})) if locked else None
    where = comparison.desired.locate(key, change.path)
    identity = finding_id(key, change.path)
    return Finding(
        id=identity,
        key=key,
        name=_name(comparison, key, declared),
        verdict="drifted",
        severity="info" if lock else comparison.severity.drifted,
        change=change,
        reason=f"locked: {lock}" if lock else reason,
        hint=hints.drifted(key, change, where),
        declared_at=where,
        first_seen=comparison.first_seen.get(identity, comparison.inventory.run.collected_at),
    )


def of_rule(
    comparison: Comparison,
    key: Key,
    rule: str,
    reason: str | None,
    *,
    change: FieldChange | None = None,
    related: tuple[Key, ...] = (),
    problem: Problem | None = None,
) -> Finding:
    """Return the finding of a rule about a resource, or about one of its fields."""
    identity = finding_id(key, rule if change is None else f"{rule} {change.path}")
    declared = comparison.desired.resources.get(key)
    return Finding(
        id=identity,
        key=key,
        name=_name(comparison, key, declared),
        rule=rule,
        severity=comparison.severity.rules.get(rule, comparison.rules[rule].severity),
        change=change,
        related=related,
        problem=problem,
        reason=reason,
        hint=comparison.rules[rule].hint,
        declared_at=comparison.desired.locate(key, change.path if change else "") if declared else None,
        first_seen=comparison.first_seen.get(identity, comparison.inventory.run.collected_at),
    )


def _whole(
    comparison: Comparison,
    key: Key,
    verdict: Verdict,
    severity: Severity,
    hint: str,
    *,
    declared: Declared | None = None,
    problem: Problem | None = None,
) -> Finding:
    """Return a finding about a resource as a whole."""
    identity = finding_id(key, verdict)
    return Finding(
        id=identity,
        key=key,
        name=_name(comparison, key, declared),
        verdict=verdict,
        severity=severity,
        problem=problem,
        hint=hint,
        declared_at=declared.declared_at if declared is not None else None,
        first_seen=comparison.first_seen.get(identity, comparison.inventory.run.collected_at),
    )


def _name(comparison: Comparison, key: Key, declared: Declared | None) -> str | None:
    live = comparison.inventory.config.get(key, {}).get("name")
    name = live if live is not None else (declared.fields.get("name") if declared is not None else None)
    return name if isinstance(name, str) else None
