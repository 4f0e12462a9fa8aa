"""Deadlines and budgets, by a clock that a test holds."""

from datetime import timedelta
from math import inf

import pytest

from reconciler.model.deadline import NEVER, Budget, run_deadline, source_budget


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_the_shares_of_the_interval(clock):
    run = run_deadline(timedelta(minutes=15), clock)
    assert run.left == 810
    budget = source_budget(timedelta(minutes=15), run)
    assert budget.left == 540
    clock.now += 300
    assert (run.left, budget.left) == (510, 240)
    assert source_budget(timedelta(minutes=15), run).left == 510, "and never after the run"
    clock.now += 1000
    assert (run.left, budget.left) == (0, 0)


def test_each_has_its_message(clock):
    run = run_deadline(timedelta(minutes=15), clock)
    assert str(run.problem) == "no time left: a run may take 810 s (0.9 of interval); raise interval"
    assert str(source_budget(timedelta(minutes=15), run).problem) == (
        "no time left: a source may be read for 540 s (0.6 of interval); raise interval, or connections of"
        " the source; the next run starts with what was left out"
    )
    assert {run.problem.cause, source_budget(timedelta(1), run).problem.cause} == {"no-time-left"}


def test_a_step_has_a_part_of_what_is_left(clock):
    run = run_deadline(timedelta(seconds=100), clock)
    step = run.part(1 / 3)
    assert step.left == pytest.approx(30)
    clock.now += 31
    assert (step.left, run.left) == (0, 59)


def test_a_kind_leaves_a_part_for_those_that_wait(clock):
    budget = source_budget(timedelta(seconds=100), run_deadline(timedelta(seconds=100), clock))
    with budget.part(others_wait=True):
        assert budget.left == pytest.approx(45)
        clock.now += 50
        assert budget.left == 0
    assert budget.left == pytest.approx(10)
    with budget.part(others_wait=False):
        assert budget.left == pytest.approx(10)


def test_observed_data_get_a_third_at_most(clock):
    budget = source_budget(timedelta(seconds=100), run_deadline(timedelta(seconds=100), clock))
    assert budget.limited(60).left == pytest.approx(20)
    assert budget.limited(5).left == 5


def test_without_a_deadline_there_is_always_time():
    assert NEVER.left == NEVER.part(0.5).left == Budget().left == inf
    assert Budget().limited(60).left == pytest.approx(60)
