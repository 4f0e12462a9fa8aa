"""A review as text for a terminal or a log."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.report.escape import escape_terminal
from reconciler.report.lines import format_value
from reconciler.review.answer import Review, ReviewedFinding
from reconciler.review.lines import (
    CLOSED,
    NOT_COMPARED,
    change_of,
    commits,
    counts,
    no_effect,
    snapshot,
    to_make_it_so,
    unchecked,
)

_MOST = 50
"""Findings of one list that are shown; the JSON has all."""


def to_text(review: Review, now: datetime) -> str:
    """Return the review; the first line counts."""
    return "\n".join([*_head(review), *_lists(review), *_end(review, now)]) + "\n"


def _head(review: Review) -> Iterator[str]:
    if review.outcome == "invalid":
        yield f"The desired state of head is not valid: {len(review.problems)} to correct"
        for problem in review.problems:
            yield escape_terminal(str(problem), 500)
    elif review.outcome == "unknown":
        yield NOT_COMPARED
    elif review.outcome == "none":
        yield no_effect(review)
    else:
        told = ", ".join(f"{word} {number}" for word, number in counts(review))
        open_questions = f"; {len(review.undecided)} not decidable" if review.undecided else ""
        yield f"This change {told}{open_questions}"


def _lists(review: Review) -> Iterator[str]:
    for title, findings in (("opens", review.opens), ("changes", review.changes)):
        yield from _list(title, findings)
    yield from _list("closes", review.closes)
    yield from _list("silences", review.silences)
    yield from _list("once rolled out, a rule finds", review.breaks)
    if review.undecided:
        yield ""
        yield "not decidable"
        for each in review.undecided[:_MOST]:
            name = f" {escape_terminal(each.name)}" if each.name else ""
            yield f"  {escape_terminal(str(each.key))}{name}: {escape_terminal(each.why, 300)}"
        yield from _more(len(review.undecided))


def _list(title: str, findings: Sequence[ReviewedFinding]) -> Iterator[str]:
    if not findings:
        return
    yield ""
    yield title
    for finding in sorted(findings, key=lambda each: each.lets_in is None)[:_MOST]:
        yield from _block(finding, silenced=title == "silences")
    yield from _more(len(findings))


def _block(finding: ReviewedFinding, *, silenced: bool) -> Iterator[str]:
    name = f" {escape_terminal(finding.name)}" if finding.name else ""
    place = f"   {escape_terminal(finding.declared_at)}" if finding.declared_at else ""
    change = change_of(finding)
    what = "" if change else f"  {escape_terminal(finding.title, 300)}"
    yield f"  {finding.severity:7} {escape_terminal(str(finding.key))}{name}{what}{place}"
    if change is not None:
        path, live, desired = (escape_terminal(text, 200) for text in change)
        before = (
            f" (before: {escape_terminal(format_value(finding.before), 200)})"
            if finding.before is not None
            else ""
        )
        closed = f"   {CLOSED[finding.closed_by]}" if finding.closed_by else ""
        yield f"            {path}   live {live}, declared {desired}{before}{closed}"
    for text in to_make_it_so(finding, silenced=silenced):
        yield f"            {escape_terminal(text, 300)}"
    if finding.consequences:
        yield f"            and {finding.consequences} that follow from it"


def _more(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"  … {count - _MOST} more: --format json has them all"


def _end(review: Review, now: datetime) -> Iterator[str]:
    yield ""
    if gone := unchecked(review):
        yield gone
    for note in review.notes:
        yield escape_terminal(note, 300)
    if review.outcome != "invalid":
        yield snapshot(review, now)
    yield commits(review)
