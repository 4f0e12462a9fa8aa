"""Events: changes that no finding shows, once each; none from what a run could not read."""

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given

from reconciler import kinds
from reconciler.drift.events import FOLD_ABOVE, row_events
from reconciler.drift.unread_keys import RUNS_TO_DEMOTE
from reconciler.model.findings import Event
from reconciler.model.key import Key
from reconciler.model.recorded import Recorded
from tests.drift import house
from tests.drift.test_properties import LAMP

NOTHING = house.desired({})


def after(
    before: dict[str, Any],
    now: dict[str, Any],
    first: dict[str, Any] | None = None,
    second: dict[str, Any] | None = None,
    declared: dict[str, Any] | None = None,
) -> tuple[Event, ...]:
    """The events of a run after another one."""
    state = house.desired(declared or {})
    recorded = house.judge(house.snapshot(before, first), state)
    return house.judge(house.snapshot(now, second, 1), state, recorded).report.events


def told(events: tuple[Event, ...]) -> list[tuple[str, str, str]]:
    return [(event.key.id, event.what, event.path) for event in events]


def test_the_first_run_has_none():
    assert house.judge(house.snapshot({"1": {}}), NOTHING).report.events == ()


@pytest.mark.parametrize("listed", ["partial", "failed"])
def test_what_an_incomplete_list_lacks_is_neither_deleted_nor_created(listed):
    assert after({"1": {}}, {}, second={"hall/lamp": listed}) == ()
    assert after({}, {"1": {}}, first={"hall/lamp": listed}) == ()


def test_what_was_unread_is_neither_deleted_nor_created_nor_changed():
    unread = {"hall/lamp": {"unread": {"1": "dark"}}}
    assert after({"1": {}}, {}, second=unread) == ()
    assert after({}, {"1": {}}, first=unread) == ()


def test_a_change_during_an_outage_is_shown_when_the_row_is_read_again():
    first = house.judge(house.snapshot({"1": {"watts": 40}}), NOTHING)
    dark = house.judge(house.snapshot({}, {"hall/lamp": {"unread": {"1": "dark"}}}, 1), NOTHING, first)
    assert dark.report.events == ()
    again = house.judge(house.snapshot({"1": {"watts": 60}}, None, 2), NOTHING, dark)
    assert [(event.path, event.old, event.new) for event in again.report.events] == [("/watts", 40, 60)]


def test_a_field_that_one_run_did_not_read_is_no_event():
    assert after({"1": {"watts": 60}}, {"1": {"unread": ("watts",)}}) == ()
    assert after({"1": {"unread": ("note",)}}, {"1": {"note": "new"}}) == ()


def test_what_appears_and_goes_is_shown():
    assert told(after({"1": {}}, {"2": {}})) == [("1", "deleted", ""), ("2", "created", "")]


def test_what_a_finding_shows_as_missing_or_unmanaged_is_no_event():
    assert after({"1": {}}, {}, declared={"1": {}}) == ()
    assert after({}, {"1": {}}, declared={"1": {}}) == ()
    assert after({"1": {}}, {"1": {}, "2": {}}, declared={"1": {}}) == ()
    assert after({"1": {}, "2": {}}, {"1": {}}, declared={"1": {}}) == ()


def test_observed_and_metric_values_are_none():
    assert after({"1": {"seen": ["a"], "heat": 1}}, {"1": {"seen": ["b"], "heat": 2}}) == ()


def test_one_that_replaced_another_is_that_alone():
    assert told(after({"1": {"made": "a", "watts": 1}}, {"1": {"made": "b", "watts": 2}})) == [
        ("1", "replaced", "/made")
    ]


def test_a_record_of_another_version_has_none():
    first = house.judge(house.snapshot({"1": {"watts": 1}}), NOTHING)
    run = first.report.run.model_copy(update={"version": "0.0.1"})
    older = Recorded(first.report.model_copy(update={"run": run}), first.inventory, {})
    assert house.judge(house.snapshot({"1": {"watts": 2}}, None, 1), NOTHING, older).report.events == ()


@pytest.mark.parametrize(("count", "events"), [(FOLD_ABOVE, FOLD_ABOVE), (FOLD_ABOVE + 1, 1)])
def test_many_of_one_field_are_one(count, events):
    before, now = ({str(at): {"watts": watts} for at in range(count)} for watts in (1, 2))
    found = after(before, now)
    assert len(found) == events
    assert sum(event.count for event in found) == count
    if events == 1:
        assert found[0].ids == ("0", "1", "2", "3", "4")
        assert (found[0].old, found[0].new) == (None, None)


def test_many_of_different_fields_are_not_folded_together():
    before: dict[str, Any] = {str(at): {} for at in range(FOLD_ABOVE + 5)}
    now: dict[str, Any] = {
        str(at): {"watts": 1} if at < FOLD_ABOVE else {"note": "x"} for at in range(FOLD_ABOVE + 5)
    }
    assert len(after(before, now)) == FOLD_ABOVE + 5


@given(LAMP)
def test_an_unchanged_row_has_none(row):
    assert after({"1": row}, {"1": row}) == ()


@given(LAMP, LAMP)
def test_every_change_of_config_is_shown_once(before, now):
    first = house.judge(house.snapshot({"1": before}), NOTHING)
    second = house.judge(house.snapshot({"1": now}, None, 1), NOTHING, first)
    old, new = (each.inventory.config[house.key("1")] for each in (first, second))
    paths = [event.path for event in second.report.events]
    assert len(paths) == len(set(paths))
    assert {path.split("/")[1] for path in paths} == {
        name for name in {*old, *new} if old.get(name) != new.get(name)
    }


def fingerprint(value: int, key: str = "aaaaaaaa") -> str:
    return f"{key}:{value:032x}"


def unread(value: str | None, name: str = "/new") -> dict[str, Any]:
    return {"1": {"unmodelled": {name: value}}}


@pytest.mark.parametrize(
    ("before", "now", "events"),
    [
        (unread(fingerprint(1)), unread(fingerprint(1)), []),
        (unread(fingerprint(1)), unread(fingerprint(2)), ["/new"]),
        (unread(fingerprint(1)), {"1": {}}, ["/new"]),
        ({"1": {}}, unread(fingerprint(1)), ["/new"]),
        ({"1": {}}, unread(None), ["/new"]),
        (unread(None), unread(None), []),
        (unread(None), unread(fingerprint(1)), []),
        (unread(fingerprint(1)), unread(None), []),
        (unread(fingerprint(1)), unread(fingerprint(1, "bbbbbbbb")), []),
    ],
)
def test_an_unread_key_that_changed_is_an_event_and_never_a_finding(before, now, events):
    found = after(before, now, declared={"1": {}})
    assert told(found) == [("1", "unread-changed", path) for path in events]
    assert all(not event.has_values for event in found)


def values(*numbers: int | None) -> list[Recorded]:
    """Runs in which the fingerprint of an unread key is each of these; None: the key is not there."""
    recorded: Recorded | None = None
    runs = []
    for number, value in enumerate(numbers):
        live = {"1": {}} if value is None else unread(fingerprint(value))
        recorded = house.judge(house.snapshot(live, None, number), NOTHING, recorded)
        runs.append(recorded)
    return runs


def test_a_key_that_changes_in_three_runs_in_a_row_is_kept_by_name_alone():
    runs = values(1, 2, 3, 4, 5, 6)
    assert [len(run.report.events) for run in runs] == [0, 1, 1, 0, 0, 0]
    kept = [run.inventory.config[house.key("1")]["unmodelled"] for run in runs]
    assert kept[2:] == [{"/new": fingerprint(3)}, *[{"/new": None}] * 3]
    assert runs[-1].report.scopes[0].unsteady == {"/new": RUNS_TO_DEMOTE}


def test_a_key_that_comes_and_goes_is_kept_as_it_was():
    runs = values(1, None, 2, None, 3, None)
    kept = [run.inventory.config[house.key("1")]["unmodelled"] for run in runs]
    assert kept[3:] == [{"/new": None}] * 3
    assert [len(run.report.events) for run in runs] == [0, 1, 1, 0, 0, 0]


def test_changes_of_a_person_do_not_demote_a_key():
    runs = values(1, 2, 3, 3, 4, 5, 5, 6)
    assert [len(run.report.events) for run in runs] == [0, 1, 1, 0, 1, 1, 0, 1]
    assert runs[3].report.scopes[0].unsteady is None


WITH_NOTES = [
    (system.name, kind, flag)
    for system in kinds.SYSTEMS.values()
    for kind in system.kinds
    for flag in kind.model.model_fields
    if flag.startswith("has_")
]


@pytest.mark.parametrize(
    ("kind", "flag"),
    [(kind, flag) for _, kind, flag in WITH_NOTES],
    ids=[f"{system}/{kind.name}" for system, kind, _ in WITH_NOTES],
)
def test_notes_that_are_written_are_one_event_whatever_is_recorded_of_them(kind, flag):
    """A flag, a fingerprint and the notes themselves, one by one and together."""
    text = flag.removeprefix("has_")
    values = {
        flag: (False, True),
        kind.notes: (None, "x"),
        f"{text}_fingerprint": ("none", f"{8 * '0'}:{32 * '0'}"),
    }
    fields = [name for name in values if name in kind.model.model_fields]
    assert len(fields) > 1
    key = Key("s", kind.name, "1")
    for count in range(1, len(fields) + 1):
        for chosen in combinations(fields, count):
            old, new = ({name: values[name][at] for name in chosen} for at in (0, 1))
            found = list(row_events(kind, key, old, new, frozenset(), frozenset()))
            assert [event.path in {f"/{name}" for name in chosen} for event in found] == [True], chosen


@pytest.mark.parametrize(("first", "second"), [(None, ["watts"]), (["watts"], None), (["watts"], ["on"])])
def test_unread_keys_of_another_api_are_no_events(first, second):
    """A key of UniFi that opens only the integration API reads the same rows with other keys."""
    scopes = [{"hall/lamp": {"not_supported": each}} for each in (first, second)]
    before = {"1": {"unmodelled": {"/old_key": fingerprint(1), "/both": fingerprint(2)}}}
    now = {"1": {"unmodelled": {"/newKey": fingerprint(1), "/both": fingerprint(3)}}}
    assert told(after(before, now, *scopes)) == []
    assert told(after(before, now, scopes[0], scopes[0])) == [
        ("1", "unread-changed", path) for path in ("/both", "/newKey", "/old_key")
    ]
