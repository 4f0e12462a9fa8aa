"""The commands that settle findings: what sets a resource back, or accepts it, as a shell takes it."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from reconciler.config.file import SITE
from reconciler.model.findings import INTERNAL, PLANNED, Finding
from reconciler.model.fix import Fix
from reconciler.report.escape import escape_terminal

MAX_COMMAND = 1000
"""Characters of a command that is shown."""

_LABELS = {"missing": "restore", "unmanaged": "remove", "pending-change": "apply"}
"""Type of a finding → what its fix does, where it is not setting back."""

_RULES_ABOUT_RULES = "ignore-rule"
"""The kind of the findings about ignore rules, which are not silenced but corrected."""


def setting_back(fix: Fix, finding: Finding) -> tuple[str, ...]:
    """Return the commands of a fix; of one that cannot be shown as it is, the command that prints it."""
    commands = tuple(shlex.join(command) for command in fix.commands)
    if any(escape_terminal(each, MAX_COMMAND) != each for each in commands):
        return (f"reconciler fix {finding.id}",)
    return commands


def fix_label(finding: Finding) -> str:
    """Return what the commands of a fix do about a finding, as a label: `set back`, `restore`, `apply`."""
    return _LABELS.get(finding.type, "apply" if finding.moved == "desired" else "set back")


def distinct_fixes(causes: Iterable[Finding], fixes: Mapping[str, Fix]) -> list[tuple[Fix, Finding]]:
    """Return the fixes of causes, each with its first finding; those of several fields are the same, once."""
    found: dict[Fix, Finding] = {}
    for finding in causes:
        if finding.id in fixes:
            found.setdefault(fixes[finding.id], finding)
    return list(found.items())


def adopting(causes: Sequence[Finding]) -> str | None:
    """Return the command that makes desired state what is live; None where there is nothing to write."""
    adoptable = [each for each in causes if _can_be_adopted(each)]
    if not adoptable:
        return None
    words = [each.id for each in adoptable]
    key = shlex.quote(str(adoptable[0].key))
    if len(adoptable) > 1 and escape_terminal(key, len(key)) == key:
        words = [key]
    return f"reconciler adopt {' '.join(words)} --write"


def adopting_does(causes: Sequence[Finding]) -> str:
    """Return what that command does to the files."""
    types = {each.type for each in causes if _can_be_adopted(each)}
    if len(types) > 1:
        return "edits the lines"
    return {"missing": "removes the lines", "unmanaged": "adds the lines"}.get(
        next(iter(types), ""), "edits the lines"
    )


def ignoring(causes: Sequence[Finding]) -> str | None:
    """Return the command that silences the only finding of a block that cannot be adopted."""
    if len(causes) != 1 or causes[0].type == INTERNAL or causes[0].key.kind == _RULES_ABOUT_RULES:
        return None
    return f"reconciler ignore {causes[0].id} --reason … --until …"


def _can_be_adopted(finding: Finding) -> bool:
    return not finding.of_rule and finding.type != PLANNED and finding.key.source != SITE
