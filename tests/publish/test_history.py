"""The history documents: runs, gaps, days, what a run changed, lives of findings, and keys that moved."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler import files
from reconciler.model.findings import finding_id
from reconciler.model.ledger import LedgerEntry
from reconciler.model.past import Past
from reconciler.model.recorded import KeyMove
from reconciler.model.run_entry import RunEntry
from reconciler.publish import lives as lives_module
from reconciler.publish.documents import history
from reconciler.publish.documents.history_days import history_days, median
from reconciler.publish.documents.validation import problems_of
from tests.publish import site

QUARTER = timedelta(minutes=15)
FRESH = timedelta(minutes=30)


def row(moment, number=0, **changes):
    states = {"pve": changes.pop("state", "complete")}
    verdict = changes.pop("verdict", "in_sync")
    return RunEntry(f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}", verdict, 3.0, states, {}, **changes)


def data(route="history", **changes):
    """The data of a document of a site whose record has other parts."""
    body = files.parse_json(site.documents(site.recorded(**changes))[f"v1/{route}.json"])
    return body["data"]


def gaps(*quarters, of_rows=True):
    """The gaps between runs that were made so many quarters of an hour before the last one."""
    moments = sorted(site.NOW - each * QUARTER for each in {*quarters, 0})
    found = history._gaps(moments if of_rows else (), moments, FRESH)
    return [
        ((site.NOW - gap.after) / QUARTER, (site.NOW - gap.until) / QUARTER, gap.missed_runs) for gap in found
    ]


@pytest.mark.parametrize(
    ("quarters", "expected"),
    [
        ([5, 4, 3, 2, 1], []),
        ([6, 5, 3, 2, 1], []),
        ([9, 8, 7, 3, 2, 1], [(7, 3, 3)]),
        ([9, 8, 7], [(7, 0, 6)]),
        ([100, 50, 3, 2, 1], [(100, 50, 49), (50, 3, 46)]),
        ([40, 36, 32, 28, 24, 20, 16, 12, 8, 4], []),
        ([44, 40, 36, 32, 28, 4, 3, 2, 1], [(28, 4, 5)]),
        ([], []),
    ],
    ids=[
        "regular",
        "late once",
        "three missed",
        "until now",
        "two",
        "hourly",
        "hourly, then none",
        "one run",
    ],
)
def test_a_time_without_a_run_although_one_was_due_is_a_gap(quarters, expected):
    assert gaps(*quarters) == expected


def test_without_rows_no_gap_is_known():
    assert gaps(9, 8, 7, 1, of_rows=False) == []


def test_a_run_without_a_row_is_no_gap():
    """In a clone without the pulse, only days before today have rows."""
    filed = [site.NOW - timedelta(hours=20) + each * QUARTER for each in range(8)]
    past = Past(tuple(map(row, filed)), site.past().changes)
    found = data(past=past)
    assert found["gaps"] == []
    assert [each["id"] for each in found["runs"]][:2] == ["20261123T210500Z-3fa9c1", past.changes[0].id]
    assert found["runs"][1]["seconds"] is None
    assert found["runs"][1]["new"] == past.changes[0].new.count
    assert (found["runs"][0]["new"], found["runs"][2]["new"]) == (None, None)


MOMENTS = st.integers(0, 60 * 24 * 4).map(lambda minutes: site.NOW - timedelta(days=100, minutes=minutes))
OFFSETS = st.integers(0, 130 * 24 * 60).map(lambda minutes: site.NOW - timedelta(minutes=minutes))
TYPES = st.sampled_from(["drifted", "missing", "no-backup", "unverified", "internal", "planned"])


@st.composite
def lives(draw):
    first, second, third = sorted(draw(st.lists(OFFSETS, min_size=3, max_size=3)))
    reopened = second if draw(st.booleans()) else None
    forgotten = third <= site.NOW - timedelta(days=90)
    resolved = third if draw(st.booleans()) and not forgotten else None
    return LedgerEntry(site.WEB, draw(TYPES), first, "/x", (), resolved, reopened)


@settings(max_examples=40, deadline=None)
@given(st.lists(lives(), max_size=12), st.lists(OFFSETS, max_size=20, unique=True))
def test_the_numbers_of_days_add_up(entries, moments):
    ledger = {f"{number:012x}": entry for number, entry in enumerate(entries)}
    rows = tuple(row(moment, number, verdict="drifted") for number, moment in enumerate(sorted(moments)))
    found = history_days(rows, ledger, site.NOW)
    counted = [entry for entry in entries if entry.type not in {"unverified", "internal", "planned"}]
    assert [day.date for day in found] == [
        (site.NOW - timedelta(days=back)).date().isoformat() for back in range(len(found))
    ]
    assert sum(day.runs or 0 for day in found) == len(rows)
    assert all(day.runs is None or sum((day.verdicts or {}).values()) == day.runs for day in found)
    resolved = Counter(
        entry.resolved_at.astimezone(UTC).date().isoformat() for entry in counted if entry.resolved_at
    )
    for day, before in pairwise(found):
        assert (day.open is None) == (day.date <= (site.NOW - timedelta(days=90)).date().isoformat())
        if day.open is not None:
            assert day.resolved == resolved[day.date]
            assert (day.median_seconds_to_resolution is None) == (day.resolved == 0)
            firsts = sum(entry.first_seen.date().isoformat() == day.date for entry in counted)
            assert day.opened >= firsts
            if before.open is not None:
                assert day.open == before.open + firsts - day.resolved
    assert found[0].open == sum(entry.resolved_at is None for entry in counted)


def test_the_median_is_the_middle():
    assert [median(each) for each in ([], [3], [1, 9], [9, 1, 2])] == [None, 3, 5, 2]


def _hourly(runs):
    """Some runs before each of these."""
    return [row(each.at - timedelta(hours=back), 900 + back) for each in runs for back in range(1, 12)]


def test_it_is_bounded(monkeypatch):
    monkeypatch.setattr(history, "MOST_RUNS", 20)
    monkeypatch.setattr(history, "MOST_GAPS", 3)
    old = [row(site.NOW - timedelta(days=each), each) for each in range(900, 33, -50)]
    runs = [row(site.NOW - timedelta(hours=each), each) for each in range(48, 0, -1)]
    pause = [row(site.NOW - timedelta(days=each), each) for each in (12, 10, 8, 6)]
    found = data(past=Past(tuple(sorted((*old, *pause, *_hourly(pause), *runs), key=lambda each: each.id))))
    assert (len(found["runs"]), len(found["gaps"]), len(found["days"])) == (20, 3, 400)
    assert found["runs"][0]["id"] == "20261123T210500Z-3fa9c1"


def test_runs_of_more_than_32_days_ago_are_numbers_of_their_day():
    old = [row(site.NOW - timedelta(days=40, hours=hour), hour, state="failed") for hour in (2, 1)]
    found = data(past=Past(tuple(old)))
    assert len(found["runs"]) == 1
    day = next(each for each in found["days"] if each["date"] == "2026-10-14")
    assert (day["runs"], day["verdicts"], day["sources"]) == (2, {"in_sync": 2}, {"pve": 2})
    assert found["days"][-1] == day


def test_a_run_has_a_link_where_it_has_a_document():
    found = data()
    links = [each["link"] for each in found["runs"] if each["link"]]
    assert links == [f"/v1/history/{site.past().changes[0].id}"]
    assert {each["new"] for each in found["runs"]} == {None, 0, 1}


def documents_of_life(**changes):
    documents = site.documents(site.recorded(**changes))
    return {
        each["data"]["id"]: each["data"]
        for each in (
            files.parse_json(body) for path, body in documents.items() if path.startswith("v1/findings/")
        )
    }


def test_every_finding_has_a_life():
    found = documents_of_life()
    assert Counter(each["state"] for each in found.values()) == {"open": 5, "unconfirmed": 1, "resolved": 2}
    web = found[finding_id(site.WEB, "/memory")]
    assert (web["path"], web["agreed"], web["resolved_at"]) == ("/memory", 8192, None)
    assert web["finding"]["change"]["live"] == 4096
    assert web["links"]["resource"] == "/v1/inventory/guests/pve/101"
    gone = found[finding_id(site.RESOLVED, "missing")]
    assert (gone["title"], gone["severity"], gone["finding"]) == ("does not exist", "error", None)
    assert (gone["resolved_at"], gone["reopened"]) == ("2026-11-23T16:05:00Z", "2026-11-23T15:05:00Z")
    assert "agreed" not in gone
    old = found[finding_id(site.WEB, "/cores")]
    assert (old["title"], old["severity"]) == ("cores drifted", None)


def test_of_many_findings_the_worst_and_the_newest_have_a_document(monkeypatch):
    monkeypatch.setattr(lives_module, "MOST_OPEN", 3)
    monkeypatch.setattr(lives_module, "MOST_RESOLVED", 1)
    one = site.recorded()
    worst = site.FINDINGS[0].model_copy(update={"severity": "error"})
    silenced = site.FINDINGS[1].model_copy(update={"severity": "error", "ignored_by": "ignore.yaml:1"})
    report = one.report.model_copy(update={"findings": (silenced, *site.FINDINGS[2:], worst)})
    waits = {"0" * 12: LedgerEntry(site.WEB, "drifted", site.EARLIER)}
    found = documents_of_life(report=report, ledger={**site.LIVES, **waits})
    assert Counter(each["state"] for each in found.values()) == {"open": 2, "unconfirmed": 1, "resolved": 1}
    assert worst.id in found
    assert silenced.id not in found
    assert finding_id(site.RESOLVED, "missing") in found


MOVED = f"v1/inventory/wlans/air/{site.MOVED_FROM.slug}.json"


def test_a_key_that_moved_leads_to_its_resource():
    one = files.parse_json(site.documents()[MOVED])
    assert one["changed_at"] == "2026-11-23T16:05:00Z"
    assert one["data"]["moved_to"] == {
        "key": "air/wlan/guests",
        "link": "/v1/inventory/wlans/air/guests",
        "since": "2026-11-23T16:05:00Z",
    }
    assert problems_of(MOVED, site.documents()[MOVED]) == ()
    listed = [each["key"] for each in data("inventory/wlans")["resources"]]
    assert listed == ["air/wlan/guests"]


@pytest.mark.parametrize(
    ("change", "there"),
    [
        ({"moved": {site.MOVED_FROM: KeyMove(site.WLAN, site.NOW - timedelta(days=29, hours=23))}}, True),
        ({"moved": {site.MOVED_FROM: KeyMove(site.WLAN, site.NOW - timedelta(days=30))}}, False),
        ({"moved": {site.MOVED_FROM: KeyMove(site.WLAN._replace(id="gone"), site.NOW)}}, False),
        ({"config": {**site.CONFIG, site.MOVED_FROM: {"name": "another"}}}, None),
    ],
    ids=["for 30 days", "not longer", "not to what is gone", "unless another has the key"],
)
def test_a_key_that_moved_has_a_document(change, there):
    found = site.documents(site.recorded(**change)).get(MOVED)
    if there is None:
        assert files.parse_json(found)["data"]["fields"] == {"name": "another"}
    else:
        assert (found is not None) is there


def test_earlier_keys_with_one_slug_leave_one_document():
    long = [site.MOVED_FROM._replace(id="x" * 5000 + each) for each in "ab"]
    moved = {key: KeyMove(site.WLAN, site.NOW) for key in (*long, site.MOVED_FROM)}
    found = [path for path in site.documents(site.recorded(moved=moved)) if "wlans/air" in path]
    assert len(found) == len(set(found)) == 4


def test_every_document_of_it_is_as_its_model_says_and_has_no_unknown_key():
    for path, body in site.documents().items():
        if re.match("v1/(history|findings|inventory/wlans)", path):
            assert problems_of(path, body) == (), path


def test_a_record_without_anything_of_the_past_has_the_last_run():
    one = replace(site.recorded(), past=Past(), ledger={}, moved={}, position=None)
    found = data(past=Past(), ledger={}, moved={}, position=None)
    assert [each["id"] for each in found["runs"]] == [one.report.run.id]
    assert found["resolution"] == {"resolved": 0, "median_seconds": None}
    assert not [path for path in site.documents(one) if path.startswith("v1/history/")]
    assert b"<entry>" not in site.documents(one)["v1/feed.atom"]
