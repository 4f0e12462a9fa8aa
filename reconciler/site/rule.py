"""The declarations of a rule of the whole site, and its evaluation."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.config.severity import Severity
from reconciler.model.rule import Rule, Violation
from reconciler.site.inputs import SiteInputs
from reconciler.site.rows import KindName
from reconciler.site.site_model import SiteModel

HOLDERS: tuple[KindName, ...] = (
    "guest",
    "node",
    "node-network",
    "network",
    "device",
    "reservation",
    "client",
)
"""The kinds that show who has an address."""
ENTRIES: tuple[KindName, ...] = ("proxy-host", "stream", "port-forward", "static-dns")
"""The kinds that show which names lead to an address."""


@dataclass(frozen=True)
class SiteRule:
    """The declarations of one rule; a file of `rules/` ends with such a value."""

    name: str
    """As findings and the configuration name it: that of the file, with hyphens."""
    severity: Severity
    """Unless `drift.severity.rules` sets another."""
    hint: str
    """The fix in one line, as reports print it."""
    check: Callable[[SiteModel], Iterator[Violation]]
    reads: tuple[KindName, ...]
    """The kinds that it reads: it is checked in full only when their lists are complete."""
    requires_complete: tuple[KindName, ...] = ()
    """Those whose lists must be complete before it runs: it fires because something is absent there."""
    requires_listed: tuple[KindName, ...] = ()
    """Those that each source which has them must have listed before it runs; one unread row does not stop
    it."""
    needs: tuple[KindName, ...] = ()
    """Further kinds without which it is silent, beside those of `requires_complete`: the sources that have
    them are not configured, or none is declared."""
    needs_one_of: tuple[KindName, ...] = ()
    """Kinds of which one is enough for it; by default those that it reads."""

    @property
    def rule(self) -> Rule:
        """The rule as the drift report knows it."""
        return Rule(self.severity, self.hint)

    def applies_to(self, inputs: SiteInputs) -> bool:
        """Return whether the configured sources have every kind that the rule needs."""
        return all(map(inputs.has, (*self.needs, *self.requires_complete))) and any(
            map(inputs.has, self.needs_one_of or self.reads)
        )


class RuleResult(NamedTuple):
    """The result of one rule in a run."""

    violations: tuple[Violation, ...] = ()
    unchecked: str | None = None
    """Why not all of it could be checked."""


def evaluate_rule(rule: SiteRule, model: SiteModel) -> RuleResult:
    """Return what one rule finds, and whether it could be checked in full.

    A row that only an earlier run read, or that lacks a field, is not evidence for a new violation.
    """
    inputs = model.inputs
    if not rule.applies_to(inputs):
        return RuleResult()
    unchecked = inputs.why_incomplete(*filter(inputs.has, rule.reads))
    if unchecked is not None and inputs.why_incomplete(*rule.requires_complete) is not None:
        return RuleResult((), unchecked)
    if not inputs.are_listed(rule.requires_listed):
        return RuleResult((), unchecked)
    doubtful = inputs.doubtful
    if not doubtful:
        return RuleResult(tuple(rule.check(model)), unchecked)
    confirmed: list[Violation] = []
    for violation in rule.check(model):
        evidence = (violation.key, *violation.related, *violation.evidence)
        stale = next((key for key in evidence if key in doubtful), None)
        if stale is None:
            confirmed.append(violation)
        else:
            unchecked = unchecked or f"{stale} could not be read in this run"
    return RuleResult(tuple(confirmed), unchecked)
