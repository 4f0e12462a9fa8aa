"""The rules of the comparison itself; those of the whole site are in `site/rules/`."""

from collections.abc import Iterable, Mapping

from reconciler.model.findings import INTERNAL
from reconciler.model.rule import Rule

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
    INTERNAL: Rule(
        "warning",
        "A part of reconciler failed; everything else is checked, recorded and published",
        "run again as `reconciler --debug …` and report the traceback",
    ),
    "expired-ignore-rule": Rule(
        "warning",
        "A rule of config/ignore.yaml has expired and ignores nothing any more",
        "mend what it covered and remove it, or give it a later date",
    ),
}
"""By name, as findings and the configuration have it."""


Rules = Mapping[str, Rule]
"""Name → rule: all that a version has."""


def unknown(names: Iterable[str], rules: Rules) -> list[str]:
    """Those of the names that no rule of this version has: of another version, or misspelt."""
    return sorted(name for name in names if name not in rules)
