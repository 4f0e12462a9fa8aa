"""The content of the record: the memory of the next run, and everything that publish needs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.ledger import Ledger
from reconciler.model.past import NO_PAST, Past
from reconciler.model.run_entry import RunEntry
from reconciler.model.snapshot import Inventory

_LINEAGE = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Position:
    """The place of a recorded run in its history."""

    lineage: str
    """Made with the first commit, and kept by every later one: a history with another one is another."""
    serial: int
    """Grows with every commit that changes `latest/`."""
    pushed: bool = True
    """False while it waits in this clone until it can be pushed, or its branch can be moved."""


def parse_position(document: object) -> Position | None:
    """Return the place in the history from JSON; None for anything else, as in a record without one."""
    if not isinstance(document, dict):
        return None
    lineage, serial = document.get("lineage"), document.get("serial")
    pushed = document.get("pushed") is not False
    if not (isinstance(lineage, str) and _LINEAGE.fullmatch(lineage) and type(serial) is int and serial > 0):
        return None
    return Position(lineage, serial, pushed)


class KeyMove(NamedTuple):
    """The key that a resource has now, and since when it has not had the one that it is looked up by."""

    key: Key
    since: datetime


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run as recorded: `record.read()` returns it, `record.write()` writes it, `publish()` shows it."""

    report: DriftReport
    inventory: Inventory
    """Its rows of class config include carried ones; observed rows are from the pulse, if there is one."""
    changed_at: Mapping[Key, datetime]
    """When each resource's row, verdict or findings last changed."""
    moved: Mapping[Key, KeyMove] = field(default_factory=dict)
    """Earlier key → the key now, of resources that got another key within 30 days."""
    ledger: Ledger = field(default_factory=dict)
    """The life of each finding: of those that stand or wait, and of those resolved within 90 days."""
    runs: tuple[RunEntry, ...] = ()
    """A row for each run of the last 32 days, oldest first; none without a pulse."""
    past: Past = NO_PAST
    """The earlier runs, where they are published."""
    memory: Mapping[str, int] | None = None
    """Of a run that is not recorded yet: its memory, as in the row of a run."""
    commit: str | None = None
    """The history commit that it was read from; None for a run that is not recorded yet."""
    position: Position | None = None
    known: frozenset[str] = frozenset()
    """The ids of the runs that could be read with it: those that others record later are not among them."""
    problems: tuple[Problem, ...] = ()
    """Files and rows that could not be read, and what counts in their place."""
