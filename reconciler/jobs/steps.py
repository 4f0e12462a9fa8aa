"""What several jobs do, in the order of the flow: load, read the record, begin, collect, judge."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.collectors.collect import NOTHING_EXPECTED, Expected, begin, collect
from reconciler.config.file import Config
from reconciler.config.repository import link_within
from reconciler.desired import load as desired_files
from reconciler.desired.directory import read_directory
from reconciler.drift import ignore
from reconciler.drift.carry_forward import carry
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.drift.ignore import Ignore
from reconciler.errors import (
    ConfigError,
    DesiredStateError,
    Problem,
    RemoteError,
    UsageError,
    in_order,
)
from reconciler.kinds import RULES, SYSTEMS, kinds_of, withheld
from reconciler.model.check import Check
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.rule import RuleResults
from reconciler.model.snapshot import Run, Site, Snapshot
from reconciler.site import rules as site_rules
from reconciler.site.declared import contradictions
from reconciler.site.site_model import SiteModel, with_declared

if TYPE_CHECKING:
    from reconciler.record import Repository


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
    results = evaluate_rules(site, config)
    return compare(site, desired, previous, config.settings.drift, kinds, ignores, results), site


def evaluate_rules(site: Site, config: Config) -> RuleResults:
    """Return what the rules of the whole site find in it."""
    return site_rules.evaluate(SiteModel(site, config.settings.capacity))


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


def begin_look(config: Config, progress: Progress) -> tuple[Run, Recorded | None]:
    """The facts of this look, and what was recorded before it; neither needs a repository."""
    from reconciler import record

    if not (config.root / ".git").exists():
        return begin_run(config), None
    repository = record.open_repository(config.root)
    previous = read_record(config, repository, progress)
    return begin_run(config, repository), previous
