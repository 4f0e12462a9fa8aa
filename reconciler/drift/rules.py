"""The built-in rules: what else a person should know, whether it is declared or not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.model.findings import Severity


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; a finding of it names the rule where others name a verdict."""

    severity: Severity
    """Unless `drift.severity.rules` says otherwise."""
    meaning: str
    hint: str
    """What accepts or fixes it."""


RULES: Mapping[str, Rule] = {
    "pending-change": Rule(
        "info",
        "A value is configured that is not active yet",
        "it becomes active when the guest restarts or the change is applied, or revert it",
    ),
    "ambiguous-id": Rule(
        "warning",
        "Rows of one list have the same id, so a declaration can mean only one of them",
        "give them names of their own on the source",
    ),
    "expired-ignore-rule": Rule(
        "warning",
        "A rule of config/ignore.yaml has expired and ignores nothing any more",
        "mend what it covered and remove it, or give it a later date",
    ),
}
"""By name, as findings and the configuration have it."""


def unknown(names: Iterable[str]) -> list[str]:
    """Those of the names that no rule of this version has: of another version, or misspelt."""
    return sorted(name for name in names if name not in RULES)
