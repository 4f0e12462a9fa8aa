"""The main job: the steps of the flow, readable as such. Each takes values and returns a value.

    load desired state → read record → collect → guard → carry forward → compare → record → publish → alarms

The desired state is loaded first, so that a typo costs no API call. Report, record and publish happen before
the exit code. A source that fails is data, and the run continues with the others. If the remote cannot be
reached, the run continues with the record as it was last fetched. Alarms are sent last, also where a step
failed; a sink that fails never fails a run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import chain
from typing import TYPE_CHECKING

from reconciler.config.file import Config
from reconciler.drift import ledger
from reconciler.errors import Problem, PublishError, ReconcilerError, RecordError
from reconciler.isolation import unforeseen
from reconciler.jobs import steps
from reconciler.jobs.publish import publish
from reconciler.jobs.steps import Evaluation, Intent
from reconciler.jobs.web_repository import web_repository
from reconciler.kinds import kind_finder
from reconciler.model.deadline import Deadline
from reconciler.model.findings import DriftReport
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, WentBack
from reconciler.report import formats

if TYPE_CHECKING:
    from reconciler.model.alarm import RunStep
    from reconciler.publish.publish import Published
    from reconciler.record import Repository, Written

_SHOWN = timedelta(days=7)
"""How long a history that went back is reported."""

_NO_PAGE = "This page could not be rendered; drift.json beside it has everything.\n"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of a run."""

    evaluation: Evaluation
    intent: Intent
    written: "Written"
    published: "Published"
    failed: tuple[Problem, ...] = ()
    """The documents and renderers that failed."""
    alarms: tuple[Problem, ...] = ()
    """The problems with sending alarms; they were shown as warnings."""

    @property
    def report(self) -> DriftReport:
        """The drift report."""
        return self.evaluation.report

    @property
    def inventory(self) -> Inventory:
        """The live state, with the last good rows of what could not be read."""
        return self.evaluation.inventory


class UnfinishedError(ReconcilerError):
    """The outcome could not be recorded or published; `report` can still be shown.

    `ended` has the problems of each step that was taken: none of one that did not fail.
    """

    def __init__(
        self,
        evaluation: Evaluation,
        intent: Intent,
        ended: "Mapping[RunStep, Sequence[Problem]]",
        failed: Sequence[Problem] = (),
    ) -> None:
        super().__init__([*failed, *chain.from_iterable(ended.values())])
        self.evaluation = evaluation
        self.intent = intent
        self.ended = ended
        self.alarms: tuple[Problem, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether the run is recorded, where it is to be."""
        return not self.ended["record"]

    @property
    def report(self) -> DriftReport:
        """The drift report."""
        return self.evaluation.report


def run(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    accepted: frozenset[tuple[str, str]] = frozenset(),
) -> Outcome:
    """Run the main job; the losses of the (source, kind) in `accepted` are accepted at once."""
    steps.refuse_unknown(accepted, config)
    if not config.alarms and config.settings.gitea.issue is None:
        return _run(config, environment, progress, accepted)
    from reconciler.jobs import alarms

    try:
        outcome = _run(config, environment, progress, accepted)
    except UnfinishedError as error:
        error.alarms = alarms.notify(config, environment, progress, alarms.of_unfinished(error))
        raise
    except ReconcilerError as error:
        alarms.notify(config, environment, progress, alarms.of_failed(error.problems))
        raise
    except Exception as error:
        alarms.notify(config, environment, progress, alarms.of_failed([unforeseen("run", error)]))
        raise
    sent = alarms.notify(config, environment, progress, alarms.of_outcome(outcome))
    return replace(outcome, alarms=sent)


@steps.noting("nothing of this run was recorded or published")
def _run(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    accepted: frozenset[tuple[str, str]],
) -> Outcome:
    deadline = steps.deadline(config)
    with steps.without_cyclic_gc():
        intent = steps.load(config)
        repository, previous, lost = _read_record(config, progress, deadline)
        steps.refuse_emptied(intent.desired, previous)
        known = {"went_back": lost, "repository": web_repository(config, intent.desired)}
        facts = steps.begin(config, repository).model_copy(update=known)
        expected = steps.expect(intent.desired, previous, accepted)
        evaluation = steps.evaluate(
            config,  # the snapshot has no name here: its models would stay in memory to the end of the run
            steps.collect(config, environment, progress, facts, expected, deadline=deadline),
            intent,
            previous,
            accepted,
        )
        markdown = formats.render(evaluation.report, "markdown")
        failed = (markdown,) if isinstance(markdown, Problem) else ()
        try:
            written, recorded = _record(config, repository, evaluation, markdown, previous, progress)
        except RecordError as error:
            raise UnfinishedError(evaluation, intent, _ended(error.problems), failed) from error
        try:
            published = _publish(config, recorded, evaluation, previous, progress)
        except PublishError as error:
            ended = _ended(written.problems, error.problems)
            raise UnfinishedError(evaluation, intent, ended, failed) from error
    if published.hold:
        progress.warn(str(published.hold.problem))
    if not deadline.left:
        progress.warn(f"it ended late: {deadline.problem}")
    failed = (*failed, *published.problems)
    return Outcome(evaluation, intent, written, published, failed)


def _ended(record: Sequence[Problem], *publish: Sequence[Problem]) -> "Mapping[RunStep, Sequence[Problem]]":
    """Return the problems of the last steps of a run; it did not come to publishing without `publish`."""
    return {"record": record, **({"publish": publish[0]} if publish else {})}


def _read_record(
    config: Config, progress: Progress, deadline: Deadline
) -> "tuple[Repository, Recorded | None, WentBack | None]":
    """Open the repository and read the last run; fail here if no run could be recorded.

    Return also what is wrong if the history went back, now or within the last days.
    """
    from reconciler import record
    from reconciler.publish.release import served_position

    progress.step("reading the record")
    history, published = config.settings.history, served_position(config.publish_directory)
    repository = record.open_repository(config.root, deadline, config.secret_variables)
    record.check(repository, history)
    if (filtered := record.filtered(repository, history)) is not None:
        progress.warn(str(filtered))
    previous = steps.read_record(config, repository, progress)
    lost = record.went_back(repository, history, steps.now(), published)
    if lost is not None:
        progress.warn(f"the history went back: {lost.problem}")
    elif previous is not None and previous.report.run.went_back is not None:
        earlier = previous.report.run.went_back
        lost = earlier if steps.now() - earlier.noticed_at < _SHOWN else None
    return repository, previous, lost


@steps.noting("the record may hold this run already; it was not published")
def _record(
    config: Config,
    repository: "Repository",
    evaluation: Evaluation,
    markdown: bytes | Problem,
    previous: Recorded | None,
    progress: Progress,
) -> "tuple[Written, Recorded]":
    """Record the run; return also the run that is now recorded last, which a quicker one may be."""
    from reconciler import record

    progress.step("recording")
    history = config.settings.history
    recorded = Recorded(evaluation.report, evaluation.inventory, {}, memory=evaluation.model.memory())
    recorded = replace(
        recorded,
        changed_at=record.changed_at(previous, recorded),
        moved=record.moved_keys(previous, recorded),
        ledger=ledger.advance(previous, recorded),
    )
    page = _NO_PAGE if isinstance(markdown, Problem) else markdown.decode()
    find = kind_finder(config)
    written = record.write(repository, history, recorded, previous, page, find, ledger.advance)
    past = record.read_past(repository, history)
    if not written.last:
        recorded = record.read(repository, history, find, fetch=False) or recorded
        return written, replace(recorded, past=past)
    return written, replace(recorded, position=written.position, runs=written.runs, past=past)


@steps.noting("this run is recorded; it was not published, and readers still get the one before")
def _publish(
    config: Config,
    recorded: Recorded,
    evaluation: Evaluation,
    previous: Recorded | None,
    progress: Progress,
) -> "Published":
    """Publish the run that is recorded last, with the site model of this run where that is the same."""
    progress.step("publishing")
    model = evaluation.model if recorded.inventory is evaluation.inventory else None
    since = max(each.run.collected_at for each in (evaluation.report, previous and previous.report) if each)
    target = config.settings.publish
    return publish(recorded, config.publish_directory, target.keep, since, model)
