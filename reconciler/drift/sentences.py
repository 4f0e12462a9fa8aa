"""The titles of findings: one sentence for each type, in plain words. Text from the site is untrusted."""

import json
from datetime import date

from reconciler.errors import Problem
from reconciler.model.findings import FieldChange, PendingChange
from reconciler.model.pointer import parts_of

_LONGEST = 60


def missing(label: str) -> str:
    """Return the sentence for a declared resource that is proved not to exist."""
    return f"{label} does not exist"


def unmanaged(label: str, reason: str | None = None) -> str:
    """Return the sentence for a live resource that is not declared."""
    after = f" ({reason})" if reason else ""
    return f"{label} exists and is not declared{after}"


def unverified(label: str, problem: Problem) -> str:
    """Return the sentence for a resource that could not be verified."""
    return f"{label} could not be verified: {problem}"


def planned(label: str, day: date) -> str:
    """Return the sentence for a resource that need not exist yet."""
    return f"{label} does not exist yet; it is planned for {day}"


def drifted(label: str, change: FieldChange, reason: str | None) -> str:
    """Return the sentence for a field that is not as declared."""
    after = f" ({reason})" if reason else ""
    if not change.path:
        return f"{label} exists and must not{after}"
    field = ".".join(parts_of(change.path))
    live, desired = _format_value(change.live), _format_value(change.desired)
    if change.items:
        return f"{field} differs in {_items(change)}{after}"
    if change.desired is None:
        what = f"is {live} and not declared" if not change.declared else f"is {live} and must not be set"
    elif change.live is None:
        what = f"is not set; {desired} is declared"
    elif change.declared:
        what = f"is {live}; {desired} is declared"
    else:
        what = f"is {live} and not declared; its default is {desired}"
    return f"{field} {what}{after}"


def pending(change: PendingChange) -> str:
    """Return the sentence for a configured value that is not active yet."""
    field = ".".join(parts_of(change.path))
    if change.running == []:
        return f"{field} is not active yet: {_format_value(change.configured)}"
    configured, running = _format_value(change.configured), _format_value(change.running)
    return f"{field} is configured as {configured} and still runs as {running}"


def _items(change: FieldChange) -> str:
    counts: dict[str, int] = {}
    for item in change.items:
        counts[item.what] = counts.get(item.what, 0) + 1
    return ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))


def _format_value(value: object) -> str:
    """Return a value as JSON, shortened; `none` for no value."""
    if value is None:
        return "none"
    text = value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
