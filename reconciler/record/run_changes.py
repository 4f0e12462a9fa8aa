"""The changes of a run as values, made when it is recorded: later runs read these few lines of each."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from pydantic import ValidationError

from reconciler import files
from reconciler.config.severity import SEVERITIES
from reconciler.model.findings import DriftReport, Event, Finding, split_ignored
from reconciler.model.fingerprint import without_fingerprints
from reconciler.model.run_changes import ChangedFinding, FindingChanges, RunChanges, SourceChange
from reconciler.model.snapshot import SCHEMA_VERSION, SourceStatus, check_version
from reconciler.record import diary
from reconciler.text import natural

MOST = 100
"""Entries of each list; the counts are of all."""


def changes_of(
    report: DriftReport, changed: Collection[str] = (), before: Mapping[str, SourceStatus] | None = None
) -> RunChanges:
    """Return what a run changed.

    `changed` are the ids of earlier findings with other values than in the recorded run before, `before` is
    how that one read the sources.
    """
    now, summary = report.run.collected_at, report.summary
    active, gone = report.active, split_ignored([*report.resolved, *report.of_groups("resolved")])[0]
    came = [each for each in active if each.opened_at >= now]
    listed = {finding.id for finding in active}

    def without_unverified(findings: Iterable[Finding]) -> FindingChanges:
        return _bounded([each for each in findings if each.type != "unverified"], listed)

    return RunChanges(
        id=report.run.id,
        collected_at=now,
        version=report.run.version,
        desired_commit=report.run.desired_commit,
        subject=diary.subject(report, changed),
        headline=summary.headline,
        verdict=summary.verdict,
        findings=summary.findings,
        causes=summary.causes,
        resources=summary.resources,
        sources={name: status.status for name, status in report.run.sources.items()},
        source_changes=tuple(_source_changes(before or {}, report.run.sources)),
        new=without_unverified(each for each in came if each.reopened is None),
        reopened=without_unverified(each for each in came if each.reopened is not None),
        changed=without_unverified(each for each in active if each.id in changed),
        resolved=without_unverified(gone),
        unverified=_bounded([each for each in came if each.type == "unverified"], listed),
        verified_again=sum(each.type == "unverified" for each in gone),
        events=tuple(_event(event) for event in report.events[:MOST]),
        event_count=len(report.events),
    )


def changes_file(changes: RunChanges) -> bytes:
    """Return the file of the changes of a run; empty parts are left out."""
    row = changes.model_dump(mode="json", exclude_defaults=True)
    return files.canonical({"schema_version": SCHEMA_VERSION, **row})


def parse_changes(run_id: str, data: bytes | None) -> RunChanges:
    """Return the changes of a run from its file; raises `ValueError` if it is not that of this run."""
    document = files.parse_json(data or b"")
    check_version(document)
    fields = {name: value for name, value in document.items() if name != "schema_version"}
    try:
        found = RunChanges.model_validate(fields, extra="ignore")
    except (ValidationError, RecursionError) as error:
        message = "is not what this version can read"
        raise ValueError(message) from error
    if found.id != run_id:
        message = f"is of another run: {found.id[:40]!r}"
        raise ValueError(message)
    return found


def _source_changes(
    before: Mapping[str, SourceStatus], now: Mapping[str, SourceStatus]
) -> Iterator[SourceChange]:
    for name, status in sorted(now.items()):
        if name in before and before[name].status != status.status:
            problem = None if status.status == "complete" else status.problem
            yield SourceChange(source=name, before=before[name].status, now=status.status, problem=problem)


def _bounded(findings: Sequence[Finding], listed: Collection[str]) -> FindingChanges:
    """Return the worst findings, causes before what follows from them, and how many there are."""
    order = sorted(
        findings,
        key=lambda each: (
            -SEVERITIES.index(each.severity),
            each.cause in listed,
            each.key[:2],
            natural(each.key.id),
            each.id,
        ),
    )
    return FindingChanges(count=len(order), findings=tuple(_changed(each, listed) for each in order[:MOST]))


def _changed(finding: Finding, listed: Collection[str]) -> ChangedFinding:
    return ChangedFinding(
        id=finding.id,
        key=finding.key,
        name=finding.name,
        type=finding.type,
        severity=finding.severity,
        path=finding.path,
        title=str(without_fingerprints(finding.title)),
        cause=finding.cause if finding.cause in listed else None,
        moved=finding.moved,
        who=finding.who,
    )


def _event(event: Event) -> Event:
    values = {name: without_fingerprints(getattr(event, name)) for name in ("old", "new")}
    return event.model_copy(update={name: value for name, value in values.items() if value is not None})
