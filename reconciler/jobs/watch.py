"""The frame around a job by which others notice that it failed, or did not run: heartbeat and metrics.

Neither changes the outcome of the job: what fails here is one warning.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from reconciler.config import watch
from reconciler.config.file import Config
from reconciler.errors import EXIT_ERROR, Problem, ReconcilerError, SourceError
from reconciler.isolation import isolated
from reconciler.watch.ending import Ending, summarise

if TYPE_CHECKING:
    from reconciler.watch.heartbeat import Heartbeat

WatchedJob = Literal["run", "publish"]

_INTERRUPTED = 130
_LAST_MOMENT = timedelta(seconds=3)
"""For a ping when the job was interrupted: who sent SIGTERM sends SIGKILL some seconds later."""


def watched(
    job: WatchedJob,
    config: Config,
    environment: Mapping[str, str],
    warn: Callable[[str], None],
    do: Callable[[], Ending],
    *,
    commit_status: bool = False,
) -> int:
    """Do a job, report its start and its end, and return its exit code; its error passes through.

    `warn` receives what could not be reported. A job whose heartbeat and metrics are not configured costs
    nothing.
    """
    heartbeat, problem = _started(job, config, environment)
    began = time.monotonic()
    ending = Ending(EXIT_ERROR)
    try:
        ending = do()
    except BaseException as error:
        ending = ending_of(error)
        raise
    finally:
        seconds = time.monotonic() - began
        found = [problem]
        if job == "run":
            found.append(_safely("metrics", lambda: _metrics(config, ending, seconds)))
        if heartbeat is not None:
            hidden = _secrets(config, environment)
            found.append(_safely("heartbeat", lambda: _end(heartbeat, ending, job, config, hidden)))
        if commit_status:
            found.append(_safely("commit status", lambda: _set_status(config, environment, ending)))
        for each in filter(None, found):
            warn(str(each))
    return ending.code


def _set_status(config: Config, environment: Mapping[str, str], ending: Ending) -> Problem | None:
    from reconciler.jobs.commit_status import set_commit_status

    return set_commit_status(config, environment, ending)


def ending_of(error: BaseException) -> Ending:
    """Return how a job ended that raised an error; the exit code is the one of the command."""
    from reconciler.jobs.run import UnfinishedError

    otherwise = _INTERRUPTED if isinstance(error, KeyboardInterrupt) else EXIT_ERROR
    code: int = getattr(error, "exit_code", otherwise)
    if isinstance(error, UnfinishedError):
        return Ending(code, error.report, recorded=error.recorded, problems=error.problems)
    if isinstance(error, ReconcilerError):
        return Ending(code, problems=error.problems)
    interrupted = isinstance(error, KeyboardInterrupt)
    what = "interrupted" if interrupted else f"internal: {type(error).__name__}"
    return Ending(code, problems=(Problem("", what),), interrupted=interrupted)


def heartbeat_of(
    job: WatchedJob, config: Config, environment: Mapping[str, str]
) -> "tuple[Heartbeat | None, Problem | None]":
    """Return the heartbeat of a job; None where none is configured, or with why there can be none."""
    settings = config.settings.heartbeat
    url = settings.url if job == "run" else settings.publish_url
    if url is None:
        return None, None
    subject = "heartbeat.url" if job == "run" else "heartbeat.publish_url"
    from reconciler.watch.heartbeat import Heartbeat

    try:
        address = watch.resolve(url, environment, subject)
    except SourceError as error:
        return None, error.problems[0]
    return Heartbeat(settings, address, config.root, subject), None


def metrics_file(config: Config) -> Path | None:
    """Return the file of the metrics; None where none is configured."""
    file = config.settings.metrics.file
    return None if file is None else config.root / file


def _started(
    job: WatchedJob, config: Config, environment: Mapping[str, str]
) -> "tuple[Heartbeat | None, Problem | None]":
    heartbeat, problem = heartbeat_of(job, config, environment)
    if heartbeat is not None:
        problem = isolated("heartbeat", heartbeat.start)
    return heartbeat, problem


def _end(
    heartbeat: "Heartbeat", ending: Ending, job: WatchedJob, config: Config, hidden: Sequence[str]
) -> Problem | None:
    text = summarise(ending, config.settings.site, job, hidden)
    within = _LAST_MOMENT if ending.interrupted else None
    return heartbeat.end(ending.code, succeeded=ending.succeeded, text=text, within=within)


def _metrics(config: Config, ending: Ending, seconds: float) -> Problem | None:
    file = metrics_file(config)
    if file is None:
        return None
    from reconciler.jobs import steps
    from reconciler.watch.metrics import EndedRun, write_metrics

    settings = config.settings
    facts = EndedRun(settings.site, settings.interval, steps.now(), seconds, ending)
    return write_metrics(file, facts)


def _safely(place: str, call: Callable[[], Problem | None]) -> Problem | None:
    """Return the problem of a call, also where a fault of ours or an error ended it."""
    try:
        return isolated(place, call)
    except ReconcilerError as error:
        return error.problems[0]


def _secrets(config: Config, environment: Mapping[str, str]) -> list[str]:
    """Return the secrets of the configuration that a summary must not repeat."""
    values = (environment.get(name, "").strip() for name in config.secret_variables)
    return [value for value in values if len(value) > 3]
