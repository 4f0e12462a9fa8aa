"""The verdict of one resource: in sync, drifted, missing, unmanaged or unverified, with its findings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from reconciler.drift import findings
from reconciler.drift.differences import differences, with_same_order
from reconciler.drift.exact import is_as_declared, normal_form
from reconciler.drift.findings import Comparison
from reconciler.drift.pending import running
from reconciler.drift.unread_fields import as_far_as_read, not_read, unread_fields
from reconciler.errors import Problem, combined
from reconciler.model.desired import Declared
from reconciler.model.findings import PLANNED, FieldChange, Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.naming import layered
from reconciler.model.pointer import member
from reconciler.model.summary import Verdict
from reconciler.model.value import Row


def judge_declared(comparison: Comparison, declared: Declared, found: list[Finding]) -> Verdict:
    """Return the verdict of a declared resource, and add its findings to `found`."""
    row = comparison.inventory.config.get(declared.key)
    problem = why_unverified(comparison, declared.key, row)
    if problem is not None:
        found.append(findings.unverified(comparison, declared.key, declared, problem))
        return "unverified"
    if row is None:
        return _without_row(comparison, declared, found)
    declared = _as_meant(comparison, _with_id(comparison, declared, row))
    kind = comparison.kinds[declared.key.source][declared.key.kind]
    doubts: list[Problem] = []
    judged: list[Finding] = []
    if declared.absent:
        changes = [FieldChange(path="", desired="absent", live="present")]
    else:
        if _has_policy(kind, declared):
            judged = _judged(comparison, declared, row, doubts)
        unread, aside = unread_fields(comparison, kind, declared)
        if unread:
            doubts.append(_unreadable(not_read(comparison, declared.key, unread)))
        live = as_far_as_read(kind, declared, _with_derived(comparison, kind, declared, row), aside)
        changes = _changes(kind, declared, live)
        if changes and kind.secrets:
            changes = list(_without_same_secrets(kind, row, changes, doubts))
    if doubts:
        found.append(findings.unverified(comparison, declared.key, declared, combined(doubts)))
    for change in changes:
        runs = running(row, change.path)
        shown = change if runs is None else change.model_copy(update={"running": runs})
        found.append(findings.drifted(comparison, declared, shown))
    found += judged
    return "unverified" if doubts else "drifted" if changes or judged else "in_sync"


def _without_row(comparison: Comparison, declared: Declared, found: list[Finding]) -> Verdict:
    """Return the verdict of a declared id that no row has."""
    reason = _owner(comparison, declared)
    if not declared.absent:
        missing = findings.missing(comparison, declared)
        if reason:
            missing = missing.model_copy(update={"reason": reason, "title": f"{missing.title}: {reason}"})
        found.append(missing)
        return "in_sync" if missing.type == PLANNED else "missing"
    if reason is None:
        return "in_sync"
    change = FieldChange(path="", desired="absent", live="present")
    found.append(findings.drifted(comparison, declared, change, reason))
    return "drifted"


def _owner(comparison: Comparison, declared: Declared) -> str | None:
    """Return that the row which a missing id names is another declared one, with both places."""
    key = declared.key
    shared = comparison.scopes[key.source, key.kind].shared if key[:2] in comparison.scopes else None
    owner = comparison.desired.resources.get(key._replace(id=(shared or {}).get(key.id, "")))
    if owner is None:
        return None
    return (
        f"{key.id} ({declared.declared_at}) is another name of {owner.key.id}, which is declared too "
        f"({owner.declared_at}); keep one of them"
    )


def _with_id(comparison: Comparison, declared: Declared, row: Row) -> Declared:
    """Return a declaration with the fields that its id declares: a network `IoT` has that name."""
    kind = comparison.kinds[declared.key.source][declared.key.kind]
    if kind.naming is None or declared.absent:
        return declared
    own = kind.of_id(declared.key.id, row)
    reset = tuple(path for path in declared.reset_to_default if member(own, path) is None)
    fields = declared.fields
    for path in set(declared.reset_to_default) - set(reset):
        fields = _with(fields, path, member(own, path))
    return replace(declared, fields=layered(own, fields), reset_to_default=reset, filled=None)


def _as_meant(comparison: Comparison, declared: Declared) -> Declared:
    """Return a declaration with its fields as its source takes them."""
    key = declared.key
    kind = comparison.kinds[key.source][key.kind]
    if kind.as_meant is None:
        return declared
    fields = kind.as_meant(declared.fields, partial(comparison.rows_of, key.source))
    return declared if fields is declared.fields else replace(declared, fields=fields, filled=None)


def _changes(kind: AnyKind, declared: Declared, row: Row) -> list[FieldChange]:
    """Return the fields that are not as declared; of an exact resource, also those not at their defaults."""
    defaults = kind.defaults(row) if declared.exact or declared.reset_to_default else {}
    normal = normal_form(kind, declared, defaults) if declared.exact else {}
    if declared.exact and is_as_declared(kind, normal, row):
        return []
    wanted = _wanted(kind, declared, row, defaults)
    live = with_same_order(kind.orders, wanted, row)
    if not declared.exact:
        return list(differences(wanted, live, kind.model))
    unequal = [name for name in kind.adopted_fields if live.get(name) != normal.get(name)]
    wanted = {name: value for name, value in wanted.items() if live.get(name) != normal.get(name, value)}
    return list(differences(wanted, live, kind.model, unequal, defaults, exact=True))


def _has_policy(kind: AnyKind, declared: Declared) -> bool:
    """Return whether the kind has something to judge: a declared policy, or whether a node is offline."""
    return kind.judge is not None and (kind.away is not None or not kind.policies.isdisjoint(declared.fields))


def _judged(comparison: Comparison, declared: Declared, row: Row, doubts: list[Problem]) -> list[Finding]:
    """Return the findings of policies that are not met; policies that cannot be judged go to `doubts`."""
    key = declared.key
    judge = comparison.kinds[key.source][key.kind].judge
    assert judge is not None
    found: list[Finding] = []
    for judgement in judge(
        declared.fields,
        row,
        comparison.inventory.observed.get(key, {}),
        comparison.inventory.run.collected_at,
    ):
        if judgement.problem is None:
            change = FieldChange(path=judgement.path, desired=judgement.desired, live=judgement.live)
            found.append(findings.drifted(comparison, declared, change, judgement.reason))
        else:
            doubts.append(judgement.problem)
    return found


def _wanted(kind: AnyKind, declared: Declared, row: Row, defaults: Row) -> Row:
    """Return the declared fields to compare: without policies and what a closed gate makes stale.

    `null` stands for the default for this row.
    """
    fields = declared.fields
    if kind.policies and not kind.policies.isdisjoint(fields):
        fields = {name: value for name, value in fields.items() if name not in kind.policies}
    for path in declared.reset_to_default:
        value = member(defaults, path) if path[0] in fields else None
        fields = fields if value is None else _with(fields, path, value)
    return kind.declared_without_stale(fields, row, exact=declared.exact) if kind.gates else fields


def _with_derived(comparison: Comparison, kind: AnyKind, declared: Declared, row: Row) -> Row:
    """Return a row with its derived fields where one of them is declared."""
    if kind.derived.isdisjoint(declared.fields):
        return row
    observed = comparison.inventory.observed.get(declared.key, {})
    return row | {name: observed[name] for name in kind.derived if name in observed}


def _with(row: Row, path: Sequence[str], value: object) -> Row:
    """Return a row with another value at a path that it has."""
    name, *rest = path
    inner = row[name]
    return {**row, name: _with(inner, rest, value) if rest and isinstance(inner, dict) else value}


def _without_same_secrets(
    kind: AnyKind, row: Row, changes: Sequence[FieldChange], doubts: list[Problem]
) -> Iterator[FieldChange]:
    """Yield the changes, except those of secrets that are the same, or that cannot be compared."""
    for change in changes:
        if not kind.is_secret(change.path):
            yield change
            continue
        same = kind.same_secret(change.path, change.desired, change.live)
        if kind.hides(row, change.path):
            doubts.append(_unreadable(f"{change.path[1:]} is not shown to this account"))
        elif same is False:
            yield change
        elif same is None:
            what = f"{change.path[1:]} is declared as another fingerprint_key made it"
            remedy = "declare the new one, or set fingerprint_key_previous"
            doubts.append(_unreadable(what, remedy))


def _unreadable(what: str, remedy: str = "") -> Problem:
    return Problem("", what, remedy, cause="unreadable-field")


def judge_undeclared(comparison: Comparison, key: Key, found: list[Finding]) -> Verdict:
    """Return the verdict of an undeclared live resource, and add its finding to `found`."""
    problem = why_unverified(comparison, key, comparison.inventory.config[key])
    if problem is not None:
        found.append(findings.unverified(comparison, key, None, problem))
        return "unverified"
    found.append(findings.unmanaged(comparison, key))
    return "unmanaged"


def why_unverified(comparison: Comparison, key: Key, row: Row | None) -> Problem | None:
    """Return why a resource cannot be verified; None when it was read, or is proved not to exist."""
    if row is not None and key not in comparison.inventory.as_of:
        return None
    scope = comparison.scopes.get((key.source, key.kind))
    if scope is None:
        return Problem(key.source, f"no {key.kind} was read", cause="not-read")
    if key.id in scope.unread:
        return scope.unread[key.id]
    if scope.listed == "complete":
        return None
    what = f"the list of {key.source}/{key.kind} is {scope.listed}"
    return scope.problem or Problem("", what, cause="not-read")
