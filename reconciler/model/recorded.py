"""The content of the record: the memory of the next run, and everything that publish needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a recorded run in its history."""

    lineage: str
    """Made with the first commit, and kept by every later one: a history with another one is another."""
    serial: int
    """Grows with every commit that changes `latest/`."""
    pushed: bool = True
    """False while it waits in this clone until it can be pushed, or its branch can be moved."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run as recorded: `record.read()` returns it, `record.write()` writes it, `publish()` shows it."""

    report: DriftReport
    inventory: Inventory
    """Its rows of class config include carried ones; observed rows are from the pulse, if there is one."""
    changed_at: Mapping[Key, datetime]
    """When each resource's row, verdict or findings last changed."""
    commit: str | None = None
    """The history commit that it was read from; None for a run that is not recorded yet."""
    position: Position | None = None
    known: frozenset[str] = frozenset()
    """The ids of the runs that could be read with it: those that others record later are not among them."""
