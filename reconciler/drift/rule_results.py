"""Violations of the rules of the whole site, as findings: this layer knows rules only as values."""

from collections.abc import Iterable, Iterator

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.rule import Place, RuleResults, Violation
from reconciler.model.snapshot import Run


def violations(comparison: Comparison, results: RuleResults) -> Iterator[Finding]:
    """Yield a finding for each (rule, resource); several violations of one resource are one finding.

    No rule fires for what is planned for a later day.
    """
    for rule, found in results.violations.items():
        by_key: dict[Key, list[Violation]] = {}
        for violation in found:
            by_key.setdefault(violation.key, []).append(violation)
        for key, group in by_key.items():
            if comparison.is_planned(key):
                continue
            title = "; ".join(dict.fromkeys(violation.reason for violation in group))
            related = tuple(dict.fromkeys(key for violation in group for key in violation.related))
            yield findings.of_rule(comparison, key, rule, title, related=related)


def opened(found: Iterable[Finding], run: Run, results: RuleResults) -> Iterator[Place]:
    """Yield the fields because of which the rules have findings that this run makes first."""
    new = {(finding.type, finding.key) for finding in found if finding.first_seen >= run.collected_at}
    for rule, each in results.violations.items():
        for violation in each:
            if (rule, violation.key) in new:
                yield from violation.because
