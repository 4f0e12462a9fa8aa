"""Counts that add up, and the verdict of a run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reconciler.config.severity import SEVERITIES, FailOn, Severity
from reconciler.drift.completeness import any_reaches, is_incomplete
from reconciler.drift.exactness import not_exact, without_file
from reconciler.drift.findings import Comparison
from reconciler.drift.headline import headline
from reconciler.model.desired import DesiredState
from reconciler.model.findings import Finding, split_ignored
from reconciler.model.snapshot import Inventory
from reconciler.model.summary import VERDICTS, Folded, Summary, Verdict

FOLD_THRESHOLD = 8
"""More findings of one rule and kind than this are one entry of the summary."""


class SummaryFacts(NamedTuple):
    """The facts of a run that its summary has beside the findings."""

    failed_sources: tuple[str, ...] = ()
    """The sources that failed, and are not accepted."""
    resolved: int = 0
    """The number of earlier findings that are gone."""
    unchecked: int = 0
    """The number of rules that could not be fully checked."""


def summarise(
    comparison: Comparison,
    findings: Sequence[Finding],
    unconfirmed: Sequence[Finding],
    verdicts: Mapping[str, Verdict],
    fail_on: FailOn,
    facts: SummaryFacts,
) -> Summary:
    """Return the summary of a run.

    Whether the site is as declared, and whether rules fire, are two facts. Each counts findings from a
    warning on, or from an info where the site's own `fail_on` is `info`.
    """
    scopes = comparison.scopes.values()
    summary = _counted(comparison, findings, unconfirmed, verdicts, fail_on, facts)
    line = headline(summary, comparison.inventory.run, scopes, findings, facts.resolved, facts.unchecked)
    return summary.model_copy(update={"headline": line})


def _counted(
    comparison: Comparison,
    findings: Sequence[Finding],
    unconfirmed: Sequence[Finding],
    verdicts: Mapping[str, Verdict],
    fail_on: FailOn,
    facts: SummaryFacts,
) -> Summary:
    """Return the summary without its headline."""
    inventory, desired, kinds = comparison.inventory, comparison.desired, comparison.kinds
    active, ignored = split_ignored(findings)
    by_verdict = Counter(verdicts.values())
    resources = len({*inventory.config, *inventory.observed, *desired.resources})
    least: Severity = "info" if fail_on == "info" else "warning"
    drifted = any_reaches((finding for finding in active if not finding.of_rule), least)
    incomplete = is_incomplete(facts.failed_sources, findings, unconfirmed, fail_on)
    return Summary(
        verdict="incomplete" if incomplete else "drifted" if drifted else "in_sync",
        drifted=drifted,
        rules="firing" if any_reaches((each for each in active if each.of_rule), least) else "ok",
        incomplete=incomplete,
        resources=resources,
        verdicts={verdict: by_verdict[verdict] for verdict in VERDICTS},
        declared=len(desired.resources),
        verified=sum(verdicts.get(str(key)) != "unverified" for key in desired.resources),
        inventory=resources - len(verdicts),
        findings=_by_severity(active),
        causes=_by_severity(_causes(active)),
        unconfirmed=_by_severity(split_ignored(unconfirmed)[0]),
        failed_sources=facts.failed_sources,
        ignored=len(ignored),
        folded=tuple(_folded(active)),
        exact=sum(declared.exact for declared in desired.resources.values()),
        not_exact=tuple(not_exact(desired, kinds)),
        no_file=tuple(without_file(desired, kinds)),
        health=dict(sorted(Counter(_states(inventory)).items())),
        coverage=_coverage(inventory, desired, len(verdicts)),
        headline="",
    )


def _causes(active: Sequence[Finding]) -> list[Finding]:
    """Return the active findings that follow from no other active one."""
    shown = {finding.id for finding in active}
    return [finding for finding in active if finding.cause not in shown]


def _by_severity(findings: Iterable[Finding]) -> dict[Severity, int]:
    counts = Counter(finding.severity for finding in findings)
    return {severity: counts[severity] for severity in SEVERITIES}


def _folded(active: Iterable[Finding]) -> Iterator[Folded]:
    """Yield the rules with many findings of one kind, each as one entry."""
    groups: dict[tuple[str, str, str], list[Finding]] = {}
    for finding in active:
        if finding.of_rule:
            groups.setdefault((finding.type, finding.key.source, finding.key.kind), []).append(finding)
    for (type_, source, kind), group in sorted(groups.items()):
        if len(group) > FOLD_THRESHOLD:
            worst = max((finding.severity for finding in group), key=SEVERITIES.index)
            ids = tuple(dict.fromkeys(finding.key.id for finding in group))
            yield Folded(type=type_, source=source, kind=kind, severity=worst, count=len(group), ids=ids)


def degraded(inventory: Inventory) -> Iterator[tuple[str, str]]:
    """Yield key and reason of each degraded resource; a stopped one is not degraded."""
    for key, observed in inventory.observed.items():
        health = observed.get("health")
        if isinstance(health, dict) and health["state"] == "degraded":
            yield str(key), str(health.get("reason") or "")


def _states(inventory: Inventory) -> Iterator[str]:
    for observed in inventory.observed.values():
        if "health" in observed:
            yield observed["health"]["state"]  # type: ignore[index]  # a dumped Health


def _coverage(inventory: Inventory, desired: DesiredState, judged: int) -> float | None:
    """Return the share of live resources with a verdict (carried ones too) that are declared."""
    declared = sum(key in inventory.config for key in desired.resources)
    live = declared + judged - len(desired.resources)
    return round(declared / live, 4) if live else None
