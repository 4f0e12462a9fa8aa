"""The states of the sinks of alarms, in the pulse: `alarms.json`, sink → its state, an object with `number`.

Every pulse carries it forward; see `alarm_keeping` for what is written after a delivery.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from reconciler import files
from reconciler.config.settings import HistorySettings
from reconciler.model.snapshot import SCHEMA_VERSION, check_version
from reconciler.model.value import Row
from reconciler.record import history, layout, partial
from reconciler.record.command import GitError, Repository
from reconciler.record.objects import read_blobs

_DEFECTS = (KeyError, TypeError, AttributeError, ValueError)

States = Mapping[str, Row]
"""Sink → its state, of which only `number` is known here: how often the sink was notified."""

_LARGEST = 2**53 - 1


def read(repo: Repository, settings: HistorySettings, *, fetch: bool = False) -> States:
    """Return the state of each sink, as the last fetch brought it, or after another one.

    Raises `RecordError` if the pulse cannot be read; damaged content counts as none.
    """
    place = history.locate(repo, settings, reading=True)
    if fetch:
        history.fetch(repo, place)
    seen = history.tips(repo, place)
    partial.complete(repo, place.remote, list(seen.pulses))
    return of_pulses(repo, seen.pulses)


def of_pulses(repo: Repository, pulses: Iterable[str]) -> dict[str, Row]:
    """Return the states in pulses: of each sink the latest one."""
    try:
        contents = read_blobs(repo, [f"{commit}:{layout.PULSE_ALARMS}" for commit in pulses])
    except GitError:
        return {}
    states: dict[str, Row] = {}
    for data in contents:
        states = merged(states, parse(data))
    return states


def parse(data: bytes | None) -> dict[str, Row]:
    """Return the states of a file; of a damaged or foreign one none."""
    try:
        document: Any = files.parse_json(data or b"")
        check_version(document)
        rows = document["sinks"].items()
    except _DEFECTS:
        return {}
    return {name: row for name, row in rows if isinstance(row, dict) and _number_of(row)}


def document(states: States) -> bytes:
    """Return the file."""
    return files.canonical({"schema_version": SCHEMA_VERSION, "sinks": states})


def merged(one: States, other: States) -> dict[str, Row]:
    """Return the states of both: of each sink that after more notifications, of as many the other's.

    Not that of the later run: clocks are set back, and runs may begin in one second.
    """
    found = dict(one)
    for name, row in other.items():
        if name not in found or _number_of(row) >= _number_of(found[name]):
            found[name] = row
    return found


def _number_of(row: Row) -> int:
    number = row.get("number")
    return number if type(number) is int and 0 < number <= _LARGEST else 0
