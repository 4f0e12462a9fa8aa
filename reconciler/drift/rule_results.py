"""Violations of the rules of the whole site, as findings: this layer knows rules only as values."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.rule import Place, RuleResults, Violation
from reconciler.model.snapshot import Run
from reconciler.text import counted

_REASONS = 5
_REASON_MAX = 500
TITLE_MAX = _REASONS * (_REASON_MAX + 3) + 40
"""No title of a finding is longer."""
RELATED_MAX = 100
"""So many related resources are kept of a finding."""


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
            title = _joined(list(dict.fromkeys(violation.reason for violation in group)))
            related = dict.fromkeys(key for violation in group for key in violation.related)
            yield findings.of_rule(comparison, key, rule, title, related=tuple(islice(related, RELATED_MAX)))


def _joined(reasons: Sequence[str]) -> str:
    """Return reasons as one text, however many and long they are."""
    kept = [each if len(each) <= _REASON_MAX else f"{each[:_REASON_MAX]}…" for each in reasons[:_REASONS]]
    more = [f"and {counted(len(reasons) - _REASONS, 'more reason')}"] if len(reasons) > _REASONS else []
    return "; ".join([*kept, *more])


def opened(found: Iterable[Finding], run: Run, results: RuleResults) -> Iterator[Place]:
    """Yield the fields because of which the rules have findings that this run makes first."""
    new = {(finding.type, finding.key) for finding in found if finding.opened_at >= run.collected_at}
    for rule, each in results.violations.items():
        for violation in each:
            if (rule, violation.key) in new:
                yield from violation.evidence_fields
