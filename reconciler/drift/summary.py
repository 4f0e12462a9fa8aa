"""Counts that add up, and the verdict of a run."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reconciler.config.severity import SEVERITIES, FailOn
from reconciler.drift.exit_code import any_reaches
from reconciler.model.desired import DesiredState
from reconciler.model.findings import INTERNAL, VERDICTS, Finding, Summary, Verdict, split_ignored
from reconciler.model.snapshot import Inventory, Run
from reconciler.text import counted


def summarise(
    inventory: Inventory,
    desired: DesiredState,
    findings: Sequence[Finding],
    verdicts: Mapping[str, Verdict],
    fail_on: FailOn,
) -> Summary:
    """Return the summary of a run.

    `incomplete`: something declared is unverified, or a part of this program failed. `drifted`: a certain
    finding is at least a warning, or at least an info where the site's own `fail_on` is `info`.
    """
    active, ignored = split_ignored(findings)
    drifted = any_reaches(active, "info" if fail_on == "info" else "warning")
    incomplete = _is_incomplete(active)
    by_verdict = Counter(verdicts.values())
    by_severity = Counter(finding.severity for finding in active)
    resources = len({*inventory.config, *inventory.observed, *desired.resources})
    coverage = _coverage(inventory, desired, len(verdicts))
    return Summary(
        verdict="incomplete" if incomplete else "drifted" if drifted else "in_sync",
        drifted=drifted,
        incomplete=incomplete,
        resources=resources,
        verdicts={verdict: by_verdict[verdict] for verdict in VERDICTS},
        inventory=resources - len(verdicts),
        findings={severity: by_severity[severity] for severity in SEVERITIES},
        ignored=len(ignored),
        health=dict(sorted(Counter(_states(inventory)).items())),
        coverage=coverage,
        headline=_headline(inventory.run, resources, active, len(desired.resources), coverage, len(ignored)),
    )


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


def _is_incomplete(active: Iterable[Finding]) -> bool:
    return any(
        finding.rule == INTERNAL or (finding.verdict == "unverified" and finding.declared_at is not None)
        for finding in active
    )


def _coverage(inventory: Inventory, desired: DesiredState, judged: int) -> float | None:
    """Return the share of live resources with a verdict (carried ones too) that are declared."""
    declared = sum(key in inventory.config for key in desired.resources)
    live = declared + judged - len(desired.resources)
    return round(declared / live, 4) if live else None


def _headline(
    run: Run, resources: int, findings: Sequence[Finding], declared: int, coverage: float | None, ignored: int
) -> str:
    parts = [f"{name} {status.status}" for name, status in sorted(run.sources.items())]
    if coverage is not None:
        parts.append(f"coverage {int(coverage * 1000) / 10:g}%")
    after = f"; {', '.join(parts)}" if parts else ""
    if findings:
        counts: Counter[str] = Counter(finding.verdict or finding.rule or "" for finding in findings)
        rules = sorted({finding.rule for finding in findings if finding.rule})
        names = ("missing", "drifted", "unmanaged", "unverified", *rules)
        kinds = ", ".join(f"{counts[name]} {name}" for name in names if counts[name])
        return f"{counted(len(findings), 'finding')} in {counted(resources, 'resource')}: {kinds}{after}"
    if not declared:
        return f"nothing is declared yet, {counted(resources, 'resource')} found{after}"
    but = f" but for {counted(ignored, 'ignored finding')}" if ignored else ""
    return f"{counted(declared, 'declared resource')} of {resources}, all as declared{but}{after}"
