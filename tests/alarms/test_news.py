"""What a sink is sent of a sequence of runs."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.alarms.state import parse, to_row
from reconciler.config.settings import DriftSettings
from reconciler.errors import Problem
from tests.alarms.parts import WELL, Reader, changes, sink
from tests.drift import house

LAMPS = ("1", "2", "3", "4")
SAME: dict[str, Any] = {"name": "lamp", "watts": 40}
DESIRED = house.desired(dict.fromkeys(LAMPS[:3], SAME))
LIVE = {"same": SAME, "drifted": {"name": "lamp", "watts": 60}, "missing": None}


@dataclass(frozen=True)
class Moment:
    """The truth about each lamp, and what of it a run can see and keep."""

    lamps: tuple[str, ...]
    unread: frozenset[str]
    listed: str
    recorded: bool
    arrives: bool


def lamps():
    return st.tuples(*(st.sampled_from(sorted(LIVE)) for _ in LAMPS))


def moments():
    return st.builds(
        Moment,
        lamps(),
        st.frozensets(st.sampled_from(LAMPS), max_size=2),
        st.sampled_from(["complete", "complete", "partial", "failed"]),
        st.booleans(),
        st.booleans(),
    )


def truth_of(lamp, state):
    """The row of a lamp, and whether a finding stands; the last one is not declared."""
    if lamp == LAMPS[3]:
        return (SAME, True) if state == "drifted" else (None, False)
    return LIVE[state], state != "same"


def run_of(moment, number, previous, accepted=frozenset()):
    truth = {lamp: truth_of(lamp, state) for lamp, state in zip(LAMPS, moment.lamps, strict=True)}
    seen = {lamp for lamp in LAMPS if lamp not in moment.unread and moment.listed != "failed"}
    live = {lamp: truth[lamp][0] for lamp in seen if truth[lamp][0]}
    unread = dict.fromkeys(moment.unread, "it does not answer")
    scope = {"listed": moment.listed, "unread": unread if moment.listed != "failed" else {}}
    status = moment.listed if not unread or moment.listed == "failed" else "partial"
    source = {"hall": {"status": status}}
    made = house.judge(
        house.snapshot(live, {"hall/lamp": scope}, number, source), DESIRED, previous, accepted=accepted
    )
    # Absence is proven by a complete list only, and one that lost much at once does not count as one.
    (listed,) = [each.listed for each in made.report.scopes if each.kind == "lamp" and each.source == "hall"]
    proven = {lamp for lamp in seen if truth[lamp][0] or listed == "complete"}
    standing = {f"hall/lamp/{lamp}" for lamp in LAMPS if truth[lamp][1]}
    return made, {f"hall/lamp/{lamp}" for lamp in proven}, standing


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(moments(), min_size=2, max_size=7))
def test_a_reader_of_every_message_is_never_misled(sequence):
    """Nothing is resolved that a run could not check, whatever was recorded and whatever arrived; and after
    each message the reader knows all that stands and could be read."""
    reader, previous = Reader(), None
    for number, moment in enumerate(sequence):
        made, proven, standing = run_of(moment, number, previous)
        found = reader.sends(made, arrives=moment.arrives)
        for change, key in changes(found):
            if change == "resolved":
                assert key in proven, "resolved, and not checked"
        gone = {each.id for each in found.causes if each.change == "resolved"} if found else set()
        told = {str(cause.key) for cause in reader.state.causes.values()} if reader.state else set()
        if moment.arrives or found is None:
            assert standing & proven <= told
            assert reader.state is None or not gone & set(reader.state.causes)
            assert reader.sends(made) is None, "the same run is news twice"
        if moment.recorded:
            previous = made


@settings(max_examples=60, deadline=None)
@given(st.lists(lamps(), min_size=1, max_size=6))
def test_where_all_is_read_each_change_is_sent_once(sequence):
    reader, previous = Reader(), None
    known: set[tuple[str, str]] = set()
    for number, truth in enumerate(sequence):
        moment = Moment(truth, frozenset(), "complete", True, True)
        made, _, _ = run_of(moment, number, previous, frozenset({("hall", "lamp")}))
        now = {(lamp, state) for lamp, state in zip(LAMPS, truth, strict=True) if truth_of(lamp, state)[1]}
        found = changes(reader.sends(made))
        opened = sorted(key for change, key in found if change in {"open", "new", "reopened"})
        assert opened == sorted(f"hall/lamp/{lamp}" for lamp, state in now - known)
        resolved = {key for change, key in found if change == "resolved"}
        # A resource that is missing now is not "resolved" in its fields.
        assert resolved <= {f"hall/lamp/{lamp}" for lamp, _ in known - now}
        assert resolved >= {f"hall/lamp/{lamp}" for lamp, _ in known} - {
            f"hall/lamp/{lamp}" for lamp, _ in now
        }
        previous, known = made, now


def judged(live, number=0, previous=None, **options):
    return house.judge(house.snapshot(live, None, number), DESIRED, previous, **options)


DRIFTED: dict[str, Any] = dict.fromkeys(LAMPS[:3], SAME) | {
    "1": {"name": "lamp", "watts": 60, "tags": ["prod"]}
}


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ({}, True),
        ({"severity": "warning"}, True),
        ({"severity": "error"}, False),
        ({"kinds": ["hall/lamp"]}, True),
        ({"kinds": ["*/lamp"]}, True),
        ({"kinds": ["hall/*"]}, True),
        ({"kinds": ["barn/*", "hall/bulb"]}, False),
        ({"tags": ["prod"]}, True),
        ({"tags": ["prod", "other"]}, True),
        ({"tags": ["other"]}, False),
        ({"tags": ["prod"], "kinds": ["barn/*"]}, False),
    ],
)
def test_a_filter_decides_what_a_sink_gets(wanted, sent):
    reader = Reader(sink(**wanted))
    assert (reader.sends(judged(DRIFTED)) is not None) is sent


def test_what_is_worse_is_news_and_what_is_milder_is_not():
    reader = Reader()
    mild = DriftSettings.model_validate({"severity": {"drifted": "info"}})
    bad = DriftSettings.model_validate({"severity": {"drifted": "error"}})
    first = judged(DRIFTED, 0, settings=mild)
    reader.sends(first)
    second = judged(DRIFTED, 1, first, settings=bad)
    (worse,) = reader.gets(second).causes
    assert (worse.change, worse.before, worse.cause.severity) == ("worse", "info", "error")
    assert reader.sends(judged(DRIFTED, 2, second, settings=mild)) is None


def test_what_is_silenced_is_neither_sent_nor_resolved():
    rules = house.ignore_rules(
        [
            {
                "target": {"source": "hall", "kind": "lamp", "id": "1"},
                "reason": "known",
                "expires": "2026-12-31",
            }
        ]
    )
    assert Reader().sends(judged(DRIFTED, ignores=rules)) is None
    reader = Reader()
    first = judged(DRIFTED)
    assert changes(reader.sends(first)) == [("open", "hall/lamp/1")]
    assert reader.sends(judged(DRIFTED, 1, first, ignores=rules)) is None


DOWN = (Problem("", "the disk is full", "free some"),)


@pytest.mark.parametrize("step", ["load", "record", "publish"])
def test_a_step_is_news_when_it_fails_and_when_it_works_again(step):
    reader = Reader()
    failing = WELL | {step: DOWN} if step != "load" else {"load": DOWN}
    made = judged(dict.fromkeys(LAMPS[:3], SAME))
    assert reader.gets(None if step == "load" else made, failing).failed == (step,)
    assert reader.sends(None if step == "load" else made, failing) is None
    if step != "load":
        assert reader.gets(None, {"load": DOWN}).failed == ("load",)
        assert reader.gets(made, failing).working == ("load",)
    assert reader.gets(made).working == (step,)
    assert reader.sends(made) is None


@pytest.mark.parametrize(
    ("least", "expected"),
    [
        ("info", [("partial", "complete"), ("failed", "partial"), ("complete", "failed")]),
        ("warning", [("partial", "complete"), ("failed", "partial"), ("complete", "failed")]),
        ("error", [None, ("failed", "complete"), ("complete", "failed")]),
    ],
)
def test_the_status_of_a_source_is_news_by_its_severity(least, expected):
    reader, previous, found = Reader(sink(severity=least)), None, []
    for number, status in enumerate(["complete", "partial", "failed", "complete"]):
        live = {} if status == "failed" else dict.fromkeys(LAMPS[:3], SAME)
        scopes = {"hall/lamp": {"listed": status}}
        source = {"hall": {"status": status, "problem": "it is dark" if status != "complete" else None}}
        previous = house.judge(house.snapshot(live, scopes, number, source), DESIRED, previous)
        sent = reader.sends(previous)
        found.append((sent.sources[0].status, sent.sources[0].before) if sent else None)
    assert found == [None, *expected]


def test_a_state_comes_back_as_it_was_kept():
    reader = Reader()
    reader.sends(judged(DRIFTED))
    assert reader.state is not None
    assert parse(to_row(reader.state)) == reader.state


@pytest.mark.parametrize(
    "row",
    [None, {}, {"number": 0, "run_id": "x", "at": "2026-11-23T21:05:00Z"},
     {"number": 1, "run_id": "x", "at": "never"},
     {"number": 1, "run_id": "x", "at": "2026-11-23T21:05:00Z", "causes": []},
     {"number": 1, "run_id": "x", "at": "2026-11-23T21:05:00Z", "causes": {"a": {"key": "nonsense"}}},
     {"number": 1, "run_id": "x", "at": "2026-11-23T21:05:00Z", "sources": {"pve": "odd"}}],
)  # fmt: skip
def test_a_damaged_state_is_none(row):
    assert parse(row) is None
