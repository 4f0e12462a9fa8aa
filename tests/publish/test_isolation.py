"""A document that cannot be made costs itself alone, and nothing old looks fresh in its place."""

from dataclasses import replace

import pytest

from reconciler import files
from reconciler.publish import publish
from reconciler.publish.documents import table as documents
from reconciler.publish.documents.form import Document, path_of
from reconciler.publish.documents.inventory import resource
from reconciler.publish.documents.table import DOCUMENTS
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, put, tree

ERRORS = (KeyError("a secret"), RecursionError(), ValueError("x"), AttributeError("y"))


def fail(error):
    def raises(*_arguments):
        raise error

    return raises


def broken(document, part, error):
    return replace(document, **{part: fail(error)})


BREAKS = [
    (one, part)
    for one in DOCUMENTS
    for part in (("data",) if isinstance(one, Document) else ("body", "members"))
]


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
    whole = site.release(site.recorded(SECOND))
    lost = {path for path in whole if second.get(path) != whole[path]}
    assert lost, "it is not as it would have been"
    for path in lost:
        if path in second:
            assert second[path] == first[path]
            assert files.parse_json(second[path])["run_id"] == FIRST, "it says itself how old it is"
        else:
            assert "run_id" not in files.parse_json(whole[path]) or part == "members"
    assert lost <= {path for path in whole if _is_of(one, path)}


def _is_of(one, path):
    depth = one.route.count("/")
    if isinstance(one, Document):
        return path == path_of(one.route)
    return path.startswith("v1/inventory/") and path.count("/") == depth - 1


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
        return resource(shown, key)

    table = [*DOCUMENTS]
    table[-1] = replace(table[-1], body=picky)  # type: ignore[arg-type]  # the family of resources
    monkeypatch.setattr(documents, "DOCUMENTS", table)
    result = publish.publish(site.shown(), tmp_path)
    assert len(result.problems) == 1
    found = tree(result.release)
    assert "v1/inventory/guests/pve/101.json" not in found
    assert "v1/inventory/guests/pve/666.json" in found
