"""A list of names that is empty or broken leaves what refers to it unread: nothing is drift because of it."""

import pytest

from reconciler.lab import Lab
from tests.collectors.unifi.example import findings, recorded

KINDS_OF = {
    "rest/usergroup": "client-group",
    "rest/dhcpoption": "dhcp-option",
    "rest/dpiapp": None,
    "rest/radiusprofile": "radius-profile",
    "rest/firewallgroup": "firewall-group",
    "rest/portconf": "port-profile",
    "rest/networkconf": "network",
    "firewall/zone": "firewall-zone",
    "apgroups": "ap-group",
}
"""List of names → the kind that it lists as well."""
OF_TEXT = "acl-rule"
"""Of the integration API, where the lab has any id as text: an odd one is another network there."""


def in_turn(change):
    """Answers in each of which one row is changed, or is another thing."""
    return lambda rows: [[*rows[:at], change(row), *rows[at + 1 :]] for at, row in enumerate(rows)]


ANSWERS = {
    "empty": lambda _rows: [[]],
    "no objects": lambda _rows: [[1, "x", None]],
    "a row without a name": lambda _rows: [[{"_id": 5}]],
    "null": in_turn(lambda _row: None),
    "an odd id": in_turn(lambda row: {**row, "_id": ["x"]}),
    "no id": in_turn(lambda row: {key: value for key, value in row.items() if key != "_id"}),
}
"""Name → the answers that are tried in place of the rows."""


@pytest.fixture(scope="module")
def lab():
    with Lab(hosts=1) as lab:
        yield lab


@pytest.fixture(scope="module")
def before(lab):
    return recorded(lab)


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("path", KINDS_OF)
def test_nothing_is_drift_because_of_it(lab, before, path, answer):
    names, lists, found = lab.unifi.lists[path], lab.unifi.lists, []
    try:
        for lists[path] in ANSWERS[answer](names):
            found += findings(lab, previous=before)
    finally:
        lists[path] = names
    aside = {KINDS_OF[path], OF_TEXT}
    assert [str(each.key) for each in found if each.key.kind not in aside and each.type == "drifted"] == []
