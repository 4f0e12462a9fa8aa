"""Rules, and what they find: values that pass from the whole site to the drift report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.config.severity import Severity
from reconciler.errors import Problem
from reconciler.model.key import Key


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a finding of it names the rule where others name a verdict."""

    severity: Severity
    """Unless `drift.severity.rules` sets another."""
    hint: str
    """What accepts or fixes it."""


class Violation(NamedTuple):
    """One resource that a rule objects to."""

    key: Key
    reason: str
    related: tuple[Key, ...] = ()
    evidence: tuple[Key, ...] = ()
    """What else it follows from, and a reader need not be shown; related ones are evidence too."""


@dataclass(frozen=True)
class RuleResults:
    """What the rules find in a run, and which of them could not be checked in full."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Every rule that was evaluated, by name."""
    violations: Mapping[str, tuple[Violation, ...]] = field(default_factory=dict)
    """Rule → what it objects to; no entry where it finds nothing."""
    unchecked: Mapping[str, str] = field(default_factory=dict)
    """Rule → why not all of it could be checked."""
    failed: tuple[Problem, ...] = ()
    """The rules that failed, and the parts of the site model that they need."""


NO_RESULTS = RuleResults()
