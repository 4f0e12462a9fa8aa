"""How each verdict is written down as a finding."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.config.file import SeveritySettings
from reconciler.drift import hints
from reconciler.drift.expected_offline import Away
from reconciler.errors import Problem
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.findings import SEVERITIES, FieldChange, Finding, Severity, Verdict, finding_id
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.rule import Rule
from reconciler.model.snapshot import Scope, Site


@dataclass(frozen=True, slots=True)
class Case:
    """What findings are written from."""

    site: Site
    desired: DesiredState
    kinds: Kinds
    severity: SeveritySettings
    first_seen: Mapping[str, datetime]
    scopes: Mapping[tuple[str, str], Scope]
    away: Away
    rules: Mapping[str, Rule]


def missing(case: Case, declared: Declared) -> Finding:
    """A declared resource that is proved not to exist."""
    hint = hints.missing(declared)
    return _whole(case, declared.key, "missing", case.severity.missing, hint, declared=declared)


def unmanaged(case: Case, key: Key, file: str) -> Finding:
    """A live resource that nobody declared; `file` is where to declare it."""
    return _whole(case, key, "unmanaged", case.severity.unmanaged, hints.unmanaged(key, file))


def unverified(case: Case, key: Key, declared: Declared | None, problem: Problem) -> Finding:
    """A resource about which this run can say nothing; one that nobody declared weighs no more for it."""
    hint = hints.unverified(key, case.scopes.get((key.source, key.kind)))
    severity = case.severity.unverified
    if declared is None:
        severity = min(severity, case.severity.unmanaged, key=SEVERITIES.index)
    finding = _whole(case, key, "unverified", severity, hint, declared=declared, problem=problem)
    row = case.site.config.get(key) or (declared.fields if declared else {})
    expected = case.away.because(key, row)
    return finding if expected is None else finding.model_copy(update={"ignored_by": expected})


def drifted(case: Case, declared: Declared, change: FieldChange, reason: str | None = None) -> Finding:
    """A field that is not as declared; one of a locked resource (backup, migration …) alarms nobody."""
    key = declared.key
    lock = case.site.config[key].get("lock") or case.site.observed.get(key, {}).get("lock")
    where = case.desired.locate(key, change.path)
    identity = finding_id(key, change.path)
    return Finding(
        id=identity,
        key=key,
        name=_name(case, key, declared),
        verdict="drifted",
        severity="info" if lock else case.severity.drifted,
        change=change,
        reason=f"locked: {lock}" if lock else reason,
        hint=hints.drifted(key, change, where),
        declared_at=where,
        first_seen=case.first_seen.get(identity, case.site.run.collected_at),
    )


def of_rule(
    case: Case,
    key: Key,
    rule: str,
    reason: str,
    *,
    change: FieldChange | None = None,
    related: tuple[Key, ...] = (),
    hint: str | None = None,
) -> Finding:
    """What a built-in rule has to say of a resource, or of one of its fields."""
    identity = finding_id(key, rule if change is None else f"{rule} {change.path}")
    declared = case.desired.resources.get(key)
    return Finding(
        id=identity,
        key=key,
        name=_name(case, key, declared),
        rule=rule,
        severity=case.severity.rules.get(rule, case.rules[rule].severity),
        change=change,
        related=related,
        reason=reason,
        hint=hint or case.rules[rule].hint,
        declared_at=case.desired.locate(key, change.path if change else "") if declared else None,
        first_seen=case.first_seen.get(identity, case.site.run.collected_at),
    )


def _whole(
    case: Case,
    key: Key,
    verdict: Verdict,
    severity: Severity,
    hint: str,
    *,
    declared: Declared | None = None,
    problem: Problem | None = None,
) -> Finding:
    """A finding about a resource as a whole."""
    identity = finding_id(key, verdict)
    return Finding(
        id=identity,
        key=key,
        name=_name(case, key, declared),
        verdict=verdict,
        severity=severity,
        problem=problem,
        hint=hint,
        declared_at=declared.declared_at if declared is not None else None,
        first_seen=case.first_seen.get(identity, case.site.run.collected_at),
    )


def _name(case: Case, key: Key, declared: Declared | None) -> str | None:
    live = case.site.config.get(key, {}).get("name")
    name = live if live is not None else (declared.fields.get("name") if declared is not None else None)
    return name if isinstance(name, str) else None
