"""The remote is away or refuses: runs wait in the clone, and the next one that can pushes them."""

import shutil
from dataclasses import replace

import pytest

from reconciler import record
from reconciler.model.key import Key
from reconciler.record import pulse, writing
from reconciler.record.tip import read_tip
from tests.record.parts import (
    CHECKED_OUT_PUSHED,
    GUESTS,
    MARKDOWN,
    PUSHED,
    at,
    count,
    git,
    recorded,
    run_in,
    tip,
)

BRANCH = "refs/heads/drift-state"
WEB = Key("pve", "guest", "101")
WAITS = "refs/reconciler/waiting"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    for module in (writing, pulse):
        monkeypatch.setattr(module, "pause", lambda attempt: 0.001 * attempt)


@pytest.fixture
def other(bare, tmp_path):
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    return record.open_repository(tmp_path / "other")


def run_at(hours):
    return recorded(at(hours), {**GUESTS, "200": {"cores": int(hours * 10)}}, observed={WEB: {"n": hours}})


def write(repo, run, settings=PUSHED, *, away=False):
    """A run as the job does it: what cannot be fetched is read as it was fetched last."""
    previous = record.read(repo, settings, fetch=not away)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


def runs_of(directory, ref):
    """The runs on a branch, oldest first."""
    form = "--format=%(trailers:key=Drift-Run,valueonly,separator=)"
    return [line for line in git(directory, "log", "--reverse", form, ref).splitlines() if line]


def ids(*hours):
    return [run_at(each).report.run.id for each in hours]


def go_away(bare):
    return bare.rename(bare.with_name("away.git"))


def refuse(bare):
    hook = bare / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)


@pytest.mark.parametrize("settings", [PUSHED, CHECKED_OUT_PUSHED, PUSHED.model_copy(update={"pulse": None})])
@pytest.mark.parametrize("how", ["away", "refuses"])
@pytest.mark.parametrize("first", [True, False], ids=["before the first run", "later"])
def test_runs_wait_and_the_next_one_pushes_them_in_their_order(repo, root, bare, settings, how, first):
    branch = settings.branch or "main"
    before = [] if first else [0]
    if not first:
        write(repo, run_at(0), settings)
    known = tip(bare, f"refs/heads/{branch}")
    if how == "away":
        go_away(bare)
    else:
        refuse(bare)
    for number, hour in enumerate((1, 2, 3), start=1):
        written = write(repo, run_at(hour), settings, away=how == "away")
        assert (written.pushed, written.waiting, written.last) == (False, number, True)
        assert written.position is not None
        assert written.position.pushed is False
        (problem,) = map(str, written.problems)
        waits = "1 commit waits" if number == 1 else f"{number} commits wait"
        assert problem.startswith("origin: ")
        assert f"{waits} in this clone until a run can push" in problem
        read = record.read(repo, settings, fetch=False)
        assert read is not None
        assert (read.report.run.collected_at, read.position) == (at(hour), written.position)
        assert read.inventory.observed == ({WEB: {"n": hour}} if settings.pulse else {})
    if how == "away":
        bare.with_name("away.git").rename(bare)
    else:
        (bare / "hooks/pre-receive").unlink()
    assert tip(bare, f"refs/heads/{branch}") == known
    written = write(repo, run_at(4), settings)
    assert (written.pushed, written.waiting, written.delivered, written.problems) == (True, 0, 3, ())
    assert runs_of(bare, branch) == ids(*before, 1, 2, 3, 4)
    assert git(root, "for-each-ref", WAITS) == ""
    assert git(root, "status", "--porcelain") == ""
    if settings.branch is None:
        assert tip(root, "refs/heads/main") == tip(bare, "refs/heads/main")
    if settings.pulse:
        assert run_in(bare, "refs/heads/drift-pulse") == ids(4)[0]
    git(bare, "fsck", "--strict")


def test_they_are_pushed_even_if_the_next_run_found_nothing_new(repo, bare):
    write(repo, run_at(0))
    go_away(bare)
    write(repo, run_at(1), away=True)
    bare.with_name("away.git").rename(bare)
    same = replace(recorded(at(2), {**GUESTS, "200": {"cores": 10}}))
    written = write(repo, same)
    assert (written.reason, written.commit, written.delivered, written.pushed) == ("unchanged", None, 1, True)
    assert runs_of(bare, "drift-state") == ids(0, 1)
    read = record.read(repo, PUSHED)
    assert read is not None
    assert read.report.run.collected_at == at(2)


def test_others_recorded_in_the_meantime(repo, other, bare, root):
    """Every run is there, latest is of the last one, and none of it goes back."""
    write(repo, run_at(0))
    git(root, "remote", "set-url", "origin", str(bare.with_name("nowhere.git")))
    write(repo, run_at(1), away=True)
    write(other, run_at(2))
    write(repo, run_at(3), away=True)
    write(other, run_at(4))
    git(root, "remote", "set-url", "origin", str(bare))
    written = write(repo, run_at(5))
    assert (written.reason, written.delivered, written.problems) == ("changed", 2, ())
    assert runs_of(bare, "drift-state") == ids(0, 2, 4, 1, 3, 5)
    for hour in range(6):
        assert record.read_run(repo, PUSHED, ids(hour)[0])
        assert git(bare, "log", "-1", "--format=%at", f"--grep={ids(hour)[0]}", "drift-state") == str(
            int(at(hour).timestamp())
        )
    commits = git(bare, "rev-list", "--reverse", "drift-state").splitlines()
    latest = [git(bare, "show", f"{commit}:reports/latest/live/pve/guest.json") for commit in commits]
    assert latest[3] == latest[4] == latest[2], "older than the tip: only under runs/"
    serials = [record.read(repo, PUSHED, fetch=False)]
    assert serials[0] is not None
    assert serials[0].changed_at[Key("pve", "guest", "200")] == at(5)
    git(bare, "fsck", "--strict")


def test_a_newer_one_that_waited_becomes_latest(repo, other, bare, root):
    write(repo, run_at(0))
    git(root, "remote", "set-url", "origin", str(bare.with_name("nowhere.git")))
    write(repo, run_at(2), away=True)
    write(other, run_at(1))
    git(root, "remote", "set-url", "origin", str(bare))
    write(repo, recorded(at(3), {**GUESTS, "200": {"cores": 20}}))
    assert runs_of(bare, "drift-state") == ids(0, 1, 2)
    read = record.read(other, PUSHED)
    assert read is not None
    assert read.inventory.config[Key("pve", "guest", "200")] == {"cores": 20}


def test_what_waited_for_more_than_seven_days_is_not_pushed(repo, bare):
    write(repo, run_at(0))
    go_away(bare)
    for day in (1, 2, 9):
        write(repo, run_at(24 * day), away=True)
    bare.with_name("away.git").rename(bare)
    written = write(repo, run_at(24 * 9 + 1))
    assert runs_of(bare, "drift-state") == ids(0, 24 * 9, 24 * 9 + 1)
    assert [str(problem) for problem in written.problems] == [
        "drift-state: 2 commits waited for more than 7 days: not pushed"
    ]
    assert (written.pushed, written.delivered) == (True, 1)


@pytest.mark.parametrize(("value", "thrown"), [("true", True), ("1", True), ("false", False), ("", False)])
def test_a_workspace_that_is_thrown_away_says_that_the_run_is_lost(repo, bare, monkeypatch, value, thrown):
    monkeypatch.setenv("CI", value)
    shutil.rmtree(bare)
    (problem,) = map(str, write(repo, run_at(1), away=True).problems)
    words = (
        "1 commit waits in this clone, and CI is set: if this workspace is thrown away, what waits in it is"
    )
    assert (words in problem) == thrown


def test_a_remote_that_went_away_in_the_middle(repo, bare, monkeypatch):
    """The push fails after the fetch: the run waits, and the pulse with it."""
    write(repo, run_at(0))
    monkeypatch.setattr(
        writing, "read_tip", lambda *arguments: (bare.exists() and go_away(bare), read_tip(*arguments))[1]
    )
    written = write(repo, run_at(1))
    assert (written.pushed, written.waiting) == (False, 1)
    bare.with_name("away.git").rename(bare)
    monkeypatch.undo()
    assert write(repo, run_at(2)).delivered == 1
    assert runs_of(bare, "drift-state") == ids(0, 1, 2)


def test_a_shallow_clone_waits_too(repo, bare, tmp_path):
    for hour in range(3):
        write(repo, run_at(hour))
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=main", f"file://{bare}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    assert record.read(shallow, PUSHED) is not None
    go_away(bare)
    write(shallow, run_at(3), away=True)
    bare.with_name("away.git").rename(bare)
    write(repo, run_at(3.5))
    written = write(shallow, run_at(4))
    assert (written.delivered, written.problems) == (1, ())
    assert runs_of(bare, "drift-state") == ids(0, 1, 2, 3.5, 3, 4)
    assert count(bare, "drift-state") == 6
    git(bare, "fsck", "--strict")
