"""The sections of a report beside its findings, as lines that people read."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model.findings import DriftReport, Finding
from reconciler.model.snapshot import Scope, SourceStatus
from reconciler.model.value import timestamp
from reconciler.report.lines import MOST_NAMED, join_ids
from reconciler.text import counted

_STEPS: dict[str, str] = {
    "missing": "restore it, or delete its lines if it is gone for good",
    "drifted": "edit the line shown to accept the live value, or set it back on the source",
    "unmanaged": "declare it (reconciler adopt shows the lines), or remove it from the source",
    "unverified": "fix the cause above; the last known values are kept until it can be read",
}


def label(report: DriftReport) -> str:
    """Return the verdict in words; none where nothing is declared."""
    return report.summary.verdict.replace("_", " ") if report.verdicts else "no verdict"


def next_steps(report: DriftReport) -> list[tuple[str, str]]:
    """Return the next step for each verdict in the report."""
    if not report.verdicts:
        return [("declare", "reconciler adopt shows desired state for all that is live")]
    types = {finding.type for finding in report.active}
    steps = [(type_, step) for type_, step in _STEPS.items() if type_ in types]
    return [*steps, *((rule, hint) for rule, hint in sorted(report.hints.items()) if rule in types)]


def ignored(report: DriftReport) -> Iterator[str]:
    """Yield a line for each ignore rule that applies, and for each other place that silences findings.

    An expired rule is a finding, and not shown here again.
    """
    by_place: dict[str, list[Finding]] = {}
    for finding in report.ignored:
        by_place.setdefault(str(finding.ignored_by), []).append(finding)
    today = report.run.collected_at.date().isoformat()
    for use in report.ignores:
        if use.expires >= today:
            owner = f", {use.owner}" if use.owner else ""
            end = f"{use.reason} (until {use.expires}{owner}; {use.where})"
            found = by_place.pop(use.where, [])
            yield f"{counted(len(found), 'finding')} of {use.about}: {end}{_which(found)}"
    for where, found in sorted(by_place.items()):
        yield f"{counted(len(found), 'finding')} on what is expected to be offline ({where}){_which(found)}"


def _which(findings: Sequence[Finding]) -> str:
    """Return some of the findings that are ignored together: `: 901 drifted /memory, 902 missing`."""
    named = []
    for finding in findings[:MOST_NAMED]:
        path = f" {finding.path}" if finding.path else ""
        named.append(f"{finding.key.id} {finding.type}{path}")
    return f": {join_ids(named, len(findings))}" if named else ""


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


def source_problem(name: str, status: SourceStatus, scopes: Iterable[Scope]) -> str:
    """Why a source is not complete, in one line: its first problem, and which other kinds lack something."""
    own = (scope for scope in scopes if scope.source == name and not scope.retired)
    short = [scope for scope in own if scope.problem or scope.unread]
    if status.status == "failed" or not short:
        return str(status.problem or "")
    if status.problem is not None and status.problem.cause == "no-time-left":
        return f"{status.problem} (incomplete: {', '.join(scope.kind for scope in short)})"
    first = short[0]
    problem = first.problem or f"{len(first.unread)} unread: {min(first.unread.values())}"
    others = ", ".join(scope.kind for scope in short[1:])
    return f"{first.kind}: {problem}" + (f" (also incomplete: {others})" if others else "")


def went_back(report: DriftReport) -> Iterator[str]:
    """Yield what is wrong if the recorded history is not where it was."""
    lost = report.run.went_back
    if lost is not None:
        yield f"{lost.problem} (noticed {timestamp(lost.noticed_at)})"


def unchecked(report: DriftReport) -> Iterator[tuple[str, str]]:
    """Yield (rules, why they could not be fully checked): rules with one reason together."""
    together: dict[str, list[str]] = {}
    for rule, reason in report.unchecked.items():
        together.setdefault(reason, []).append(rule)
    for reason, rules in together.items():
        yield ", ".join(rules), reason
