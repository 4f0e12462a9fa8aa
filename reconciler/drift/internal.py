"""The parts of ours that failed while a report was made: each is a finding, so that none goes unnoticed."""

from collections.abc import Iterable, Iterator

from reconciler.config.file import SITE
from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.errors import Problem
from reconciler.model.findings import INTERNAL, Finding
from reconciler.model.key import Key


def failures(comparison: Comparison, problems: Iterable[Problem]) -> Iterator[Finding]:
    """Yield a finding for each part that failed; its place is the id."""
    for problem in dict.fromkeys(problems):
        key = Key(SITE, INTERNAL, problem.subject)
        yield findings.of_rule(comparison, key, INTERNAL, problem.what, hint=problem.remedy)
