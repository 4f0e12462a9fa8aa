"""The words of a review that text and Markdown share; values are still raw, each form escapes its own."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from reconciler.report.lines import age, format_value
from reconciler.report.settled import EFFECTS_SHOWN
from reconciler.review.answer import ClosedBy, Review, ReviewedFinding
from reconciler.text import counted


def change_of(finding: ReviewedFinding) -> tuple[str, str, str] | None:
    """Return path, value now and value wanted of a field; None for a finding about a whole resource."""
    if not finding.path or (finding.live is None and finding.desired is None):
        return None
    return finding.path, format_value(finding.live), format_value(finding.desired)


def to_make_it_so(finding: ReviewedFinding, *, silenced: bool = False) -> Iterator[str]:
    """Yield what has to happen on the site, and what that does to it; the last may be untrusted."""
    if silenced:
        if finding.lets_in is not None:
            yield finding.lets_in
        return
    fix = finding.fix
    if finding.type == "unmanaged":
        yield "not declared any more: delete it on the site, or keep declaring it"
    elif fix is not None and fix.commands:
        yield EFFECTS_SHOWN.get(fix.effect, fix.effect)
    elif finding.type == "missing":
        yield "does not exist yet: create it"
    elif fix is not None and fix.by_hand:
        yield f"by hand: {fix.by_hand}"
    if finding.lets_in is not None:
        yield finding.lets_in


def counts(review: Review) -> Iterator[tuple[str, int]]:
    """Yield the counts of the first line, in its order."""
    yield "opens", len(review.opens)
    yield "closes", len(review.closes)
    yield "changes", len(review.changes)
    yield "leaves", len(review.leaves)
    for word, findings in (("silences", review.silences), ("breaks", review.breaks)):
        if findings:
            yield word, len(findings)


def no_effect(review: Review) -> str:
    """Return the sentence for a change that does nothing to drift."""
    if review.checked < review.head.fields:
        return f"No effect on drift. {review.checked} of {counted(review.head.fields, 'field')} checked."
    return f"No effect on drift. {counted(review.checked, 'field')} checked."


NOT_COMPARED = "Not compared: nothing is recorded yet"
"""The title of a review without a snapshot; the files of both sides are valid."""

CLOSED: Mapping[ClosedBy, str] = {
    "accepted": "accepted",
    "no_longer_declared": "no longer declared",
    "to_be_deleted": "to be deleted",
}
"""How a finding closes → in words, after its value."""


def unchecked(review: Review) -> str:
    """Return what the change removes from what is checked; empty: nothing."""
    gone = review.no_longer_checked
    parts = [
        counted(number, noun)
        for number, noun in ((gone.resources, "resource"), (gone.fields, "field"))
        if number
    ]
    exact = f"{counted(gone.exact, 'resource')} no longer exact" if gone.exact else ""
    return "; ".join(filter(None, (f"no longer checked: {', '.join(parts)}" if parts else "", exact)))


def snapshot_facts(review: Review) -> str:
    """Return on what the review stands in absolute times, so that an old comment stays true."""
    if review.collected_at is None:
        return "No snapshot is recorded yet."
    until = f"; out of date from {review.stale_after:%Y-%m-%d %H:%M} UTC" if review.stale_after else ""
    return f"Snapshot of {review.collected_at:%Y-%m-%d %H:%M} UTC, {_completeness(review)}{until}."


def snapshot(review: Review, now: datetime) -> str:
    """Return on what the review stands: the age and completeness of the snapshot."""
    if review.collected_at is None:
        return "No snapshot is recorded yet."
    old = age(review.collected_at, now)
    since = "just read" if old == "new" else f"{old} old"
    said = f"Snapshot of {review.collected_at:%Y-%m-%d %H:%M} UTC ({since}"
    if review.stale_after is not None and now > review.stale_after:
        said += ", out of date"
    return f"{said}, {_completeness(review)})."


def _completeness(review: Review) -> str:
    lacking = [f"{name} {state}" for name, state in sorted(review.incomplete.items())]
    return "complete" if not lacking else f"not complete: {', '.join(lacking)}"


def commits(review: Review) -> str:
    """Return which commits were compared."""
    base, head = (side.commit[:9] if side.commit else "?" for side in (review.base, review.head))
    return f"Base {base}, head {head}{' merged into it' if review.merged else ''}."
