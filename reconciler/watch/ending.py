"""How a job ended, as the heartbeat and the metrics report it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.errors import EXIT_DRIFT, EXIT_IN_SYNC, Problem
from reconciler.model.findings import DriftReport
from reconciler.text import clean

_MOST_PROBLEMS = 10


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a job, whether it succeeded or not."""

    code: int
    """The exit code."""
    report: DriftReport | None = None
    """None where the job ended before it had compared, and for a job that does not."""
    recorded: bool = False
    """Whether the run is in the record, and pushed where it is to be pushed."""
    published: bool = False
    problems: tuple[Problem, ...] = ()
    interrupted: bool = False
    """Whether a signal ended it."""

    @property
    def succeeded(self) -> bool:
        """Whether the job did its work: drift that was found is a result, not a failure."""
        return self.code in {EXIT_IN_SYNC, EXIT_DRIFT}


def summarise(ending: Ending, site: str, job: str, secrets: Iterable[str] = ()) -> str:
    """Return a few plain lines about a job that ended; a secret that slipped into one is not in them."""
    hidden = tuple(secrets)
    return "".join(f"{clean(line, *hidden)}\n" for line in _ending_lines(ending, site, job))


def _ending_lines(ending: Ending, site: str, job: str) -> Iterator[str]:
    report = ending.report
    verdict = f"{report.summary.verdict.upper().replace('_', ' ')}, " if report is not None else ""
    yield f"{site}: {verdict}{job} ended with exit code {ending.code}"
    if report is not None:
        yield report.summary.headline
        for name, source in report.run.sources.items():
            why = f": {source.problem}" if source.problem is not None else ""
            yield f"{name}: {source.status}{why}"
        done = ("recorded" if ending.recorded else "NOT recorded", "published" if ending.published else "")
        yield ", ".join(filter(None, done)) + f" (run {report.run.id})"
    for problem in ending.problems[:_MOST_PROBLEMS]:
        yield f"error: {problem}"
    if (more := len(ending.problems) - _MOST_PROBLEMS) > 0:
        yield f"… and {more} more"
