"""A resource as it was, and the report of a run."""

import pytest

from reconciler.errors import RecordError
from reconciler.jobs import show
from reconciler.model.key import Key
from reconciler.model.progress import Silent
from tests.jobs.past import Past, guest
from tests.record.parts import at, commit_all, drifted

WEB = "pve/guest/101"


@pytest.fixture
def past(tmp_path) -> Past:
    """Three runs that made a commit, at 1, 2 and 3 hours after noon; one at 4 that changed nothing."""
    past = Past(tmp_path / "site")
    past.runs = [
        past.run({WEB: guest(memory=number)}, observed={WEB: {"lock": "backup"}}) for number in (1, 2, 3)
    ]
    past.runs.append(past.run({WEB: guest(memory=3)}, observed={WEB: {"lock": "backup"}}))
    return past


def memory(past, when=None, text=WEB):
    return show.resource(past.config, text, when, Silent()).resource["memory"]


@pytest.mark.parametrize(
    ("hour", "expected"), [(1, 1), (1.9, 1), (2, 2), (2.5, 2), (3, 3), (3.5, 3), (4, 3), (5000, 3)]
)
def test_a_resource_is_shown_as_it_was_at_a_time(past, hour, expected):
    assert memory(past, at(hour)) == expected


def test_without_a_time_the_last_record_counts(past):
    answer = show.resource(past.config, "web1", None, Silent())
    assert (answer.resource["memory"], answer.observed, answer.until) == (3, {"lock": "backup"}, None)
    assert (answer.as_of, answer.collected_at, answer.unchanged_since) == (at(4), at(4), at(3))
    assert answer.verdict == "in_sync"


def test_of_the_past_there_are_no_observed_values(past):
    answer = show.resource(past.config, WEB, at(2), Silent())
    assert (answer.observed, answer.as_of, answer.until, answer.collected_at) == ({}, at(2), at(3), at(4))


def test_a_run_a_commit_and_a_branch_are_times(past):
    past.git("branch", "old", "drift-state~2")
    for when in (past.runs[0], past.runs[0][:14], past.git("rev-parse", "old"), "old", "drift-state~2"):
        assert memory(past, when) == 1, when
    assert memory(past, "drift-state") == 3


def test_a_commit_of_the_desired_state_is_its_time(past, monkeypatch):
    for name in ("GIT_COMMITTER_DATE", "GIT_AUTHOR_DATE"):
        monkeypatch.setenv(name, f"{at(2.5):%Y-%m-%dT%H:%M:%SZ}")
    past.git("commit", "--quiet", "--allow-empty", "--message", "desired")
    assert memory(past, "main") == 2


def test_a_history_that_was_replaced_can_still_be_asked(past):
    lost = past.git("rev-parse", "drift-state")
    past.git("update-ref", f"refs/reconciler/kept/{lost}", lost)
    past.git("update-ref", "refs/heads/drift-state", "drift-state~1")
    assert memory(past, at(3)) == 2
    assert memory(past, f"refs/reconciler/kept/{lost}") == 3


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (at(0.5), "is before the first record that is here, of 2026-11-23 13:00 UTC"),
        ("20200101T", "is not a run that made a commit on drift-state"),
        ("2026112", "is neither a date, nor a run, nor a branch"),
        ("20261123T", "is the beginning of 3 runs"),
        ("no-such-branch", "is neither a date, nor a run, nor a branch"),
        ("--all", "is neither a date, nor a run, nor a branch"),
        ("HEAD^{tree}", "is neither a date, nor a run, nor a branch"),
        ("\x1b[31m", "is neither a date, nor a run, nor a branch"),
    ],
)
def test_a_time_without_a_record_is_an_error(past, when, message):
    with pytest.raises(RecordError, match=message) as raised:
        memory(past, when)
    assert "\x1b" not in str(raised.value)


def test_a_clock_that_went_back_does_not_hide_the_last_record(past):
    past.run({WEB: guest(memory=9)}, hour=0)
    assert memory(past) == 9
    assert memory(past, at(0.5)) == 9
    assert memory(past, at(10)) == 9


def test_a_resource_that_was_not_there_is_an_error(past):
    past.run({"pve/guest/102": guest("db")})
    with pytest.raises(RecordError, match=r"did not exist in the record of .* 17:00 UTC; `reconc"):
        memory(past, None, WEB)
    assert memory(past, at(4), WEB) == 3
    with pytest.raises(RecordError, match=r"did not exist in the record of .* 14:00"):
        memory(past, at(2), "pve/guest/102")
    with pytest.raises(RecordError, match="was never recorded; did you mean pve/guest/102"):
        memory(past, None, "pve/guest/103")


def test_the_record_on_the_checked_out_branch(tmp_path):
    past = Past(tmp_path / "site")
    past.file.write_text(past.file.read_text().replace("{push: null}", "{branch: null}"))
    commit_all(past.root, "record here")
    first = past.run({WEB: guest(memory=1)})
    (past.root / "notes.txt").write_text("more\n")
    commit_all(past.root, "between")
    past.run({WEB: guest(memory=2)})
    assert [memory(past), memory(past, at(1)), memory(past, first)] == [2, 1, 1]


def test_a_clone_of_only_the_history_needs_no_configuration(past, tmp_path, monkeypatch):
    clone = tmp_path / "clone"
    past.git("clone", "--quiet", "--branch=drift-state", "--single-branch", str(past.root), str(clone))
    monkeypatch.chdir(clone)
    assert show.resource(None, WEB, at(2), Silent()).resource["memory"] == 2


@pytest.mark.parametrize("text", ["latest", "20261123T1300", "20261123T130000Z-abcdef", "20261123T"])
def test_a_run_is_told_from_a_resource(text):
    assert show.is_run(text)


@pytest.mark.parametrize("text", ["101", "20261123", "web1", "pve/guest/101", "20261123X", ""])
def test_a_resource_is_told_from_a_run(text):
    assert not show.is_run(text)


def report(past, run):
    return show.report(past.config, run, Silent())[0]


def test_the_report_of_a_run_is_the_recorded_one(past):
    finding = drifted(Key.parse(WEB), 512, 9)
    run = past.run({WEB: guest(memory=9)}, findings=(finding,))
    past.run({WEB: guest(memory=10)})
    assert report(past, run).findings == (finding,)
    assert report(past, run[:15]).run.id == run
    assert report(past, "latest").findings == ()


def test_a_run_that_changed_nothing_is_as_the_one_before(past):
    past.run({WEB: guest(memory=9)})
    assert report(past, past.runs[3]).run.id == past.runs[2]
    assert memory(past, past.runs[3]) == 3


def test_the_last_run_has_a_report_though_it_changed_nothing(past):
    assert report(past, past.runs[3]).run.id == past.runs[3]


def test_a_run_that_is_not_recorded_is_an_error(past):
    with pytest.raises(RecordError, match="`reconciler history` lists the runs"):
        report(past, "20200101T000000Z-abcdef")
