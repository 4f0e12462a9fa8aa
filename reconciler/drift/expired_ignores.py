"""An ignore rule has expired, so the findings that it matched alarm again.

The finding is about the ignore rule, with its line.

Fires:
    From the day after `expires`, in UTC, until the ignore rule is removed or given a later day. The
    reason shows how many findings it would match now.

Does not fire:
    On the last day itself.

Fix:
    Fix the findings and remove the ignore rule, or give it a later day.

Accept:
    It cannot be ignored: give the ignore rule a later day.
"""

from reconciler.config.file import SITE
from reconciler.drift import findings
from reconciler.drift.findings import Comparison
from reconciler.drift.ignore import EXPIRED, KIND, Ignore
from reconciler.model.findings import Finding
from reconciler.model.key import Key

RULE = EXPIRED


def expired_ignore(comparison: Comparison, ignore: Ignore, covered: int) -> Finding:
    """Return the finding of an ignore rule that has expired and would cover so many findings."""
    rule = ignore.rule
    what = "1 finding" if covered == 1 else f"{covered} findings"
    title = f"it expired on {rule.expires} and would cover {what}; it was for: {rule.reason}"
    finding = findings.of_rule(comparison, Key(SITE, KIND, ignore.about), RULE, title)
    return finding.model_copy(update={"declared_at": ignore.where})
