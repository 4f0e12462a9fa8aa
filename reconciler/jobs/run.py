"""The main job: the steps of the flow, readable as such. Each takes values and returns a value.

    desired state → read record → collect → guard → carry forward → compare → record → publish

The desired state is loaded first, so that a typo costs no API call. Report, record and publish happen before
the exit code. A source that fails is data, and the run continues with the others. If the remote cannot be
reached, the run continues with the record as it was last fetched.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.config.file import Config
from reconciler.errors import (
    Problem,
    PublishError,
    ReconcilerError,
    RecordError,
)
from reconciler.jobs.publish import publish
from reconciler.jobs.steps import (
    begin_run,
    collect_now,
    expected_of,
    judge,
    load_all,
    read_record,
    refuse_emptied,
    refuse_unknown,
    without_cyclic_gc,
)
from reconciler.model.findings import DriftReport
from reconciler.model.progress import Progress
from reconciler.model.recorded import Recorded

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
        report, inventory = judge(config, snapshot, desired, previous, ignores, accepted)
        recorded = Recorded(report, inventory.config, inventory.observed, inventory.as_of, {})
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
