"""Compare what is live with what is declared: one verdict per resource, one finding per difference."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet

from reconciler.config.file import DriftSettings
from reconciler.config.severity import SEVERITIES
from reconciler.drift import findings, lifecycle
from reconciler.drift.ambiguous_ids import ambiguous_ids
from reconciler.drift.differences import differences
from reconciler.drift.events import events
from reconciler.drift.expected_offline import ExpectedOffline
from reconciler.drift.findings import Comparison
from reconciler.drift.ignore import Ignore
from reconciler.drift.internal import failures
from reconciler.drift.pending import pending_changes, running
from reconciler.drift.rule_results import violations
from reconciler.drift.rules import RULES
from reconciler.drift.silence import silence
from reconciler.drift.summary import degraded, summarise
from reconciler.errors import Problem, combined
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.findings import DriftReport, FieldChange, Finding, Verdict
from reconciler.model.fingerprint import comparable
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.pointer import member
from reconciler.model.recorded import Recorded
from reconciler.model.rule import NO_RESULTS, RuleResults
from reconciler.model.snapshot import Inventory
from reconciler.model.value import Row


def compare(
    inventory: Inventory,
    desired: DesiredState,
    previous: Recorded | None,
    settings: DriftSettings,
    kinds: Kinds,
    ignores: Sequence[Ignore] = (),
    results: RuleResults = NO_RESULTS,
) -> DriftReport:
    """Compare: one verdict for every resource of the kinds that desired state opted in, and the findings.

    Everything else that is live is inventory. `results` are those of the rules of the whole site.
    """
    scopes = {(scope.source, scope.kind): scope for scope in inventory.scopes}
    comparison = Comparison(
        inventory,
        desired,
        kinds,
        settings.severity,
        lifecycle.first_seen(previous),
        scopes,
        ExpectedOffline(inventory, desired, kinds),
        {**RULES, **results.rules},
    )
    found: list[Finding] = []
    verdicts: dict[str, Verdict] = {}
    for key, declared in desired.resources.items():
        verdicts[str(key)] = _judge_declared(comparison, declared, found)
    undeclared = _undeclared(inventory, desired, kinds)
    files = _files(desired) if undeclared else {}
    for key in undeclared:
        verdicts[str(key)] = _judge_undeclared(comparison, key, files, found)
    found += pending_changes(comparison)
    found += ambiguous_ids(comparison)
    found += violations(comparison, results)
    found += failures(comparison, results.failed)
    found, uses = silence(comparison, found, ignores)
    found.sort(key=_order)
    resolved, unconfirmed = lifecycle.gone(
        previous, found, verdicts, scopes, inventory.as_of, results.unchecked
    )
    return DriftReport(
        run=inventory.run,
        summary=summarise(inventory, desired, found, verdicts, settings.fail_on),
        findings=tuple(found),
        scopes=inventory.scopes,
        verdicts=verdicts,
        resolved=resolved,
        unconfirmed=unconfirmed,
        ignores=uses,
        events=tuple(events(inventory, previous, kinds)),
        unchecked=dict(sorted(results.unchecked.items())),
        degraded=dict(sorted(degraded(inventory))),
    )


def _judge_declared(comparison: Comparison, declared: Declared, found: list[Finding]) -> Verdict:
    row = comparison.inventory.config.get(declared.key)
    doubt = _doubt(comparison, declared.key, row)
    if doubt is not None:
        found.append(findings.unverified(comparison, declared.key, declared, doubt))
        return "unverified"
    if row is None:
        if declared.absent:
            return "in_sync"
        found.append(findings.missing(comparison, declared))
        return "missing"
    doubts: list[Problem] = []
    if declared.absent:
        changes = [FieldChange(path="", desired="absent", live="present")]
        judged = []
    else:
        kind = comparison.kinds[declared.key.source][declared.key.kind]
        judged = _judged(comparison, declared, row, doubts) if _has_policy(kind, declared) else []
        changes = list(differences(_wanted(kind, declared, row), row))
        if changes and not kind.fingerprints.isdisjoint(declared.fields):
            changes = list(_without_incomparable(kind, changes, doubts))
    unread = _declared_unread(comparison, declared)
    if unread:
        changes = [change for change in changes if change.path.split("/")[1] not in unread]
        doubts.append(_unreadable(f"{' and '.join(sorted(unread))} could not be read"))
    if doubts:
        found.append(findings.unverified(comparison, declared.key, declared, combined(doubts)))
    for change in changes:
        runs = running(row, change.path)
        shown = change if runs is None else change.model_copy(update={"running": runs})
        found.append(findings.drifted(comparison, declared, shown))
    found += judged
    return "unverified" if doubts else "drifted" if changes or judged else "in_sync"


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


def _wanted(kind: AnyKind, declared: Declared, row: Row) -> Row:
    """Return the declared fields to compare: without policies; for `null`, the default for this row."""
    fields = declared.fields
    if kind.policies and not kind.policies.isdisjoint(fields):
        fields = {name: value for name, value in fields.items() if name not in kind.policies}
    if not declared.reset_to_default:
        return fields
    defaults = kind.defaults(row)
    for path in declared.reset_to_default:
        value = member(defaults, path) if path[0] in fields else None
        fields = fields if value is None else _with(fields, path, value)
    return fields


def _with(row: Row, path: Sequence[str], value: object) -> Row:
    """Return a row with another value at a path that it has."""
    name, *rest = path
    inner = row[name]
    return {**row, name: _with(inner, rest, value) if rest and isinstance(inner, dict) else value}


def _without_incomparable(
    kind: AnyKind, changes: Sequence[FieldChange], doubts: list[Problem]
) -> Iterator[FieldChange]:
    """Yield the changes, except those of fingerprints made with another key, or not at all."""
    for change in changes:
        name = change.path[1:]
        if name not in kind.fingerprints or comparable(change.desired, change.live):
            yield change
        elif change.live is None:
            what = f"{name} is not known: there is no secret, it is not shown, or no fingerprint_key"
            doubts.append(_unreadable(what))
        else:
            what = f"{name} is declared as another fingerprint_key made it"
            doubts.append(_unreadable(what, "declare the new one"))


def _unreadable(what: str, remedy: str = "") -> Problem:
    return Problem("", what, remedy, cause="unreadable-field")


def _declared_unread(comparison: Comparison, declared: Declared) -> AbstractSet[str]:
    """Return the declared fields that this run could not read, although it read the resource."""
    observed = comparison.inventory.observed.get(declared.key)
    unread = observed.get("unread") if observed else None
    return declared.fields.keys() & unread if isinstance(unread, list | tuple) else frozenset()


def _judge_undeclared(
    comparison: Comparison, key: Key, files: Mapping[tuple[str, str], str], found: list[Finding]
) -> Verdict:
    doubt = _doubt(comparison, key, comparison.inventory.config[key])
    if doubt is not None:
        found.append(findings.unverified(comparison, key, None, doubt))
        return "unverified"
    file = files.get((key.source, key.kind)) or comparison.desired.locate(key, "")
    found.append(findings.unmanaged(comparison, key, file))
    return "unmanaged"


def _doubt(comparison: Comparison, key: Key, row: Row | None) -> Problem | None:
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


def _undeclared(inventory: Inventory, desired: DesiredState, kinds: Kinds) -> list[Key]:
    """Return the keys of undeclared resources, live or when last read, of the kinds that are opted in."""
    opted_in = {
        (source, kind)
        for source, kind in desired.opted_in
        if kind in kinds.get(source, {}) and kinds[source][kind].declarable
    }
    return [
        key for key in inventory.config if key not in desired.resources and (key.source, key.kind) in opted_in
    ]


def _files(desired: DesiredState) -> dict[tuple[str, str], str]:
    """Return the file that declares each kind of each source; the first by name where there are several."""
    files: dict[tuple[str, str], str] = {}
    for key, declared in desired.resources.items():
        at = (key.source, key.kind)
        file = declared.declared_at.rpartition(":")[0]
        files[at] = min(file, files.get(at, file))
    return files


def _order(finding: Finding) -> tuple[object, ...]:
    """Return a sort key: worst first, then by key with numbers in their natural order, then by field."""
    key = finding.key
    number = int(key.id) if key.id.isascii() and key.id.isdigit() and len(key.id) < 20 else -1
    path = finding.change.path if finding.change is not None else ""
    return -SEVERITIES.index(finding.severity), key.source, key.kind, number, key.id, path
