"""The main job: the steps of the flow, readable as such. Each takes values and returns a value.

    desired state → read record → collect → guard → carry → compare → record → publish

The desired state comes first, so that a typo costs no API call; report, record and publish happen before the
exit code; a source that fails is data, and the run goes on with the others.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.collectors.collect import begin, collect
from reconciler.config import Config
from reconciler.desired import load as desired_files
from reconciler.desired.directory import read_directory
from reconciler.drift.carry import carry
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.drift.summary import exit_code as summary_code
from reconciler.errors import (
    DesiredStateError,
    Problem,
    PublishError,
    ReconcilerError,
    RecordError,
    UsageError,
)
from reconciler.kinds import SYSTEMS, kinds_of, withheld
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Run, Scope, Site, Snapshot, SourceStatus, parse_snapshot

if TYPE_CHECKING:
    from reconciler.publish.publish import Published
    from reconciler.record import Written


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run did."""

    report: DriftReport
    written: "Written"
    published: "Published"


class UnfinishedError(ReconcilerError):
    """The outcome could not be recorded or published; `report` is there to be shown all the same."""

    def __init__(self, report: DriftReport, problems: Iterable[Problem]) -> None:
        super().__init__(problems)
        self.report = report


@dataclass(frozen=True, slots=True)
class Adoption:
    """Desired state written from what is live."""

    files: Mapping[str, str]
    """Path below the desired-state folder → YAML."""
    left_out: tuple[str, ...]
    """What is not in it because it could not be read, and why."""
    run: Run


def run(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> Outcome:
    """The main job; `accepted` are the (source, kind) whose losses are believed at once."""
    from reconciler import record
    from reconciler.report import markdown

    refuse_unknown(accepted, config)
    history = config.settings.history
    with without_cyclic_gc():
        desired = load_desired(config)
        progress.step("reading the record")
        repository = record.open_repository(config.root)
        commit, tree = record.desired_identity(repository, config.settings.desired_state)
        previous = record.read(repository, history)
        refuse_emptied(desired, previous)
        facts = begin(config, now(), commit=commit, tree=tree)
        snapshot = collect_now(config, environment, progress, facts, expected_keys(desired, previous))
        report, site = judge(config, snapshot, desired, previous, accepted)
        recorded = Recorded(report, site.config, site.observed, site.as_of, {})
        recorded = replace(recorded, changed_at=record.changed_at(previous, recorded))
        try:
            progress.step("recording")
            written = record.write(repository, history, recorded, previous, markdown.render(report))
            if written.reason == "superseded":  # what is published is what is recorded last
                recorded = record.read(repository, history, fetch=False) or recorded
            progress.step("publishing")
            published = publish(recorded, config.publish_directory, config.settings.publish.keep)
        except (RecordError, PublishError) as error:
            raise UnfinishedError(report, error.problems) from error
    return Outcome(report, written, published)


def publish_record(config: Config | None, directory: Path | None) -> "tuple[Published, Problem | None]":
    """Publish what is recorded: no network, no secret, and in a clone of the history no configuration.

    The problem, if there is one, is that the clone lacks the pulse: the tree is as old as the last commit.
    """
    from reconciler import record
    from reconciler.config import HistorySettings, PublishSettings, repository_root

    if config is not None:
        root, history, target = config.root, config.settings.history, config.settings.publish
    else:
        root = repository_root(Path("here"))
        history, target = HistorySettings(push="origin"), PublishSettings()
    repository = record.open_repository(root)
    recorded = record.read(repository, history, fetch=False)
    if recorded is None:
        what = f"nothing is recorded on {history.branch or 'the checked-out branch'} yet"
        raise PublishError(Problem(str(root), what, "run `reconciler run`, or git fetch the branch"))
    published = publish(recorded, directory or root / target.directory, target.keep)
    return published, record.without_pulse(repository, history)


def adopt_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    only: frozenset[tuple[str, str]] = frozenset(),
) -> "Adoption":
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


def refuse_unknown(named: Iterable[tuple[str, str]], config: Config) -> None:
    """Raise `UsageError` for a (source, kind) of the command line that is not configured."""
    kinds = kinds_of(config)
    unknown = [f"{source}/{kind}" for source, kind in named if kind not in kinds.get(source, {})]
    if unknown:
        known = ", ".join(f"{source}/{kind}" for source, each in kinds.items() for kind in each)
        raise UsageError(Problem(" ".join(sorted(unknown)), "is no source and kind", f"choose of {known}"))


def _left_out(scopes: Iterable[Scope]) -> Iterator[str]:
    for scope in scopes:
        if scope.listed != "complete":
            yield f"{scope.source}/{scope.kind}: the list is {scope.listed}: {scope.reason}"
        for identity, reason in scope.unread.items():
            yield f"{scope.source}/{scope.kind}/{identity}: {reason}"


def collect_live(config: Config, environment: Mapping[str, str], progress: Progress) -> Snapshot:
    """The live state alone; what is declared or recorded is asked for, so that none of it is only hidden."""
    expected: set[Key] = set()
    with without_cyclic_gc():
        with suppress(DesiredStateError):  # there may be none yet: who only collects need not have any
            expected = expected_keys(load_desired(config), _recorded(config))
        return collect_now(config, environment, progress, begin(config, now()), expected)


def drift_live(config: Config, environment: Mapping[str, str], progress: Progress) -> DriftReport:
    """Compare the desired state with what is live now; nothing is written."""
    desired = load_desired(config)
    with without_cyclic_gc():
        previous = _recorded(config)
        expected = expected_keys(desired, previous)
        snapshot = collect_now(config, environment, progress, begin(config, now()), expected)
        return judge(config, snapshot, desired, previous, frozenset())[0]


def drift_snapshot(config: Config, snapshot: str) -> DriftReport:
    """Compare the desired state with a snapshot: a file, a recorded run's id, or `latest`; no secret."""
    desired = load_desired(config)
    with without_cyclic_gc():
        previous = _recorded(config)
        if snapshot == "latest":
            site = recorded_site(previous) if previous else nothing_recorded(config)
        else:
            site = carry(_snapshot(config, snapshot), None, kinds_of(config))
        return compare(site, desired, previous, config.settings.drift, kinds_of(config))


def offline_exit_code(config: Config, report: DriftReport) -> int:
    """The exit code of a comparison that read no source, so that none could fail: 3, 2 or 0."""
    facts, summary = report.run.model_copy(update={"sources": {}}), report.summary
    return summary_code(
        facts, config.settings.drift.fail_on, drifted=summary.drifted, incomplete=summary.incomplete
    )


def judge(
    config: Config,
    snapshot: Snapshot,
    desired: DesiredState,
    previous: Recorded | None,
    accepted: frozenset[tuple[str, str]],
) -> tuple[DriftReport, Site]:
    """Guard, carry and compare: from what was read to what it means."""
    kinds = kinds_of(config)
    guarded = guard(snapshot, previous, config.settings.guard, accepted)
    site = carry(guarded, previous, kinds)
    return compare(site, desired, previous, config.settings.drift, kinds), site


def load_desired(config: Config) -> DesiredState:
    """The desired state of the work tree; raises `DesiredStateError` with every problem of every file."""
    tree = read_directory(config.desired_directory)
    return desired_files.load(
        tree, kinds_of(config), directory=config.settings.desired_state, withheld=withheld(config)
    )


def refuse_emptied(desired: DesiredState, previous: Recorded | None) -> None:
    """Desired state that declared something and now declares nothing is a mistake, not a wish."""
    problems = desired_files.emptied(previous.report.verdicts, desired) if previous else ()
    if problems:
        raise DesiredStateError(problems)


def collect_now(
    config: Config, environment: Mapping[str, str], progress: Progress, run: Run, expected: Iterable[Key] = ()
) -> Snapshot:
    """The live state of every source; `expected` are keys whose absence must be proven."""
    return collect(config, SYSTEMS, environment, progress, run, expected=expected)


def expected_keys(desired: DesiredState, previous: Recorded | None) -> set[Key]:
    """What is declared or was there last time: a list without it is asked twice."""
    return {*desired.resources, *(previous.config if previous else ())}


def now() -> datetime:
    """The moment, to the second: the clock of everything that a run writes."""
    return datetime.now(UTC).replace(microsecond=0)


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
        for kind in kinds
    )
    sources = {
        source.name: SourceStatus(system=source.type, status="failed", reason=reason)
        for source in config.sources
    }
    return Site(begin(config, now()).model_copy(update={"sources": sources}), scopes, {}, {}, {})


def publish(recorded: Recorded, directory: Path, keep: int) -> "Published":
    """Publish a recorded run with the routes of every kind that this version knows."""
    from reconciler.publish import publish

    plurals = {kind.name: kind.plural for system in SYSTEMS.values() for kind in system.kinds}
    return publish.publish(recorded, directory, plurals=plurals, keep=keep)


def _recorded(config: Config) -> Recorded | None:
    from reconciler import record

    if not (config.root / ".git").exists():
        return None
    return record.read(record.open_repository(config.root), config.settings.history)


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


@contextmanager
def without_cyclic_gc() -> Iterator[None]:
    """A batch of many small values that live to its end: the cyclic collector would only walk them again.

    It does not walk them afterwards either: what lives then is kept out of its sight.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()
            gc.enable()
