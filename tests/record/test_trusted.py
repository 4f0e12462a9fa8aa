"""Recorded rows are read by their models: what runs write comes back as it was, and nothing else does."""

from typing import Any

import pytest

from reconciler.kinds import SYSTEMS, kind_finder
from reconciler.model.key import Key
from reconciler.record.trusted import no_kinds, problems, trusted
from tests.blind_spots.place import Place
from tests.blind_spots.test_unknown_items import places, rows

GUEST: dict[str, Any] = {
    "name": "web",
    "type": "qemu",
    "node": "a",
    "power": "running",
    "nics": {"net0": {"model": "virtio", "bridge": "vmbr0", "tag": 11}},
}
KINDS = kind_finder(None)


def recorded_rows(place: Place) -> tuple[dict[Key, Any], dict[Key, Any]]:
    """Both parts of the rows that a run would record, for each value of each key of a place."""
    config: dict[Key, Any] = {}
    observed: dict[Key, Any] = {}
    kind = place.of_kind
    for number, (_name, row) in enumerate(rows(place)):
        for key, resource in place.read(row).resources.items():
            own, rest = kind.split(kind.dump({key.id: resource})[key.id])
            apart = Key(f"s{number}", key.kind, key.id)
            config |= {apart: own} if own else {}
            observed |= {apart: rest} if rest else {}
    return config, observed


@pytest.mark.parametrize("name", places())
def test_what_is_recorded_comes_back_as_it_was(name):
    config, observed = recorded_rows(places()[name])
    read = trusted(config, observed, KINDS)
    assert read.bad == {}
    assert read.config == config
    assert read.observed == observed


def test_every_kind_is_found_by_its_name_alone():
    names = [kind.name for system in SYSTEMS.values() for kind in system.kinds]
    assert len(names) == len(set(names))


def test_a_bad_row_costs_itself_and_a_bad_observed_part_only_that_part():
    keys = {name: Key("pve", "guest", name) for name in ("1", "2", "3", "4", "")}
    config = {keys["1"]: GUEST, keys["2"]: {"cores": "many"}, keys["3"]: GUEST, keys[""]: GUEST}
    observed = {keys["1"]: {"lock": "backup"}, keys["3"]: {"health": 7}, keys["4"]: 3}
    read = trusted(config, observed, KINDS)  # type: ignore[arg-type]
    assert list(read.config) == [keys["1"], keys["3"]]
    assert list(read.observed) == [keys["1"]]
    assert set(read.bad) == {keys["2"], keys["3"], keys["4"], keys[""]}


def test_more_rows_than_are_parsed_at_once_are_read_like_few(monkeypatch):
    config: dict[Key, Any] = {Key("pve", "guest", str(number)): GUEST for number in range(7)}
    config[Key("pve", "guest", "4")] = {"cores": "many"}
    observed: dict[Key, Any] = {Key("pve", "guest", str(number)): {"lock": "backup"} for number in range(9)}
    whole = trusted(config, observed, KINDS)
    monkeypatch.setattr("reconciler.record.trusted._AT_ONCE", 2)
    assert trusted(config, observed, KINDS) == whole


def test_keys_that_the_model_does_not_know_are_dropped():
    key = Key("pve", "guest", "1")
    assert trusted({key: GUEST | {"future": 1}}, {}, KINDS).config == {key: GUEST}


def test_a_field_that_was_not_recorded_is_not_added():
    key = Key("pve", "guest", "1")
    assert set(trusted({key: GUEST}, {}, KINDS).config[key]) == set(GUEST)


def test_rows_of_no_kind_stay_as_they_are():
    rows: dict[Key, Any] = {Key("old", "guest", "1"): {"nics": 3}}
    assert trusted(rows, {}, no_kinds).config == rows


def test_many_bad_rows_are_few_lines():
    bad = {Key("pve", "guest", f"{number}\n"): "x" * 10_000 for number in range(100)}
    lines = [str(problem) for problem in problems(bad, lambda path: f"drift-state: reports/{path}")]
    assert len(lines) == 6
    assert (
        lines[-1]
        == "drift-state: reports/latest/live/pve/guest.json: 95 more rows are left out, and read again"
    )
    assert all(len(line) < 400 and "\n" not in line for line in lines)
