"""The blocks of a report as nested lists in Markdown: a resource, its fields, what follows, the steps."""

from collections.abc import Iterator

from reconciler.config.severity import Severity
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.fix import Fix
from reconciler.model.value import timestamp
from reconciler.report.blocks import Many, ReportBlock, fold_effects, users_of
from reconciler.report.commands import MAX_COMMAND, adopting, distinct_fixes, fix_label, setting_back
from reconciler.report.context import ReportContext
from reconciler.report.escape import escape_markdown, escape_markdown_code
from reconciler.report.lines import format_value, item_counts, join_ids, why

MARKS: dict[Severity, str] = {"error": "🔴", "warning": "🟠", "info": "🔵"}

_MOST = 20
"""Fields or effects that one block lists."""
_FEW = 5


def lines_of(block: ReportBlock, report: DriftReport, context: ReportContext, *, full: bool) -> Iterator[str]:
    """Yield the lines of a block: a list item, and the items below it."""
    if block.many is not None:
        yield f"- {MARKS[block.severity]} {_ids(block.many)}{_since(block, report)}"
    else:
        yield from _resource(block, report)
    effects = list(fold_effects(block))
    for effect in effects[: _MOST if full else _FEW]:
        yield f"  - {MARKS[effect.severity]} {_effect(effect)}"
    if len(effects) > (_MOST if full else _FEW):
        yield f"  - and {len(effects) - (_MOST if full else _FEW)} more that follow from it"
    if full:
        yield from (f"  - {step}" for step in _steps(block, report, context))


def _resource(block: ReportBlock, report: DriftReport) -> Iterator[str]:
    first = block.causes[0]
    head = f"- {MARKS[block.severity]} {_resource_name(first)}"
    if len(block.causes) == 1:
        yield f"{head} {_what(first)}{_place(first)}{_since(block, report)}"
        return
    yield f"{head} {len(block.causes)} findings{_since(block, report)}"
    for finding in block.causes[:_MOST]:
        yield f"  - {_what(finding)}{_place(finding)}"
    if len(block.causes) > _MOST:
        yield f"  - and {len(block.causes) - _MOST} more"


def _resource_name(finding: Finding) -> str:
    name = f" {code(finding.name)}" if finding.name and finding.name != finding.key.id else ""
    return f"{code(str(finding.key), 200)}{name}"


def _effect(effect: Finding | Many) -> str:
    if isinstance(effect, Many):
        return _ids(effect)
    return f"{_resource_name(effect)} {_what(effect)}{_place(effect)}"


def _ids(many: Many) -> str:
    ids = join_ids(many.ids_with_names(_FEW), max(many.count, len(many.ids[:_FEW])))
    return f"{code(many.type)} {many.count} of {code(f'{many.source}/{many.kind}')}: {code(ids, 300)}"


def _what(finding: Finding) -> str:
    change, pending = finding.change, finding.pending
    if change is not None and finding.type == "drifted":
        runs = f" (runs: {code(format_value(change.running))})" if change.running is not None else ""
        items = f" ({item_counts(change.items)})" if change.items else ""
        why_ = f" ({code(finding.reason, 300)})" if finding.reason else ""
        values = f"{code(format_value(change.desired))} → {code(format_value(change.live))}"
        return f"{code(change.path) if change.path else 'exists'} {values}{items}{runs}{why_}"
    if pending is not None:
        before = code(format_value(pending.running))
        configured = code(format_value(pending.configured))
        return f"{finding.type} {code(pending.path)} {before} runs, {configured} is configured"
    word = "not declared" if finding.type == "unmanaged" else f"**{escape_markdown(finding.type)}**"
    reason = why(finding)
    return f"{word}: {code(reason, 300)}" if reason else word


def _place(finding: Finding) -> str:
    return f" ({code(finding.where, 1000)})" if finding.where else ""


def _since(block: ReportBlock, report: DriftReport) -> str:
    state = "reopened" if block.reopened else "new" if block.new else ""
    if state:
        return f", {state}"
    return f", since {timestamp(block.first_seen)}" if block.first_seen < report.run.collected_at else ""


def _steps(block: ReportBlock, report: DriftReport, context: ReportContext) -> Iterator[str]:
    """Yield who may have made the change, who uses the resource, and the commands that settle it."""
    causes = block.causes
    for act in dict.fromkeys(act for finding in causes for act in finding.who[:_FEW]):
        yield f"log: {code(act.account)} {code(act.what)} at {timestamp(act.at)} may be the reason"
    if users := users_of(block):
        yield f"used by {code(join_ids(users[:_FEW], len(users)), 400)}"
    for finding in causes[:_FEW]:
        if (merge := context.merged.get(finding.id)) is not None:
            subject = f" {code(merge.subject)}" if merge.subject else ""
            yield f"merged in {code(merge.commit[:12])}{subject}"
    for fix, finding in distinct_fixes(causes, context.fixes)[:_FEW]:
        yield from _fix(fix, finding)
    if (adopt := adopting(causes)) is not None:
        yield f"accept: {code(adopt, 400)}"
    rules = [block.many.type] if block.many else [each.type for each in causes if each.of_rule]
    for rule in dict.fromkeys(rules):
        if hint := report.hints.get(rule):
            yield f"fix: {escape_markdown(hint)}"


def _fix(fix: Fix, finding: Finding) -> Iterator[str]:
    label = fix_label(finding)
    if words := [code(command, MAX_COMMAND) for command in setting_back(fix, finding)]:
        where = f" on {code(fix.where)}" if fix.where else ""
        yield f"{label}: {', '.join(words)}{where}"
    if fix.by_hand:
        yield f"{label} by hand: {code(fix.by_hand, 400)}"
    if fix.why_not:
        yield f"{label} no command: {code(fix.why_not, 400)}"


def code(text: str, longest: int = 128) -> str:
    """Return untrusted text as a code span."""
    return escape_markdown_code(text, longest, table=False)
