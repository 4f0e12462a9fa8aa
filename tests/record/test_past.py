"""Earlier runs as they are published: what each changed, whatever is missing or damaged of the record."""

import json
from dataclasses import replace

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.drift import ledger
from reconciler.errors import Problem
from reconciler.model.findings import Event
from reconciler.model.key import Key
from reconciler.model.past import Past
from reconciler.model.recorded import KeyMove
from reconciler.model.snapshot import SourceStatus
from reconciler.record import blobs, objects, past, refs
from tests.record.parts import (
    CHECKED_OUT,
    GUESTS,
    LOCAL,
    MARKDOWN,
    PUSHED,
    at,
    commit_all,
    drifted,
    git,
    recorded,
)
from tests.record.test_clones import CLONES

WEB = Key("pve", "guest", "101")


def write(repo, run, settings=LOCAL):
    previous = record.read(repo, settings)
    run = replace(
        run,
        changed_at=record.changed_at(previous, run),
        moved=record.moved_keys(previous, run),
        ledger=ledger.advance(previous, run),
    )
    return record.write(repo, settings, run, previous, MARKDOWN)


def with_report(recorded_run, **changes):
    return replace(recorded_run, report=recorded_run.report.model_copy(update=changes))


def of_hour(hour, live=2, **changes):
    """A run that finds another value of the memory than the one before."""
    finding = drifted(WEB, 1, live).model_copy(update={"first_seen": at(changes.pop("since", hour))})
    return with_report(recorded(at(hour), findings=[finding]), **changes)


def test_a_run_that_changes_something_records_what(repo):
    event = Event(key=WEB, what="started", path="")
    write(repo, recorded())
    write(repo, of_hour(1))
    write(repo, of_hour(2, 3, since=1, events=(event,)))
    write(repo, with_report(recorded(at(3)), resolved=(drifted(WEB, 1, 3),)))
    back, third, second, first = record.read_past(repo, LOCAL).changes
    assert [each.subject for each in (first, second, third, back)] == [
        "no findings, 2 resources",
        "101 memory changed",
        "101 memory changed again, 101 started",
        "101 memory resolved",
    ]
    counts = [[part.count for part in each.lists] for each in (first, second, third, back)]
    assert counts == [[0, 0, 0, 0, 0], [1, 0, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0]]
    assert (third.events, third.event_count) == ((event,), 1)
    assert second.new.findings[0].title == "memory is 2; 1 is declared"
    assert [each.matters for each in (first, second, third, back)] == [False, True, True, True]


def test_a_run_that_changes_nothing_has_a_row_and_no_changes(repo):
    for hour in (0, 1, 24):
        write(repo, of_hour(hour, since=0))
    found = record.read_past(repo, LOCAL)
    assert [each.id for each in found.changes] == [of_hour(0).report.run.id]
    assert [each.changes for each in found.runs] == [{"new": 1}, {}, {}]


def test_a_source_that_is_lost_and_back_is_a_change(repo):
    problem = Problem("npm.lan", "login refused")
    states = ("complete", "failed", "partial", "complete", "complete")
    for hour, state in enumerate(states):
        run = recorded(at(hour), {**GUESTS, "9": {"n": hour}})
        status = SourceStatus(system="npm", status=state, problem=None if state == "complete" else problem)
        facts = run.report.run.model_copy(update={"sources": {"npm": status}})
        write(repo, with_report(run, run=facts))
    found = [
        [(each.before, each.now, each.problem) for each in changes.source_changes]
        for changes in reversed(record.read_past(repo, LOCAL).changes)
    ]
    assert found == [
        [],
        [("complete", "failed", problem)],
        [("failed", "partial", problem)],
        [("partial", "complete", None)],
        [],
    ]


def test_what_a_run_changed_stays_the_same_for_good(repo):
    write(repo, of_hour(0))
    (before,) = record.read_past(repo, LOCAL).changes
    for hour in range(1, 4):
        write(repo, of_hour(hour, hour + 2, since=0))
    assert record.read_past(repo, LOCAL).changes[-1] == before


def test_the_newest_are_read(repo, monkeypatch):
    monkeypatch.setattr(past, "MOST_RUNS", 2)
    for hour in range(4):
        write(repo, of_hour(hour, hour))
    assert [each.collected_at for each in record.read_past(repo, LOCAL).changes] == [at(3), at(2)]


def test_days_that_the_pulse_lost_are_those_that_were_filed(repo, root):
    for hour in (0, 1, 24, 25):
        write(repo, of_hour(hour, hour))
    git(root, "branch", "-D", "drift-pulse")
    found = record.read_past(repo, LOCAL)
    assert [each.id for each in found.runs] == [of_hour(hour).report.run.id for hour in (0, 1)]
    assert len(found.changes) == 4
    assert found.problems == ()


@pytest.mark.parametrize("settings", [LOCAL, CHECKED_OUT, HistorySettings(pulse=None)])
def test_it_is_read_wherever_runs_are_recorded(repo, settings):
    assert record.read_past(repo, settings) == Past()
    write(repo, of_hour(0), settings)
    found = record.read_past(repo, settings)
    assert len(found.changes) == 1
    assert len(found.runs) == (0 if settings.pulse is None else 1)


@pytest.mark.parametrize("how", CLONES)
def test_a_clone_has_it_too(repo, bare, tmp_path, how):
    git(bare, "config", "uploadpack.allowFilter", "true")
    for hour in (0, 1, 24):
        write(repo, of_hour(hour, hour), PUSHED)
    branch = ("--branch=drift-state",) if how == "one branch" else ()
    git(tmp_path, "clone", "--quiet", *CLONES[how], *branch, f"file://{bare}", "partial")
    clone = record.open_repository(tmp_path / "partial")
    record.read(clone, PUSHED)
    for _ in range(2):
        found = record.read_past(clone, PUSHED)
        assert [each.collected_at for each in found.changes] == [at(24), at(1), at(0)]
        assert {each.at for each in found.runs} >= {at(0), at(1)}
        assert found.problems == ()


DAMAGE = {
    "not JSON": "{",
    "not an object": "[]",
    "a newer version": '{"schema_version": "9.0"}',
    "of another run": json.dumps({"schema_version": "1.0", "id": "20261123T000000Z-000000"}),
    "odd values": json.dumps({"schema_version": "1.0", "id": 5, "new": [[[[]]]], "runs": {"x": 1, "y": []}}),
    "nested deeply": '{"schema_version": "1.0", "id": ' + "[" * 2000 + "]" * 2000 + "}",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_file_costs_itself_and_is_named(repo, root, what):
    for hour in (0, 1, 24):
        write(repo, of_hour(hour, hour), CHECKED_OUT)
    (bad,) = root.glob(f"reports/runs/**/{of_hour(1).report.run.id[8:]}/changes.json")
    (day,) = root.glob("reports/days/**/*.json")
    for path in (bad, day):
        path.write_text(DAMAGE[what])
    commit_all(root, "by hand")
    git(root, "branch", "-D", "drift-pulse")
    found = record.read_past(repo, CHECKED_OUT)
    assert [each.collected_at for each in found.changes] == [at(24), at(0)]
    assert found.runs == ()
    assert [each.what.partition(":")[0] for each in found.problems] == [
        "the history of 1 day cannot be read",
        "the history of 1 run cannot be read",
    ]


def test_links_in_the_place_of_files_are_not_followed(repo, root):
    write(repo, of_hour(0), CHECKED_OUT)
    (bad,) = root.glob("reports/runs/**/changes.json")
    bad.unlink()
    bad.symlink_to("/etc/passwd")
    commit_all(root, "by hand")
    found = record.read_past(repo, CHECKED_OUT)
    assert found.changes == ()
    assert len(found.problems) == 1


def test_a_missing_object_costs_itself(repo, root):
    for hour in (0, 1):
        write(repo, of_hour(hour, hour))
    name = f"drift-state:reports/runs/2026/11/23/{of_hour(0).report.run.id[8:]}/changes.json"
    blob = git(root, "rev-parse", name)
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found = record.read_past(repo, LOCAL)
    assert [each.collected_at for each in found.changes] == [at(1)]
    assert len(found.problems) == 1


def test_the_runs_and_their_days_are_read_with_a_few_commands_whatever_their_number(repo, monkeypatch):
    def commands() -> int:
        count = 0
        for module in (objects, blobs, refs):

            def counting(*arguments, original=module.run, **options):
                nonlocal count
                count += 1
                return original(*arguments, **options)

            monkeypatch.setattr(module, "run", counting)
        record.read_past(repo, LOCAL)
        monkeypatch.undo()
        return count

    for hour in (0, 1, 24):
        write(repo, of_hour(hour, hour))
    few = commands()
    for hour in (25, 26, 48, 49, 50):
        write(repo, of_hour(hour, hour))
    assert commands() == few <= 10


def test_an_earlier_key_is_recorded_and_read(repo, root):
    old, new = Key("npm", "proxy-host", "a/b"), Key("npm", "proxy-host", "c")
    run = recorded()
    scope = run.report.scopes[0].model_copy(
        update={"source": "npm", "kind": "proxy-host", "moved": {"a/b": "c"}}
    )
    write(repo, with_report(run, scopes=(*run.report.scopes, scope)))
    found = record.read(repo, LOCAL)
    assert found is not None
    assert found.moved == {old: KeyMove(new, at(0))}
    write(repo, recorded(at(1), {**GUESTS, "9": {"n": 1}}))
    again = record.read(repo, LOCAL)
    assert again is not None
    assert again.moved == found.moved
    write(repo, recorded(at(24 * 31), {**GUESTS, "9": {"n": 2}}))
    assert "moved" not in json.loads(git(root, "show", "drift-state:reports/latest/changed.json"))


ODD_MOVES = {
    "not an object": 5,
    "rows that are none": {"a/b/c": 5, "x": {}, "a/b/d": None},
    "keys that are none": {"a": {"key": "a/b/c", "since": "2026-11-23T12:00:00Z"}},
    "other places": {"a/b/c": {"key": "x/y/z", "since": "2026-11-23T12:00:00Z"}},
    "itself": {"a/b/c": {"key": "a/b/c", "since": "2026-11-23T12:00:00Z"}},
    "no time": {"a/b/c": {"key": "a/b/d", "since": "yesterday"}},
    "an impossible time": {"a/b/c": {"key": "a/b/d", "since": "0001-01-01T00:00:00Z"}},
}


@pytest.mark.parametrize("what", ODD_MOVES)
def test_odd_earlier_keys_are_left_out(repo, root, what):
    write(repo, recorded(), CHECKED_OUT)
    path = root / "reports/latest/changed.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"moved": ODD_MOVES[what]}))
    commit_all(root, "by hand")
    found = record.read(repo, CHECKED_OUT)
    assert found is not None
    assert found.moved == {}
    assert found.changed_at
