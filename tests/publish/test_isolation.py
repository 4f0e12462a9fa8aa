"""A document that cannot be made costs itself alone, and nothing old looks fresh in its place."""

from dataclasses import replace

import pytest

from reconciler import files
from reconciler.publish import publish
from reconciler.publish.documents import table as documents
from reconciler.publish.documents.form import Document, Family, Fixed, TextDocument
from reconciler.publish.documents.table import DOCUMENTS
from reconciler.publish.documents.validation import document_of
from reconciler.publish.manifest import MANIFEST, MANIFEST_FILE
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, put, tree

ERRORS = (KeyError("a secret"), RecursionError(), ValueError("x"), AttributeError("y"))


def fail(error):
    def raises(*_arguments):
        raise error

    return raises


def broken(document, part, error):
    return replace(document, **{part: fail(error)})


PARTS: dict[type, tuple[str, ...]] = {
    Document: ("data",),
    Family: ("body", "members"),
    TextDocument: ("text",),
    Fixed: ("contents",),
}
BREAKS = [(one, part) for one in DOCUMENTS for part in PARTS[type(one)]]


@pytest.mark.parametrize(("one", "part"), BREAKS, ids=lambda value: getattr(value, "route", value))
def test_a_document_that_fails_costs_itself_alone(tmp_path, monkeypatch, one, part):
    first = tree(put(tmp_path).release)
    error = ERRORS[DOCUMENTS.index(one) % len(ERRORS)]
    table = tuple(broken(each, part, error) if each is one else each for each in DOCUMENTS)
    monkeypatch.setattr(documents, "DOCUMENTS", table)
    result = put(tmp_path, site.recorded(SECOND))
    (problem,) = result.problems
    assert problem.subject == f"document {one.route}"
    assert "a secret" not in str(problem)
    assert type(error).__name__ in problem.what
    second = tree(result.release)
    monkeypatch.undo()
    whole = {
        path: data
        for path, data in tree(put(tmp_path / "whole", site.recorded(SECOND)).release).items()
        if document_of(path) is not None and (path != MANIFEST_FILE or one.route == MANIFEST)
    }
    lost = {path for path in whole if second.get(path) != whole[path]}
    assert lost, "it is not as it would have been"
    for path in lost:
        if path in second:
            assert second[path] == first[path]
            assert files.parse_json(second[path])["run_id"] == FIRST, "it says itself how old it is"
        else:
            assert not one.dated or part == "members" or one.route == MANIFEST
    assert lost <= {path for path in whole if document_of(path) is one}


def test_a_first_publish_leaves_the_failing_document_out(tmp_path, monkeypatch):
    table = tuple(
        broken(each, "data", KeyError()) if each.route == "/v1/summary" else each for each in DOCUMENTS
    )
    monkeypatch.setattr(documents, "DOCUMENTS", table)
    result = put(tmp_path)
    assert [problem.subject for problem in result.problems] == ["document /v1/summary"]
    assert not (tmp_path / "current/v1/summary.json").exists()
    assert (tmp_path / "current/v1/health.json").exists()


def test_one_resource_that_fails_leaves_its_siblings(tmp_path, monkeypatch):
    def picky(shown, key):
        if key == site.WEB:
            raise KeyError(key)
        return family.body(shown, key)

    (family,) = (each for each in DOCUMENTS if isinstance(each, Family) and "{slug}" in each.route)
    table = [replace(family, body=picky) if each is family else each for each in DOCUMENTS]
    monkeypatch.setattr(documents, "DOCUMENTS", table)
    result = publish.publish(site.shown(), tmp_path)
    assert len(result.problems) == 1
    found = tree(result.release)
    assert "v1/inventory/guests/pve/101.json" not in found
    assert "v1/inventory/guests/pve/666.json" in found
