"""The parts of ours that failed while a report was made: each is a finding, so that none goes unnoticed."""

from collections.abc import Iterable, Iterator
from itertools import chain

from reconciler.config.file import SITE
from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.errors import Problem
from reconciler.model.findings import INTERNAL, Finding
from reconciler.model.key import Key


def failures(comparison: Comparison, failed: Iterable[Problem]) -> Iterator[Finding]:
    """Yield a finding for each place that failed: those given, and the kinds that could not read some row."""
    by_place: dict[str, Problem] = {}
    for problem in chain(failed, _kinds(comparison)):
        by_place.setdefault(problem.subject, problem)
    for place, problem in sorted(by_place.items()):
        yield findings.of_rule(comparison, Key(SITE, INTERNAL, place), INTERNAL, None, problem=problem)


def _kinds(comparison: Comparison) -> Iterator[Problem]:
    for scope in comparison.inventory.scopes:
        for _, problem in sorted(scope.unread.items()):
            if problem.cause == INTERNAL:
                yield problem
