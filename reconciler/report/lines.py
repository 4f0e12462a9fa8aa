"""The parts of a report's lines that every format shares: values, ages, ids, reasons."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from reconciler.model.findings import PLANNED, Finding, ItemChange, PendingChange

MOST_NAMED = 5
"""Ids that a line names; the rest is counted."""

MOVED = {"live": "live moved", "desired": "desired moved", "both": "both sides moved"}
"""Which side of a finding moved, in words."""


def format_value(value: object) -> str:
    """Return a JSON value for people: text as it is unless that could be mistaken, nothing as `none`."""
    if value is None:
        return "none"
    if isinstance(value, str) and value.strip() == value and not _looks_like_json(value):
        return value
    return json.dumps(value, ensure_ascii=False)


def age(moment: datetime, now: datetime) -> str:
    """Return how long ago, in the largest fitting unit: `new` (in this run), `20 s`, `5 min`, `12 d`."""
    passed = now - moment
    if passed <= timedelta(0):
        return "new"
    if passed < timedelta(minutes=1):
        return f"{passed.seconds} s"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min"
    if passed < timedelta(days=2):
        return f"{passed // timedelta(hours=1)} h"
    return f"{passed.days} d"


def join_ids(ids: Sequence[str], count: int) -> str:
    """Return a few ids and how many more there are: `101, 102 and 7 more`."""
    named = ", ".join(ids)
    return named if count <= len(ids) else f"{named} and {count - len(ids)} more"


def item_counts(items: Sequence[ItemChange]) -> str:
    """Return how many items of a list differ: `2 added, 1 removed`."""
    counts = Counter(item.what for item in items)
    return ", ".join(
        f"{counts[what]} {what}" for what in ("added", "removed", "changed", "moved") if counts[what]
    )


def why(finding: Finding) -> str | None:
    """Return what the values of a finding do not show: the problem, the reason, the sentence of a rule."""
    if finding.problem is not None:
        return str(finding.problem)
    if finding.pending is not None:
        return None
    return finding.title if finding.of_rule or finding.type == PLANNED else finding.reason


def label(finding: Finding) -> str:
    """Return the type of a finding as people read it: `missing`, `not declared`, the name of a rule."""
    return "not declared" if finding.type == "unmanaged" else finding.type


def pending_words(pending: PendingChange) -> str:
    """Return both values of a change that waits: `false not active yet`, `4 runs, 8 is configured`."""
    running, configured = pending.running, pending.configured
    if running == [] or {type(running), type(configured)} == {bool}:
        return f"{format_value(configured)} not active yet"
    return f"{format_value(running)} runs, {format_value(configured)} is configured"


def gone(finding: Finding) -> str:
    """Return how to describe a finding that is resolved or waits: its field, or its type."""
    if finding.type == "unverified":
        return "could not be verified"
    return finding.path if finding.change is not None and finding.path else finding.type


def _looks_like_json(text: str) -> bool:
    if text in {"", "none"}:
        return True
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
