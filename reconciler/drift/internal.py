"""A part of reconciler itself failed: a rule, a kind, a source, the site model, or a step of the comparison.

Everything else is checked, recorded and published. The finding is about the part, such as
`rule duplicate-ip`.

Fires:
    If the part raises an unexpected error. In that run, everything that depends on it is unverified or
    not fully checked, and the exit code is 3, because the run is incomplete.

Does not fire:
    For problems of a source, the configuration or desired state: they have their own findings and messages.

Fix:
    Run again as `reconciler --debug …` and report the traceback.

Accept:
    It cannot be ignored.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from reconciler.config.file import SITE
from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.errors import Problem
from reconciler.model.findings import INTERNAL, Finding
from reconciler.model.key import Key

RULE = INTERNAL


def failures(comparison: Comparison, failed: Iterable[Problem]) -> Iterator[Finding]:
    """Yield a finding for each place that failed: those given, and those that failed while reading."""
    by_place: dict[str, Problem] = {}
    for problem in chain(failed, _kinds(comparison)):
        by_place.setdefault(problem.subject, problem)
    for place, problem in sorted(by_place.items()):
        yield findings.internal(comparison, Key(SITE, INTERNAL, place), problem)


def _kinds(comparison: Comparison) -> Iterator[Problem]:
    for scope in comparison.inventory.scopes:
        rows = (problem for _, problem in sorted(scope.unread.items()))
        for problem in (scope.problem, *rows):
            if problem is not None and problem.cause == INTERNAL:
                yield problem
