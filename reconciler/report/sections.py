"""The sections of a report beside its findings, as lines that people read."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.model.findings import (
    DriftReport,
    Event,
    Finding,
    FindingState,
    IgnoreUse,
    split_ignored,
)
from reconciler.model.value import timestamp
from reconciler.report.lines import MOST_NAMED, format_value, gone, join_ids
from reconciler.text import counted

LAST_DAYS = 14
"""An ignore rule that ends within so many days is shown with its last day."""


def label(report: DriftReport) -> str:
    """Return whether the site is as declared, in words; nothing of the sort where nothing is declared."""
    return report.summary.verdict.replace("_", " ") if report.verdicts else "no verdict"


def first_line(report: DriftReport) -> str:
    """Return the first line of a report: the verdict, and the run in one line."""
    return f"{label(report).upper()}  {report.summary.headline}"


def moment(at: datetime) -> str:
    """Return a moment as people read it, in UTC: `2026-11-25 12:53 UTC`."""
    return timestamp(at)[:16].replace("T", " ") + " UTC"


def findings(report: DriftReport, state: FindingState) -> Iterator[str]:
    """Yield a line for each finding that is resolved, or waits to be confirmed; ignored ones are left out."""
    each = report.resolved if state == "resolved" else report.unconfirmed
    by_key: dict[str, list[Finding]] = {}
    for finding in split_ignored(each)[0]:
        name = f" {finding.name}" if finding.name and finding.name != finding.key.id else ""
        by_key.setdefault(f"{finding.key}{name}", []).append(finding)
    for resource, found in by_key.items():
        yield f"{resource}: {join_ids([gone(each) for each in found[:MOST_NAMED]], len(found))}"
    for group in report.grouped:
        if group.state == state and group.ignored_by is None:
            ids = join_ids(group.ids[:MOST_NAMED], group.count)
            yield f"{group.source}/{group.kind} {ids}: {group.type}"


def ignored(report: DriftReport) -> Iterator[str]:
    """Yield a line for each ignore rule that applies, and for each other place that silences findings.

    An expired rule is a finding, and not shown here again.
    """
    by_place = _by_place(report)
    for use in _working(report):
        owner = f", {use.owner}" if use.owner else ""
        end = f"{use.reason} (until {use.expires}{owner}; {use.where})"
        found = by_place.pop(use.where, [])
        yield f"{counted(len(found), 'finding')} of {use.about}: {end}{_which(found)}"
    for where, found in sorted(by_place.items()):
        yield f"{counted(len(found), 'finding')} on what is expected to be offline ({where}){_which(found)}"


def ignored_briefly(report: DriftReport) -> Iterator[str]:
    """Yield how many findings are silenced, and which rules end soon."""
    by_place = _by_place(report)
    uses = _working(report)
    if uses:
        count = sum(len(by_place.pop(use.where, [])) for use in uses)
        yield f"{counted(count, 'finding')} by {counted(len(uses), 'rule')}"
    offline = sum(map(len, by_place.values()))
    if offline:
        yield f"{counted(offline, 'finding')} on what is expected to be offline"
    today = report.run.collected_at.date()
    for use in sorted(uses, key=lambda use: use.expires):
        left = (datetime.fromisoformat(use.expires).date() - today).days
        if left <= LAST_DAYS:
            when = f"in {counted(left, 'day')}" if left else "today"
            yield f"{use.where} ends {when}"


def _working(report: DriftReport) -> list[IgnoreUse]:
    today = report.run.collected_at.date().isoformat()
    return [use for use in report.ignores if use.expires >= today]


def _by_place(report: DriftReport) -> dict[str, list[Finding]]:
    by_place: dict[str, list[Finding]] = {}
    for finding in report.ignored:
        by_place.setdefault(str(finding.ignored_by), []).append(finding)
    return by_place


def _which(found: Sequence[Finding]) -> str:
    """Return some of the findings that are ignored together: `: 901 drifted /memory, 902 missing`."""
    named = []
    for finding in found[:MOST_NAMED]:
        path = f" {finding.path}" if finding.path else ""
        named.append(f"{finding.key.id} {finding.type}{path}")
    return f": {join_ids(named, len(found))}" if named else ""


def not_held(report: DriftReport) -> Iterator[str]:
    """Yield what is not compared: undeclared fields of rows that are not exact, kinds without a file."""
    summary = report.summary
    if summary.not_exact:
        ids = [str(key) for key in summary.not_exact[:MOST_NAMED]]
        count = len(summary.not_exact)
        total = count + summary.exact
        what = "is" if count == 1 else "are"
        yield f"{count} of {counted(total, 'declared resource')} {what} not exact: {join_ids(ids, count)}"
    if summary.no_file and report.verdicts:
        yield f"{counted(len(summary.no_file), 'kind')} without a file: {', '.join(summary.no_file)}"
    for scope in report.scopes:
        if scope.not_supported:
            fields = ", ".join(scope.not_supported)
            yield f"{scope.source}/{scope.kind}: its API does not offer {fields}"
    yield from _retired(report)


def _retired(report: DriftReport) -> Iterator[str]:
    """Yield the sources, and the kinds of other sources, that have left the configuration."""
    retired = [scope for scope in report.scopes if scope.retired]
    for source in sorted({scope.source for scope in retired}):
        kinds = [scope.kind for scope in retired if scope.source == source]
        place = f"{source}/{', '.join(kinds)}" if source in report.run.sources else source
        yield f"{place}: not configured any more; the rows read last stay for 7 days"


def not_healthy(report: DriftReport, *, every: bool = True) -> Iterator[str]:
    """Yield the resources that are not healthy; unless `every`, without those that have an open finding."""
    known = set() if every else {str(finding.key) for finding in split_ignored(report.findings)[0]}
    for key, reason in report.degraded.items():
        if key not in known:
            yield f"{key}: {reason}"


def went_back(report: DriftReport) -> Iterator[str]:
    """Yield what is wrong if the recorded history is not where it was."""
    lost = report.run.went_back
    if lost is not None:
        yield f"{lost.problem} (noticed {timestamp(lost.noticed_at)})"


def unchecked(report: DriftReport) -> Iterator[str]:
    """Yield why rules could not be fully checked: rules with one reason together."""
    for rules, reason in unchecked_rules(report):
        yield f"{reason} ({rules})"


def unchecked_rules(report: DriftReport) -> Iterator[tuple[str, str]]:
    """Yield (rules, why they could not be fully checked): rules with one reason together."""
    together: dict[str, list[str]] = {}
    for rule, reason in report.unchecked.items():
        together.setdefault(reason, []).append(rule)
    for reason, rules in together.items():
        yield ", ".join(rules), reason


def unchecked_briefly(report: DriftReport) -> Iterator[str]:
    """Yield how many rules could not be fully checked."""
    if report.unchecked:
        yield f"{counted(len(report.unchecked), 'rule')}, not in full (--verbose lists them)"


def events(report: DriftReport) -> Iterator[str]:
    """Yield a line for each event."""
    yield from map(event, report.events)


def event(each: Event) -> str:
    """Return an event as a line: `pve/guest/121 mail: started`."""
    name = f" {each.name}" if each.name else ""
    many = f" {join_ids(each.ids, each.count)}" if each.count > 1 else ""
    resource = f"{each.key.source}/{each.key.kind}{many}" if many else f"{each.key}{name}"
    values = f" {format_value(each.old)} → {format_value(each.new)}" if each.has_values else ""
    who = f" ({each.who[0].account})" if each.who else ""
    return f"{resource}: {each.what}{f' {each.path}' if each.path else ''}{values}{who}"
