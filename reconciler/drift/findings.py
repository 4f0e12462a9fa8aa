"""Makes a finding of each type."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from reconciler.config.settings import SeveritySettings
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.drift import sentences
from reconciler.drift.agreement import Agreements
from reconciler.drift.expected_offline import ExpectedOffline
from reconciler.errors import Problem
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.findings import INTERNAL, PLANNED, FieldChange, Finding, PendingChange, finding_id
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.ledger import Ledger
from reconciler.model.rule import Rule
from reconciler.model.snapshot import Inventory, Scope
from reconciler.model.value import Row, parse_timestamp

_RULES_PAGE = "docs/rules.md"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that findings are made from."""

    inventory: Inventory
    desired: DesiredState
    kinds: Kinds
    severity: SeveritySettings
    lives: Ledger
    """Finding id → its life, if it is found again by this run."""
    scopes: Mapping[tuple[str, str], Scope]
    expected_offline: ExpectedOffline
    rules: Mapping[str, Rule]
    agreements: Agreements
    lock_max_age: timedelta
    rows_of: Callable[[str, str], Iterable[Row]]
    """Source and kind → its live rows."""

    def is_planned(self, key: Key) -> bool:
        """Return whether a resource need not exist on the day of the run."""
        declared = self.desired.resources.get(key)
        day = declared.planned if declared is not None else None
        return day is not None and self.inventory.run.collected_at.date() < day

    def life(self, identity: str) -> dict[str, Any]:
        """Return the fields of a finding that show since when it is known, and when it came back."""
        entry = self.lives.get(identity)
        if entry is None:
            return {"first_seen": self.inventory.run.collected_at}
        return {"first_seen": entry.first_seen, "reopened": entry.reopened}

    def unmanaged_severity(self, key: Key) -> Severity:
        """Return the severity of an undeclared resource: the configured one, else that of its kind."""
        otherwise = self.kinds[key.source][key.kind].unmanaged_severity
        return self.severity.of_unmanaged(key.source, key.kind, otherwise)


def missing(comparison: Comparison, declared: Declared) -> Finding:
    """Return the finding of a declared resource that is proved not to exist: an info while it is planned."""
    key = declared.key
    label = _label(comparison, key, declared)
    if declared.planned is not None and comparison.is_planned(key):
        title = sentences.planned(label, declared.planned)
        return _resource_finding(comparison, key, PLANNED, "info", title, declared_at=declared.declared_at)
    title = sentences.missing(label)
    agreed = comparison.agreements.of_missing(key, finding_id(key, "missing"))
    severity = comparison.severity.if_moved(agreed.moved, comparison.severity.missing)
    where = declared.declared_at
    return _resource_finding(
        comparison, key, "missing", severity, title, declared_at=where, **agreed.finding_fields
    )


def unmanaged(comparison: Comparison, key: Key) -> Finding:
    """Return the finding of an undeclared live resource: an info if only this version reads such."""
    identity = finding_id(key, "unmanaged")
    version = comparison.agreements.sort_first_read_by(key, identity)
    reason = _first_read_by(version)
    title = sentences.unmanaged(_label(comparison, key, None), reason)
    agreed = comparison.agreements.of_unmanaged(key, identity)
    severity = comparison.severity.if_moved(agreed.moved, comparison.unmanaged_severity(key))
    more = {"reason": reason, "first_read_by": version, **agreed.finding_fields}
    return _resource_finding(comparison, key, "unmanaged", "info" if version else severity, title, **more)


def unverified(comparison: Comparison, key: Key, declared: Declared | None, problem: Problem) -> Finding:
    """Return the finding of a resource that this run could not verify.

    The severity of an undeclared one is not above that of unmanaged ones.
    """
    severity = comparison.severity.unverified
    if declared is None:
        ceiling = comparison.unmanaged_severity(key)
        severity = min(severity, ceiling, key=SEVERITIES.index)
    title = sentences.unverified(_label(comparison, key, declared), problem)
    where = declared.declared_at if declared is not None else None
    return _resource_finding(
        comparison, key, "unverified", severity, title, declared_at=where, problem=problem
    )


def drifted(
    comparison: Comparison, declared: Declared, change: FieldChange, reason: str | None = None
) -> Finding:
    """Return the finding of a field that is not as declared; an info while a young lock explains it.

    So is one on an undeclared field that only this version of the tool reads.
    """
    key = declared.key
    lock = _excuse(comparison, key, change.path)
    reason = f"locked: {lock}" if lock else reason
    identity = finding_id(key, change.path)
    agreed = comparison.agreements.of_field(key, identity, change)
    severity = comparison.severity.if_moved(agreed.moved, comparison.severity.drifted)
    version = None if change.declared else comparison.agreements.first_read_by(key, identity, change.path)
    reason = _first_read_by(version) or reason
    return Finding(
        id=identity,
        type="drifted",
        key=key,
        name=_name(comparison, key, declared),
        title=sentences.drifted(_label(comparison, key, declared), change, reason),
        severity="info" if lock or version else severity,
        change=change.model_copy(update={"declared_at": comparison.desired.locate(key, change.path)}),
        reason=reason,
        declared_at=declared.declared_at,
        first_read_by=version,
        **comparison.life(identity),
        **agreed.finding_fields,
    )


def _first_read_by(version: str | None) -> str | None:
    return f"first read by version {version}" if version is not None else None


def is_young(comparison: Comparison, observed: Row) -> bool:
    """Return whether a lock may still be that of a task that is at work; so is one of unknown age."""
    since = observed.get("locked_since")
    if not isinstance(since, str):
        return True
    return comparison.inventory.run.collected_at - parse_timestamp(since) <= comparison.lock_max_age


def _excuse(comparison: Comparison, key: Key, path: str) -> str | None:
    """Return the lock that explains a difference at a path for now; None once it is too old for that."""
    locked = comparison.kinds[key.source][key.kind].locked
    observed = comparison.inventory.observed.get(key, {})
    lock = locked(observed, path) if locked is not None else None
    return lock if lock and is_young(comparison, observed) else None


def of_rule(
    comparison: Comparison,
    key: Key,
    rule: str,
    title: str,
    *,
    pending: PendingChange | None = None,
    related: tuple[Key, ...] = (),
    problem: Problem | None = None,
) -> Finding:
    """Return the finding of a rule about a resource, or about a field that is not active yet."""
    identity = finding_id(key, rule if pending is None else f"{rule} {pending.path}")
    declared = comparison.desired.resources.get(key)
    return Finding(
        id=identity,
        type=rule,
        key=key,
        name=_name(comparison, key, declared),
        title=title,
        severity=comparison.severity.rules.get(rule, comparison.rules[rule].severity),
        pending=pending,
        related=related,
        problem=problem,
        docs=f"{_RULES_PAGE}#{rule}",
        declared_at=declared.declared_at if declared is not None else None,
        **comparison.life(identity),
    )


def internal(comparison: Comparison, key: Key, problem: Problem) -> Finding:
    """Return the finding of a part of this program that failed."""
    return of_rule(comparison, key, INTERNAL, str(problem), problem=problem)


def _resource_finding(
    comparison: Comparison, key: Key, type_: str, severity: Severity, title: str, **more: Any
) -> Finding:
    """Return a finding about a resource as a whole, with `more` of its fields."""
    identity = finding_id(key, type_)
    return Finding(
        id=identity,
        type=type_,
        key=key,
        name=_name(comparison, key, comparison.desired.resources.get(key)),
        title=title,
        severity=severity,
        **comparison.life(identity),
        **more,
    )


def _label(comparison: Comparison, key: Key, declared: Declared | None) -> str:
    """Return what a sentence calls a resource: its name, else kind and id."""
    return _name(comparison, key, declared) or f"{key.kind} {key.id}"


def _name(comparison: Comparison, key: Key, declared: Declared | None) -> str | None:
    live = comparison.inventory.config.get(key, {}).get("name")
    name = live if live is not None else (declared.fields.get("name") if declared is not None else None)
    return name if isinstance(name, str) else None
