"""Compare the desired state with the live state or with a snapshot; nothing is recorded or published."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from reconciler import files
from reconciler.config.file import SITE, Config
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.identify import identify, identify_inventory
from reconciler.errors import (
    Problem,
    ReconcilerError,
    RecordError,
    UsageError,
)
from reconciler.jobs import steps
from reconciler.jobs.desired_ref import DesiredTree, desired_at
from reconciler.jobs.past_run import without_observed
from reconciler.jobs.steps import Evaluation
from reconciler.kinds import kind_finder, kinds_of
from reconciler.model.desired import DesiredState
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, Run, Scope, Snapshot, SourceStatus, parse_snapshot

if TYPE_CHECKING:
    from reconciler.record import Repository

MAX_SNAPSHOT_BYTES = 2**30
"""Far more than a snapshot of 10,000 guests has."""


def drift_live(
    config: Config, environment: Mapping[str, str], progress: Progress, ref: str | None = None
) -> Evaluation:
    """Compare the desired state with the live state; `ref`: that of a git ref, not of the work tree."""
    deadline = steps.deadline(config)
    declared = desired_at(config, ref) if ref is not None else None
    intent = steps.load(config, declared.files if declared else None)
    with steps.without_cyclic_gc():
        repository, previous = steps.read_record_if_any(config, progress, deadline)
        steps.refuse_emptied(intent.desired, previous)
        facts = _begin(config, repository, declared)
        expected = steps.expect(intent.desired, previous)
        snapshot = steps.collect(config, environment, progress, facts, expected, deadline=deadline)
        return steps.evaluate(config, snapshot, intent, previous)


def drift_snapshot(config: Config, snapshot: str, progress: Progress, ref: str | None = None) -> Evaluation:
    """Compare the desired state with a snapshot: a file, a recorded run's id, or `latest`; needs no secret.

    `ref`: the desired state of a git ref, not of the work tree.
    The report has the clocks of the snapshot, and the commit of the desired state here.
    """
    declared = desired_at(config, ref) if ref is not None else None
    intent = steps.load(config, declared.files if declared else None)
    with steps.without_cyclic_gc():
        repository, previous = steps.read_record_if_any(config, progress)
        steps.refuse_emptied(intent.desired, previous)
        facts = _begin(config, repository, declared)
        previous = _then(config, snapshot, previous)
        inventory = recorded_inventory(config, snapshot, intent.desired, previous, facts)
        ids = {"desired_commit": facts.desired_commit, "desired_tree": facts.desired_tree}
        inventory = replace(inventory, run=inventory.run.model_copy(update=ids))
        return steps.evaluate_inventory(config, inventory, intent, previous)


def _then(config: Config, snapshot: str, previous: Recorded | None) -> Recorded | None:
    """Return the record of a past run, where a snapshot is of one: since when, and who moved, are of then."""
    from reconciler import record
    from reconciler.record import queries

    if previous is None or Path(snapshot).is_file() or not queries.RUN_PREFIX.fullmatch(snapshot):
        return previous
    repository = record.open_repository(config.root, secrets=config.secret_variables)
    try:
        run_id = queries.run_with_rows(repository, config.settings.history, snapshot)
        opened = queries.open_record(repository, config.settings.history, fetch=False)
        commit = queries.as_of(opened, run_id).commit.id
        return queries.load_at(opened, commit, kind_finder(config))
    except RecordError:  # a newer run was quicker: the run is only in its own folder
        return previous


def _begin(config: Config, repository: "Repository | None", declared: DesiredTree | None) -> Run:
    """Return the facts of a run, with git's ids of the desired state that is compared."""
    if declared is None:
        return steps.begin(config, repository)
    ids = {"desired_commit": declared.commit, "desired_tree": declared.tree}
    return steps.begin(config).model_copy(update=ids)


def recorded_inventory(
    config: Config, snapshot: str, desired: DesiredState, previous: Recorded | None, facts: Run
) -> Inventory:
    """Return the inventory to compare with; for `latest` before the first run, one in which all is unread."""
    kinds = kinds_of(config)
    if snapshot != "latest":
        identified = identify(_snapshot(config, snapshot), desired, previous, kinds, recorded=True)
        return carry_forward(identified, None, kinds)
    if previous is None:
        return _nothing_recorded(config, facts)
    return identify_inventory(previous.inventory, desired, kinds)


def _nothing_recorded(config: Config, facts: Run) -> Inventory:
    """Return the inventory before the first run: every list failed, so that nothing is verified."""
    problem = Problem("", "nothing is recorded yet", cause="nothing-recorded")
    scopes = tuple(
        Scope(source=source, kind=kind, listed="failed", problem=problem, count=0)
        for source, kinds in kinds_of(config).items()
        if source != SITE
        for kind in kinds
    )
    sources = {
        source.name: SourceStatus(system=source.type, status="failed", problem=problem)
        for source in config.sources
    }
    return Inventory(facts.model_copy(update={"sources": sources}), scopes, {}, {}, {})


def _snapshot(config: Config, name: str) -> Snapshot:
    """Read a snapshot file, or the snapshot of a recorded run."""
    from reconciler import record
    from reconciler.record import queries
    from reconciler.record.queries import RUN_PREFIX

    file, is_recorded = Path(name), False
    if file.is_file():
        try:
            data = files.read_regular(file, MAX_SNAPSHOT_BYTES)
        except OSError as error:
            raise ReconcilerError(Problem(name, f"cannot be read: {error.strerror}")) from error
    elif RUN_PREFIX.fullmatch(name):
        repository = record.open_repository(config.root, secrets=config.secret_variables)
        name = queries.run_with_rows(repository, config.settings.history, name)
        data = record.read_run(repository, config.settings.history, name)
        is_recorded = True
    else:
        what = "is neither a file, the id of a run, nor latest"
        raise UsageError(Problem(name, what, "make one with `reconciler collect --output FILE`"))
    kinds = kinds_of(config)
    try:
        snapshot = parse_snapshot(data, kinds)
        return without_observed(snapshot, kinds) if is_recorded else snapshot
    except ValueError as error:
        raise ReconcilerError(Problem(name, str(error))) from error
