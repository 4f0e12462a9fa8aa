"""What a rule is, and what one has to say: values that pass from the whole site to the drift report."""

from dataclasses import dataclass
from typing import NamedTuple

from reconciler.config.severity import Severity
from reconciler.model.key import Key


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a finding of it names the rule where others name a verdict."""

    severity: Severity
    """Unless `drift.severity.rules` says otherwise."""
    meaning: str
    hint: str
    """What accepts or fixes it."""


class Claim(NamedTuple):
    """One thing that a rule says of a resource."""

    rule: str
    key: Key
    reason: str
    related: tuple[Key, ...] = ()
    grounds: tuple[Key, ...] = ()
    """What else it stands on, and a reader need not be shown; related ones are grounds too."""
