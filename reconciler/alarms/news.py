"""The changes since a sink was last notified: its state and a report in, news out. No clock, no network."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from reconciler.alarms.situation import AlarmCause, Situation
from reconciler.alarms.state import SentCause, SinkState
from reconciler.config.alarms import Sink
from reconciler.config.kind_pattern import matches
from reconciler.config.severity import SEVERITIES, Severity
from reconciler.errors import Problem
from reconciler.model.alarm import STEPS, CauseChange, RunStep
from reconciler.model.listing import Listed
from reconciler.model.snapshot import Run

OF_STATUS: Mapping[Listed, Severity] = {"failed": "error", "partial": "warning", "complete": "info"}
"""The severity of what can be read of a source."""

Steps = Mapping[RunStep, Sequence[Problem]]
"""The steps that a run took → their problems; a step that it did not come to is left out."""


@dataclass(frozen=True, slots=True)
class CauseNews:
    """A cause that changed."""

    change: CauseChange
    id: str
    cause: SentCause
    """As it is now; of a resolved one, as it was sent."""
    before: Severity | None = None
    now: AlarmCause | None = None


@dataclass(frozen=True, slots=True)
class SourceNews:
    """A source whose status, as far as the sink wants to know, changed."""

    name: str
    status: Listed
    before: Listed


@dataclass(frozen=True, slots=True)
class News:
    """All that changed for one sink."""

    first: bool
    causes: tuple[CauseNews, ...]
    sources: tuple[SourceNews, ...]
    failed: tuple[RunStep, ...]
    working: tuple[RunStep, ...]
    open: Mapping[Severity, int]
    """Causes that stand and pass the filter."""


def news(state: SinkState | None, now: Situation | None, steps: Steps, sink: Sink) -> News | None:
    """Return what changed for a sink; None if nothing did. `now` is None where a run made no report.

    Of a sink that was never notified, everything that stands is `open`.
    """
    passing = passing_causes(now, sink) if now else {}
    causes = tuple(_causes(state, now, passing)) if now else ()
    sources = tuple(_sources(state, now, sink)) if now else ()
    known = state.failures if state else ()
    failed = tuple(step for step in STEPS if steps.get(step) and step not in known)
    working = tuple(step for step in STEPS if step in known and step in steps and not steps[step])
    if not (causes or sources or failed or working):
        return None
    counts = dict.fromkeys(reversed(SEVERITIES), 0)
    for cause in passing.values():
        counts[cause.severity] += 1
    shown = {each: count for each, count in counts.items() if count}
    return News(state is None, causes, sources, failed, working, shown)


def sent(state: SinkState | None, now: Situation | None, steps: Steps, sink: Sink, run: Run) -> SinkState:
    """Return the state of a sink that was notified by a run."""
    known = set(state.failures if state else ())
    failures = tuple(step for step in STEPS if steps.get(step, step in known))
    causes = dict(state.causes) if state else {}
    sources = dict(state.sources) if state else {}
    if now is not None:
        causes = {
            identity: cause
            for identity, cause in causes.items()
            if now.fate(identity, cause) in {"standing", "unconfirmed"}
        }
        causes |= {identity: each.sent() for identity, each in passing_causes(now, sink).items()}
        sources = {name: _wanted(name, status, sink) for name, status in now.sources.items()}
    return SinkState(
        number=state.number + 1 if state else 1,
        run_id=run.id,
        at=run.collected_at,
        causes=causes,
        sources=sources,
        failures=failures,
    )


def passing_causes(now: Situation, sink: Sink) -> dict[str, AlarmCause]:
    """Return the causes that pass the filter of a sink."""
    return {identity: cause for identity, cause in now.causes.items() if _passes(cause, now, sink)}


def _passes(cause: AlarmCause, now: Situation, sink: Sink) -> bool:
    if not _reaches(cause.severity, sink):
        return False
    keys = cause.keys
    if sink.kinds and not any(matches(each, key.source, key.kind) for each in sink.kinds for key in keys):
        return False
    return not sink.tags or any(not set(sink.tags).isdisjoint(now.tags_of(key)) for key in keys)


def _reaches(severity: Severity, sink: Sink) -> bool:
    return SEVERITIES.index(severity) >= SEVERITIES.index(sink.severity)


def _causes(
    state: SinkState | None, now: Situation, passing: Mapping[str, AlarmCause]
) -> Iterator[CauseNews]:
    known = state.causes if state else {}
    for identity, cause in passing.items():
        before = known.get(identity)
        if before is None:
            yield CauseNews(_opened(state, cause), identity, cause.sent(), now=cause)
        elif SEVERITIES.index(cause.severity) > SEVERITIES.index(before.severity):
            yield CauseNews("worse", identity, cause.sent(), before.severity, cause)
    for identity, gone in known.items():
        if now.fate(identity, gone) == "resolved":
            yield CauseNews("resolved", identity, gone)


def _opened(state: SinkState | None, cause: AlarmCause) -> CauseChange:
    if state is None:
        return "open"
    reopened = cause.finding.reopened
    return "reopened" if reopened is not None and reopened >= state.at else "new"


def _sources(state: SinkState | None, now: Situation, sink: Sink) -> Iterator[SourceNews]:
    known = state.sources if state else {}
    for name, status in now.sources.items():
        before = known.get(name, "complete")
        if _wanted(name, status, sink) != before:
            yield SourceNews(name, status, before)


def _wanted(name: str, status: Listed, sink: Sink) -> Listed:
    """Return the status of a source as a sink wants to know it: complete, if it is not to hear of it."""
    covered = not sink.kinds or any(matches(each, name, "*") for each in sink.kinds)
    return status if covered and _reaches(OF_STATUS[status], sink) else "complete"
