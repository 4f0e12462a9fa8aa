from datetime import timedelta

import pytest

from reconciler.model.key import Key
from reconciler.report.lines import SOURCE_FAILED, age, format_value, group_findings, join_ids
from tests.drift import house


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        ("none", '"none"'),
        ("", '""'),
        (" x", '" x"'),
        ("8192", '"8192"'),
        (8192, "8192"),
        (True, "true"),
        ("true", '"true"'),
        ("web1", "web1"),
        (["a", "ü"], '["a", "ü"]'),
        ({"tag": 11}, '{"tag": 11}'),
    ],
)
def test_values_cannot_be_mistaken(value, text):
    assert format_value(value) == text


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        ({"seconds": 0}, "new"),
        ({"seconds": 59}, "59 s"),
        ({"minutes": 5}, "5 min"),
        ({"minutes": 119}, "1 h"),
        ({"hours": 47}, "47 h"),
        ({"days": 2}, "2 d"),
        ({"days": 400}, "400 d"),
        ({"seconds": -5}, "new"),
    ],
)
def test_ages_are_in_the_largest_fitting_unit(passed, text):
    assert age(house.START - timedelta(**passed), house.START) == text


def test_a_few_ids_and_how_many_more():
    assert join_ids(("1", "2"), 2) == "1, 2"
    assert join_ids(("1", "2"), 9) == "1, 2 and 7 more"


def _unmanaged(number):
    live = dict.fromkeys(map(str, range(number)), None)
    return house.judge(house.snapshot(live), house.desired({}, {("hall", "lamp")})).report.findings


def test_what_is_new_is_not_hidden_among_many_that_are_not():
    def run(number, previous=None):
        live = dict.fromkeys(map(str, range(20 + number)), None)
        desired = house.desired({}, {("hall", "lamp")})
        return house.judge(house.snapshot(live, number=number), desired, previous)

    second = run(1, run(0)).report
    assert [(line.count, line.resource) for line in group_findings(second.findings, second.run)] == [
        (20, "hall/lamp"),
        (1, "hall/lamp/20"),
    ]


def test_up_to_eight_are_told_one_by_one():
    assert [line.count for line in group_findings(_unmanaged(8))] == [1] * 8
    (line,) = group_findings(_unmanaged(9))
    assert (line.count, line.ids, line.resource) == (9, ("0", "1", "2", "3", "4"), "hall/lamp")


def test_drift_and_missing_are_never_folded():
    state = house.desired({str(at): {"watts": 1} for at in range(40)})
    report = house.judge(house.snapshot({str(at): {} for at in range(20)}), state).report
    assert [line.count for line in group_findings(report.findings)] == [1] * 40


def test_all_that_a_failed_source_has_is_one_line_and_what_else_it_lacks_is_not_in_it():
    scopes = {
        "hall/lamp": {"listed": "failed", "problem": "refused"},
        "hall/bulb": {"listed": "failed", "problem": "refused"},
        "barn/lamp": {"listed": "failed", "problem": "refused"},
    }
    sources = {"hall": {"status": "failed", "problem": "refused"}, "barn": {"status": "partial"}}
    declared: dict[str, dict[str, object]] = {
        key: {} for key in ("hall/lamp/1", "hall/lamp/2", "hall/bulb/1", "barn/lamp/1")
    }
    report = house.judge(house.snapshot({}, scopes, sources=sources), house.desired(declared)).report
    assert [
        (line.count, line.resource, line.ids, line.reason)
        for line in group_findings(report.findings, report.run)
    ] == [
        (1, "barn/lamp/1", (), "refused"),
        (3, "hall", ("bulb/1", "lamp/1", "lamp/2"), SOURCE_FAILED),
    ]


def test_a_failed_source_of_one_resource_says_which_and_where_it_is_declared():
    scopes = {"hall/lamp": {"listed": "failed", "problem": "refused"}}
    live = house.snapshot({}, scopes, sources={"hall": {"status": "failed", "problem": "refused"}})
    report = house.judge(live, house.desired({"1": {}})).report
    (line,) = group_findings(report.findings, report.run)
    assert (line.resource, line.count, line.reason) == ("hall/lamp/1", 1, SOURCE_FAILED)
    assert line.declared_at is not None


def test_reasons_are_not_mixed():
    scopes = {"hall/lamp": {"unread": {str(at): "dark" if at % 2 else "locked away" for at in range(20)}}}
    report = house.judge(house.snapshot({}, scopes), house.desired({str(at): {} for at in range(20)})).report
    assert [(line.count, line.reason) for line in group_findings(report.findings)] == [
        (10, "locked away"),
        (10, "dark"),
    ]


def test_related_resources_that_the_reason_does_not_name_are_told():
    state = house.desired({"hall/lamp/1": {"note": "ok"}})
    (finding,) = house.judge(house.snapshot({}), state).report.findings
    keys = tuple(Key.parse(f"hall/lamp/{number}") for number in range(2, 8))

    def told(reason, related):
        changes = {"type": "duplicate-mac", "title": reason, "related": related}
        (line,) = group_findings([finding.model_copy(update=changes)])
        return line.reason

    assert told("as hall/lamp/2", keys[:1]) == "as hall/lamp/2"
    assert told("as hall/lamp/2", keys[:2]) == "as hall/lamp/2; see hall/lamp/3"
    assert told("", keys) == "see hall/lamp/2, hall/lamp/3, hall/lamp/4 and 3 more"
    assert told("it ends", ()) == "it ends"
