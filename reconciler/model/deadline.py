"""Deadlines: until when a run, a source and a kind may take. All of them are made here, from the interval."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from math import inf

from reconciler.errors import Problem

RUN_SHARE = 0.9
"""Of the interval, for a run: it has ended when the next one begins."""
SOURCE_SHARE = 0.6
"""Of the interval, for reading one source; the rest is for the record, before it and after it."""
_PART_SHARE = 0.75
"""Of what is left, for a kind while others wait that ran out of time in the last run."""

Clock = Callable[[], float]
"""Counts seconds, from any moment on."""


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment by which something has to end, and the problem of whatever has not."""

    ends: float
    problem: Problem
    clock: Clock = time.monotonic

    @property
    def left(self) -> float:
        """The seconds until then; 0 once it has passed."""
        return max(0.0, self.ends - self.clock())

    def part(self, share: float) -> "Deadline":
        """Return the deadline of a step that may take this share of what is left."""
        return Deadline(self.clock() + share * self.left, self.problem, self.clock)

    def at_most(self, seconds: float) -> "Deadline":
        """Return the deadline of a step that may take so long, and not longer than the whole."""
        return Deadline(min(self.ends, self.clock() + seconds), self.problem, self.clock)


NEVER = Deadline(inf, Problem("", "no time left", cause="no-time-left"))


def run_deadline(interval: timedelta, clock: Clock = time.monotonic) -> Deadline:
    """Return the deadline of a run that starts now."""
    seconds = RUN_SHARE * interval.total_seconds()
    problem = Problem(
        "",
        f"no time left: a run may take {seconds:g} s ({RUN_SHARE:g} of interval)",
        "raise interval",
        "no-time-left",
    )
    return Deadline(clock() + seconds, problem, clock)


class Budget:
    """The time for reading one source, shared by all threads that read it."""

    def __init__(self, deadline: Deadline = NEVER) -> None:
        self._deadline = deadline
        self._now = deadline
        self.refused = 0
        """The requests that were not made, or not waited for, because the time was over."""

    @property
    def left(self) -> float:
        """The seconds that the next request may take; 0 when the time is over."""
        return self._now.left

    def limited(self, seconds: float) -> Deadline:
        """Return the deadline of observed data: a third of what is left, and at most so many seconds."""
        return self._now.part(1 / 3).at_most(seconds)

    @property
    def problem(self) -> Problem:
        """Why a request gets no time."""
        return self._deadline.problem

    def refuse(self) -> Problem:
        """Count a request that gets no time, and return why."""
        self.refused += 1
        return self.problem

    @contextmanager
    def part(self, *, others_wait: bool) -> Iterator[None]:
        """Give what is read meanwhile only a part of the time, where `others_wait` for their turn."""
        self._now = self._deadline.part(_PART_SHARE) if others_wait else self._deadline
        try:
            yield
        finally:
            self._now = self._deadline


def source_budget(interval: timedelta, run: Deadline) -> Budget:
    """Return the budget of a source whose reading begins now."""
    seconds = SOURCE_SHARE * interval.total_seconds()
    problem = Problem(
        "",
        f"no time left: a source may be read for {seconds:g} s ({SOURCE_SHARE:g} of interval)",
        "raise interval, or connections of the source; the next run starts with what was left out",
        "no-time-left",
    )
    return Budget(Deadline(min(run.ends, run.clock() + seconds), problem, run.clock))
