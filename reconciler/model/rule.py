"""Rules, and what they find: values that pass from the whole site to the drift report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from reconciler.config.severity import Severity
from reconciler.errors import Problem
from reconciler.model.key import Key

Place = tuple[Key, str]
"""A resource and the JSON pointer of a field of it; empty: the resource as a whole."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a finding of it names the rule where others name a verdict."""

    severity: Severity
    """Unless `drift.severity.rules` sets another."""
    hint: str
    """How to accept or fix it."""


class Violation(NamedTuple):
    """One resource that a rule objects to."""

    key: Key
    reason: str
    related: tuple[Key, ...] = ()
    evidence: tuple[Key, ...] = ()
    """More resources that it follows from, which need not be shown; related ones are evidence too."""
    evidence_fields: tuple[Place, ...] = ()
    """The fields that it follows from, live or as declared: drift of one of them is its cause."""


@dataclass(frozen=True)
class RuleResults:
    """The results of all rules in a run, and which rules could not be checked in full."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    """Every rule that was evaluated, by name."""
    violations: Mapping[str, tuple[Violation, ...]] = field(default_factory=dict)
    """Rule → what it objects to; no entry where it finds nothing."""
    unchecked: Mapping[str, str] = field(default_factory=dict)
    """Rule → why not all of it could be checked."""
    failed: tuple[Problem, ...] = ()
    """The rules that failed, and the parts of the site model that they need."""


NO_RESULTS = RuleResults()
