"""The rules of the comparison itself; those of the whole site are in `site/rules/`."""

from collections.abc import Iterable, Mapping

from reconciler.model.findings import INTERNAL
from reconciler.model.rule import Rule

RULES: Mapping[str, Rule] = {
    "pending-change": Rule(
        "info",
        "it becomes active when the guest restarts or the change is applied, or revert it",
    ),
    "degraded": Rule(
        "warning",
        "do what the reason names, on its own system",
    ),
    "stale-lock": Rule(
        "warning",
        "check that no task works on it, then `qm unlock VMID` or `pct unlock VMID`",
    ),
    "ambiguous-id": Rule(
        "warning",
        "give them different names on the source",
    ),
    INTERNAL: Rule(
        "warning",
        "run again as `reconciler --debug …` and report the traceback",
    ),
    "expired-ignore-rule": Rule(
        "warning",
        "fix what it covered and remove the rule, or give it a later day",
    ),
    "expiring-ignore-rule": Rule(
        "info",
        "fix what it covers and remove the rule, or give it a later day",
    ),
    "unused-ignore-rule": Rule(
        "info",
        "remove the rule, or correct its target, type and path",
    ),
}
"""By name, as findings and the configuration have it."""


Rules = Mapping[str, Rule]
"""Name → rule: all that a version has."""


def unknown(names: Iterable[str], rules: Rules) -> list[str]:
    """Return the names that are not rules of this version: of another version, or misspelt."""
    return sorted(name for name in names if name not in rules)
