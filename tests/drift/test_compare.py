import subprocess
import sys

import pytest

from reconciler.drift.differences import differences
from reconciler.model.pointer import pointer
from tests.drift import house


def _nested(levels, leaf):
    value = leaf
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("parts", "path"), [((), ""), (("nics", "net0"), "/nics/net0"), (("a/b", "~1", ""), "/a~1b/~01/")]
)
def test_paths_are_json_pointers(parts, path):
    assert pointer(*parts) == path


def test_only_the_unequal_members_are_told_of():
    wanted = {"m": {"same": {"x": 1}, "other": {"x": 1, "y": [1, 2]}, "gone": None}}
    have = {"m": {"same": {"x": 1, "more": 2}, "other": {"x": 2, "y": [2, 1]}, "gone": 0}, "n": 3}
    assert {change.path: (change.desired, change.live) for change in differences(wanted, have)} == {
        "/m/gone": (None, 0),
        "/m/other/x": (1, 2),
        "/m/other/y": ([1, 2], [2, 1]),
    }


def test_a_value_of_another_shape_is_one_change():
    wanted = {"a": {"x": 1}, "b": 1, "c": {"d": {"x": 1}}}
    have = {"a": [1], "b": {"x": 1}, "c": {"d": "text"}}
    assert {change.path: (change.desired, change.live) for change in differences(wanted, have)} == {
        "/a": ({"x": 1}, [1]),
        "/b": (1, {"x": 1}),
        "/c/d": ({"x": 1}, "text"),
    }


def test_mappings_without_a_common_member_are_still_told_one_by_one():
    wanted = {"m": {str(number): 1 for number in range(20)}}
    assert len(list(differences(wanted, {"m": {"other": 1}}))) == 20


@pytest.mark.parametrize(
    ("wanted", "have"),
    [
        (_nested(60, 1), _nested(60, 2)),
        ({str(number): 1 for number in range(6000)}, {str(number): 2 for number in range(6000)}),
        ({"l": [1] * 6000}, {"l": [2]}),
    ],
    ids=["deep", "wide", "long"],
)
def test_what_is_too_large_to_read_is_one_change(wanted, have):
    (change,) = differences({"m": wanted, "same": 1}, {"m": have | {"undeclared": 1}, "same": 1})
    assert change.path == "/m"
    assert change.desired == wanted
    assert change.live == have


def test_a_value_that_is_not_itself_is_told_of_as_a_whole():
    wanted, have = {"m": {"x": [float("nan")]}}, {"m": {"x": [float("nan")]}}
    assert [change.path for change in differences(wanted, have)] == ["/m/x"]


def test_deepdiff_is_imported_for_lists_with_changed_items_alone():
    program = """
import sys
from reconciler.drift.differences import differences
live = {"watts": 40, "tags": ["a"], "sockets": {"s0": {"tag": 1}}}
assert not list(differences({"sockets": {"s0": {"tag": 1}}}, live))
assert len(list(differences({"watts": 60, "tags": []}, live))) == 2
assert len(list(differences({"sockets": {"s0": {"tag": 2}}}, live))) == 1
assert "deepdiff" not in sys.modules, "imported for nothing"
assert len(list(differences({"rules": [{"port": 1, "log": 2}]}, {"rules": [{"port": 1, "log": 3}]}))) == 1
assert "deepdiff" in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_names_are_those_of_live_or_else_of_desired_state():
    live = {"1": {"name": "now", "watts": 1}, "3": {}}
    state = house.desired({"1": {"name": "then"}, "2": {"name": "lost"}})
    report = house.judge(house.snapshot(live), state).report
    assert [(finding.key.id, finding.name) for finding in report.findings] == [
        ("2", "lost"),
        ("1", "now"),
        ("3", None),
    ]
