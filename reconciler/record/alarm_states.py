"""The states of the sinks of alarms, in the pulse: `alarms.json`, sink → its state, an object with `run_id`.

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
"""Sink → its state, of which only `run_id` is known here."""


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
    return {name: row for name, row in rows if isinstance(row, dict) and _run_of(row)}


def document(states: States) -> bytes:
    """Return the file."""
    return files.canonical({"schema_version": SCHEMA_VERSION, "sinks": states})


def merged(one: States, other: States) -> dict[str, Row]:
    """Return the states of both: of each sink that of the later run, of the same run the other's."""
    found = dict(one)
    for name, row in other.items():
        if name not in found or _run_of(row) >= _run_of(found[name]):
            found[name] = row
    return found


def _run_of(row: Row) -> str:
    run_id = row.get("run_id")
    return run_id if isinstance(run_id, str) and layout.RUN_ID.fullmatch(run_id) else ""
