"""The one issue that lists what is open now: edited in place, closed while nothing is, opened again after."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from reconciler.alarms.situation import AlarmCause, Situation, sentence
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.gitea.answers import Issue
from reconciler.gitea.client import Gitea
from reconciler.gitea.marker import Marker, digest, find_marker, find_own
from reconciler.model.listing import Listed
from reconciler.report.escape import escape_inert, escape_markdown_code
from reconciler.text import counted

_MOST = 100
"""Causes that are listed; the rest is counted."""
_STATUS: dict[Listed, str] = {
    "complete": "was read in full",
    "partial": "was not read in full",
    "failed": "could not be read",
}
_MARKS = {"error": "⛔", "warning": "⚠", "info": "·"}


class _Open(NamedTuple):
    """Everything that keeps the issue open."""

    causes: tuple[AlarmCause, ...]
    """The worst first."""
    sources: tuple[str, ...]
    """A sentence for each source that is not complete."""

    @property
    def lines_without_clock(self) -> Iterator[str]:
        """Its lines, without any clock."""
        yield from (f"- {each}" for each in self.sources)
        for cause in self.causes[:_MOST]:
            yield _line(cause)
        if len(self.causes) > _MOST:
            yield f"- … and {len(self.causes) - _MOST} more"


def keep_issue(gitea: Gitea, title: str, site: str, now: Situation, least: Severity, link: str | None) -> str:
    """Make the issue show what is open at or above a severity; return what was done.

    An issue is looked for among all issues, open or closed; raises `GiteaError`.
    """
    open_now = _open(now, least)
    user = gitea.get_user()
    me = user.id if user else None
    issues = gitea.list_issues("all", created_by=user.login if user else None)
    found = [(each, own) for each in issues if (own := find_own(each.body, "issue", site, each.user, me))]
    content = digest([title, *open_now.lines_without_clock])
    collected_at = now.report.run.collected_at
    if not found:
        if not (open_now.causes or open_now.sources):
            return "nothing is open"
        marker = Marker("issue", site, me, content)
        made = gitea.add_issue(title, _body(marker, open_now, collected_at, link))
        if me is None and made.user is not None:
            known = replace(marker, author=made.user.id)
            gitea.edit_issue(made.number, body=_body(known, open_now, collected_at, link))
        return f"issue {made.number} was opened"
    issue, known = min(found, key=lambda each: each[0].number)
    return _update(gitea, issue, title, replace(known, content=content), open_now, now, link)


def _update(
    gitea: Gitea, issue: Issue, title: str, marker: Marker, open_now: _Open, now: Situation, link: str | None
) -> str:
    is_open = bool(open_now.causes or open_now.sources)
    state = "open" if is_open else "closed"
    changes: dict[str, str] = {}
    known, _, text = issue.body.replace("\r\n", "\n").partition("\n")
    earlier = find_marker(known)
    stands = earlier is not None and (earlier.author, earlier.content) == (marker.author, marker.content)
    if not stands or earlier is None or earlier.lines != (digest([text.strip()]),) or issue.title != title:
        changes = {"title": title, "body": _body(marker, open_now, now.report.run.collected_at, link)}
    if issue.state != state:
        changes["state"] = state
    if not changes:
        return f"issue {issue.number} is as it was"
    gitea.edit_issue(issue.number, **changes)
    if "state" not in changes:
        return f"issue {issue.number} was updated"
    return f"issue {issue.number} was {'opened again' if is_open else 'closed'}"


def _open(now: Situation, least: Severity) -> _Open:
    lowest = SEVERITIES.index(least)
    causes = [each for each in now.causes.values() if SEVERITIES.index(each.severity) >= lowest]
    causes.sort(key=lambda each: (-SEVERITIES.index(each.severity), str(each.finding.key), each.finding.id))
    sources = (
        f"{escape_markdown_code(name, table=False)} {_STATUS[status]}"
        for name, status in sorted(now.sources.items())
        if status != "complete"
    )
    return _Open(tuple(causes), tuple(sources))


def _line(cause: AlarmCause) -> str:
    finding = cause.finding
    name = f" {escape_markdown_code(finding.name, table=False)}" if finding.name else ""
    follows = f" ({len(cause.follows)} more follow from it)" if cause.follows else ""
    key = escape_markdown_code(str(finding.key), table=False)
    where = f" {escape_markdown_code(finding.path, table=False)}" if finding.path else ""
    return f"- {_MARKS[cause.severity]} {key}{name}{where} {escape_inert(sentence(finding))}{follows}"


def _body(marker: Marker, open_now: _Open, collected_at: datetime, link: str | None) -> str:
    counts = _counts(open_now.causes)
    lines = [*open_now.lines_without_clock] or ["Nothing is open."]
    read = f"Read {collected_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC, when this list last changed."
    text = "\n".join([*([counts, ""] if counts else []), *lines, "", read, link or ""]).strip()
    return f"{replace(marker, lines=(digest([text]),))}\n{text}\n"


def _counts(causes: Iterable[AlarmCause]) -> str:
    nouns: dict[Severity, str] = {"error": "error", "warning": "warning", "info": "note"}
    found = [each.severity for each in causes]
    return ", ".join(
        counted(found.count(severity), noun) for severity, noun in nouns.items() if severity in found
    )
