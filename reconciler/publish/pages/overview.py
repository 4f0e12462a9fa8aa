"""The overview: one sentence, how each source was read, the last runs, what to do, and what changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reconciler.model.findings import DriftReport, Finding, split_ignored
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import SourceStatus
from reconciler.publish.pages.blocks import ShownBlock, shown_blocks
from reconciler.publish.pages.strip import Strip, strip
from reconciler.publish.pages.words import finding_page, name_with_id, sentence
from reconciler.publish.view import View
from reconciler.report import sections
from reconciler.report.lines import gone
from reconciler.report.unreadable import source_problem
from reconciler.text import counted, enumerated

WORST = 5
_DAY = timedelta(days=1)
_MOST = 6
_NOUNS = {"error": "error", "warning": "warning", "info": "note"}
_SIGNS = {"complete": "●", "partial": "◐", "failed": "○"}


@dataclass(frozen=True, slots=True)
class ShownSource:
    """How one source was read."""

    name: str
    version: str
    sign: str
    status: str
    problem: str
    last_success: datetime | None
    stale_after: datetime | None


@dataclass(frozen=True, slots=True)
class Since:
    """The changes since the day before the run."""

    new: tuple[tuple[str, str], ...]
    """The findings that opened, each with its address; the first ones."""
    new_count: int
    resolved: tuple[str, ...]
    resolved_count: int
    events: tuple[str, ...]
    event_count: int
    who: str
    """The accounts in the logs of the sources, each with how many changes it may explain."""


def overview(view: View) -> Mapping[str, object]:
    """Return the values of the overview."""
    report = view.recorded.report
    blocks = list(shown_blocks(view))
    interval = (view.run.stale_after - view.run.collected_at) / 2
    runs: Strip = strip(view.recorded.runs, interval)
    return {
        "label": sections.label(report),
        "sentence": verdict_sentence(report, blocks),
        "newest": _newest(report),
        "sources": tuple(_sources(view)),
        "strip": runs,
        "blocks": blocks[:WORST],
        "more": max(0, len(blocks) - WORST),
        "since": since(view.recorded),
        "not_healthy": tuple(sections.not_healthy(report))[:_MOST],
        "not_healthy_count": len(report.degraded),
        "silenced": tuple(sections.ignored_briefly(report)),
        "went_back": tuple(sections.went_back(report)),
    }


def verdict_sentence(report: DriftReport, blocks: Sequence[ShownBlock]) -> str:
    """Return the run in one sentence: how many causes of which severity, and what could not be read."""
    summary = report.summary
    causes = {name: number for name, number in summary.causes.items() if number}
    parts = []
    if causes:
        counts = ", ".join(counted(causes[each], noun) for each, noun in _NOUNS.items() if each in causes)
        parts.append(f"{counted(sum(causes.values()), 'cause')}: {counts}.")
    elif blocks:
        parts.append(f"{counted(len(blocks), 'thing')} to do.")
    elif summary.declared:
        parts.append(f"Nothing to do: {summary.verified} of {summary.declared} declared resources verified.")
    else:
        parts.append("Nothing is declared yet: `reconciler adopt` writes what is live.")
    hidden = summary.verdicts.get("unverified", 0)
    if summary.failed_sources:
        parts.append(f"{enumerated(summary.failed_sources)} could not be read.")
    if hidden:
        parts.append(f"{counted(hidden, 'resource')} unverified.")
    return " ".join(parts)


def _newest(report: DriftReport) -> Mapping[str, object] | None:
    """Return the newest of the worst causes; None where there is none."""
    active = [each for each in split_ignored(report.findings)[0] if each.type != "unverified"]
    shown = {each.id for each in active}
    causes = [each for each in active if each.cause not in shown]
    if not causes:
        return None
    order = ("info", "warning", "error")
    finding = max(causes, key=lambda each: (each.opened_at, order.index(each.severity)))
    return {
        "name": name_with_id(finding),
        "words": f"{finding.path} differs" if finding.type == "drifted" else sentence(finding),
        "page": finding_page(finding.id),
        "at": finding.opened_at,
    }


def _sources(view: View) -> Iterator[ShownSource]:
    for name, status in view.run.sources.items():
        yield ShownSource(
            name,
            _version(status),
            _SIGNS[status.status],
            status.status,
            source_problem(name, status, view.recorded.report.scopes),
            status.last_success,
            view.stale_after(name),
        )


def _version(status: SourceStatus) -> str:
    return status.version or ""


def since(recorded: Recorded) -> Since:
    """Return what opened, resolved and happened in the day before the run."""
    report = recorded.report
    from_ = report.run.collected_at - _DAY
    opened = [each for each in report.active if each.opened_at > from_ and each.type != "unverified"]
    opened.sort(key=lambda each: each.opened_at, reverse=True)
    shown = [(f"{name_with_id(each)}: {_short(each)}", finding_page(each.id)) for each in opened[:_MOST]]
    resolved = list(_resolved(recorded, from_))
    events = [sections.event(each) for each in report.events]
    return Since(
        new=tuple(shown),
        new_count=len(opened),
        resolved=tuple(resolved[:_MOST]),
        resolved_count=len(resolved),
        events=tuple(events[:_MOST]),
        event_count=len(events),
        who=_who(report, opened, from_),
    )


def _short(finding: Finding) -> str:
    return finding.path if finding.type == "drifted" and finding.path else sentence(finding)


def _resolved(recorded: Recorded, from_: datetime) -> Iterator[str]:
    """Yield the findings that were resolved after a moment, the last first: those of this run by name."""
    now = {each.id: each for each in recorded.report.resolved}
    lately = {
        identity: entry
        for identity, entry in recorded.ledger.items()
        if entry.resolved_at is not None and entry.resolved_at > from_
    }
    for identity in sorted(lately, key=lambda each: str(lately[each].resolved_at), reverse=True):
        if identity not in now:
            entry = lately[identity]
            yield f"{entry.key}: {entry.path or entry.type}"
    yield from (f"{name_with_id(each)}: {gone(each)}" for each in now.values())


def _who(report: DriftReport, opened: Sequence[Finding], from_: datetime) -> str:
    """Return the accounts that may explain what changed: `root@pam 2, ops@pve 1`."""
    counts: dict[str, int] = {}
    logs = [*(each.who for each in opened), *(each.who for each in report.events)]
    for acts in logs:
        for account in dict.fromkeys(act.account for act in acts if act.at > from_):
            counts[account] = counts.get(account, 0) + 1
    order = sorted(counts, key=lambda account: (-counts[account], account))
    return ", ".join(f"{account} {counts[account]}" for account in order[:_MOST])
