"""Earlier runs, as far as they are published."""

from dataclasses import dataclass

from reconciler.errors import Problem
from reconciler.model.run_changes import RunChanges
from reconciler.model.run_entry import RunEntry


@dataclass(frozen=True, slots=True)
class Past:
    """The runs that the record still has."""

    runs: tuple[RunEntry, ...] = ()
    """A row for each run of the days that are kept, oldest first; without a pulse, of the filed days only."""
    changes: tuple[RunChanges, ...] = ()
    """The newest of the runs that changed something and are kept, newest first."""
    problems: tuple[Problem, ...] = ()
    """The problems of what could not be read of it."""


NO_PAST = Past()
