"""Answers about the past as text: the runs of a site, and the changes of one resource. Times are UTC."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from reconciler.model.act import Act
from reconciler.model.timeline import Answer, Change, ChangesAnswer, RecordedRun, RunsAnswer
from reconciler.report.escape import escape_terminal
from reconciler.report.lines import format_value
from reconciler.text import counted

_VALUE = 80
"""Characters of a value; JSON has all of it."""
_WIDEST = 64
"""Characters of a column."""
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
_NOUNS = {"error": "error", "warning": "warning", "info": "note"}
_REASONS = {
    "heartbeat": "heartbeat",
    "not-here": "not in this clone",
    "superseded": "superseded by a newer run",
    "unchanged": "no change",
}


def runs(answer: RunsAnswer) -> Iterator[str]:
    """Yield the lines of the runs of a site."""
    yield from columns([_run(run) for run in answer.runs])
    yield ""
    yield from shown(answer, len(answer.runs), answer.total, "run")


def changes(answer: ChangesAnswer) -> Iterator[str]:
    """Yield the lines of the changes of a resource."""
    name = f" {escape_terminal(answer.name)}" if answer.name and answer.name != answer.key.id else ""
    gone = "" if answer.exists else "  (not in the last record)"
    yield f"{escape_terminal(str(answer.key))}{name}{gone}"
    yield from columns([(minute(each.at), _what(each), _why(each)) for each in answer.changes])
    yield ""
    yield from shown(answer, len(answer.changes), answer.total, "change")


def columns(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    """Yield rows with their cells below each other; a very long cell moves the rest of its row."""
    widths = [min(max(map(len, column)), _WIDEST) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()


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


def _run(run: RecordedRun) -> tuple[str, ...]:
    if run.reason == "by-hand":
        return (
            minute(run.at),
            "edited",
            "the record was edited by hand",
            "",
            f"commit {(run.commit or '')[:12]}",
        )
    counts = [counted(run.findings[each], noun) for each, noun in _NOUNS.items() if run.findings.get(each)]
    moved = ((sign, number) for sign, number in (("+", run.opened), ("-", run.resolved)) if number)
    marks = [f"({' '.join(f'{sign}{number}' for sign, number in moved)})"]
    marks += [f"unread: {', '.join(map(escape_terminal, run.failed_sources))}"] if run.failed_sources else []
    marks += [f"[{_REASONS[run.reason]}]"] if run.reason in _REASONS else []
    marks += ["[waits to be pushed]"] if run.waiting else []
    verdict = (run.verdict or "unknown").replace("_", " ")
    found = ", ".join(counts) or "no findings"
    return minute(run.at), verdict, found, "  ".join(each for each in marks if each != "()"), str(run.id)
