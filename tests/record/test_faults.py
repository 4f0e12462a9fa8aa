"""Killed, out of space, two at once: the old commit stays good and the next run repairs."""

import fcntl
import json
import signal
import tempfile

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.record import command as commands
from reconciler.record import writing
from reconciler.record.objects import blob_id
from tests.record.faults import Writing, fault
from tests.record.parts import (
    CHECKED_OUT,
    GUESTS,
    LOCAL,
    MARKDOWN,
    MORE,
    PUSHED,
    at,
    count,
    git,
    recorded,
    tip,
)

BRANCH = "refs/heads/drift-state"


def write(repo, run, settings=LOCAL):
    return record.write(repo, settings, run, record.read(repo, settings), MARKDOWN)


KILLS = [
    (LOCAL, "kill-after", "hash-object", 1, "old"),
    (LOCAL, "kill-before", "update-index", 1, "old"),
    (LOCAL, "kill-after", "commit-tree", 1, "old"),
    (LOCAL, "kill-after", "update-ref", 1, "new"),
    (LOCAL, "kill-after", "write-tree", 2, "new"),
    (LOCAL, "kill-after", "update-ref", 2, "new"),
    (CHECKED_OUT, "kill-before", "update-ref", 1, "old"),
    (CHECKED_OUT, "kill-after", "update-ref", 1, "new"),
    (CHECKED_OUT, "kill-after", "restore", 1, "new"),
    (PUSHED, "kill-before", "push", 1, "old"),
    (PUSHED, "kill-after", "push", 1, "new"),
]


@pytest.mark.parametrize(("settings", "what", "command", "nth", "state"), KILLS)
def test_killed(repo, root, bare, tmp_path, settings, what, command, nth, state):
    write(repo, recorded(), settings)
    environment = fault(tmp_path / "bin", what, command, nth)
    code, said = Writing(root, settings, [recorded(at(1), MORE)], environment).end()
    assert (code, said) == (-signal.SIGKILL, [])

    git(root, "fsck", "--strict", "--no-dangling")
    read = record.read(repo, settings)
    assert read is not None
    assert set(read.inventory.config) == set(
        recorded(guests=GUESTS if state == "old" else MORE).inventory.config
    )
    assert write(repo, recorded(at(2), MORE), settings).reason == (
        "changed" if state == "old" else "unchanged"
    )
    assert git(root, "status", "--porcelain") == ""
    assert not list((root / ".git").glob("reconciler-scratch-*"))
    if settings.push:
        git(bare, "fsck", "--strict")
    again = record.read(repo, settings)
    assert again is not None
    assert again.report.run.collected_at == at(2)


@pytest.mark.parametrize(
    ("command", "nth"), [("hash-object", 1), ("write-tree", 1), ("commit-tree", 1), ("update-ref", 1)]
)
def test_git_finds_no_space(repo, root, tmp_path, monkeypatch, command, nth):
    write(repo, recorded())
    before = git(root, "for-each-ref")
    with monkeypatch.context() as patch:
        for name, value in fault(tmp_path / "bin", "no-space", command, nth).items():
            patch.setenv(name, value)
        with pytest.raises(RecordError) as caught:
            write(repo, recorded(at(1), MORE))
    assert str(caught.value) == (
        f"git {command}: unable to write file: No space left on device; "
        "free some disk space; earlier records are intact"
    )
    assert git(root, "for-each-ref") == before
    assert write(repo, recorded(at(2), MORE)).reason == "changed"
    git(root, "fsck", "--strict", "--no-dangling")


def test_git_is_ended_by_a_limit(repo, root, tmp_path, monkeypatch):
    for name, value in fault(tmp_path / "bin", "small-files", "hash-object").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RecordError, match=r"git hash-object: (was killed by signal 25|.*File too large)"):
        write(repo, recorded())
    assert tip(root, BRANCH) is None


def test_we_find_no_space(repo, root):
    write(repo, recorded())
    before = git(root, "for-each-ref")
    big = recorded(at(1), {"101": {"text": "x" * 100_000}})
    code, said = Writing(root, LOCAL, [big], file_size=50_000).end()
    assert (code, len(said)) == (0, 1)
    assert said[0].startswith(f"{root}/.git: cannot be written: File too large; free disk space")
    assert git(root, "for-each-ref") == before
    assert not list((root / ".git").glob("reconciler-scratch-*"))
    assert write(repo, big).reason == "changed"


def test_two_writers_and_one_remote(root, bare, tmp_path):
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    runs = [
        [recorded(at(2 * number + who), {str(who): {"n": number}}) for number in range(3)] for who in (0, 1)
    ]
    writers = [
        Writing(path, PUSHED, mine) for path, mine in zip((root, tmp_path / "other"), runs, strict=True)
    ]
    reasons: dict[str, str] = {}
    for writer, mine in zip(writers, runs, strict=True):
        code, said = writer.end()
        assert (code, len(said)) == (0, 3)
        reasons |= zip([run.report.run.id for run in mine], said, strict=True)
    assert set(reasons.values()) <= {"first", "changed", "superseded"}
    assert count(bare, "drift-state") == 6
    assert count(bare, "drift-pulse") == 1
    repo = record.open_repository(root)
    read = record.read(repo, PUSHED)
    assert read is not None
    latest = json.loads(git(bare, "show", "drift-state:reports/latest/run.json"))
    # Which of them is last is up to the scheduler: a run that finds a later one there before it begins takes
    # that one's clock to be ahead. What is latest must be what was recorded last and not superseded.
    landed = git(
        bare, "log", "--format=%(trailers:key=Drift-Run,valueonly,separator=)", "drift-state"
    ).split()
    assert sorted(landed) == sorted(reasons)
    assert latest["run"]["id"] == next(run for run in landed if reasons[run] != "superseded")
    for run in runs[0] + runs[1]:
        assert record.read_run(repo, PUSHED, run.report.run.id)
    git(bare, "fsck", "--strict", "--no-dangling")


def test_two_writers_in_one_clone(root):
    runs = [
        [recorded(at(2 * number + who), {str(who): {"n": number}}) for number in range(3)] for who in (0, 1)
    ]
    for writer in [Writing(root, CHECKED_OUT, mine) for mine in runs]:
        code, said = writer.end()
        assert (code, len(said)) == (0, 3)
        assert set(said) <= {"first", "changed", "superseded"}
    assert count(root, "main") == 7
    assert git(root, "status", "--porcelain") == ""
    git(root, "fsck", "--strict", "--no-dangling")


def test_another_run_that_does_not_end(repo, root, monkeypatch):
    monkeypatch.setattr(writing, "WAIT", 0.1)
    with (root / ".git/reconciler.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RecordError, match=r"reconciler\.lock: another run .* 0\.1 seconds; wait"):
            record.write(repo, LOCAL, recorded(), None, "")
    assert tip(root, BRANCH) is None
    assert write(repo, recorded()).reason == "first"


def test_a_lock_that_a_killed_git_left_on_the_branch_is_named(repo, root):
    write(repo, recorded())
    lock = root / ".git/refs/heads/drift-state.lock"
    lock.touch()
    with pytest.raises(
        RecordError, match=r"git update-ref: .*drift-state\.lock.*; if none is running, remove that"
    ):
        write(repo, recorded(at(1), MORE))
    assert count(root, "drift-state") == 1


def test_housekeeping_that_fails_is_no_failure(repo, root, tmp_path, monkeypatch):
    for name, value in fault(tmp_path / "bin", "no-space", "gc").items():
        monkeypatch.setenv(name, value)
    assert write(repo, recorded()).reason == "first"


def test_housekeeping_packs_what_piled_up(repo, root):
    git(root, "config", "gc.auto", "1")
    git(root, "config", "gc.autoDetach", "false")
    texts = map(str, range(9999))
    sampled = [text for text in texts if blob_id(repo, text.encode()).startswith("17")]  # git counts these
    for text in sampled[:3]:
        git(root, "hash-object", "-w", "--stdin", stdin=text)
    write(repo, recorded())
    assert "in-pack: 0" not in git(root, "count-objects", "-v")
    assert record.read(repo, LOCAL) is not None


def test_a_work_tree_that_cannot_be_looked_at(repo, root, tmp_path, monkeypatch):
    write(repo, recorded(), CHECKED_OUT)
    for name, value in fault(tmp_path / "bin", "no-space", "diff-index").items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RecordError, match="git diff-index: unable to write file"):
        write(repo, recorded(at(1)), CHECKED_OUT)


def test_a_history_that_cannot_be_walked_has_its_tip(repo, tmp_path, monkeypatch):
    write(repo, recorded())
    for name, value in fault(tmp_path / "bin", "no-space", "log").items():
        monkeypatch.setenv(name, value)
    assert record.read_run(repo, LOCAL, recorded().report.run.id)
    with pytest.raises(RecordError, match="is not recorded on drift-state"):
        record.read_run(repo, LOCAL, recorded(at(1)).report.run.id)


def test_a_commit_that_fails_for_another_reason_is_not_tried_as_somebody_else(repo, tmp_path, monkeypatch):
    environment = fault(tmp_path / "bin", "no-space", "commit-tree")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(RecordError, match="git commit-tree: unable to write file"):
        write(repo, recorded())
    assert (tmp_path / "bin/calls").read_text() == "x\n"


def test_a_temporary_directory_that_does_not_exist_is_named(repo, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    write(repo, recorded())
    with pytest.raises(RecordError, match=r"nowhere: cannot be written: No such file.* set TMPDIR"):
        record.desired_identity(repo, "desired-state")


def test_a_temporary_directory_that_is_full_is_named(repo, tmp_path, monkeypatch):
    for name, value in fault(tmp_path / "bin", "no-space", "add").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(RecordError) as caught:
        record.desired_identity(repo, "desired-state")
    assert str(caught.value).startswith(f"{tmp_path}: cannot be written: unable to write file: No space left")


def test_no_temporary_directory_at_all_is_an_error_of_its_own(repo, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: [str(tmp_path / "nowhere")])
    monkeypatch.setenv("TMPDIR", str(tmp_path / "nowhere"))
    with pytest.raises(RecordError, match=r"^/.*nowhere: cannot be written: No usable temporary directory"):
        record.desired_identity(repo, "desired-state")


def test_a_command_that_cannot_be_started(repo):
    with pytest.raises(RecordError, match="git log: cannot be run: Argument list too long"):
        commands.run(repo, "-c", "a.b=c", "log", "x" * 3_000_000)
