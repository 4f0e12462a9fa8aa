"""A value of another type than usual costs the fields that are read of its key, not the row or its list."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from reconciler.model.resource import BASE_FIELDS
from reconciler.model.snapshot import Snapshot
from tests.blind_spots import npm, unifi, unifi_integration
from tests.blind_spots.keys import ABSENT, ApiKey, with_value
from tests.blind_spots.place import Place

ODD: tuple[Any, ...] = (
    1732399500, {"x": {"y": 1}}, None, True, 3.5, 2**70, "192.0.2.1", "none of them", [], ["x"], [None],
    [{"x": "y"}],
)  # fmt: skip
"""Null, a time for a flag, text for a number, an address without a prefix, a list for a scalar …"""
NEUTRAL = BASE_FIELDS - {"unread"}
READ_OF_STATUS = frozenset(
    "_id id mac macAddress name model type serial version adopted disabled locked mgmt_network_id"
    " config_network stp_version stp_priority jumboframe_enabled flowctrl_enabled poe_mode"
    " led_override snmp_contact ip snmp_location radio_table uplink state"
    " ipAddress firmwareVersion port_table port_overrides".split()
)
"""The keys of a status answer that are read."""
PLACES = {
    f"{place.system} {place.version} {place.endpoint}": place
    for module in (unifi, unifi_integration, npm)
    for place in module.places()
}


def row_of(snapshot: Snapshot) -> tuple[str, dict[str, Any]] | None:
    """The one row of a snapshot with its id; None where there is none."""
    if len(snapshot.resources) != 1:
        return None
    ((key, resource),) = snapshot.resources.items()
    return key.id, resource.model_dump(mode="json")


def fields_of(one: dict[str, Any], other: dict[str, Any]) -> set[str]:
    """The fields that differ, or are unread in the other."""
    unread = {*(other["unread"] or ())} - {*(one["unread"] or ())}
    both = {*(one["unread"] or ())} & {*(other["unread"] or ())}
    return {name for name in one if one[name] != other[name]} - NEUTRAL - {"unread"} - both | unread


def first(place: Place, key: ApiKey) -> tuple[str, dict[str, Any]] | None:
    """The id and the row with the first value of a key."""
    return _first(f"{place.system} {place.version} {place.endpoint}", key.name)


@cache
def _first(name: str, key_name: str) -> tuple[str, dict[str, Any]] | None:
    place, key = PLACES[name], PLACES[name].keys[key_name]
    return row_of(place.read(with_value(place.row_of(key), key.steps, place.values(key)[0])))


@cache
def touched(list_: str) -> dict[str, set[str] | None]:
    """The fields that valid values of each key of a list change, in any form; None where it is in the id."""
    found: dict[str, set[str] | None] = {}
    for place in PLACES.values():
        for key in keys_of(place) if place.list == list_ else ():
            plain = first(place, key)
            for value in (ABSENT, *place.values(key)[1:]) if plain else ():
                row = row_of(place.read(with_value(place.row_of(key), key.steps, value)))
                known = found.setdefault(key.name, set())
                if row is None or plain is None or row[0] != plain[0]:
                    found[key.name] = None
                elif known is not None:
                    known |= fields_of(plain[1], row[1])
    return found


def allowed_of(place: Place, key: ApiKey) -> set[str] | None:
    """The fields that a key may cost: those of it and of what is in it, and what is derived of them."""
    of_list = touched(place.list)
    if of_list[key.name] is None:
        return None
    inside = [each for name, each in of_list.items() if name.startswith(key.name) and each is not None]
    return {key.name, *place.of_kind.derived}.union(*inside)


def is_a_word(odd: Any, usual: list[Any]) -> bool:
    """Whether an odd value is text where text is usual, so that it is only another word."""
    return isinstance(odd, str) and all(isinstance(each, str) for each in usual)


def keys_of(place: Place) -> Iterator[ApiKey]:
    """The keys of a place, without the names of state alone."""
    for key in place.keys.values():
        if key.name not in place.required and (
            not place.status or key.name.partition(".")[0].removesuffix("[]") in READ_OF_STATUS
        ):
            yield key


def faults(place: Place) -> Iterator[str]:
    for key in keys_of(place):
        plain = first(place, key)
        if plain is None:
            continue
        allowed = allowed_of(place, key)
        for odd in ODD if touched(place.list)[key.name] else ODD[:2]:  # what nothing reads is all alike
            snapshot = place.read(with_value(place.row_of(key), key.steps, odd))
            (scope,) = snapshot.scopes
            named = f"{key.name} = {odd!r}"
            row = row_of(snapshot)
            if scope.listed == "failed" or scope.unread:
                yield f"{named}: {scope.problem or dict(scope.unread)}"
            elif row is None and allowed is not None and not is_a_word(odd, place.values(key)):
                yield f"{named}: the row is gone"
            elif row is not None and allowed is not None and (extra := fields_of(plain[1], row[1]) - allowed):
                yield f"{named}: costs {sorted(extra)} beside {sorted(allowed)}"


@pytest.mark.parametrize("name", PLACES)
def test_it_costs_that_field(name):
    assert list(faults(PLACES[name])) == []


def test_enough_is_tried():
    assert sum(1 for place in PLACES.values() for _ in keys_of(place)) > 1500
