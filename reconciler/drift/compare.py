"""Compare what is live with what is declared: one verdict per resource, one finding per difference."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any, TypeVar

from reconciler.config.settings import DriftSettings
from reconciler.config.severity import SEVERITIES
from reconciler.drift import ledger, lifecycle
from reconciler.drift.agreement import Agreements
from reconciler.drift.ambiguous_ids import ambiguous_ids
from reconciler.drift.causes import with_causes
from reconciler.drift.completeness import failed_sources
from reconciler.drift.degraded import degraded_resources
from reconciler.drift.events import events
from reconciler.drift.expected_offline import ExpectedOffline
from reconciler.drift.findings import Comparison, unverified
from reconciler.drift.grouping import group_findings
from reconciler.drift.ignore import Ignore
from reconciler.drift.internal import failures
from reconciler.drift.pending import pending_changes
from reconciler.drift.rule_results import opened, violations
from reconciler.drift.rules import RULES
from reconciler.drift.silence import RuleMemory, silence, silence_unconfirmed
from reconciler.drift.stale_lock import stale_locks
from reconciler.drift.summary import SummaryFacts, degraded, summarise
from reconciler.drift.unread_fields import fold_unread_fields
from reconciler.drift.used_by import with_users
from reconciler.drift.verdicts import judge_declared, judge_undeclared
from reconciler.drift.who import events_with_acts, findings_with_acts
from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport, Event, Finding, FindingState, split_ignored
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.recorded import Recorded
from reconciler.model.rule import NO_RESULTS, RuleResults
from reconciler.model.snapshot import Inventory
from reconciler.model.summary import Verdict
from reconciler.model.value import Row

T = TypeVar("T")

OWN_RULES: Mapping[str, Callable[[Comparison], Iterable[Finding]]] = {
    "pending-change": pending_changes,
    "degraded": degraded_resources,
    "stale-lock": stale_locks,
    "ambiguous-id": ambiguous_ids,
}
"""The rules of the comparison itself."""


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
    comparison = _comparison(inventory, desired, previous, settings, kinds, results)
    verdicts, found, failed = _verdicts(comparison)
    made, results = _of_rules(comparison, results)
    add = partial(_added, failed)
    found = add("causes of findings", found + made, lambda each: with_causes(comparison, each, results))
    memory = RuleMemory(previous, results.unchecked, settings.ignore_unused_after)
    found, uses = silence(comparison, found, ignores, memory)
    found = fold_unread_fields(comparison, found)
    found = add("acts of findings", found, lambda each: findings_with_acts(each, inventory, previous))
    found = add("users of findings", found, lambda each: with_users(comparison, each))
    none: tuple[Event, ...] = ()
    changed = add("events", none, lambda _: _events(comparison, previous, found, results))
    found += failures(comparison, (*results.failed, *comparison.expected_offline.failed, *failed))
    found.sort(key=_order)
    resolved, unconfirmed = lifecycle.gone(
        previous, found, verdicts, comparison.scopes, inventory.as_of, results.unchecked
    )
    unconfirmed = silence_unconfirmed(comparison, unconfirmed, ignores)
    gone = sum(each.type != "unverified" for each in split_ignored(resolved)[0])
    sources = tuple(failed_sources(inventory.run, ignores, comparison.expected_offline))
    facts = SummaryFacts(sources, gone, len(results.unchecked))
    return DriftReport(
        run=inventory.run,
        summary=summarise(comparison, found, unconfirmed, verdicts, settings.fail_on, facts),
        **_lists(found, resolved, unconfirmed),
        scopes=inventory.scopes,
        verdicts=verdicts,
        ignores=uses,
        events=changed,
        hints=_hints(comparison, found),
        unchecked=dict(sorted(results.unchecked.items())),
        degraded=dict(sorted(degraded(inventory))),
    )


def _added(failed: list[Problem], place: str, value: T, step: Callable[[T], T]) -> T:
    """Return a value with what a step adds to it; without that if the step fails."""
    outcome = isolated(place, partial(step, value))
    if not isinstance(outcome, Problem):
        return outcome
    failed.append(outcome)
    return value


def _events(
    comparison: Comparison, previous: Recorded | None, found: Sequence[Finding], results: RuleResults
) -> tuple[Event, ...]:
    """Return the changes that no finding shows, with who may have made them."""
    inventory = comparison.inventory
    opening = opened(found, inventory.run, results)
    return events_with_acts(events(inventory, previous, comparison.kinds, found, opening), inventory)


def _comparison(
    inventory: Inventory,
    desired: DesiredState,
    previous: Recorded | None,
    settings: DriftSettings,
    kinds: Kinds,
    results: RuleResults,
) -> Comparison:
    lives = ledger.lives(ledger.known(previous), inventory.run.collected_at)
    return Comparison(
        inventory,
        desired,
        kinds,
        settings.severity,
        lives,
        {(scope.source, scope.kind): scope for scope in inventory.scopes if not scope.retired},
        ExpectedOffline(inventory, desired, kinds),
        {**RULES, **results.rules},
        Agreements(previous, ledger.known(previous), inventory.run.version),
        settings.lock_max_age,
        cache(partial(_rows_of, inventory)),
    )


def _rows_of(inventory: Inventory, source: str, kind: str) -> tuple[Row, ...]:
    return tuple(row for key, row in inventory.config.items() if key[:2] == (source, kind))


def _lists(
    found: Sequence[Finding], resolved: Sequence[Finding], unconfirmed: Sequence[Finding]
) -> dict[str, Any]:
    """Return the lists of findings of a report; types with too many findings are groups instead."""
    lists: dict[FindingState, Sequence[Finding]] = {
        "open": found,
        "resolved": resolved,
        "unconfirmed": unconfirmed,
    }
    listed = {state: group_findings(each, state) for state, each in lists.items()}
    return {
        "findings": listed["open"][0],
        "resolved": listed["resolved"][0],
        "unconfirmed": listed["unconfirmed"][0],
        "grouped": tuple(group for _, groups in listed.values() for group in groups),
    }


def _verdicts(comparison: Comparison) -> tuple[dict[str, Verdict], list[Finding], list[Problem]]:
    """Return the verdict of every declared resource and of undeclared ones, by key, and their findings.

    A resource is unverified if the code of its kind fails; return also these failures.
    """
    keys = [
        *comparison.desired.resources,
        *_undeclared(comparison.inventory, comparison.desired, comparison.kinds),
    ]
    made = isolated("verdicts", lambda: _judged(comparison, keys))
    if not isinstance(made, Problem):
        return *made, []
    verdicts: dict[str, Verdict] = {}
    found: list[Finding] = []
    failed: list[Problem] = []
    for key in keys:  # each by itself, because one of them fails
        of_key = isolated(f"kind {key.source}/{key.kind}", partial(_judged, comparison, [key]))
        if isinstance(of_key, Problem):
            failed.append(of_key)
            verdicts[str(key)] = "unverified"
            found.append(unverified(comparison, key, comparison.desired.resources.get(key), of_key))
        else:
            verdicts |= of_key[0]
            found += of_key[1]
    return verdicts, found, failed


def _judged(comparison: Comparison, keys: Iterable[Key]) -> tuple[dict[str, Verdict], list[Finding]]:
    """Return the verdicts and the findings of some resources."""
    declared = comparison.desired.resources
    verdicts: dict[str, Verdict] = {}
    found: list[Finding] = []
    for key in keys:
        if key in declared:
            verdicts[str(key)] = judge_declared(comparison, declared[key], found)
        else:
            verdicts[str(key)] = judge_undeclared(comparison, key, found)
    return verdicts, found


def _of_rules(comparison: Comparison, results: RuleResults) -> tuple[list[Finding], RuleResults]:
    """Return the findings of all rules; those of the comparison that fail are unchecked."""
    found: list[Finding] = []
    unchecked, failed = dict(results.unchecked), list(results.failed)
    for name, rule in OWN_RULES.items():
        made = isolated(f"rule {name}", partial(_listed, rule, comparison))
        if isinstance(made, Problem):
            failed.append(made)
            unchecked[name] = str(made)
        else:
            found += made
    found += violations(comparison, results)
    return found, replace(results, unchecked=unchecked, failed=tuple(failed))


def _listed(rule: Callable[[Comparison], Iterable[Finding]], comparison: Comparison) -> list[Finding]:
    return list(rule(comparison))


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


def _hints(comparison: Comparison, found: Iterable[Finding]) -> dict[str, str]:
    """Return how to fix or accept the findings of each rule that has any."""
    rules = sorted({finding.type for finding in found if finding.of_rule})
    return {rule: comparison.rules[rule].hint for rule in rules}


def _order(finding: Finding) -> tuple[object, ...]:
    """Return a sort key: worst first, then by key with numbers in their natural order, then by field."""
    key = finding.key
    number = int(key.id) if key.id.isascii() and key.id.isdigit() and len(key.id) < 20 else -1
    return -SEVERITIES.index(finding.severity), key.source, key.kind, number, key.id, finding.path
