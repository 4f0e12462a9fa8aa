"""Values in the forms in which APIs write them."""

from typing import Any

import pytest

from reconciler.collectors.http.values import is_nothing, is_true, notes_of, read_notes, whole_number


@pytest.mark.parametrize("value", [True, 1, "1", 2, "2", "01", "true", "True", "YES", "on", " on "])
def test_yes(value):
    assert is_true(value)
    assert is_true(value, default=False)


@pytest.mark.parametrize("value", [False, 0, "0", "00", "false", "off", "no", "odd", "-1", 0.0, [], {}])
def test_no(value):
    assert not is_true(value, default=True)


@pytest.mark.parametrize("value", [None, ""])
def test_nothing_is_the_default(value):
    assert is_nothing(value)
    assert is_true(value, default=True)
    assert not is_true(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(33, 33), (33.0, 33), ("33", 33), (" 33 ", 33), (0, 0), (None, None), (True, None), ("x", None),
     ("-1", None), (1.5, None), ("٣", None), ("9" * 16, None)],
)  # fmt: skip
def test_whole_numbers(value, number):
    assert whole_number(value) == number


def notes_in(row: dict[str, Any], *keys: str, field: str, stored: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    read_notes(found, row, *keys, field=field, stored=stored)
    return found


def test_the_text_of_notes_is_read_only_where_it_is_stored():
    row = {"comments": "", "comments6": "who to call\n"}
    keys = ("comments", "comments6")
    assert notes_of(row, *keys) == "who to call"
    assert notes_in(row, *keys, field="comment", stored=False) == {"has_comment": True}
    stored = notes_in(row, *keys, field="comment", stored=True)
    assert stored == {"has_comment": True, "comment": "who to call"}
    assert notes_in({"note": " \n"}, field="note", stored=True) == {"has_note": False}
    assert notes_in({"note": 7}, field="note", stored=True) == {"has_note": True, "note": "7"}


@pytest.mark.parametrize("odd", [["a"], {"a": 1}, True])
def test_notes_that_are_not_text_are_unread(odd):
    row = {"comments": "who to call", "comments6": odd}
    assert notes_in(row, "comments", "comments6", field="comment", stored=True) == {
        "unread": ["comment", "has_comment"],
        "unparsed": dict.fromkeys(("comment", "has_comment"), "comment: is not text"),
    }
