"""What does not fit its schema is never served: the last good one is, or none."""

import json

import pytest

from reconciler.errors import Problem
from reconciler.publish.documents.form import path_of
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, big, changed, put, tree

SUMMARY = "v1/summary.json"


class Schemas:
    """A validator that refuses some paths, and remembers what it was asked for."""

    def __init__(self, *refused, problems=1):
        self.refused = refused
        self.problems = problems
        self.asked = []

    def __call__(self, path, data):
        self.asked.append(path)
        if path.endswith(".json"):
            json.loads(data)
        wrong = path.startswith(self.refused) if self.refused else False
        return [Problem(path, f"/data/x{number}: is not a number") for number in range(self.problems * wrong)]


def test_every_new_file_is_validated_once_and_no_other(tmp_path):
    schemas = Schemas()
    first = put(tmp_path, validate=schemas)
    files = {path for path in tree(first.release) if not path.endswith(".gz")}
    assert sorted(schemas.asked) == sorted(files)
    schemas = Schemas()
    second = put(tmp_path, changed(), validate=schemas)
    assert len(schemas.asked) == second.written < len(files)
    new = {path for path, data in tree(second.release).items() if tree(first.release).get(path) != data}
    assert set(schemas.asked) == {path for path in new if not path.endswith(".gz")}


def test_the_last_good_one_stays_where_it_states_its_age(tmp_path):
    before = tree(put(tmp_path).release)
    result = put(tmp_path, changed(), validate=Schemas(SUMMARY, problems=5))
    (problem,) = result.problems
    assert str(problem) == (
        "document /v1/summary: does not fit its schema: /data/x0: is not a number; /data/x1: is not a number;"
        " /data/x2: is not a number; and 2 more; report it, with the output of `reconciler --debug publish`"
    )
    found = tree(result.release)
    assert found[SUMMARY] == before[SUMMARY]
    assert json.loads(found["v1/health.json"])["run_id"] == SECOND
    assert found.keys() == before.keys()


def test_without_a_good_one_there_is_none(tmp_path):
    result = put(tmp_path, validate=Schemas(SUMMARY))
    assert SUMMARY not in tree(result.release)
    assert len(result.problems) == 1
    assert put(tmp_path).written == 2, "it, and the manifest, once it is valid"


def test_one_that_states_no_age_is_left_out(tmp_path):
    web = path_of(str(site.shown().entries[site.WEB]["link"]))
    put(tmp_path)
    result = put(tmp_path, changed(), validate=Schemas(web))
    assert web not in tree(result.release)
    assert f"{web}.gz" not in tree(result.release)
    (problem,) = result.problems
    assert problem.subject == "document /v1/inventory/guests/pve/101"
    assert web in tree(put(tmp_path, changed()).release)


def test_many_are_named_up_to_a_number(tmp_path):
    result = put(tmp_path, big(), validate=Schemas("v1/", problems=1))
    assert len(result.problems) == 21
    assert result.problems[-1].what.endswith(" more documents do not fit their schemas")
    assert [path for path in tree(result.release) if path.startswith("v1/")] == []


@pytest.mark.parametrize("error", [KeyError("a secret"), RecursionError(), MemoryError()])
def test_a_validator_that_fails_costs_what_it_was_asked_for(tmp_path, error):
    def fails(path, _data):
        if path == SUMMARY:
            raise error
        return ()

    result = put(tmp_path, validate=fails)
    (problem,) = result.problems
    assert problem.subject == "document /v1/summary"
    assert type(error).__name__ in problem.what
    assert "a secret" not in str(problem)
    assert SUMMARY not in tree(result.release)
    assert (tmp_path / "current").readlink().name == FIRST


def test_pages_are_validated_too(tmp_path):
    result = put(tmp_path, validate=Schemas("index.html"))
    assert [problem.subject for problem in result.problems] == ["page /index.html"]
    assert "index.html" not in tree(result.release)
