"""The steps that jobs share, in the order of the flow: load, read the record, begin, collect, evaluate."""

import gc
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.collectors import collect as collectors
from reconciler.collectors.collect import NOTHING_EXPECTED, Expected
from reconciler.collectors.reading_order import left_over
from reconciler.config.file import Config
from reconciler.config.repository import link_within
from reconciler.desired import load as desired_files
from reconciler.desired.directory import read_directory
from reconciler.desired.parsed import ParsedFiles
from reconciler.drift import ignore
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.drift.identify import identify
from reconciler.drift.ignore import Ignore
from reconciler.errors import (
    ConfigError,
    DesiredStateError,
    Problem,
    RemoteError,
    UsageError,
    in_order,
)
from reconciler.kinds import RULES, SYSTEMS, kind_finder, kinds_of, withheld
from reconciler.model.check import Check
from reconciler.model.deadline import NEVER, Deadline, run_deadline
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, Run, Snapshot
from reconciler.site.declared import contradictions
from reconciler.site.rules import evaluate_rules
from reconciler.site.site_model import SiteModel, with_declared

if TYPE_CHECKING:
    from reconciler.record import Repository


_RECORD_SHARE = 1 / 6
"""Of the time of a run, for fetching the record: a remote that hangs leaves enough for the sources."""


@dataclass(frozen=True, slots=True)
class Intent:
    """All that people wrote for a comparison."""

    desired: DesiredState
    ignores: Sequence[Ignore]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The meaning of an inventory: the report, and the site model that the rules and the documents read."""

    report: DriftReport
    inventory: Inventory
    model: SiteModel


def load(config: Config, tree: Mapping[str, bytes] | None = None) -> Intent:
    """Load the desired state, and the ignore rules beside the configuration; check the kinds it names.

    `tree`: the files of the desired state, where it is not that of the work tree.
    Raises `ReconcilerError` with every problem of every file.
    """
    found: list[Problem] = []
    desired: DesiredState | None = None
    ignores: tuple[Ignore, ...] = ()
    try:
        desired = load_desired(config, tree)
    except DesiredStateError as error:
        found += error.problems
    try:
        ignores = load_ignores(config)
    except ConfigError as error:
        found += error.problems
    if config.alarms:
        from reconciler.jobs.alarm_kinds import unknown_kinds

        found += unknown_kinds(config)
    if desired is None or found:
        raise DesiredStateError(in_order(found))
    return Intent(desired, ignores)


def load_ignores(config: Config) -> tuple[Ignore, ...]:
    """Load the ignore rules beside the configuration; raises `ConfigError` with every problem."""
    file = config.file.parent / ignore.FILE
    return ignore.load(file, kinds_of(config), RULES, config.named(file))


def load_desired(
    config: Config, tree: Mapping[str, bytes] | None = None, parsed: ParsedFiles | None = None
) -> DesiredState:
    """Load the desired state of the work tree, or of `tree`; `parsed` are files of another tree.

    Raises `DesiredStateError` with every problem.
    """
    name = config.settings.desired_state
    files = _work_tree(config) if tree is None else tree
    kinds = kinds_of(config)
    return desired_files.load(
        files,
        kinds,
        directory=name,
        withheld=withheld(config),
        contradictions=lambda desired, written: contradictions(desired, written, kinds),
        parsed=parsed,
    )


def _work_tree(config: Config) -> Mapping[str, bytes]:
    """Return the files of the desired state of the work tree."""
    name = config.settings.desired_state
    linked = link_within(config.desired_directory)
    if linked is not None and linked != config.desired_directory:
        what = f"leads through the symbolic link {linked.name}"
        raise DesiredStateError(Problem(name, what, "make it a folder of the repository"))
    return read_directory(config.desired_directory, name)


def refuse_emptied(desired: DesiredState, previous: Recorded | None) -> None:
    """Refuse a desired state that used to declare resources and now declares none: that is a mistake."""
    problems = desired_files.emptied(previous.report.verdicts, desired) if previous else ()
    if problems:
        raise DesiredStateError(problems)


def refuse_unknown(named: Iterable[tuple[str, str]], config: Config) -> None:
    """Raise `UsageError` for a (source, kind) of the command line that is not configured."""
    kinds = kinds_of(config)
    unknown = [f"{source}/{kind}" for source, kind in named if kind not in kinds.get(source, {})]
    if unknown:
        known = ", ".join(f"{source}/{kind}" for source, each in kinds.items() for kind in each)
        what = "is not a configured source and kind"
        raise UsageError(Problem(" ".join(sorted(unknown)), what, f"choose one of {known}"))


def read_record(config: Config, repository: "Repository", progress: Progress) -> Recorded | None:
    """Read the last recorded run from the remote; from the last fetch if the remote is unreachable."""
    from reconciler import record

    history = config.settings.history
    find = kind_finder(config)
    part = replace(repository, deadline=repository.deadline.part(_RECORD_SHARE))
    try:
        recorded = record.read(part, history, find)
    except RemoteError as error:
        progress.warn(f"{error.problems[0]}; continuing with the record as last fetched")
        recorded = record.read(repository, history, find, fetch=False)
    for problem in recorded.problems if recorded else ():
        progress.warn(str(problem))
    return recorded


def read_record_if_any(
    config: Config, progress: Progress, deadline: Deadline = NEVER
) -> "tuple[Repository | None, Recorded | None]":
    """Open the repository and read the last recorded run, for jobs that need neither."""
    from reconciler import record

    if not (config.root / ".git").exists():
        return None, None
    repository = record.open_repository(config.root, deadline, config.secret_variables)
    return repository, read_record(config, repository, progress)


def deadline(config: Config) -> Deadline:
    """Return by when a job that begins now has to end."""
    return run_deadline(config.settings.interval)


def begin(config: Config, repository: "Repository | None" = None) -> Run:
    """Return the facts of a run that starts now, with git's ids of the desired state."""
    from reconciler import record

    if repository is None:
        return collectors.begin(config, now())
    commit, tree = record.desired_identity(repository, config.settings.desired_state)
    return collectors.begin(config, now(), commit=commit, tree=tree)


def expect(
    desired: DesiredState,
    previous: Recorded | None,
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> Expected:
    """Return the resources to expect, so that a list which only hides one is noticed.

    Of `accepted` (source, kind), nothing is expected: their losses are accepted.
    """
    before = previous.inventory.config if previous else {}
    keys = {*desired.resources, *before}
    proven = {
        (scope.source, scope.kind)
        for scope in (previous.inventory.scopes if previous else ())
        if scope.listed == "complete" and not scope.unread
    }
    return Expected(
        frozenset(key for key in keys if (key.source, key.kind) not in accepted),
        accepted | (proven - {(key.source, key.kind) for key in before}),
        left_over(previous),
        since=_last_read(previous),
        declared=frozenset(desired.resources),
    )


def _last_read(previous: Recorded | None) -> dict[str, datetime]:
    """Return source → when it was last read."""
    sources = previous.report.run.sources if previous else {}
    return {name: each.last_success for name, each in sources.items() if each.last_success is not None}


def collect(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    run: Run,
    expected: Expected = NOTHING_EXPECTED,
    checks: Mapping[str, list[Check]] | None = None,
    *,
    deadline: Deadline = NEVER,
) -> Snapshot:
    """Read the live state of every source; the checks of the connections for `doctor` go to `checks`."""
    timed = replace(expected, deadline=deadline)
    return collectors.collect(config, SYSTEMS, environment, progress, run, timed, checks)


def evaluate(
    config: Config,
    snapshot: Snapshot,
    intent: Intent,
    previous: Recorded | None,
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> Evaluation:
    """Identify, guard, carry forward, and compare."""
    kinds = kinds_of(config)
    identified = identify(snapshot, intent.desired, previous, kinds)
    guarded = guard(identified, previous, config.settings.guard, accepted)
    return evaluate_inventory(config, carry_forward(guarded, previous, kinds), intent, previous)


def evaluate_inventory(
    config: Config, inventory: Inventory, intent: Intent, previous: Recorded | None
) -> Evaluation:
    """Build the site model of an inventory, evaluate the rules on it, and compare."""
    inventory = with_declared(inventory, intent.desired)
    settings, kinds = config.settings.drift, kinds_of(config)
    live = inventory.without(
        {key[:2] for key in inventory.config if key.kind not in kinds.get(key.source, {})} | inventory.retired
    )
    model = SiteModel(live, config.settings.capacity, intent.desired, kinds)
    results = evaluate_rules(model)
    report = compare(live, intent.desired, previous, settings, kinds, intent.ignores, results)
    return Evaluation(report, inventory, model)


def now() -> datetime:
    """Return the current time to the second: the clock of everything that a run writes."""
    return datetime.now(UTC).replace(microsecond=0)


@contextmanager
def noting(done: str) -> Iterator[None]:
    """Note on an interruption (Ctrl-C, SIGTERM) what was done up to it, for the last line of the command."""
    try:
        yield
    except KeyboardInterrupt as error:
        error.add_note(done)
        raise


@contextmanager
def without_cyclic_gc() -> Iterator[None]:
    """Pause the cyclic collector for a batch of many small values that live until its end.

    Afterwards, it leaves out the values that are still alive.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.freeze()
            gc.enable()
