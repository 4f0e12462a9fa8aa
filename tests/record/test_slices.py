"""Rows that are cut out of bytes are those that parsing the whole file gives."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler import files
from reconciler.record import slices

IDS = st.one_of(
    st.sampled_from(
        ["1", "11", "name", "a/b", '"', "\\", "key", "{}", "ü", "<b>", "\u202e", "101\n", "BC:24"]
    ),
    st.text(min_size=1, max_size=6),
)
VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-5, 5), st.sampled_from(["1", "}\n", "\n  }", '"1": {', "name"])
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(IDS, inner, max_size=3)),
    max_leaves=8,
)
ROWS = st.dictionaries(IDS, st.dictionaries(IDS, VALUES, max_size=4), max_size=5)
FORMS = (
    files.canonical,
    lambda value: json.dumps(value).encode(),
    lambda value: json.dumps(value, indent=1).encode(),
    lambda value: json.dumps(value, indent=2).encode(),
    lambda value: json.dumps(value, indent=2, sort_keys=True).encode() + b"\n",
    lambda value: json.dumps(value, indent=4, ensure_ascii=False).encode("utf-8", "surrogatepass"),
)


def is_text(rows):
    try:
        files.canonical(rows)
    except (TypeError, UnicodeEncodeError):
        return False
    return True


@given(ROWS.filter(is_text), IDS, st.sampled_from(FORMS))
def test_a_row_is_that_of_the_parsed_file(rows, identity, form):
    data = form(rows)
    for each in (identity, *rows):
        assert slices.row(data, each) == rows.get(each)


@given(ROWS.filter(is_text), st.sampled_from(["1", "name", "bc:24", "}"]), st.sampled_from(FORMS))
def test_the_rows_with_a_text_are_among_those_returned(rows, text, form):
    found = slices.rows_with(form(rows), text)
    having = {
        identity: row
        for identity, row in rows.items()
        if text in files.canonical({identity: row}).decode().lower()
        and text in json.dumps({identity: row}, ensure_ascii=False).lower()
    }
    assert found.items() >= having.items()
    assert found.items() <= rows.items()


FINDINGS = {
    "events": [{"key": "pve/guest/1", "what": "changed"}, {"key": "pve/guest/2", "what": "moved"}],
    "findings": [
        {"id": "a", "key": "pve/guest/1", "change": {"path": "/x", "key": "pve/guest/2"}},
        {"id": "b", "key": "pve/guest/11", "related": ["pve/guest/1"]},
        {"id": "c", "key": "pve/guest/1"},
    ],
    "resolved": [{"id": "d", "key": "pve/guest/1"}],
    "run": {"id": "x"},
    "verdicts": {"pve/guest/1": "drifted"},
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("pve/guest/1", [("events", None), ("findings", "a"), ("findings", "c"), ("resolved", "d")]),
        ("pve/guest/11", [("findings", "b")]),
        ("pve/guest/2", [("events", None)]),
        ("pve/guest/3", []),
    ],
)
def test_the_items_about_a_resource_are_those_of_its_key(form, key, expected):
    found = sorted(
        slices.items_about(form(FINDINGS), key), key=lambda each: (each[0], str(each[1].get("id")))
    )
    assert [(name, item.get("id")) for name, item in found] == expected


@pytest.mark.parametrize("data", [b"", b"{", b'{\n  "1": {\n', b'{\n  "1": {]\n  }\n}\n', b"\xff\xfe"])
def test_what_is_no_json_is_an_error(data):
    with pytest.raises(ValueError, match=r".*"):
        slices.row(data, "1")


@pytest.mark.parametrize("data", [b"[]", b"null", b'"1"', b"1", b"[{}]"])
def test_what_is_no_object_has_no_row(data):
    assert slices.row(data, "1") is None
    assert slices.rows_with(data, "1") == {}
