"""A key that no schema has, at any depth of any row, is known by its name: its value may be a secret."""

import copy
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest

from tests.blind_spots import npm, proxmox, unifi
from tests.blind_spots.keys import with_value
from tests.blind_spots.place import Place

MARKER = "m4rk3r-of-a-value"
ODD = "odd-key"
_BAG = re.compile(r"[\w+-]+=[^,]*(?:,[\w+-]+=[^,]*)*")
"""A text with a name and a value: a property string, or mount options."""
_NOT_A_BAG = frozenset({"env", "args", "lxc", "startdate", "description"})
"""Texts that hold an equals sign and are one value: fingerprints, a date."""


def every_place() -> Iterator[Place]:
    yield from proxmox.places()
    yield from unifi.places()
    yield from npm.places()


@cache
def places() -> dict[str, Place]:
    return {f"{place.system} {place.version} {place.endpoint}": place for place in every_place()}


def objects(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of the objects in a row."""
    if isinstance(value, dict):
        yield at
        for key, each in value.items():
            yield from objects(each, (*at, key))
    elif isinstance(value, list):
        for number, each in enumerate(value):
            yield from objects(each, (*at, number))


def changed(row: Any, at: tuple[Any, ...], change: Callable[[Any], Any]) -> Any:
    """A copy of a row with a change at one place."""
    row = copy.deepcopy(row)
    if not at:
        return change(row)
    holder = row
    for step in at[:-1]:
        holder = holder[step]
    holder[at[-1]] = change(holder[at[-1]])
    return row


def rows(place: Place) -> Iterator[tuple[str, Any]]:
    """The row, and it with each of its keys."""
    yield "", place.row
    for key in place.keys.values():
        for value in place.values(key)[:2]:
            yield key.name, with_value(place.row_of(key), key.steps, value)


def with_an_odd_key(place: Place) -> Iterator[tuple[str, Any]]:
    """Rows in which an object, or a property string, has one key more."""
    bags = {key.name for key in place.keys.values() if "parts" in key.fact} | {"features", "options"}
    seen: set[tuple[Any, ...]] = set()
    for name, row in rows(place):
        for at in objects(row):
            where = tuple("[]" if isinstance(step, int) else step for step in at)
            if where not in seen:
                seen.add(where)
                yield f"/{'/'.join(where)}", changed(row, at, lambda value: {**value, ODD: MARKER})
        for key, text in row.items():
            first = name.partition(".")[0]
            if not isinstance(text, str) or key in _NOT_A_BAG:
                continue
            if (first in bags and key == first.replace("[n]", "0")) or _BAG.fullmatch(text):
                yield f"/{key}", changed(row, (key,), lambda value: f"{value},{ODD}={MARKER}")


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, each in value.items():
            yield str(key)
            yield from texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("name", places())
def test_its_value_reaches_no_row_and_no_scope(name):
    place = places()[name]
    tried = 0
    for where, row in with_an_odd_key(place):
        tried += 1
        found = place.read(row)
        for key, resource in found.resources.items():
            dumped = place.of_kind.dump({key.id: resource})[key.id]
            leaks = [text for text in texts(dumped) if MARKER.casefold() in text.casefold()]
            assert not leaks, (where, leaks)
        for scope in found.scopes:
            assert MARKER not in scope.model_dump_json(), where
    assert tried


IGNORED = frozenset(
    "owner certificate access_list letsencrypt_certificate wan_provider_capabilities runningmachine"
    " meta checks error".split()
)
"""Keys that are not read at all, or (`meta` of a guest) only for the time of creation."""
OF_OTHERS = frozenset({"dhcp-range", "members", "private_preshared_keys"})
"""Lists whose rows are known elsewhere, or ranges of addresses; passphrases behind a closed gate."""


NO_CONFIGURATION = ("get/setting/dashboard", "get/setting/evaluation_score")
"""Sections of which a table leaves out every key, also those to come."""


@pytest.mark.parametrize(
    "name",
    [name for name, place in places().items() if not place.status and not name.endswith(NO_CONFIGURATION)],
)
def test_a_change_of_its_value_is_visible_by_its_fingerprint(name):
    place = places()[name]
    for where, row in with_an_odd_key(place):
        if (IGNORED | OF_OTHERS) & set(where.split("/")):
            continue
        states = [
            {key: each.model_dump(mode="json") for key, each in place.read(one).resources.items()}
            for one in (row, with_another_value(row))
        ]
        assert states[0] != states[1], where


def with_another_value(row: Any) -> Any:
    if isinstance(row, dict):
        return {key: with_another_value(each) for key, each in row.items()}
    if isinstance(row, list):
        return [with_another_value(each) for each in row]
    return row.replace(MARKER, "another") if isinstance(row, str) else row
