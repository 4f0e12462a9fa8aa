"""Lists of addresses as people keep them: each file of cases is one, with its rows or its mistakes."""

import pytest

from reconciler.errors import ReconcilerError
from reconciler.site.address_list import address_list
from tests.casefiles import cases


@cases("address_lists")
def test_list(case):
    data = case["text"].encode()
    if "problems" in case:
        with pytest.raises(ReconcilerError) as caught:
            address_list(data, "f")
        assert [str(problem) for problem in caught.value.problems] == case["problems"]
        return
    found = address_list(data, "f")
    assert {key.id: row for key, row in found.rows.items()} == case["rows"]
    assert list(found.notes) == case.get("notes", [])


def test_other_encodings():
    assert address_list("192.168.11.5,Büro".encode("utf-16"), "f").rows
    with pytest.raises(ReconcilerError, match="f:2: is not UTF-8"):
        address_list("192.168.11.4,a\n192.168.11.5,Büro".encode("latin-1"), "f")
