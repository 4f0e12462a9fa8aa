"""A review as Markdown: the comment on a pull request, or the summary of a step.

Every value stands in a code span, so that no name can link, mention or break out of its cell.
"""

from collections.abc import Iterator, Sequence

from reconciler.config.severity import SEVERITIES
from reconciler.model.problem import ProblemValue
from reconciler.report.escape import escape_inert, escape_markdown_code
from reconciler.report.lines import format_value
from reconciler.review.answer import Review, ReviewedFinding
from reconciler.review.lines import (
    CLOSED,
    NOT_COMPARED,
    change_of,
    commits,
    counts,
    no_effect,
    snapshot_facts,
    to_make_it_so,
    unchecked,
)

MAX_BYTES = 60_000
"""Bytes of a comment: code hosts refuse or cut what is much longer."""

_ROWS, _FOLDED = 40, 100
"""Rows of the table, and lines of a folded list; the rest is counted."""

_MARKS = {"error": " ⛔", "warning": " ⚠", "info": ""}


def to_markdown(review: Review) -> str:
    """Return the review, in at most `MAX_BYTES` bytes."""
    for rows, folded in ((_ROWS, _FOLDED), (15, 20), (5, 5), (1, 1)):
        text = "\n".join(_lines(review, rows, folded)) + "\n"
        if len(text.encode()) <= MAX_BYTES:
            return text
    return "\n".join([*_title(review), "", *_end(review)]) + "\n"


def _lines(review: Review, rows: int, folded: int) -> Iterator[str]:
    yield from _title(review)
    yield ""
    if review.outcome == "invalid":
        yield from _invalid(review.problems, folded)
    elif review.outcome == "effect":
        yield from _table(review, rows)
        yield from _folded(review, folded)
    yield from _end(review)


def _title(review: Review) -> Iterator[str]:
    if review.outcome == "invalid":
        yield f"### The desired state is not valid: {len(review.problems)} to correct"
    elif review.outcome == "unknown":
        yield f"### {NOT_COMPARED}"
    elif review.outcome == "none":
        yield f"### {no_effect(review)}"
    else:
        told = " · ".join(f"{word} {number}" for word, number in counts(review))
        open_questions = f" ({len(review.undecided)} not decidable)" if review.undecided else ""
        yield f"### {'Merged' if review.landed else 'Drift if merged'}: {told}{open_questions}"


def _invalid(problems: Sequence[ProblemValue], most: int) -> Iterator[str]:
    for problem in problems[:most]:
        place = escape_markdown_code(problem.subject, 300, table=False)
        remedy = f"; {escape_inert(problem.remedy)}" if problem.remedy else ""
        yield f"- {place} {escape_inert(problem.what)}{remedy}"
    if len(problems) > most:
        yield f"- … and {len(problems) - most} more; the log has them all"
    yield ""


def _table(review: Review, most: int) -> Iterator[str]:
    rows: list[tuple[str, ReviewedFinding]] = [
        *(("opens", each) for each in review.opens),
        *(("changes", each) for each in review.changes),
        *(("closes", each) for each in review.closes),
        *(("silences", each) for each in review.silences),
        *(("breaks", each) for each in review.breaks),
    ]
    if not rows:
        return
    rows.sort(key=_rank)
    yield "| | resource | change | effect |"
    yield "|---|---|---|---|"
    for what, finding in rows[:most]:
        yield _row(what, finding)
    if len(rows) > most:
        yield f"| | … and {len(rows) - most} more | | |"
    yield ""
    if any(what == "breaks" for what, _ in rows[:most]):
        yield "*breaks*: a rule will find this once the change is rolled out."
        yield ""


def _rank(row: tuple[str, ReviewedFinding]) -> tuple[bool, bool, int]:
    """Order what lets in traffic first, then the worst, and what closes last."""
    what, finding = row
    return finding.lets_in is None, what == "closes", -SEVERITIES.index(finding.severity)


def _row(what: str, finding: ReviewedFinding) -> str:
    mark = " ✓" if what == "closes" else _MARKS[finding.severity]
    name = f" {escape_markdown_code(finding.name)}" if finding.name else ""
    todo = [] if what in {"closes", "breaks"} else [*to_make_it_so(finding, silenced=what == "silences")]
    shown = [f"**{escape_inert(text)}**" if text == finding.lets_in else escape_inert(text) for text in todo]
    if finding.consequences:
        shown.append(f"{finding.consequences} more follow from it")
    cells = (f"{what}{mark}", f"{escape_markdown_code(str(finding.key))}{name}", _change(what, finding))
    return f"| {' | '.join(cells)} | {'; '.join(shown) or '–'} |"


def _change(what: str, finding: ReviewedFinding) -> str:
    change = change_of(finding)
    if change is None:
        return (
            "does not exist yet"
            if finding.type == "missing" and what == "opens"
            else escape_inert(finding.title)
        )
    path, live, desired = (escape_markdown_code(text) for text in change)
    if what == "closes":
        return f"{path} {live} {CLOSED[finding.closed_by or 'accepted']}"
    before = (
        f" (before {escape_markdown_code(format_value(finding.before))})"
        if finding.before is not None
        else ""
    )
    return f"{path} {live} → {desired}{before}"


def _folded(review: Review, most: int) -> Iterator[str]:
    if review.undecided:
        lines = [
            f"- {escape_markdown_code(str(each.key), table=False)}: {escape_inert(each.why)}"
            for each in review.undecided
        ]
        yield from _details(f"{len(lines)} not decidable", lines, most)
    if review.leaves:
        lines = [
            f"- {escape_markdown_code(str(each.key), table=False)} {escape_inert(each.path or each.title)}"
            for each in review.leaves
        ]
        yield from _details(f"{len(lines)} findings that stay", lines, most)


def _details(title: str, lines: Sequence[str], most: int) -> Iterator[str]:
    yield f"<details><summary>{title}</summary>"
    yield ""
    yield from lines[:most]
    if len(lines) > most:
        yield f"- … and {len(lines) - most} more"
    yield ""
    yield "</details>"
    yield ""


def _end(review: Review) -> Iterator[str]:
    if gone := unchecked(review):
        yield f"**{gone[0].upper()}{gone[1:]}.**"
        yield ""
    for note in review.notes:
        yield f"Note: {escape_inert(note)}."
    about = [] if review.outcome == "invalid" else [snapshot_facts(review)]
    yield " ".join([*about, commits(review)])
