import pytest

from reconciler.config.settings import GuardSettings
from reconciler.drift.guard import guard
from reconciler.model.snapshot import GuardState
from tests.drift import house


def _ids(number):
    return {str(identity): {} for identity in range(number)}


def _guarded(before, after, scopes=None, **settings):
    first = house.judge(house.snapshot(before, scopes), house.desired({}))
    given = house.snapshot(after, scopes, 1)
    snapshot = guard(given, first, GuardSettings(**settings))
    return given, snapshot


@pytest.mark.parametrize(
    ("before", "after", "settings", "listed"),
    [
        (60, 43, {}, "complete"),
        (60, 42, {}, "partial"),
        (2, 0, {}, "partial"),
        (1, 0, {}, "complete"),
        (1, 0, {"min_lost": 1}, "partial"),
        (6, 4, {}, "partial"),
        (10, 5, {"max_lost": 0.6}, "complete"),
        (10, 0, {"max_lost": 1}, "partial"),
        (0, 5, {}, "complete"),
        (30, 27, {"max_lost": 0.1}, "partial"),
        (30, 28, {"max_lost": 0.1}, "complete"),
        (10, 3, {"max_lost": 0.7}, "partial"),
    ],
)
def test_a_share_of_the_previous_list_is_too_much(before, after, settings, listed):
    _, snapshot = _guarded(_ids(before), _ids(after), **settings)
    assert snapshot.scopes[0].listed == listed


def test_a_held_scope_says_what_was_lost_and_what_releases_it():
    given, snapshot = _guarded(_ids(4), {"0": {}})
    assert snapshot.scopes[0].guard == GuardState(lost=("1", "2", "3"), seen=1)
    problem = snapshot.scopes[0].problem
    assert problem is not None
    assert (problem.cause, problem.subject) == ("guard", "hall/lamp")
    assert problem.what.startswith("lost 3 of 4 at once")
    assert "run --accept-missing hall/lamp" in problem.remedy
    assert snapshot.run.sources["hall"].status == "partial"
    assert snapshot.run.sources["hall"].problem == problem
    assert given.scopes[0].listed == given.run.sources["hall"].status == "complete"
    assert given.scopes[0].guard is None


def test_without_a_previous_run_every_list_is_believed():
    snapshot = house.snapshot({})
    assert guard(snapshot, None, GuardSettings()) is snapshot


def test_what_is_unread_is_not_lost():
    first = house.judge(house.snapshot(_ids(4)), house.desired({}))
    dark = {"hall/lamp": {"unread": {"1": "dark", "2": "dark", "3": "dark"}}}
    snapshot = guard(house.snapshot({"0": {}}, dark, 1), first, GuardSettings())
    assert snapshot.scopes[0].listed == "complete"


def test_a_list_that_is_not_complete_keeps_its_own_reason():
    first = house.judge(house.snapshot(_ids(4)), house.desired({}))
    failed = {"hall/lamp": {"listed": "failed", "problem": "down"}}
    snapshot = guard(house.snapshot({}, failed, 1), first, GuardSettings())
    assert str(snapshot.scopes[0].problem) == "down"
    assert snapshot.scopes[0].guard is None


def test_observed_kinds_are_guarded_too():
    before = dict.fromkeys((f"moth/{number}" for number in range(4)), None)
    _, snapshot = _guarded(before, {}, {"hall/moth": "complete"})
    assert {scope.kind: scope.listed for scope in snapshot.scopes} == {"lamp": "complete", "moth": "partial"}


def test_carried_rows_count_as_known():
    first = house.judge(house.snapshot(_ids(4)), house.desired({}))
    second = house.judge(house.snapshot({}, {"hall/lamp": "failed"}, 1), house.desired({}), first)
    snapshot = guard(house.snapshot({}, None, 2), second, GuardSettings())
    assert snapshot.scopes[0].guard == GuardState(lost=("0", "1", "2", "3"), seen=1)
