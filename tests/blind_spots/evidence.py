"""Evidence of what each key of an API shows: every key of the facts and of the cases with other values."""

import copy
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from reconciler.model.pointer import parts_of
from tests.blind_spots.probe import Result, Tried
from tests.blind_spots.table import keys_of
from tests.collectors.raws import normalise
from tests.collectors.test_normalise import KINDS, _read

THE_ID = "the id"
CASES = Path(__file__).resolve().parents[1] / "cases" / "normalise"
Shown = dict[tuple[str, str], set[str]]
"""(section of the table, key) → the fields that differ with its value."""


@cache
def shown(system: str) -> Shown:
    """What each key of a system shows."""
    found: Shown = {}
    for key in keys_of(system):
        for one in key.tried:
            fields = found.setdefault((one.place.section, _name(one)), set())
            fields.update(*map(_fields, one.results))
            if one.key.name != one.place.inside and any(not state.exists for state in one.states):
                fields.add(THE_ID)
    for section, name, fields in _of_cases(system):
        found.setdefault((section, name), set()).update(fields)
    return found


def _name(one: Tried) -> str:
    inside = f"{one.place.inside}." if one.place.inside else ""
    return f"{inside}{one.key.name}".replace("[n]", "0")


def _fields(result: Result) -> set[str]:
    fields = {parts_of(path)[0] for paths in result.fields.values() for path in paths}
    return (fields - {"unmodelled"}) | ({THE_ID} if result.is_another_resource else set())


def _of_cases(system: str) -> Iterator[tuple[str, str, set[str]]]:
    """Yield the keys of raw rows in cases, with the fields that differ when they do."""
    for file in sorted(CASES.glob(f"{system}.*/*.json")):
        case = json.loads(file.read_text())
        kind = KINDS[file.parent.name]
        if "error" in case:
            continue
        section = _section(kind.name, case["raw"])
        plain = _made(file.parent.name, case, case["raw"])
        for steps, value in _leaves(case["raw"], ()):
            changed = copy.deepcopy(case["raw"])
            _set(changed, steps, value)
            try:
                row = _made(file.parent.name, case, changed)
            except (ValueError, TypeError, LookupError, AttributeError):
                continue  # a row that cannot be read shows nothing of any field
            fields = {name for name in plain.keys() | row.keys() if plain.get(name) != row.get(name)}
            for name in _names(steps):
                yield section, name, fields - {"unmodelled"}


def _section(kind: str, raw: dict[str, Any]) -> str:
    if "ruleset" in raw:
        return "firewall-rule"
    return "switch-port" if kind == "port-profile" else kind


def _made(name: str, case: dict[str, Any], raw: dict[str, Any]) -> dict[str, Any]:
    made = normalise(KINDS[name], case["id"], _read(name, raw), case.get("context"))
    return KINDS[name].dump({"x": made})["x"]


def _leaves(value: Any, at: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Yield the steps to each value, with another one of its type."""
    members = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for step, inner in members:
        yield from _leaves(inner, (*at, step))
    if isinstance(value, bool):
        yield at, not value
    elif isinstance(value, int | float):
        yield at, value + 1
    elif isinstance(value, str):
        yield at, f"{value}x" if not value.isdecimal() else str(int(value) + 1)
    if at and value:
        yield at, None


def _set(raw: Any, steps: tuple[Any, ...], value: Any) -> None:
    for step in steps[:-1]:
        raw = raw[step]
    raw[steps[-1]] = value


def _names(steps: tuple[Any, ...]) -> Iterator[str]:
    """Yield a key as tables name it, in the row and in the rows that it is made of."""
    name = ""
    for step in steps:
        name = f"{name}[]" if isinstance(step, int) else f"{name}.{step}" if name else str(step)
    yield name
    yield name.partition(".")[2]
