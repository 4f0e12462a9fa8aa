"""Notify the sinks of alarms after a run, and keep in the pulse what each was sent; it never fails a run."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler import record
from reconciler.alarms import message, state
from reconciler.alarms.deliver import Delivery, deliver
from reconciler.alarms.news import News, Steps, news, sent
from reconciler.alarms.situation import Situation
from reconciler.config.alarms import Sink
from reconciler.config.file import Config
from reconciler.errors import Problem, ReconcilerError, RecordError, RemoteError, UsageError
from reconciler.isolation import isolated
from reconciler.jobs import steps
from reconciler.jobs.steps import Evaluation
from reconciler.model.alarm import Alarm
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.progress import Progress
from reconciler.text import enumerated, printable
from reconciler.yamlfile.validation import did_you_mean

if TYPE_CHECKING:
    from reconciler.jobs.run import Outcome, UnfinishedError
    from reconciler.record import Repository


_RECORD_SECONDS = 90.0
"""Longest time for reading and keeping what was sent: a remote that hangs must not make a run late."""


@dataclass(frozen=True, slots=True)
class Course:
    """How a run went: its steps, and the evaluation and desired state that it came to."""

    steps: Steps
    evaluation: Evaluation | None = None
    desired: DesiredState | None = None


def notify(
    config: Config, environment: Mapping[str, str], progress: Progress, course: Course | None
) -> tuple[Problem, ...]:
    """Send to each sink what changed since it was last notified.

    Return what went wrong, which is also shown as warnings. `course` is None where a later run sends it.
    """
    if course is None:
        return ()
    progress.step("sending alarms")
    problems = [
        *_safely("alarms", lambda: _notify(config, environment, course)),
        *_safely("issue", lambda: _keep_issue(config, environment, course)),
    ]
    for problem in problems:
        progress.warn(str(problem))
    return tuple(problems)


def _safely(place: str, call: Callable[[], tuple[Problem, ...]]) -> tuple[Problem, ...]:
    """Return the problems of a call, also where a fault of ours or an error ended it."""
    try:
        outcome = isolated(place, call)
    except ReconcilerError as error:
        return tuple(error.problems)
    return (outcome,) if isinstance(outcome, Problem) else outcome


def _keep_issue(config: Config, environment: Mapping[str, str], course: Course) -> tuple[Problem, ...]:
    now = _situation(course)
    if config.settings.gitea.issue is None or now is None:
        return ()
    from reconciler.jobs import drift_issue

    return drift_issue.keep(config, environment, now, link_of(config))


def _notify(config: Config, environment: Mapping[str, str], course: Course) -> tuple[Problem, ...]:
    if not config.alarms:
        return ()
    now = _situation(course)
    problems: list[Problem] = []
    repository: Repository | None = None
    states: record.States = {}
    try:
        ends = steps.deadline(config).at_most(_RECORD_SECONDS)
        repository = record.open_repository(config.root, ends, config.secret_variables)
        states = _read_states(repository, config, fetched=now is not None)
    except RecordError as error:
        problems += error.problems
        now = None  # without knowing what was sent, only the failure is sent
    known = {sink.name: state.parse(states.get(sink.name)) for sink in config.alarms}
    found = {
        sink.name: each for sink in config.alarms if (each := news(known[sink.name], now, course.steps, sink))
    }
    if not found:
        return tuple(problems)
    deliveries = _deliver(config, environment, found, now, course.steps)
    problems += [problem for each in deliveries for problem in each.problems]
    run = now.report.run if now else steps.begin(config, repository)
    rows = {
        sink.name: state.to_row(sent(known[sink.name], now, course.steps, sink, run))
        for sink in config.alarms
        if any(each.sink == sink.name and each.delivered for each in deliveries)
    }
    if rows and repository is not None:
        problems += _keep(repository, config, rows)
    return tuple(problems)


def _read_states(repository: "Repository", config: Config, *, fetched: bool) -> record.States:
    history = config.settings.history
    try:
        return record.read_alarm_states(repository, history, fetch=not fetched)
    except RemoteError:
        return record.read_alarm_states(repository, history)


def _situation(course: Course) -> Situation | None:
    if course.evaluation is None:
        return None
    evaluation, desired = course.evaluation, course.desired
    rows = evaluation.inventory.config

    def tags_of(key: Key) -> Collection[str]:
        live = rows.get(key, {}).get("tags")
        declared = desired.resources.get(key) if desired else None
        written = declared.fields.get("tags") if declared else None
        return [
            tag
            for tags in (live, written)
            if isinstance(tags, list | tuple | set | frozenset)
            for tag in tags
        ]

    return Situation(evaluation.report, evaluation.inventory.as_of, tags_of)


def _deliver(
    config: Config,
    environment: Mapping[str, str],
    found: Mapping[str, News],
    now: Situation | None,
    taken: Steps,
) -> Sequence[Delivery]:
    site, link = config.settings.site, link_of(config)
    alarms: list[tuple[Sink, Alarm]] = [
        (sink, message.compose(found[sink.name], now, taken, site, sink.name, link))
        for sink in config.alarms
        if sink.name in found
    ]
    return deliver(alarms, environment, config.root)


def _keep(repository: "Repository", config: Config, rows: record.States) -> Sequence[Problem]:
    try:
        record.keep_alarm_states(
            repository, config.settings.history, rows, {sink.name for sink in config.alarms}
        )
    except RecordError as error:
        first = error.problems[0]
        what = f"what was sent could not be kept, and is sent again: {first.what}"
        return (Problem(first.subject, what, first.remedy, first.cause), *error.problems[1:])
    return ()


def link_of(config: Config) -> str | None:
    """Return the page on drift, where the address of the pages is configured."""
    address = config.settings.publish.address
    return None if address is None else f"{address}/drift"


def try_sinks(config: Config, environment: Mapping[str, str], names: Collection[str]) -> tuple[Delivery, ...]:
    """Send a test to each sink, or to the named ones; nothing of it is kept.

    Raises `UsageError` for a name that no sink has, or where there are no sinks.
    """
    known = [sink.name for sink in config.alarms]
    if not known:
        raise UsageError(
            Problem("alarms", "no sink is configured", "add one under alarms: in the configuration")
        )
    unknown = [name for name in names if name not in known]
    if unknown:
        what = f"no sink is named {enumerated([printable(name) for name in unknown])}"
        raise UsageError(
            Problem("alarms", what + did_you_mean(unknown[0], known), f"choose from {', '.join(known)}")
        )
    link = link_of(config)
    return deliver(
        [
            (sink, message.trial(config.settings.site, sink.name, link))
            for sink in config.alarms
            if not names or sink.name in names
        ],
        environment,
        config.root,
    )


def of_outcome(outcome: "Outcome") -> Course | None:
    """Return the course of a run; None if a later run is recorded already, which sends what changed."""
    if not outcome.written.last:
        return None
    hold = outcome.published.hold
    taken: Steps = {
        "load": (),
        "record": outcome.written.problems,
        "publish": (hold.problem,) if hold else (),
    }
    return Course(taken, outcome.evaluation, outcome.intent.desired)


def of_unfinished(error: "UnfinishedError") -> Course:
    """Return the course of a run that could not be recorded, or not be published."""
    taken: Steps = {"load": (), **error.ended}
    return Course(taken, error.evaluation, error.intent.desired)


def of_failed(problems: Sequence[Problem]) -> Course:
    """Return the course of a run that ended before it had a result."""
    return Course({"load": problems})
