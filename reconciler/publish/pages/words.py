"""The words and links that pages share: those of the reports, as values of templates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from markupsafe import Markup

from reconciler.config.severity import Severity
from reconciler.model.findings import PLANNED, Finding
from reconciler.model.value import timestamp
from reconciler.report.lines import format_value, label, pending_words, why
from reconciler.text import visible

LONGEST = 2000
"""Characters of a text that a page shows."""
MARKS: Mapping[Severity, tuple[str, str]] = {
    "error": ("▲", "error"),
    "warning": ("!", "warning"),
    "info": ("·", "note"),
}
"""Severity → its mark and its word."""


def page_value(value: Any) -> Any:
    """Return a value as a page shows it: text with all that is invisible or acts made visible.

    Names, tags and descriptions are untrusted; jinja2 escapes markup after this. Markup of ours stays.
    """
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return visible(value, LONGEST)


def when(moment: datetime | None) -> str | None:
    """Return a moment for the `datetime` of a `<time>`."""
    return None if moment is None else timestamp(moment)


def resource_page(link: object) -> str | None:
    """Return the page of a resource, from the route of its document."""
    return f"/resource#{link}" if isinstance(link, str) else None


def run_page(identity: str) -> str:
    """Return the page of a run."""
    return f"/history#run={identity}"


def finding_page(identity: str) -> str:
    """Return the address of a finding on the drift page."""
    return f"/drift#finding={identity}"


def what(finding: Finding) -> str:
    """Return what is wrong in one line: the field with both values, or a sentence."""
    change = finding.change
    if change is not None and finding.type == "drifted":
        values = f"{format_value(change.desired)} → {format_value(change.live)}"
        return f"{change.path or 'exists'} {visible(values, 160)}"
    return sentence(finding)


def sentence(finding: Finding) -> str:
    """Return what is wrong, for a finding whose values are not in columns."""
    if finding.pending is not None:
        return f"{finding.type}: {finding.pending.path} {pending_words(finding.pending)}"
    reason = why(finding) or ""
    if finding.type == PLANNED:
        return reason
    return f"{label(finding)}: {reason}" if reason else label(finding)


def name_with_id(finding: Finding) -> str:
    """Return the name that people know a resource by: its own, with its key's id where that is another."""
    name, identity = finding.name, finding.key.id
    return f"{name} ({identity})" if name and name != identity else identity
