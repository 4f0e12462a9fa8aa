"""A problem reads as one line, and several that stop one thing are one problem."""

from reconciler.errors import Problem, combined
from reconciler.model.snapshot import Scope


def test_a_problem_is_one_line():
    assert str(Problem("host", "down", "start it")) == "host: down; start it"
    assert str(Problem("", "down")) == "down"


def test_one_problem_stays_as_it_is():
    one = Problem("host", "down", "start it", "unreachable")
    assert combined([one]) is one


def test_problems_of_several_subjects_name_each():
    problems = [
        Problem("node a", "offline", "start it", "node-offline"),
        Problem("node b", "silent", "start it", "node-silent"),
        Problem("", "late"),
    ]
    expected = Problem("", "node a: offline; node b: silent; late", "start it", "node-offline")
    assert combined(problems) == expected


def test_problems_of_one_subject_name_it_once():
    problems = [Problem("a", "x", "r", "timeout"), Problem("a", "y", "s"), Problem("a", "x")]
    assert combined(problems) == Problem("a", "x; y", "r; s", "timeout")


def test_a_cause_that_only_a_later_version_knows_is_read_as_other():
    row = {"cause": "new-cause", "subject": "s", "what": "w", "remedy": "", "more": 1}
    scope = {"source": "a", "kind": "b", "listed": "failed", "count": 0, "problem": row}
    read = Scope.model_validate(scope, extra="ignore")
    assert read.problem == Problem("s", "w")
    again = {**scope, "problem": read.model_dump(mode="json")["problem"]}
    assert Scope.model_validate(again).problem == read.problem
