"""What the record holds: the memory of the next run, and all that publish needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.value import Row


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run as recorded: `record.read()` gives it, `record.write()` writes it, `publish()` shows it."""

    report: DriftReport
    config: Mapping[Key, Row]
    """The recorded snapshot: rows of class config, carried ones too."""
    observed: Mapping[Key, Row]
    """From the pulse; empty where there is none."""
    as_of: Mapping[Key, datetime]
    """Of carried rows alone: when they were last read."""
    changed_at: Mapping[Key, datetime]
    """When each resource's row, verdict or findings last changed."""
    commit: str | None = None
    """The history commit that it was read from; None for a run that is just being made."""
