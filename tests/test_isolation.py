import logging

import pytest

from reconciler.errors import Problem, PublishError
from reconciler.isolation import IsolatedError, isolated, require
from reconciler.model.key import Key

FAILED = Problem("elsewhere", "failed unexpectedly: KeyError")


def fail(error):
    def call():
        raise error

    return call


def test_a_result_passes_through():
    assert require(isolated("rule x", lambda: 7)) == 7


@pytest.mark.parametrize(
    "error", [KeyError("5ecret"), RecursionError(), OSError("5ecret"), AssertionError("5ecret")]
)
def test_an_unforeseen_error_is_a_problem_without_any_value(error):
    problem = isolated("rule x", fail(error))
    assert isinstance(problem, Problem)
    assert (problem.subject, problem.cause) == ("rule x", "internal")
    assert problem.what == f"failed unexpectedly: {type(error).__name__}"


def test_the_innermost_line_of_ours_is_named():
    problem = isolated("rule x", lambda: Key.parse("5ecret"))
    assert isinstance(problem, Problem)
    assert problem.what.startswith("failed unexpectedly: ValueError at reconciler.model.key:")


def test_what_is_foreseen_and_what_ends_the_program_pass():
    for error in (PublishError(FAILED), KeyboardInterrupt(), SystemExit(1)):
        with pytest.raises(type(error)):
            isolated("rule x", fail(error))


def test_what_needs_a_part_that_failed_has_the_problem_of_that_part():
    assert isolated("rule x", lambda: require(FAILED)) is FAILED
    with pytest.raises(IsolatedError):
        require(FAILED)


def test_the_traceback_is_logged_for_debugging(caplog):
    with caplog.at_level(logging.DEBUG, "reconciler.isolation"):
        isolated("rule x", fail(KeyError("x")))
    (record,) = caplog.records
    assert record.exc_info is not None
    assert record.getMessage() == "rule x failed:"
