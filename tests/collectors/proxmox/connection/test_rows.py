"""Rows of a list by their names."""

import pytest

from reconciler.collectors.proxmox.connection.api import by_key


@pytest.mark.parametrize("odd", [None, "", 0, True, 1.5, {"x": 1}, ["a"]])
def test_a_row_whose_name_is_missing_or_odd_makes_the_list_partial(odd):
    found, problem = by_key([{"id": "nightly"}, {"id": odd}, {"id": 7}], "id")
    assert list(found) == ["nightly", "7"]
    assert problem is not None
    assert problem.what == "1 row of the answer has no id"
