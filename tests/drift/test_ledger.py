"""The life of a finding across runs, each judged on the record of the one before, as the jobs do it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.drift import ledger
from reconciler.model.findings import finding_id
from reconciler.model.ledger import LedgerEntry, entry_row, parse_entry
from reconciler.model.recorded import Recorded
from tests.drift.house import START, desired, judge, key, snapshot

LAMP = finding_id(key("1"), "/watts")
DECLARED = desired({"1": {"watts": 40}, "2": {}})
DIM: dict[str, Any] = {"1": {"watts": 40}, "2": {}}
BRIGHT: dict[str, Any] = {"1": {"watts": 90}, "2": {}}
DAY = 96
"""Runs of a day."""


def after(
    previous: Recorded | None, live: dict[str, Any], number: int, declared=DECLARED, scopes: Any = None
) -> Recorded:
    found = judge(snapshot(live, scopes, number), declared, previous)
    return replace(found, ledger=ledger.advance(previous, found))


def moment(number: int) -> datetime:
    return START + timedelta(minutes=15 * number)


def life(recorded: Recorded) -> tuple[int, int | None, int | None]:
    """The runs in which the finding was first seen, resolved and reopened."""
    entry = recorded.ledger[LAMP]
    first, *others = (
        None if at is None else int((at - START) / timedelta(minutes=15))
        for at in (entry.first_seen, entry.resolved_at, entry.reopened)
    )
    assert first is not None
    return first, others[0], others[1]


def test_a_life_from_new_to_ongoing_resolved_and_reopened():
    states = []
    previous = None
    for number, live in enumerate((DIM, BRIGHT, BRIGHT, DIM, DIM, BRIGHT, BRIGHT)):
        previous = after(previous, live, number)
        states.append(life(previous) if LAMP in previous.ledger else None)
    assert states == [
        None,
        (1, None, None),
        (1, None, None),
        (1, 3, None),
        (1, 3, None),
        (1, None, 5),
        (1, None, 5),
    ]
    assert previous is not None
    (finding,) = previous.report.findings
    assert (finding.first_seen, finding.reopened) == (moment(1), moment(5))


def test_the_ledger_changes_only_with_findings():
    first = after(None, BRIGHT, 0)
    assert after(after(first, BRIGHT, 1), {**BRIGHT, "2": {"name": "other"}}, 2).ledger == first.ledger


@pytest.mark.parametrize(
    ("runs", "kept"), [(90 * DAY - 1, True), (90 * DAY, False)], ids=["just under 90 days", "90 days"]
)
def test_a_resolved_finding_stays_for_90_days_and_is_a_new_one_after_that(runs, kept):
    resolved = after(after(None, BRIGHT, 0), DIM, 1)
    assert (LAMP in after(resolved, DIM, 1 + runs).ledger) is kept
    again = after(resolved, BRIGHT, 1 + runs)
    assert life(again) == ((0, None, 1 + runs) if kept else (1 + runs, None, None))
    (finding,) = again.report.findings
    assert finding.reopened == (moment(1 + runs) if kept else None)


UNREAD = {"hall/lamp": {"unread": {"1": "timeout"}}}
FAILED = {"hall/lamp": {"listed": "failed", "problem": "timeout"}}


@pytest.mark.parametrize(("live", "scopes"), [({"2": {}}, UNREAD), ({}, FAILED)], ids=["a row", "a list"])
def test_what_could_not_be_verified_is_neither_resolved_nor_reopened(live, scopes):
    first = after(None, BRIGHT, 0)
    blind = after(after(first, live, 1, scopes=scopes), live, 2, scopes=scopes)
    assert life(blind) == (0, None, None)
    assert life(after(blind, BRIGHT, 3)) == (0, None, None)
    assert life(after(blind, DIM, 3)) == (0, 3, None)
    resolved = after(first, DIM, 1)
    assert life(after(resolved, live, 2, scopes=scopes)) == (0, 1, None)
    assert life(after(after(resolved, live, 2, scopes=scopes), BRIGHT, 3)) == (0, None, 3)


def test_a_field_of_what_is_missing_waits_behind_that():
    first = after(None, BRIGHT, 0)
    gone = after(after(first, {"2": {}}, 1), {"2": {}}, 2)
    assert [finding.type for finding in gone.report.findings] == ["missing"]
    assert life(gone) == (0, None, None)
    back = after(gone, BRIGHT, 3)
    assert life(back) == (0, None, None)
    assert life(after(gone, DIM, 3)) == (0, 3, None)
    missing = finding_id(key("1"), "missing")
    assert back.ledger[missing].resolved_at == moment(3)


def test_findings_of_a_source_that_is_away_for_some_days_keep_their_date():
    """A source that is taken out of the configuration by mistake, and comes back."""
    barn = "barn/lamp/7"
    identity = finding_id(key(barn), "/watts")
    both = desired({"1": {"watts": 40}, barn: {"watts": 40}})
    hall = desired({"1": {"watts": 40}})
    live = {"1": {"watts": 40}, barn: {"watts": 90}}
    first = after(None, live, 0, both, {"barn/lamp": "complete"})
    retired = replace(
        first,
        report=first.report.model_copy(
            update={
                "scopes": tuple(
                    scope.model_copy(update={"problem": _not_configured(), "listed": "failed"})
                    if scope.source == "barn"
                    else scope
                    for scope in first.report.scopes
                ),
                "findings": (),
                "verdicts": {"hall/lamp/1": "in_sync"},
            }
        ),
    )
    away = replace(retired, ledger=ledger.advance(first, retired))
    assert away.ledger[identity] == first.ledger[identity]
    back = after(away, live, 5, both, {"barn/lamp": "complete"})
    assert (back.ledger[identity].first_seen, back.ledger[identity].reopened) == (moment(0), None)
    assert identity not in after(away, {"1": {"watts": 40}}, 5, hall).ledger


def _not_configured():
    from reconciler.errors import Problem

    return Problem("barn/lamp", "is not configured any more", cause="not-configured")


def test_a_damaged_ledger_falls_back_to_the_findings_of_the_report():
    first = after(None, BRIGHT, 0)
    assert life(after(replace(first, ledger={}), BRIGHT, 1)) == (0, None, None)
    assert life(after(replace(first, ledger={}), DIM, 1)) == (0, 1, None)
    wrong = {LAMP: replace(first.ledger[LAMP], resolved_at=moment(0))}
    assert life(after(replace(first, ledger=wrong), BRIGHT, 1)) == (0, None, None)


def test_a_clock_that_was_ahead_dates_nothing_in_the_future():
    ahead = after(None, BRIGHT, 500)
    back = after(ahead, BRIGHT, 1)
    just_before = moment(1) - timedelta(seconds=1)
    assert (back.ledger[LAMP].first_seen, back.ledger[LAMP].reopened) == (just_before, None)
    assert back.report.findings[0].first_seen == just_before
    assert "new" not in back.report.summary.headline


def test_the_agreed_value_is_of_the_last_agreement_before_each_opening():
    start = after(None, DIM, 0)
    opened = after(start, BRIGHT, 1)
    assert opened.ledger[LAMP].agreed == (40,)
    wanted = desired({"1": {"watts": 60}, "2": {}})
    both = after(opened, BRIGHT, 2, wanted)
    assert (both.ledger[LAMP].agreed, both.report.findings[0].moved) == ((40,), "both")
    settled = after(both, {"1": {"watts": 60}, "2": {}}, 3, wanted)
    assert settled.ledger[LAMP].resolved_at == moment(3)
    again = after(settled, DIM, 4, wanted)
    assert (again.ledger[LAMP].agreed, again.report.findings[0].moved) == ((60,), "live")


def test_a_finding_that_never_agreed_has_no_agreed_value():
    assert after(None, BRIGHT, 0).ledger[LAMP].agreed == ()


READINGS: dict[str, tuple[dict[str, Any], Any]] = {
    "as declared": (DIM, None),
    "other": (BRIGHT, None),
    "the row unread": ({"2": {}}, UNREAD),
    "the list failed": ({}, FAILED),
    "missing": ({"2": {}}, None),
}


@given(st.lists(st.sampled_from(sorted(READINGS)), min_size=1, max_size=10))
def test_only_runs_that_verified_a_field_move_its_life(names):
    """Whatever the order of readings: against a model of three lines."""
    expected: tuple[int, int | None, int | None] | None = None
    previous: Recorded | None = None
    for number, name in enumerate(names):
        live, scopes = READINGS[name]
        previous = after(previous, live, number, scopes=scopes)
        if name == "other" and (expected is None or expected[1] is not None):
            expected = (number, None, None) if expected is None else (expected[0], None, number)
        elif name == "as declared" and expected is not None and expected[1] is None:
            expected = (expected[0], number, expected[2])
        assert (life(previous) if LAMP in previous.ledger else None) == expected
        standing = {each.id for each in previous.report.lasting}
        resolved = {identity for identity, entry in previous.ledger.items() if entry.resolved_at}
        assert standing <= previous.ledger.keys()
        assert not standing & resolved


@pytest.mark.parametrize("agreed", [(), (None,), (0,), ({"a": [1]},)])
@pytest.mark.parametrize("moments", [(None, None), (START, None), (None, START), (START, START)])
def test_an_entry_comes_back_from_its_json_form(agreed, moments):
    entry = LedgerEntry(key("1"), "drifted", START, "/watts", agreed, *moments)
    assert parse_entry({**entry_row(entry), "of a later version": 1}) == entry
    assert parse_entry(entry_row(replace(entry, path=""))) == replace(entry, path="")
