"""Compare the desired state with the live state or with a snapshot; nothing is recorded or published."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from reconciler.collectors.collect import begin
from reconciler.config.file import SITE, Config
from reconciler.drift.carry_forward import carry
from reconciler.drift.compare import compare
from reconciler.drift.summary import exit_code as summary_code
from reconciler.errors import (
    Problem,
    ReconcilerError,
    UsageError,
)
from reconciler.jobs.steps import (
    begin_look,
    collect_now,
    evaluate_rules,
    expected_of,
    judge,
    load_all,
    now,
    refuse_emptied,
    without_cyclic_gc,
)
from reconciler.kinds import kinds_of
from reconciler.model.findings import DriftReport
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Scope, Site, Snapshot, SourceStatus, parse_snapshot
from reconciler.site.site_model import with_declared


def drift_live(config: Config, environment: Mapping[str, str], progress: Progress) -> DriftReport:
    """Compare the desired state with what is live now."""
    desired, ignores = load_all(config)
    with without_cyclic_gc():
        facts, previous = begin_look(config, progress)
        refuse_emptied(desired, previous)
        snapshot = collect_now(config, environment, progress, facts, expected_of(desired, previous))
        return judge(config, snapshot, desired, previous, ignores)[0]


def drift_snapshot(config: Config, snapshot: str, progress: Progress) -> DriftReport:
    """Compare the desired state with a snapshot: a file, a recorded run's id, or `latest`; no secret.

    The report is about what was read then and what is declared here.
    """
    desired, ignores = load_all(config)
    with without_cyclic_gc():
        facts, previous = begin_look(config, progress)
        refuse_emptied(desired, previous)
        if snapshot == "latest":
            site = recorded_site(previous) if previous else nothing_recorded(config)
        else:
            site = carry(_snapshot(config, snapshot), None, kinds_of(config))
        declared = {"desired_commit": facts.desired_commit, "desired_tree": facts.desired_tree}
        site = replace(site, run=site.run.model_copy(update=declared))
        site = with_declared(site, desired)
        results = evaluate_rules(site, config)
        return compare(site, desired, previous, config.settings.drift, kinds_of(config), ignores, results)


def offline_exit_code(config: Config, report: DriftReport) -> int:
    """The exit code of a comparison that read no source, so that none could fail: 3, 2 or 0."""
    facts = report.run.model_copy(update={"sources": {}})
    return summary_code(facts, report.findings, config.settings.drift.fail_on)


def recorded_site(recorded: Recorded) -> Site:
    """What was last recorded, as a site to compare with."""
    report = recorded.report
    return Site(report.run, report.scopes, recorded.config, recorded.observed, recorded.as_of)


def nothing_recorded(config: Config) -> Site:
    """The site before its first run: nothing is known, so nothing is verified."""
    reason = "nothing is recorded yet"
    scopes = tuple(
        Scope(source=source, kind=kind, listed="failed", reason=reason, count=0)
        for source, kinds in kinds_of(config).items()
        if source != SITE
        for kind in kinds
    )
    sources = {
        source.name: SourceStatus(system=source.type, status="failed", reason=reason)
        for source in config.sources
    }
    return Site(begin(config, now()).model_copy(update={"sources": sources}), scopes, {}, {}, {})


def _snapshot(config: Config, name: str) -> Snapshot:
    """A snapshot file, or that of a recorded run."""
    from reconciler import record
    from reconciler.record.layout import RUN_ID

    file = Path(name)
    if file.is_file():
        data = file.read_bytes()
    elif RUN_ID.fullmatch(name):
        data = record.read_run(record.open_repository(config.root), config.settings.history, name)
    else:
        what = "is neither a file nor the id of a run nor latest"
        raise UsageError(Problem(name, what, "make one with `reconciler collect --output FILE`"))
    try:
        return parse_snapshot(data, kinds_of(config))
    except ValueError as error:
        raise ReconcilerError(Problem(name, str(error))) from error
