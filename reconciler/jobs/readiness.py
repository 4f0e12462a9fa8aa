"""The verdict of `doctor`: what keeps a run from being complete, and the next command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.drift.exit_code import exit_code
from reconciler.errors import EXIT_ERROR
from reconciler.model.check import Check
from reconciler.model.snapshot import Snapshot
from reconciler.text import enumerated

RUN, DRIFT, ADOPT, AGAIN = (f"reconciler {words}" for words in ("run", "drift", "adopt --write", "doctor"))
BLOCKING = frozenset({"git", "publish", "desired-state"})
"""Areas without which a run ends with an error, whatever the sources are like."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All that was checked."""

    snapshot: Snapshot
    """The live state as a run would read it now."""
    sources: Mapping[str, Sequence[Check]]
    areas: Mapping[str, Sequence[Check]]
    """git, publish, desired-state, watch, site."""
    declared: bool
    """Whether anything is declared yet."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """The outcome of a run that would start now."""

    not_ready: tuple[str, ...]
    """The sources and areas to fix."""
    text: str
    next: str
    """The command to run next; empty where something has to be fixed first."""
    exit_code: int

    @property
    def ready(self) -> bool:
        """Whether a run would be complete."""
        return not self.not_ready


def readiness_of(diagnosis: Diagnosis, config_file: str) -> Readiness:
    """Return the verdict; `config_file` is the configuration as people name it."""
    statuses = {name: source.status for name, source in diagnosis.snapshot.run.sources.items()}
    sources = [
        name
        for name, checks in diagnosis.sources.items()
        if statuses[name] != "complete" or any(check.state == "bad" for check in checks)
    ]
    areas = [
        name for name, checks in diagnosis.areas.items() if any(check.state == "bad" for check in checks)
    ]
    code = exit_code(set(statuses.values()), incomplete=bool(sources or areas))
    if BLOCKING & set(areas):
        code = EXIT_ERROR
    if not sources and not areas:
        following = RUN if diagnosis.declared else ADOPT
        why = "" if diagnosis.declared else " (nothing is declared yet)"
        return Readiness((), f"Ready{why}: {following}", following, code)
    readable = any(status != "failed" for status in statuses.values())
    others = len(sources) < len(statuses)
    text, following = _not_ready(sources, areas, config_file, readable=readable, others=others)
    return Readiness((*sources, *areas), f"Not ready: {text}", following, code)


def _not_ready(
    sources: Sequence[str], areas: Sequence[str], config_file: str, *, readable: bool, others: bool
) -> tuple[str, str]:
    """Return what to fix, and which command works meanwhile.

    `readable`: some source can be read; `others`: there are sources without a problem.
    """
    steps = []
    if areas:
        steps.append(f"fix {enumerated(areas)}")
    if sources:
        them = "it" if len(sources) == 1 else "them"
        instead = f", or remove {them} from {config_file}" if others else ""
        steps.append(f"fix {enumerated(sources)}{instead}")
    text = ", and ".join(steps)
    if not readable:
        return f"{text}. No source can be read; then check again: {AGAIN}", ""
    if "desired-state" in areas:
        return f"{text}. Then check again: {AGAIN}", ""
    if BLOCKING & set(areas):
        return f"{text}. Until then a run cannot record or publish, but this compares: {DRIFT}", DRIFT
    if not others:
        return f"{text}. Until then a run is incomplete: {RUN}", RUN
    return f"{text}. Everything else can run: {RUN}", RUN
