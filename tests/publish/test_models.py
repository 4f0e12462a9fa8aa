"""Every published file is as the model of its document states, to the last key; anything else is found."""

import copy

import pytest

from reconciler import files
from reconciler.publish.documents.form import path_of
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.documents.validation import adapter, document_of, problems_of
from tests.publish import site


def test_every_file_is_valid_and_has_no_key_that_no_model_names(any_tree):
    assert any(path.startswith("v1/") for path in any_tree)
    for path, data in any_tree.items():
        assert problems_of(path, data) == ()
        model = getattr(document_of(path), "body_model", None)
        if model is not None:
            adapter(model).validate_json(without_fields(path, data), extra="forbid")


def without_fields(path, data):
    """A document without the fields of its resources, which may have any names."""

    def bare(value):
        if isinstance(value, dict):
            free = value | {"fields": {}} if isinstance(value.get("fields"), dict) else value
            return {name: bare(each) for name, each in free.items()}
        return [bare(each) for each in value] if isinstance(value, list) else value

    return files.compact(bare(files.parse_json(data))) if path.startswith("v1/inventory/") else data


def test_every_line_of_the_table_is_found_by_its_paths(lab_tree):
    found = {getattr(document_of(path), "route", path) for path in lab_tree if path.startswith("v1/")}
    assert found == {each.route for each in DOCUMENTS}


def members(value, place=()):
    """The place of every member of a document: of lists and mappings the first."""
    if isinstance(value, dict):
        for name in value:
            yield (*place, name)
            yield from members(value[name], (*place, name))
    elif isinstance(value, list) and value:
        yield from members(value[0], (*place, 0))


def changed(value, place, new):
    """A copy with another member at a place; `...` removes it."""
    value = copy.deepcopy(value)
    inner = value
    for step in place[:-1]:
        inner = inner[step]
    if new is ...:
        del inner[place[-1]]
    else:
        inner[place[-1]] = new
    return value


ENVELOPES = [path_of(route) for route in ("/v1/summary", "/v1/inventory/guests/pve/101")]


@pytest.mark.parametrize("path", ENVELOPES)
def test_an_envelope_without_a_member_is_a_problem_that_names_it(path):
    body = files.parse_json(site.documents()[path])
    for name in body:
        (problem,) = problems_of(path, files.compact(changed(body, (name,), ...)))
        assert problem.subject == path
        assert name in problem.what


def modelled():
    """The golden documents that have a model: not the schemas."""
    found = site.documents()
    return {path: found[path] for path in found if getattr(document_of(path), "body_model", None) is not None}


@pytest.mark.parametrize("path", sorted(modelled()), ids=lambda path: path[:60])
def test_a_member_of_another_type_is_found(path):
    """Every member of the envelope, and `data` as a whole; free members (`fields`) take any value."""
    body = files.parse_json(site.documents()[path])
    for name in [*body]:
        wrong = changed(body, (name,), [[1]])
        assert problems_of(path, files.compact(wrong)), name


def test_keys_of_a_later_version_are_no_problem():
    for path, data in modelled().items():
        body = files.parse_json(data)
        assert problems_of(path, files.compact({**body, "later": 1})) == ()
        assert problems_of(path, files.compact({**body, "data": {**body["data"], "later": [1]}})) == ()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff", b"{}", b'{"data":' * 300])
def test_bytes_that_are_no_document_are_a_problem(data):
    assert len(problems_of("v1/summary.json", data)) == 1


@pytest.mark.parametrize("path", ["v1/nonsense.json", "v1/inventory/a/b/c/d.json", "v1/summary", "v1/../x"])
def test_a_file_of_no_document_is_a_problem(path):
    (problem,) = problems_of(path, b"{}")
    assert path in problem.subject


def test_pages_have_no_model():
    assert problems_of("index.html", b"<!doctype html>") == ()
    assert problems_of("assets/style.css", b"") == ()
