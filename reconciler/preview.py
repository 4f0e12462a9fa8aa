"""The jobs that only look: compare, collect, adopt. Nothing is recorded or published."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.collectors.collect import Expected, begin
from reconciler.config import SITE, Config
from reconciler.drift.carry import carry
from reconciler.drift.compare import compare
from reconciler.drift.summary import exit_code as summary_code
from reconciler.errors import DesiredStateError, Problem, ReconcilerError, RecordError, UsageError, natural
from reconciler.kinds import SYSTEMS, kinds_of
from reconciler.model.check import Check
from reconciler.model.findings import DriftReport
from reconciler.model.kind import Surroundings
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Run, Scope, Site, Snapshot, SourceStatus, parse_snapshot
from reconciler.pipeline import (
    begin_run,
    collect_now,
    expected_of,
    judge,
    load_all,
    load_desired,
    now,
    read_record,
    refuse_emptied,
    refuse_unknown,
    say,
    without_cyclic_gc,
)
from reconciler.site.join import with_declared


@dataclass(frozen=True, slots=True)
class Adoption:
    """Desired state written from what is live."""

    files: Mapping[str, str]
    """Path below the desired-state folder → YAML."""
    left_out: tuple[str, ...]
    """What is not in it because it could not be read, and why."""
    run: Run


def drift_live(config: Config, environment: Mapping[str, str], progress: Progress) -> DriftReport:
    """Compare the desired state with what is live now."""
    desired, ignores = load_all(config)
    with without_cyclic_gc():
        facts, previous = _begin(config, progress)
        refuse_emptied(desired, previous)
        snapshot = collect_now(config, environment, progress, facts, expected_of(desired, previous))
        return judge(config, snapshot, desired, previous, ignores)[0]


def drift_snapshot(config: Config, snapshot: str, progress: Progress) -> DriftReport:
    """Compare the desired state with a snapshot: a file, a recorded run's id, or `latest`; no secret.

    The report is about what was read then and what is declared here.
    """
    desired, ignores = load_all(config)
    with without_cyclic_gc():
        facts, previous = _begin(config, progress)
        refuse_emptied(desired, previous)
        if snapshot == "latest":
            site = recorded_site(previous) if previous else nothing_recorded(config)
        else:
            site = carry(_snapshot(config, snapshot), None, kinds_of(config))
        declared = {"desired_commit": facts.desired_commit, "desired_tree": facts.desired_tree}
        site = replace(site, run=site.run.model_copy(update=declared))
        site = with_declared(site, desired)
        return compare(
            site, desired, previous, config.settings.drift, kinds_of(config), ignores, say(site, config)
        )


def offline_exit_code(config: Config, report: DriftReport) -> int:
    """The exit code of a comparison that read no source, so that none could fail: 3, 2 or 0."""
    facts = report.run.model_copy(update={"sources": {}})
    return summary_code(facts, report.findings, config.settings.drift.fail_on)


def collect_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    checks: Mapping[str, list[Check]] | None = None,
) -> Snapshot:
    """The live state alone; what is declared or recorded is asked for, so that none of it is only hidden.

    What the connections tell `doctor` is added to `checks`.
    """
    expected = Expected()
    facts = begin(config, now())
    with without_cyclic_gc():
        with suppress(DesiredStateError, RecordError):  # who only collects need have neither
            desired = load_desired(config)
            facts, previous = _begin(config, progress)
            expected = expected_of(desired, previous)
        return collect_now(config, environment, progress, facts, expected, checks)


def adopt_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    only: frozenset[tuple[str, str]] = frozenset(),
) -> Adoption:
    """Desired state for what is live now, of every declarable kind or `only` of some (source, kind)."""
    from reconciler.desired.adopt import adopt

    kinds = kinds_of(config)
    refuse_unknown(only, config)
    with without_cyclic_gc():
        snapshot = collect_now(config, environment, progress, begin(config, now()))
        site = carry(snapshot, None, kinds)
    wanted = {key: row for key, row in site.config.items() if not only or (key.source, key.kind) in only}
    scopes = [scope for scope in site.scopes if not only or (scope.source, scope.kind) in only]
    return Adoption(adopt(wanted, kinds), tuple(_left_out(scopes)), snapshot.run)


def examine(
    config: Config, environment: Mapping[str, str], progress: Progress
) -> tuple[dict[str, list[Check]], Snapshot]:
    """What can be said of each source, and what a run would read of it now."""
    found: dict[str, list[Check]] = {}
    for source in config.sources:
        progress.step(f"looking at {source.name}")
        around = Surroundings(environment, config.root, progress)
        found[source.name] = list(SYSTEMS[source.type].examine(source, around))
    return found, collect_live(config, environment, progress, found)


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


def _begin(config: Config, progress: Progress) -> tuple[Run, Recorded | None]:
    """The facts of this look, and what was recorded before it; neither needs a repository."""
    from reconciler import record

    if not (config.root / ".git").exists():
        return begin_run(config), None
    repository = record.open_repository(config.root)
    previous = read_record(config, repository, progress)
    return begin_run(config, repository), previous


def _left_out(scopes: Iterable[Scope]) -> Iterator[str]:
    for scope in scopes:
        if scope.listed != "complete":
            yield f"{scope.source}/{scope.kind}: the list is {scope.listed}: {scope.reason}"
        together: dict[str, list[str]] = {}
        for identity in sorted(scope.unread, key=natural):
            together.setdefault(scope.unread[identity], []).append(identity)
        for reason, ids in together.items():
            yield f"{scope.source}/{scope.kind} {', '.join(ids)}: {reason}"


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
