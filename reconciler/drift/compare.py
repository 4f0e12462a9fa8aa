"""Compare what is live with what is declared: one verdict per resource, one finding per difference."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from typing import Any

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
from reconciler.drift.findings import Comparison
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
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport, Event, Finding, FindingState, split_ignored
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.recorded import Recorded
from reconciler.model.rule import NO_RESULTS, RuleResults
from reconciler.model.snapshot import Inventory
from reconciler.model.summary import Verdict
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
    comparison = _comparison(inventory, desired, previous, settings, kinds, results)
    verdicts, found = _verdicts(comparison)
    found += _of_rules(comparison, results)
    memory = RuleMemory(previous, results.unchecked, settings.ignore_unused_after)
    found, uses = silence(comparison, with_causes(comparison, found, results), ignores, memory)
    found = findings_with_acts(fold_unread_fields(comparison, found), inventory, previous)
    found = with_users(comparison, found)
    found.sort(key=_order)
    resolved, unconfirmed = lifecycle.gone(
        previous, found, verdicts, comparison.scopes, inventory.as_of, results.unchecked
    )
    unconfirmed = silence_unconfirmed(comparison, unconfirmed, ignores)
    failed = tuple(failed_sources(inventory.run, ignores, comparison.expected_offline))
    gone = sum(each.type != "unverified" for each in split_ignored(resolved)[0])
    facts = SummaryFacts(failed, gone, len(results.unchecked))
    return DriftReport(
        run=inventory.run,
        summary=summarise(comparison, found, unconfirmed, verdicts, settings.fail_on, facts),
        **_lists(found, resolved, unconfirmed),
        scopes=inventory.scopes,
        verdicts=verdicts,
        ignores=uses,
        events=_events(comparison, previous, found, results),
        hints=_hints(comparison, found),
        unchecked=dict(sorted(results.unchecked.items())),
        degraded=dict(sorted(degraded(inventory))),
    )


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


def _verdicts(comparison: Comparison) -> tuple[dict[str, Verdict], list[Finding]]:
    """Return the verdict of every declared resource and of undeclared ones, by key, and their findings."""
    desired = comparison.desired
    found: list[Finding] = []
    verdicts: dict[str, Verdict] = {}
    for key, declared in desired.resources.items():
        verdicts[str(key)] = judge_declared(comparison, declared, found)
    undeclared = _undeclared(comparison.inventory, desired, comparison.kinds)
    for key in undeclared:
        verdicts[str(key)] = judge_undeclared(comparison, key, found)
    return verdicts, found


def _of_rules(comparison: Comparison, results: RuleResults) -> Iterator[Finding]:
    """Yield the findings of the rules, of the comparison itself and of the whole site."""
    yield from pending_changes(comparison)
    yield from degraded_resources(comparison)
    yield from stale_locks(comparison)
    yield from ambiguous_ids(comparison)
    yield from violations(comparison, results)
    yield from failures(comparison, results.failed)


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
