"""`changes` of `/nodes/NODE/network`: every change of one or two interfaces, as real unified diffs."""

import shutil
from itertools import islice

import pytest

from reconciler.collectors.proxmox.network_changes import UNKNOWN, waiting
from tests.collectors.proxmox.interfaces_file import changes, gnu_diff, python_diff, site

SITES = {
    "one bridge": site(1),
    "three bridges": site(3),
    "bridges alike": site(4, alike=True),
    "with an IPv6 part": site(3, both=True),
    "stanzas longer than a hunk": site(3, hand=True),
    "long and alike": site(4, hand=True, alike=True),
}
MAX = {"difflib": 300, "diff -u": 110}
"""So many changes of each file; of more of them, every second, third … is tried."""


def cases(file, count, most):
    found = list(changes(file, count))
    return islice(found, 0, None, len(found) // most + 1)


@pytest.mark.parametrize("made_by", ["difflib", "diff -u"])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("name", SITES)
def test_only_what_waits_is_named_and_what_cannot_be_named_is_known_to_wait(name, count, made_by, tmp_path):
    file = SITES[name]
    assert made_by == "difflib" or shutil.which("diff")
    exact = tried = 0
    for after, names in cases(file, count, MAX[made_by]):
        diff = python_diff(file, after) if made_by == "difflib" else gnu_diff(file, after, tmp_path)
        found = waiting(diff, after.rows)
        tried += 1
        exact += found == names
        assert found == names or (UNKNOWN in found and found - {UNKNOWN} <= names), diff
    assert exact >= tried * (1 if count == 1 else 0.98)


def test_an_added_stanza_that_is_shown_as_the_end_of_one_and_the_beginning_of_the_next():
    diff = (
        "@@ -8,4 +8,8 @@\n auto vmbr1\n iface vmbr1 inet manual\n+\tbridge-ports none\n+\n+auto vmbr2\n"
        "+iface vmbr2 inet manual\n \tbridge-ports none\n \n"
    )
    assert waiting(diff, {"vmbr1": {}, "vmbr2": {}}) == {"vmbr2"}


def test_a_stanza_that_only_moved_does_not_wait():
    moved = "auto vmbr1\n{0}iface vmbr1 inet manual\n{0}\tbridge-ports none\n"
    diff = f"@@ -3,3 +2,0 @@\n-{moved.format('-')}@@ -30,0 +27,3 @@\n+{moved.format('+')}"
    assert waiting(diff, {"vmbr1": {}}) == {UNKNOWN}


def test_a_line_that_several_interfaces_may_have_names_none_of_them():
    diff = "@@ -30,4 +30,5 @@\n \tbridge-stp off\n \tbridge-fd 0\n+\tmtu 9000\n \n \n"
    row: dict[str, object] = {"bridge_stp": "off", "bridge_fd": "0"}
    rows: dict[str, dict[str, object]] = {"vmbr1": row | {"mtu": 9000}, "vmbr2": row, "vmbr3": row}
    assert waiting(diff, rows) == {"vmbr1"}
    assert waiting(diff, rows | {"vmbr2": row | {"mtu": "9000"}}) == {UNKNOWN}
    assert waiting("@@ -30 +30 @@\n+\tvxlan-id 7\n", rows) == {UNKNOWN}
