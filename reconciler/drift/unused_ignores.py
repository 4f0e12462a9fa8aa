"""An ignore rule has matched no finding for a week: it is misspelt or no longer needed.

The finding is about the ignore rule, with its line. `drift.ignore_unused_after` sets another time.

Fires:
    If all runs since then read everything that the ignore rule covers, and none had a finding that it
    matches. The time starts with the first recorded run that has the ignore rule.

Does not fire:
    While a list that the ignore rule covers cannot be read in full, or its rule cannot be checked: the time
    is paused, not reset. Once the ignore rule has expired: that is `expired-ignore-rule`.

Fix:
    Remove the ignore rule, or correct its `target`, `type` and `path`.

Accept:
    It cannot be ignored. It is an info, which does not affect the exit code by default.
"""

from collections.abc import Container, Mapping
from datetime import datetime, timedelta

from reconciler.config.file import SITE
from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.drift.ignore import KIND, UNUSED, Ignore
from reconciler.model.findings import Finding, IgnoreUse
from reconciler.model.key import Key

RULE = UNUSED


def unused_since(
    comparison: Comparison,
    ignore: Ignore,
    hits: int,
    before: Mapping[str, IgnoreUse],
    unchecked: Container[str],
) -> datetime | None:
    """Return since when a rule has covered nothing; None while it does, or while that is not known.

    `before` are the uses of the previous report, by what they are about.
    """
    run = comparison.inventory.run.collected_at
    if hits or ignore.rule.expires < run.date():
        return None
    earlier = before.get(ignore.about)
    since = earlier.unused_since if earlier is not None else None
    return since if since is not None or not _is_read(comparison, ignore, unchecked) else run


def _is_read(comparison: Comparison, ignore: Ignore, unchecked: Container[str]) -> bool:
    """Return whether this run read all that a rule is about."""
    target = ignore.rule.target
    return ignore.rule.type not in unchecked and all(
        scope.listed == "complete" and not scope.unread
        for (source, kind), scope in comparison.scopes.items()
        if source == target.source and target.kind in {None, kind}
    )


def unused_ignore(
    comparison: Comparison, ignore: Ignore, since: datetime | None, allowed: timedelta
) -> Finding | None:
    """Return the finding of a rule that has covered nothing for too long; None for any other."""
    if since is None or comparison.inventory.run.collected_at - since < allowed:
        return None
    title = f"it has covered no finding since {since:%Y-%m-%d}; it is for: {ignore.rule.reason}"
    finding = findings.of_rule(comparison, Key(SITE, KIND, ignore.about), RULE, title)
    return finding.model_copy(update={"declared_at": ignore.where})
