"""`/v1/index/resources`: every key that any document mentions has a row, and rows are as documents state."""

import re

import pytest

from reconciler import files
from reconciler.publish.documents.form import path_of
from reconciler.publish.documents.validation import document_of
from tests.publish import site
from tests.publish.index import rows_of

INDEX = path_of("/v1/index/resources")


def parsed(tree):
    return {
        path: files.parse_json(data)
        for path, data in tree.items()
        if getattr(document_of(path), "body_model", None) is not None
    }


PROSE = {"about", "by_hand", "headline", "incomplete", "instead", "reason", "title", "unchecked", "what"}
"""Members that are sentences, patterns or commands, or hold them."""


def strings(value):
    """Every text in a document that is no prose, names of members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, member in value.items():
            yield name
            yield from () if name in PROSE else strings(member)
    elif isinstance(value, list):
        for member in value:
            yield from strings(member)


def mentioned(documents, rows):
    """Every text that is written as a key of a known source and kind."""
    places = {"/".join(key.split("/", 2)[:2]) for key in rows}
    if not places:
        return
    pattern = re.compile(f"(?:{'|'.join(map(re.escape, sorted(places)))})/.+", re.DOTALL)
    for path, document in documents.items():
        moved = document["data"]["key"] if "moved_to" in document["data"] else None
        for text in strings(document):
            if text != moved and pattern.fullmatch(text):
                yield path, text


def test_every_key_that_a_document_mentions_is_a_row(any_tree):
    documents = parsed(any_tree)
    rows = rows_of(documents[INDEX]["data"])
    found = set(mentioned(documents, rows))
    assert {text for _, text in found} <= rows.keys()
    assert rows == {} or found, "an empty site mentions nothing"


def test_every_link_of_a_row_is_a_document_with_its_title_and_verdict(any_tree):
    documents = parsed(any_tree)
    rows = rows_of(documents[INDEX]["data"])
    for key, found in rows.items():
        if found.link is None:
            assert found.row["verdict"] is None
            continue
        data = documents[path_of(found.link)]["data"]
        assert (data["key"], data["link"], data["title"]) == (key, found.link, found.title)
        assert found.row["verdict"] == data["verdict"]
        assert found.row["addresses"] == (data["addresses"] or None)
    links = {found.link for found in rows.values()}
    of_resources = {path for path in documents if path.startswith("v1/inventory/") and path.count("/") == 4}
    of_resources -= {path for path in of_resources if "moved_to" in documents[path]["data"]}
    assert {path_of(link) for link in links if link} == of_resources


def test_columns_are_equally_long_and_words_are_used(any_tree):
    data = files.parse_json(any_tree[INDEX])["data"]
    assert {len(column) for column in data["columns"].values()} == {data["count"]}
    for name, words in data["words"].items():
        used = {number for number in data["columns"][name] if number is not None}
        assert used == set(range(len(words))), name


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (site.WEB, {"verdict": "drifted", "severity": "warning", "node": "r630-01", "title": "web1"}),
        (site.NODE, {"verdict": "in_sync", "severity": None, "since": None, "title": None}),
        (site.CLIENT, {"verdict": None, "folder": "clients/air", "title": "phone"}),
        (site.GONE, {"verdict": "missing", "node": None, "since": "2026-11-23T16:05:00Z"}),
        ("pve/guest/7", {"verdict": None, "folder": None, "title": None}),
        ("pve/guest/55", {"verdict": None, "folder": None}),
    ],
    ids=str,
)
def test_a_row_has_what_lists_and_search_need(key, expected):
    rows = rows_of(files.parse_json(site.documents()[INDEX])["data"])
    row = rows[str(key)].row
    assert {name: row[name] for name in expected} == expected


def test_lab_rows_have_tags_addresses_and_health(lab_tree):
    rows = rows_of(files.parse_json(lab_tree[INDEX])["data"])
    row = rows["pve/guest/115"].row
    assert row["addresses"] == ["192.168.11.115"]
    assert row["tags"]
    assert row["node"] == "r630-01"
    assert {each.row["health"] for each in rows.values()} >= {"healthy", "stopped", "degraded"}
