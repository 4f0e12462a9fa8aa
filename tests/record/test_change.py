from dataclasses import replace

import pytest

from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.snapshot import GuardState, Scope
from reconciler.record.change import changed_at, state
from tests.problems import with_problems
from tests.record.parts import GUESTS, NOON, at, drifted, missing, recorded, scopes_of

WEB = Key("pve", "guest", "101")
OTHER = Key("pve", "guest", "102")
GONE = Key("pve", "guest", "103")


def scope(**facts) -> Scope:
    return Scope(
        **{"source": "pve", "kind": "guest", "listed": "complete", "count": 2, **with_problems(facts)}
    )


def test_clocks_reasons_and_counts_are_no_change():
    one = recorded(scopes=[scope(listed="partial", problem="one", unread={"101": "timeout"})])
    two = recorded(at(1), scopes=[scope(listed="partial", problem="two", unread={"101": "403"}, count=7)])
    assert state(one.report) == state(two.report)


@pytest.mark.parametrize(
    "other",
    [
        recorded(tree="5" * 40),
        recorded(scopes=[scope(listed="partial")]),
        recorded(scopes=[scope(unread={"101": "timeout"})]),
        recorded(scopes=[scope(guard=GuardState(lost=("103",), seen=1))]),
        recorded(scopes=[scope()], findings=[drifted(WEB, 4096, 8192)]),
    ],
    ids=["desired tree", "listed", "unread", "guard", "finding"],
)
def test_what_makes_a_commit(other):
    assert state(recorded(scopes=[scope()]).report) != state(other.report)


@pytest.mark.parametrize(
    "update",
    [
        {"severity": "error"},
        {"ignored_by": "ignore.yaml:3"},
        {"type": "unverified"},
        {"change": drifted(WEB, 4096, 8193).change},
        {"change": drifted(WEB, 4097, 8192).change},
    ],
)
def test_what_a_finding_claims_makes_a_commit(update):
    finding = drifted(WEB, 4096, 8192)
    other = finding.model_copy(update=update)
    assert state(recorded(findings=[finding]).report) != state(recorded(findings=[other]).report)


@pytest.mark.parametrize(
    "update",
    [
        {"reason": "r"},
        {"title": "h"},
        {"cause": "c"},
        {"moved": "live"},
        {"problem": Problem("", "p")},
        {"declared_at": "f:1"},
        {"name": "n"},
    ],
)
def test_words_about_a_finding_do_not(update):
    finding = drifted(WEB, 4096, 8192)
    other = finding.model_copy(update=update)
    assert state(recorded(findings=[finding]).report) == state(recorded(findings=[other]).report)


def test_the_first_run_changed_everything():
    run = recorded(findings=[missing(GONE)])
    assert changed_at(None, run) == {WEB: NOON, OTHER: NOON, GONE: NOON}


def test_only_what_changed_gets_a_new_moment():
    before = recorded()
    after = recorded(at(1), {**GUESTS, "101": {"name": "web1", "memory": 4096}})
    assert changed_at(before, after) == {WEB: at(1), OTHER: NOON}


def test_a_finding_and_a_verdict_change_their_resource():
    before = recorded()
    after = recorded(at(1), findings=[drifted(WEB, 4096, 8192), missing(GONE)])
    assert changed_at(before, after) == {WEB: at(1), OTHER: NOON, GONE: at(1)}
    again = recorded(at(2), findings=[missing(GONE), drifted(WEB, 4096, 8192)])
    moments = changed_at(replace(after, changed_at=changed_at(before, after)), again)
    assert moments == {WEB: at(1), OTHER: NOON, GONE: at(1)}
    assert changed_at(replace(again, changed_at=moments), recorded(at(3))) == {WEB: at(3), OTHER: NOON}


def test_a_moment_that_was_never_recorded_is_now():
    assert changed_at(recorded(changed_at={}), recorded(at(1))) == {WEB: at(1), OTHER: at(1)}


def test_scopes_alone_change_no_resource():
    before, after = recorded(), recorded(at(1), scopes=scopes_of(2)[:1])
    assert set(changed_at(before, after).values()) == {NOON}


def test_desired_state_that_was_never_committed_and_none_are_two():
    assert state(recorded(tree=None).report) != state(recorded().report)
