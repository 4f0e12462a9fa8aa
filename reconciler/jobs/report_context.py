"""The facts that a report shows beside its findings, looked up when it is shown: none of them is recorded."""

from reconciler.config.file import Config
from reconciler.drift.fixes import fixes
from reconciler.errors import RecordError
from reconciler.kinds import kinds_of
from reconciler.model.findings import DriftReport
from reconciler.model.snapshot import Inventory
from reconciler.report.context import Merge, ReportContext


def report_context_of(
    config: Config, report: DriftReport, inventory: Inventory | None = None, whole: DriftReport | None = None
) -> ReportContext:
    """Return what can be looked up about findings; nothing where the repository cannot be read.

    Without the inventory of the report, as of a snapshot of another day, no command is shown. `whole` is the
    report that the one to show is a part of: fields of a resource are set back together.
    """
    found = fixes(whole or report, inventory, kinds_of(config)) if inventory is not None else {}
    own = {finding.id for finding in report.every if not finding.of_rule or finding.pending}
    return ReportContext(
        fixes={identity: fix for identity, fix in found.items() if identity in own},
        merged=_merged(config, report),
    )


def _merged(config: Config, report: DriftReport) -> dict[str, Merge]:
    """Return the commit that wrote the line of each finding whose desired side moved, by finding id."""
    from reconciler import record

    places = {finding.id: finding.where for finding in report.active if finding.moved == "desired"}
    commit = report.run.desired_commit
    if not places or commit is None:
        return {}
    try:
        repository = record.open_repository(config.root, secrets=config.secret_variables)
        found = record.line_commits(repository, commit, [each for each in places.values() if each])
    except RecordError:
        return {}
    return {
        identity: Merge(line.commit, line.at, line.author, line.subject)
        for identity, place in places.items()
        if (line := found.get(place or "")) is not None
    }
