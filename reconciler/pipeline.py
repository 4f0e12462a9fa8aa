"""The main job: the steps of the flow, readable as such. Each takes values and returns a value.

    desired state → read record → collect → guard → carry → compare → record → publish

The desired state comes first, so that a typo costs no API call; report, record and publish happen before the
exit code; a source that fails is data, and the run goes on with the others. So is a remote that cannot be
reached: what is known here of the record stands in for it, until something has to be pushed.
"""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler.collectors.collect import NOTHING_EXPECTED, Expected, begin, collect
from reconciler.config import CapacitySettings, Config
from reconciler.desired import load as desired_files
from reconciler.desired.directory import read_directory
from reconciler.drift import ignore
from reconciler.drift.carry import carry
from reconciler.drift.claims import Said
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.drift.ignore import Ignore
from reconciler.errors import (
    ConfigError,
    DesiredStateError,
    Problem,
    PublishError,
    ReconcilerError,
    RecordError,
    RemoteError,
    UsageError,
    in_order,
)
from reconciler.files import link_within, repository_root
from reconciler.kinds import RULES, SYSTEMS, kinds_of, withheld
from reconciler.model.check import Check
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Run, Site, Snapshot
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site import rules as site_rules
from reconciler.site.declared import contradictions
from reconciler.site.join import Join, with_declared

if TYPE_CHECKING:
    from reconciler.publish.publish import Published
    from reconciler.record import Repository, Written


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
        desired, ignores = load_all(config)
        progress.step("reading the record")
        repository = record.open_repository(config.root)
        record.check(repository, history)
        previous = read_record(config, repository, progress)
        facts = begin_run(config, repository)
        refuse_emptied(desired, previous)
        expected = expected_of(desired, previous, accepted)
        snapshot = collect_now(config, environment, progress, facts, expected)
        report, site = judge(config, snapshot, desired, previous, ignores, accepted)
        recorded = Recorded(report, site.config, site.observed, site.as_of, {})
        recorded = replace(recorded, changed_at=record.changed_at(previous, recorded))
        try:
            progress.step("recording")
            written = record.write(repository, history, recorded, previous, markdown.render(report))
            if written.reason == "superseded":  # what is published is what is recorded last
                recorded = record.read(repository, history, fetch=False) or recorded
            progress.step("publishing")
            since = max(each.run.collected_at for each in (report, previous and previous.report) if each)
            published = publish(recorded, config.publish_directory, config.settings.publish.keep, since)
        except (RecordError, PublishError) as error:
            raise UnfinishedError(report, error.problems) from error
    return Outcome(report, written, published)


def publish_record(config: Config | None, directory: Path | None) -> "tuple[Published, Problem | None]":
    """Publish what is recorded: no network, no secret, and in a clone of the history no configuration.

    The problem, if there is one, is that the clone lacks the pulse: the tree is as old as the last commit.
    """
    from reconciler import record
    from reconciler.config import HistorySettings, PublishSettings

    if config is not None:
        root, history, target = config.root, config.settings.history, config.settings.publish
    else:
        root, history, target = repository_root(Path("here")), None, PublishSettings()
    repository = record.open_repository(root)
    if history is None:
        history = record.discover(repository) or HistorySettings(push="origin")
    recorded = record.read(repository, history, fetch=False)
    if recorded is None:
        what = f"nothing is recorded on {history.branch or 'the checked-out branch'} yet"
        raise PublishError(Problem(str(root), what, "run `reconciler run`, or git fetch the branch"))
    published = publish(recorded, directory or root / target.directory, target.keep)
    return published, record.without_pulse(repository, history)


def judge(
    config: Config,
    snapshot: Snapshot,
    desired: DesiredState,
    previous: Recorded | None,
    ignores: Sequence[Ignore],
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> tuple[DriftReport, Site]:
    """Guard, carry and compare: from what was read to what it means."""
    kinds = kinds_of(config)
    guarded = guard(snapshot, previous, config.settings.guard, accepted)
    site = with_declared(carry(guarded, previous, kinds), desired)
    said = say(site, config)
    return compare(site, desired, previous, config.settings.drift, kinds, ignores, said), site


def say(site: Site, config: Config) -> Said:
    """What the rules of the whole site say of it."""
    claims, unchecked = site_rules.check(Join(site, config.settings.capacity))
    return Said(RULES, claims, unchecked)


def load_desired(config: Config) -> DesiredState:
    """The desired state of the work tree; raises `DesiredStateError` with every problem of every file."""
    name = config.settings.desired_state
    linked = link_within(config.desired_directory)
    if linked is not None and linked != config.desired_directory:
        what = f"leads through the symbolic link {linked.name}"
        raise DesiredStateError(Problem(name, what, "make it a folder of the repository"))
    tree = read_directory(config.desired_directory, name)
    kinds = kinds_of(config)
    return desired_files.load(
        tree,
        kinds,
        directory=name,
        withheld=withheld(config),
        contradictions=lambda desired, written: contradictions(desired, written, kinds),
    )


def load_all(config: Config) -> tuple[DesiredState, tuple[Ignore, ...]]:
    """The desired state, and the ignore rules beside the configuration.

    Raises `ReconcilerError` with every problem of every file.
    """
    found: list[Problem] = []
    desired: DesiredState | None = None
    ignores: tuple[Ignore, ...] = ()
    try:
        desired = load_desired(config)
    except DesiredStateError as error:
        found += error.problems
    try:
        ignores = ignore.load(config.file.parent / ignore.FILE, kinds_of(config), RULES)
    except ConfigError as error:
        found += error.problems
    if desired is None or found:
        raise DesiredStateError(in_order(found))
    return desired, ignores


def refuse_emptied(desired: DesiredState, previous: Recorded | None) -> None:
    """Desired state that declared something and now declares nothing is a mistake, not a wish."""
    problems = desired_files.emptied(previous.report.verdicts, desired) if previous else ()
    if problems:
        raise DesiredStateError(problems)


def refuse_unknown(named: Iterable[tuple[str, str]], config: Config) -> None:
    """Raise `UsageError` for a (source, kind) of the command line that is not configured."""
    kinds = kinds_of(config)
    unknown = [f"{source}/{kind}" for source, kind in named if kind not in kinds.get(source, {})]
    if unknown:
        known = ", ".join(f"{source}/{kind}" for source, each in kinds.items() for kind in each)
        raise UsageError(Problem(" ".join(sorted(unknown)), "is no source and kind", f"choose of {known}"))


def read_record(config: Config, repository: "Repository", progress: Progress) -> Recorded | None:
    """What the last run recorded, from the remote where runs are pushed; from what is here if it is away."""
    from reconciler import record

    history = config.settings.history
    try:
        return record.read(repository, history)
    except RemoteError as error:
        progress.warn(f"{error.problems[0]}; going on with what was fetched last")
        return record.read(repository, history, fetch=False)


def begin_run(config: Config, repository: "Repository | None" = None) -> Run:
    """The facts of a run that starts now, with what git knows of the desired state."""
    from reconciler import record

    if repository is None:
        return begin(config, now())
    commit, tree = record.desired_identity(repository, config.settings.desired_state)
    return begin(config, now(), commit=commit, tree=tree)


def collect_now(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    run: Run,
    expected: Expected = NOTHING_EXPECTED,
    checks: Mapping[str, list[Check]] | None = None,
) -> Snapshot:
    """The live state of every source; what the connections tell `doctor` is added to `checks`."""
    return collect(config, SYSTEMS, environment, progress, run, expected, checks)


def expected_of(
    desired: DesiredState,
    previous: Recorded | None,
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> Expected:
    """What a run expects; the losses of `accepted` (source, kind) are believed at once."""
    keys = {*desired.resources, *(previous.config if previous else ())}
    before = {(key.source, key.kind) for key in previous.config} if previous else set()
    proven = {
        (scope.source, scope.kind)
        for scope in (previous.report.scopes if previous else ())
        if scope.listed == "complete" and not scope.unread
    }
    return Expected(
        frozenset(key for key in keys if (key.source, key.kind) not in accepted),
        accepted | (proven - before),
    )


def now() -> datetime:
    """The moment, to the second: the clock of everything that a run writes."""
    return datetime.now(UTC).replace(microsecond=0)


def publish(recorded: Recorded, directory: Path, keep: int, since: datetime | None = None) -> "Published":
    """Publish a recorded run with the routes of every kind that this version knows.

    What others publish of a run after `since` stays.
    """
    from reconciler.publish import publish
    from reconciler.publish.view import view

    kinds = [*(kind for system in SYSTEMS.values() for kind in system.kinds), *SITE_KINDS]
    report = recorded.report
    site = Site(report.run, report.scopes, recorded.config, recorded.observed, recorded.as_of)
    joined = Join(site, CapacitySettings()).documents()
    plurals = {kind.name: kind.plural for kind in kinds}
    return publish.publish(view(recorded, plurals, joined), directory, keep=keep, unless_after=since)


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
