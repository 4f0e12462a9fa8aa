"""Answers about the past as text: the runs of a site, and the changes of one resource. Times are UTC."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from reconciler.errors import Problem
from reconciler.model.act import Act
from reconciler.model.timeline import Answer, Change, ChangesAnswer, RecordedRun, RunsAnswer
from reconciler.report.escape import escape_terminal
from reconciler.report.lines import format_value
from reconciler.text import counted

_VALUE = 80
"""Characters of a value; JSON has all of it."""
_COLUMN = 62
_PULL_REQUEST = re.compile(r"#(\d{1,9})\b")
_WORDS = {
    "created": "created",
    "deleted": "deleted",
    "first-recorded": "first recorded, as it was then",
    "not-configured": "not recorded any more: its kind or source left the configuration",
    "finding-opened": "opened",
    "finding-changed": "changed",
    "finding-closed": "closed",
}
_REASONS = {"heartbeat": "heartbeat", "superseded": "a newer run was quicker", "unchanged": "no change"}


def runs(answer: RunsAnswer) -> Iterator[str]:
    """Yield the lines of the runs of a site."""
    for run in answer.runs:
        yield _run(run)
    yield ""
    yield from shown(answer, len(answer.runs), answer.total, "run")


def changes(answer: ChangesAnswer) -> Iterator[str]:
    """Yield the lines of the changes of a resource."""
    name = f" {escape_terminal(answer.name)}" if answer.name and answer.name != answer.key.id else ""
    gone = "" if answer.exists else "  (not in the last record)"
    yield f"{escape_terminal(str(answer.key))}{name}{gone}"
    for change in answer.changes:
        what, why = _what(change), _why(change)
        line = f"{minute(change.at)}  {what}"
        yield f"{line:<{_COLUMN + 18}}  {why}".rstrip() if why else line
    yield ""
    yield from shown(answer, len(answer.changes), answer.total, "change")


def shown(answer: Answer, here: int, total: int, noun: str) -> Iterator[str]:
    """Yield how much of an answer is shown, when the site was read, and what the answer may lack."""
    part = (
        counted(total, noun) if here == total else f"{here} of {counted(total, noun)} (--limit 0 shows all)"
    )
    yield f"{escape_terminal(answer.site)}: {part}; {last_read(answer)}"


def last_read(answer: Answer) -> str:
    """Return when the site was last read, as far as it is recorded here."""
    return f"site last read {minute(answer.collected_at)} UTC, run {answer.run_id}"


def minute(moment: datetime) -> str:
    """Return a time to the minute."""
    return f"{moment:%Y-%m-%d %H:%M}"


def value(each: object) -> str:
    """Return a JSON value on a line."""
    return escape_terminal(format_value(each), _VALUE)


def acts(who: Iterable[Act]) -> str:
    """Return the entries of a source's log that may explain a change."""
    return ", ".join(
        escape_terminal(f"{act.account} ({act.what})" + (f" {act.reference}" if act.reference else ""))
        for act in who
    )


def _what(change: Change) -> str:
    path = escape_terminal(change.path, _VALUE)
    if change.what == "renamed":
        return f"renamed: id {value(change.old)} → {value(change.new)}"
    if change.what.startswith("finding-"):
        return f"finding {_WORDS[change.what]}: {escape_terminal(change.title or '', 160)}"
    if change.what in _WORDS:
        return _WORDS[change.what]
    if change.what == "secret-changed":
        return f"{path}  secret changed"
    if change.what == "unread-changed":
        return f"{path}  changed (a key that this version does not read)"
    if change.what == "first-read":
        return f"{path}  first read by this version of reconciler"
    word = "" if change.what == "changed" else f"{change.what}  "
    return f"{word}{path}  {value(change.old)} → {value(change.new)}"


def _why(change: Change) -> str:
    parts = [change.effect or "", acts(change.who), _desired(change)]
    if change.by_hand is not None:
        parts.append(f"record edited by {escape_terminal(change.by_hand)}, {change.commit[:12]}")
    return "; ".join(filter(None, parts))


def _desired(change: Change) -> str:
    if change.desired_commit is None:
        return ""
    number = _PULL_REQUEST.search(change.desired_subject or "")
    more = [f"PR {number[1]}"] if number else []
    more += [escape_terminal(change.desired_author, 40)] if change.desired_author else []
    return f"desired {change.desired_commit[:7]}" + (f" ({', '.join(more)})" if more else "")


def _run(run: RecordedRun) -> str:
    if run.reason == "by-hand":
        return f"{minute(run.at)}  a person changed the record  {(run.commit or '')[:12]}"
    counts = ", ".join(
        counted(run.findings[each], each) for each in ("error", "warning", "info") if run.findings.get(each)
    )
    counts = counts.replace("infos", "notes").replace("info", "note")
    parts = [f"{run.verdict or 'unknown':<10}", counts or "no findings"]
    moved = " ".join(f"{sign}{number}" for sign, number in (("+", run.opened), ("-", run.resolved)) if number)
    parts += [f"({moved})"] if moved else []
    parts += [f"unread: {', '.join(map(escape_terminal, run.failed_sources))}"] if run.failed_sources else []
    parts += [f"[{_REASONS[run.reason]}]"] if run.reason in _REASONS else []
    parts += ["[waits to be pushed]"] if run.waiting else []
    return f"{minute(run.at)}  {'  '.join(parts):<60}  {run.id}"


def problems(found: Sequence[Problem]) -> Iterator[str]:
    """Yield why an answer may lack something."""
    for problem in found:
        yield escape_terminal(str(problem), 500)
