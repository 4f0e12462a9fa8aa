"""One run in a line: what a list of runs shows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, get_args

from reconciler.config.severity import SEVERITIES
from reconciler.model.listing import Listed
from reconciler.model.snapshot import moment_of
from reconciler.model.value import Row, timestamp

_VERDICTS = ("in_sync", "drifted", "incomplete")
_STATES = get_args(Listed)


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run that was made, whether or not anything had changed; a time without any is a gap."""

    id: str
    verdict: str
    seconds: float
    """From its beginning until it was recorded."""
    sources: Mapping[str, str]
    """Source → complete, partial or failed."""
    findings: Mapping[str, int]
    """Severity → number of findings that are not silenced, without those that are 0."""

    @property
    def at(self) -> datetime:
        """When it began."""
        return moment_of(self.id)


def run_row(entry: RunEntry) -> Row:
    """Return the JSON form of an entry."""
    return {
        "at": timestamp(entry.at),
        "verdict": entry.verdict,
        "seconds": entry.seconds,
        "sources": dict(entry.sources),
        "findings": dict(entry.findings),
    }


def parse_run_row(identity: str, row: Any) -> RunEntry:
    """Return an entry from its JSON form; unknown keys are ignored.

    Raises `ValueError`, `KeyError`, `TypeError` or `AttributeError` if it is not one.
    """
    entry = RunEntry(
        identity,
        row["verdict"],
        float(row["seconds"]),
        {name: state for name, state in row["sources"].items() if state in _STATES},
        {name: int(row["findings"][name]) for name in SEVERITIES if name in row["findings"]},
    )
    if entry.verdict not in _VERDICTS:
        message = f"{identity} has no verdict"
        raise ValueError(message)
    return entry
