"""An ignore rule expires within 14 days; then the findings that it matches alarm again.

The finding is about the ignore rule, with its line.

Fires:
    From 14 days before the day in `expires` up to and including that day, in UTC.

Does not fire:
    Once the ignore rule has expired: that is `expired-ignore-rule`.

Fix:
    Fix the findings and remove the ignore rule, or give it a later day.

Accept:
    It cannot be ignored. It is an info, which does not affect the exit code by default.
"""

from datetime import timedelta

from reconciler.config.file import SITE
from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.drift.ignore import EXPIRING, KIND, Ignore
from reconciler.model.findings import Finding
from reconciler.model.key import Key

RULE = EXPIRING
NOTICE = timedelta(days=14)
"""How long before its last day the end of a rule is announced."""


def expiring_ignore(comparison: Comparison, ignore: Ignore) -> Finding:
    """Return the finding of an ignore rule that expires soon."""
    title = f"it expires on {ignore.rule.expires}; it is for: {ignore.rule.reason}"
    finding = findings.of_rule(comparison, Key(SITE, KIND, ignore.about), RULE, title)
    return finding.model_copy(update={"declared_at": ignore.where})
