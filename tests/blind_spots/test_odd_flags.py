"""A flag with a value that no flag has costs itself: what is behind it neither drifts nor changes with it."""

from collections.abc import Container, Iterator
from functools import cache
from itertools import count
from typing import Any

import pytest

from reconciler.model.pointer import parts_of
from tests.blind_spots import npm, proxmox, unifi
from tests.blind_spots.keys import ABSENT, ApiKey, with_value
from tests.blind_spots.place import Place, Raw
from tests.blind_spots.probe import Change, State, Tried, compare_all
from tests.blind_spots.table import SYSTEMS

ODD: tuple[Any, ...] = ({"x": {"y": 1}}, ["x"], "odd")
MODULES = {"proxmox": proxmox, "unifi": unifi, "npm": npm}
FEWEST = {"proxmox": 50, "unifi": 1200, "npm": 40}


def with_everything(place: Place) -> Raw:
    """A row in which each key has a value, also those behind flags that are off."""
    others = (key for key in place.keys.values() if len(key.steps) == 1 and key.name not in place.row)
    return {**{key.name: place.values(key)[0] for key in others}, **place.row}


def state(place: Place, row: Raw, key: ApiKey, value: Any) -> State:
    return State(value, place.read(with_value(row, key.steps, value)))


def unread(read: State) -> set[str]:
    """The unread fields of the one resource."""
    (resource,) = read.read.resources.values()
    return set(resource.unread or ())


def changes(place: Place, row: Raw, plain: State, key: ApiKey, numbers: Iterator[int]) -> Iterator[Change]:
    """From each value of a key to each odd one, if that makes a flag unread."""
    flags = {parts_of(gate.flag)[0] for gate in place.of_kind.gates}
    for odd in ODD:
        after = state(place, row, key, odd)
        if not after.exists or not (unread(after) - unread(plain)) & flags:
            return
        for value in (*place.values(key)[:3], ABSENT):
            before = state(place, row, key, value)
            if before.exists:
                yield Change(before, after, f"s{next(numbers)}")


def of_place(place: Place, but: Container[str], numbers: Iterator[int]) -> Iterator[Tried]:
    row = with_everything(place)
    plain = State(None, place.read(row))
    for key in place.keys.values() if plain.exists else ():
        found = list(changes(place, row, plain, key, numbers)) if key.name not in but else []
        if found:
            yield Tried(place, key, changes=found)


@cache
def tried(system: str) -> list[Tried]:
    """Each key of a list, in the first form of its rows in which it makes a flag unread."""
    numbers = count(1)
    every: dict[tuple[str, str], Tried] = {}
    for place in MODULES[system].places():
        if place.of_kind.gates:
            done = {name for of, name in every if of == place.list}
            every |= {(place.list, one.key.name): one for one in of_place(place, done, numbers)}
    compare_all([*every.values()])
    return [*every.values()]


@pytest.mark.parametrize("system", SYSTEMS)
def test_only_the_flag_is_unverified(system):
    results = [(one, result) for one in tried(system) for result in one.results]
    assert len(results) > FEWEST[system]
    faults = [
        f"{one.key.name} in {one.place.endpoint}: {result.text}"
        for one, result in results
        if not {cause.type for cause in result.causes} <= {"unverified"}
        or not all(event.startswith("unread-changed ") for event in result.events)
    ]
    assert faults == []
