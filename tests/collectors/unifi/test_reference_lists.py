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
ANSWERS = {"empty": [], "no objects": [1, "x", None], "a row without a name": [{"_id": 5}]}


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
    names, lists = lab.unifi.lists[path], lab.unifi.lists
    lists[path] = ANSWERS[answer]
    try:
        found = findings(lab, previous=before)
    finally:
        lists[path] = names
    assert [
        str(each.key) for each in found if each.key.kind != KINDS_OF[path] and each.type == "drifted"
    ] == []
