"""The review on a pull request: a commit status, one comment, and comments on lines that are not valid.

The comment is found again by its hidden first line and its author. A copy by another account counts for
nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from reconciler.gitea.answers import Comment, LineComment, State
from reconciler.gitea.client import Gitea
from reconciler.gitea.errors import GiteaError
from reconciler.gitea.marker import MOST_LINES, Marker, digest, find_marker, find_own
from reconciler.model.problem import ProblemValue
from reconciler.report.escape import escape_inert
from reconciler.review.answer import Review
from reconciler.review.lines import NOT_COMPARED, counts, no_effect, unchecked
from reconciler.review.markdown import to_markdown
from reconciler.text import counted

STATUS = "reconciler/review"
"""The context of the commit status: what a branch protection can require."""
_MOST_ON_LINES = 20
"""Comments on lines of one review; the comment has all problems."""
_PLACE = re.compile(r"(?P<path>[^\0\n]+?\.ya?ml):(?P<line>[1-9]\d{0,8})(?::\d+)?")


_NOT_OURS = {403: "the token may not", 423: "the conversation is locked"}
"""Status → why there can be no comment, without the review or Gitea being at fault."""


@dataclass(frozen=True, slots=True)
class Posted:
    """How far a review came on its pull request."""

    done: str
    """In one phrase: `commented`, `the comment is as it was`, …"""
    warnings: tuple[str, ...] = ()
    """The parts that could not be done; the review itself is not affected."""


def post(gitea: Gitea, number: int, review: Review) -> Posted:
    """Put a review on its pull request.

    A token that may not comment or set a status (that of a fork) makes a warning. Raises `GiteaError` where
    Gitea itself cannot be used.
    """
    warnings: list[str] = []
    try:
        head = gitea.get_pull_request(number).head.sha
        if head and head != review.head.commit:
            return Posted(
                f"not commented: pull request {number} has newer commits, with a review of their own"
            )
        with _warned(warnings):
            gitea.set_status(review.head.commit or "", STATUS, state_of(review), summary(review))
        return replace(_comment(gitea, number, review, warnings), warnings=tuple(warnings))
    except GiteaError as error:
        if error.status not in _NOT_OURS:
            raise
        return Posted(f"not commented: {_NOT_OURS[error.status]}", (*warnings, str(error)))


class _warned:  # noqa: N801 — reads as a statement
    """Turns a refusal within it into a warning."""

    def __init__(self, warnings: list[str]) -> None:
        self._warnings = warnings

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        if isinstance(error, GiteaError) and error.status in {403, 404, 422, 423}:
            self._warnings.append(str(error))
            return True
        return False


def state_of(review: Review) -> State:
    """Return the commit status of a review: only a desired state that is not valid fails."""
    if review.problems:
        return "failure"
    opened = (*review.opens, *review.silences, *review.breaks)
    grave = any(each.severity == "error" or each.lets_in is not None for each in opened)
    return "warning" if grave or review.outcome == "unknown" or review.no_longer_checked.any else "success"


def summary(review: Review) -> str:
    """Return a review in one line."""
    if review.problems:
        return f"the desired state is not valid: {counted(len(review.problems), 'problem')}"
    if review.outcome == "unknown":
        return NOT_COMPARED
    if review.outcome == "none":
        return no_effect(review)
    told = ", ".join(f"{word} {number}" for word, number in counts(review))
    open_questions = f"{len(review.undecided)} not decidable" if review.undecided else ""
    return "; ".join(filter(None, (told, open_questions, unchecked(review))))


def _comment(gitea: Gitea, number: int, review: Review, warnings: list[str]) -> Posted:
    user = gitea.get_user()
    me = user.id if user else None
    ours = _ours(gitea, number, review.site, me)
    kept = ours[0] if ours else None
    known = find_marker(kept.body) if kept else None
    marker = Marker(
        "review",
        review.site,
        known.author if known else me,
        digest([to_markdown(review)]),
        review.head.commit or "0" * 40,
        known.lines if known else (),
    )
    new = [each for each in on_lines(review) if each[0] not in marker.lines]
    if new:
        with _warned(warnings):
            _on_lines(gitea, number, review, [each for _, each in new])
            lines = (*marker.lines, *(each for each, _ in new))
            marker = replace(marker, lines=lines[-MOST_LINES:])
    for each in ours[1:]:
        gitea.delete_comment(each.id)
    if kept is not None:
        return _update(gitea, kept, marker, review)
    return _add(gitea, number, marker, review)


def _ours(gitea: Gitea, number: int, site: str, me: int | None) -> list[Comment]:
    """Return our comments of a site, the first one first."""
    comments = gitea.list_comments(number)
    found = [each for each in comments if find_own(each.body, "review", site, each.user, me)]
    return sorted(found, key=lambda each: each.id)


def _update(gitea: Gitea, kept: Comment, marker: Marker, review: Review) -> Posted:
    body = _body(marker, review)
    if _same(kept.body, body):
        return Posted("the comment is as it was")
    gitea.edit_comment(kept.id, body)
    return Posted("the comment was updated")


def _add(gitea: Gitea, number: int, marker: Marker, review: Review) -> Posted:
    """Add the comment; of two reviews at once, the first comment stays, and the later content."""
    added = gitea.add_comment(number, _body(marker, review))
    author = added.user.id if added.user else None
    if marker.author is None and author is not None:
        marker = replace(marker, author=author)
    ours = _ours(gitea, number, marker.site, author)
    first = ours[0] if ours else added
    if first.id != added.id:
        gitea.delete_comment(added.id)
    if find_marker(first.body) != marker:
        gitea.edit_comment(first.id, _body(marker, review))
    return Posted("commented")


def _same(known: str, body: str) -> bool:
    """Return whether a comment has this text; what a person has changed in it is replaced."""
    return known.replace("\r\n", "\n").strip() == body.strip()


def _body(marker: Marker, review: Review) -> str:
    return f"{marker}\n{to_markdown(review)}"


def on_lines(review: Review) -> Iterator[tuple[str, LineComment]]:
    """Yield a comment for each problem that has a line, with a digest of the problem."""
    for problem in review.problems[:_MOST_ON_LINES]:
        place = _PLACE.fullmatch(problem.subject)
        if place is not None:
            comment = LineComment(path=place["path"], line=int(place["line"]), body=_sentence(problem))
            yield digest([place["path"], place["line"], problem.what]), comment


def _sentence(problem: ProblemValue) -> str:
    remedy = f"; {problem.remedy}" if problem.remedy else ""
    return escape_inert(f"{problem.what}{remedy}", 500)


def _on_lines(gitea: Gitea, number: int, review: Review, comments: list[LineComment]) -> None:
    body = f"The desired state is not valid: {counted(len(review.problems), 'problem')}."
    gitea.comment_on_lines(number, review.head.commit or "", body, comments)
