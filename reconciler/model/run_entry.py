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
MEMORY = ("assigned_mib", "physical_mib")
"""Memory of a site in MiB: assigned to the guests that run, and that of the nodes."""
CHANGES = ("new", "reopened", "resolved")
"""The ways in which a run can change the number of findings."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """A run that was made, whether or not anything had changed; a time without any is a gap."""

    id: str
    verdict: str
    seconds: float | None
    """From its beginning until it was recorded; None if that is not known."""
    sources: Mapping[str, Listed]
    """Source → complete, partial or failed."""
    findings: Mapping[str, int]
    """Severity → number of findings that are not silenced, without those that are 0."""
    changes: Mapping[str, int] | None = None
    """How many findings were `new`, `reopened` or `resolved`, without those that are 0; None if not known."""
    memory: Mapping[str, int] | None = None
    """The `assigned_mib` and the `physical_mib` of the site; None where a node or a guest was not read."""

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
        **({} if entry.changes is None else {"changes": dict(entry.changes)}),
        **({} if entry.memory is None else {"memory": dict(entry.memory)}),
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
        _changes(row.get("changes")),
        _memory(row.get("memory")),
    )
    if entry.verdict not in _VERDICTS:
        message = f"{identity} has no verdict"
        raise ValueError(message)
    return entry


def _changes(row: Any) -> dict[str, int] | None:
    return None if row is None else {name: int(row[name]) for name in CHANGES if name in row}


def _memory(row: Any) -> dict[str, int] | None:
    return None if row is None else {name: int(row[name]) for name in MEMORY}
