"""A row for each run: in the pulse at once, in the history with the first commit of the next day."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings, Keep
from reconciler.model.key import Key
from reconciler.model.run_entry import RunEntry
from reconciler.model.snapshot import SourceStatus
from reconciler.record import days
from tests.record.parts import (
    CHECKED_OUT,
    GUESTS,
    LOCAL,
    MARKDOWN,
    MORE,
    NOON,
    PUSHED,
    at,
    commit_all,
    drifted,
    git,
    recorded,
    run_of,
)

DAY = "days/2026/11/23.json"


def write(repo, run, settings=LOCAL):
    return record.write(repo, settings, run, record.read(repo, settings), MARKDOWN)


def ids(*hours: float) -> list[str]:
    return [run_of(at(hour)).id for hour in hours]


def read_ids(repo, settings=LOCAL) -> list[str]:
    found = record.read(repo, settings)
    assert found is not None
    return [entry.id for entry in found.runs]


@pytest.mark.parametrize("settings", [LOCAL, CHECKED_OUT, PUSHED])
def test_every_run_has_a_row_without_a_commit(repo, bare, settings):
    for hour in (0, 1, 2):
        write(repo, recorded(at(hour)), settings)
    assert read_ids(repo, settings) == ids(0, 1, 2)


def test_a_row_has_what_a_list_of_runs_shows(repo, root):
    run = recorded(findings=[drifted(Key("pve", "guest", "101"), 1, 2)])
    sources = {**run.report.run.sources, "npm": SourceStatus(system="npm", status="failed")}
    report = run.report.model_copy(update={"run": run.report.run.model_copy(update={"sources": sources})})
    written = write(repo, replace(run, report=report))
    (entry,) = written.runs
    assert (entry.id, entry.at, entry.verdict) == (run.report.run.id, NOON, "drifted")
    assert (entry.sources, entry.findings) == ({"pve": "complete", "npm": "failed"}, {"warning": 1})
    row = json.loads(git(root, "show", f"drift-pulse:{DAY}"))["runs"][run.report.run.id]
    assert row["at"] == "2026-11-23T12:00:00Z"
    assert row["seconds"] == entry.seconds


@pytest.mark.parametrize("guests", [GUESTS, MORE], ids=["heartbeat", "changed"])
def test_the_first_commit_of_a_day_files_the_days_before_it(repo, root, guests):
    for hour in (0, 1, 2):
        write(repo, recorded(at(hour)))
    assert DAY not in git(root, "ls-tree", "-r", "--name-only", "drift-state")
    write(repo, recorded(at(12), guests))
    assert git(root, "rev-parse", f"drift-state:reports/{DAY}") == git(
        root, "rev-parse", f"drift-pulse:{DAY}"
    )
    assert list(json.loads(git(root, "show", f"drift-state:reports/{DAY}"))["runs"]) == ids(0, 1, 2)
    assert "days/2026/11/24" not in git(root, "ls-tree", "-r", "--name-only", "drift-state")
    assert [entry.id for entry in record.read_runs(repo, LOCAL)] == ids(0, 1, 2, 12)


def test_days_without_a_commit_are_filed_later_and_old_ones_leave_the_pulse(repo, root):
    write(repo, recorded())
    write(repo, recorded(at(24 * 31)))
    assert read_ids(repo) == ids(0, 24 * 31)
    write(repo, recorded(at(24 * 33)))
    assert read_ids(repo) == ids(24 * 31, 24 * 33)
    assert [entry.id for entry in record.read_runs(repo, LOCAL)] == ids(0, 24 * 31, 24 * 33)


def test_days_leave_the_tree_with_the_runs(repo, root):
    settings = HistorySettings(keep=Keep.model_validate({"all": "1d", "daily": "3d"}))
    for hour in (0, 24, 24 * 6):
        write(repo, recorded(at(hour)), settings)
    listing = git(root, "ls-tree", "-r", "--name-only", "drift-state", "reports/days/").splitlines()
    assert listing == []
    write(repo, recorded(at(24 * 7)), settings)
    listing = git(root, "ls-tree", "-r", "--name-only", "drift-state", "reports/days/").splitlines()
    assert listing == ["reports/days/2026/11/29.json"]


def test_without_a_pulse_there_are_no_rows(repo):
    settings = HistorySettings(pulse=None)
    write(repo, recorded(), settings)
    write(repo, recorded(at(12)), settings)
    assert record.read_runs(repo, settings) == ()


def test_runs_that_waited_have_their_rows(repo, root, bare):
    write(repo, recorded(), PUSHED)
    away = bare.with_name("away")
    bare.rename(away)
    previous = record.read(repo, PUSHED, fetch=False)
    record.write(repo, PUSHED, recorded(at(1), MORE), previous, MARKDOWN)
    away.rename(bare)
    write(repo, recorded(at(2)), PUSHED)
    assert read_ids(repo, PUSHED) == ids(0, 1, 2)


BAD = [
    "{",
    "[]",
    '{"schema_version": "2.0", "runs": {}}',
    '{"schema_version": "1.0", "runs": []}',
    '{"schema_version": "1.0", "runs": {"x": {}}}',
    '{"schema_version": "1.0", "runs": {"20261123T990000Z-3fa9c1": {}}}',
    '{"schema_version": "1.0", "runs": {"20261123T120000Z-3fa9c1": {"verdict": "<b>"}}}',
    (
        '{"schema_version": "1.0", "runs": {"20200101T120000Z-3fa9c1": {"verdict": "drifted", "seconds": 1,'
        ' "sources": {}, "findings": {}}}}'
    ),
]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("path", [DAY, "days/2026/99/99.json", "days/2026/11/x.json"])
def test_a_day_that_is_not_as_we_wrote_it_is_left_out_and_stops_nothing(repo, root, text, path):
    write(repo, recorded())
    git(root, "checkout", "--quiet", "drift-pulse")
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)
    commit_all(root, "by hand")
    git(root, "checkout", "--quiet", "main")
    kept = [] if path == DAY else ids(0)
    assert read_ids(repo) == kept
    write(repo, recorded(at(1)))
    assert read_ids(repo) == [*kept, *ids(1)]
    assert write(repo, recorded(at(12))).reason == "heartbeat"
    assert [entry.id for entry in record.read_runs(repo, LOCAL)] == [*kept, *ids(1, 12)]


def test_rows_come_back_as_they_were():
    entry = RunEntry("20261123T120000Z-3fa9c1", "incomplete", 1.5, {"pve": "partial"}, {"error": 2})
    more = replace(entry, changes={"new": 2}, memory={"assigned_mib": 2048, "physical_mib": 8192})
    for each in (entry, more):
        assert days.parse_day(DAY, days.day_file({each.id: each})) == {each.id: each}


def test_a_clock_that_jumps_keeps_the_rows_near_it():
    entries = {days.day_path(each): {each: RunEntry(each, "drifted", 1, {}, {})} for each in ids(0, 24 * 365)}
    back = RunEntry(run_of(at(1)).id, "drifted", 1, {}, {})
    found = days.in_order(days.with_run(entries, back, NOON + timedelta(hours=1)))
    assert [entry.id for entry in found] == ids(0, 1)
