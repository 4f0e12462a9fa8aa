"""Who may have made a change: evidence from the source's log, kept while a finding's values stay."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from reconciler.drift.who import findings_with_acts
from reconciler.model.act import Act, LogEntry
from reconciler.model.findings import Finding
from reconciler.model.recorded import Recorded
from tests.drift import house

ON = {"1": {"watts": 40}}


def entry(
    account: str, *effects: str, about: tuple[tuple[str, str], ...] = (("lamp", "1"),), minutes: int = 0
) -> LogEntry:
    at = house.START + timedelta(minutes=minutes)
    return LogEntry(Act(at=at, account=account, what="task"), frozenset(about), frozenset(effects))


def judged(
    live: dict[str, Any],
    declared: dict[str, Any],
    previous: Recorded | None,
    *log: LogEntry,
    number: int = 1,
    scopes: dict[str, Any] | None = None,
) -> Recorded:
    read = replace(house.snapshot(live, scopes, number), log={"hall": log})
    return house.judge(read, house.desired(declared), previous)


def accounts(recorded: Recorded) -> dict[str, list[str]]:
    """What findings and events name, by path or type."""
    report = recorded.report
    named = {finding.path or finding.type: finding.who for finding in report.findings}
    named |= {f"event {event.what}": event.who for event in report.events}
    return {at: [act.account for act in who] for at, who in named.items()}


@pytest.fixture
def first():
    return house.judge(house.snapshot(ON), house.desired(ON))


def test_a_change_of_a_field_names_who_changed_the_resource(first):
    log = (entry("ann", "changed"), entry("bob", "deleted"), entry("eve", "changed", about=(("lamp", "2"),)))
    assert accounts(judged({"1": {"watts": 60}}, ON, first, *log)) == {"/watts": ["ann"]}


@pytest.mark.parametrize(
    ("live", "declared", "effect", "at"),
    [
        ({}, ON, "deleted", "missing"),
        ({"1": {"watts": 40}, "2": {}}, ON, "created", "unmanaged"),
        ({"1": {"watts": 40, "room": "attic"}}, {}, "moved", "event moved"),
        ({"1": {"watts": 60}}, {}, "changed", "event changed"),
        ({}, {}, "deleted", "event deleted"),
    ],
)
def test_each_change_is_explained_by_what_makes_it(first, live, declared, effect, at):
    before = first if declared else house.judge(house.snapshot(ON), house.desired({}))
    every = [entry(each, each, about=(("lamp", "*"),)) for each in ("changed", "deleted", "created", "moved")]
    found = accounts(judged(live, declared, before, *every))
    assert found[at] == [effect]


def test_an_entry_that_names_nothing_counts_only_without_a_better_one(first):
    unknown, known = entry("site", about=()), entry("ann", "changed")
    assert accounts(judged({"1": {"watts": 60}}, ON, first, unknown)) == {"/watts": ["site"]}
    assert accounts(judged({"1": {"watts": 60}}, ON, first, unknown, known)) == {"/watts": ["ann"]}


def test_the_last_three_are_kept_in_order_of_time(first):
    log = [entry(f"user{minute}", minutes=minute) for minute in (3, 1, 4, 0, 2)]
    assert accounts(judged({"1": {"watts": 60}}, ON, first, *log)) == {"/watts": ["user2", "user3", "user4"]}


def test_a_finding_keeps_them_while_its_values_stay(first):
    second = judged({"1": {"watts": 60}}, ON, first, entry("ann", "changed"))
    third = judged({"1": {"watts": 60}}, ON, second, entry("bob", "changed"), number=2)
    assert accounts(third) == {"/watts": ["ann"]}
    fourth = judged({"1": {"watts": 80}}, ON, third, entry("bob", "changed"), number=3)
    assert accounts(fourth) == {"/watts": ["bob"]}
    gone = judged({}, ON, fourth, number=4, scopes={"hall/lamp": "failed"})
    again = judged({"1": {"watts": 80}}, ON, gone, number=5)
    assert accounts(again)["/watts"] == ["bob"]


def test_a_rule_that_begins_to_fire_is_explained_by_what_is_about_its_resource(first):
    log = (entry("ann", "stopped"), entry("eve", about=()), entry("bob", about=(("lamp", "2"),)))
    inventory = replace(first.inventory, log={"hall": log})
    fired = Finding(
        id="0" * 12,
        type="dark",
        key=house.key("1"),
        title="it is dark",
        severity="info",
        first_seen=house.START,
    )
    (found,) = findings_with_acts([fired], inventory, first)
    assert [act.account for act in found.who] == ["ann"]
    later = replace(first, report=first.report.model_copy(update={"findings": (found,)}))
    (kept,) = findings_with_acts([fired], replace(inventory, log={"hall": (entry("zoe"),)}), later)
    assert [act.account for act in kept.who] == ["ann"]


def test_of_what_git_moved_the_log_shows_nothing(first):
    assert accounts(judged(ON, {"1": {"watts": 60}}, first, entry("ann", "changed"))) == {"/watts": []}


def test_who_it_was_is_never_worth_a_commit(first):
    from reconciler.record.change import state

    live = {"1": {"watts": 60}}
    assert state(judged(live, ON, first, entry("ann")).report) == state(judged(live, ON, first).report)


def test_another_source_explains_nothing(first):
    read = replace(house.snapshot({"1": {"watts": 60}}, None, 1), log={"barn": (entry("ann", "changed"),)})
    assert accounts(house.judge(read, house.desired(ON), first)) == {"/watts": []}
