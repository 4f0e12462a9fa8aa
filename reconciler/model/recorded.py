"""The content of the record: the memory of the next run, and everything that publish needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory


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
