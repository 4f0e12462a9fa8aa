"""Violations of the rules of the whole site, as findings: this layer knows rules only as values."""

from collections.abc import Iterator

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.rule import RuleResults, Violation


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
