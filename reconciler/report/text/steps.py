"""How a block is settled, as rows: who may have made the change, what sets it back, what accepts it."""

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text

from reconciler.model.act import Act
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.fix import Fix
from reconciler.report.blocks import ReportBlock, users_of
from reconciler.report.commands import (
    adopting,
    adopting_does,
    distinct_fixes,
    fix_label,
    ignoring,
    setting_back,
)
from reconciler.report.context import Merge, ReportContext
from reconciler.report.lines import MOVED, format_value, join_ids
from reconciler.report.sections import moment
from reconciler.report.settled import EFFECTS_SHOWN
from reconciler.report.text.rows import INDENT, QUIET, escaped_text, indented, labelled, quiet

_LABEL = 10
_MOST_ACTS = 3
_MOST_COMMANDS = 10
_MOST_USERS = 5


def steps_of(block: ReportBlock, report: DriftReport, context: ReportContext, width: int) -> list[Text]:
    """Return the rows that show since when, who, and how to settle the causes of a block."""
    room = width - INDENT
    rows: list[Text] = []
    for label, text in _labelled_texts(block, report, context):
        rows += (
            labelled(quiet(label), text, room, _LABEL) if label not in _COPIED else [_one_line(label, text)]
        )
    return indented(rows, INDENT)


_COPIED = frozenset({"set back", "restore", "remove", "apply", "accept", ""})
"""Labels of commands, which stay on one row."""


def _one_line(label: str, text: Text) -> Text:
    return quiet(f"{label:<{_LABEL}}").append_text(text)


def _labelled_texts(
    block: ReportBlock, report: DriftReport, context: ReportContext
) -> Iterator[tuple[str, Text]]:
    """Yield label and text of each row."""
    if block.many is not None:
        yield from _hint(block.many.type, report)
        return
    yield from (("since", history) for history in _once(map(_history, block.causes)))
    merged = (context.merged[each.id] for each in block.causes if each.id in context.merged)
    yield from (("merged", text) for text in _once(map(_merged, merged)))
    for act in _acts(block.causes):
        yield "log", act
    if users := users_of(block):
        yield "used by", escaped_text(join_ids(users[:_MOST_USERS], len(users)), 800)
    yield from _fixes(block.causes, context)
    for type_ in dict.fromkeys(finding.type for finding in block.causes if finding.of_rule):
        yield from _hint(type_, report)
    yield from _accept(block.causes)


def _once(texts: Iterable[Text]) -> Iterator[Text]:
    """Yield texts without those that repeat an earlier one."""
    yield from {text.plain: text for text in texts}.values()


def _history(finding: Finding) -> Text:
    """Return since when a finding is known, and which side moved."""
    text = Text(moment(finding.first_seen))
    if finding.reopened is not None:
        text.append(f", back since {moment(finding.reopened)}")
    if finding.moved in MOVED:
        text.append(f", {MOVED[finding.moved]}")
        if finding.change is not None and finding.moved == "both":
            text.append_text(escaped_text(f" from {format_value(finding.agreed)}", 128))
    elif finding.moved == "never":
        text.append(", never as declared")
    if finding.first_read_by:
        text.append_text(escaped_text(f", first read by version {finding.first_read_by}"))
    return text


def _merged(merge: Merge) -> Text:
    text = escaped_text(merge.commit[:12])
    if merge.subject:
        text.append_text(escaped_text(f" {merge.subject}", 100))
    by = [f"by {merge.author}" if merge.author else "", moment(merge.at) if merge.at else ""]
    return text.append_text(escaped_text("".join(f", {each}" for each in by if each)))


def _acts(causes: Iterable[Finding]) -> Iterator[Text]:
    """Yield the entries of the source's log that may explain it: evidence, not certainty."""
    acts: list[Act] = list(dict.fromkeys(act for finding in causes for act in finding.who))
    for act in acts[:_MOST_ACTS]:
        text = escaped_text(f"{act.account} {act.what}").append(f" at {moment(act.at)}")
        yield text.append_text(quiet(" may be the reason"))
    if len(acts) > _MOST_ACTS:
        yield quiet(f"and {len(acts) - _MOST_ACTS} more entries in that time")


def _fixes(causes: Sequence[Finding], context: ReportContext) -> Iterator[tuple[str, Text]]:
    """Yield the commands that set the causes back; those of several fields that are the same, once."""
    fixes = distinct_fixes(causes, context.fixes)
    for fix, finding in fixes[:_MOST_COMMANDS]:
        yield from _fix(fix, finding, fix_label(finding))
    if len(fixes) > _MOST_COMMANDS:
        yield "", quiet(f"and {len(fixes) - _MOST_COMMANDS} more: reconciler fix")


def _fix(fix: Fix, finding: Finding, label: str) -> Iterator[tuple[str, Text]]:
    words = setting_back(fix, finding)
    for number, each in enumerate(words):
        yield ("" if number else label), Text(each)
    if fix.by_hand:
        yield f"{label} by hand", escaped_text(fix.by_hand, 800)
    if fix.why_not:
        yield f"{label} no command", escaped_text(fix.why_not, 800)
    if fix.commands:
        about = [f"on {fix.where}" if fix.where else "", EFFECTS_SHOWN.get(fix.effect, fix.effect)]
        about.append(f"needs {fix.right}" if fix.right else "")
        yield " ", escaped_text("; ".join(each for each in about if each), 400, QUIET)


def _hint(rule: str, report: DriftReport) -> Iterator[tuple[str, Text]]:
    if hint := report.hints.get(rule):
        yield "fix", escaped_text(hint, 400)


def _accept(causes: Sequence[Finding]) -> Iterator[tuple[str, Text]]:
    """Yield the command that accepts the causes."""
    if (adopt := adopting(causes)) is not None:
        yield "accept", escaped_text(adopt, 1000).append_text(quiet(f"   ({adopting_does(causes)})"))
    elif (ignore := ignoring(causes)) is not None:
        yield "accept", Text(ignore)
