"""A history that went back: rewound, replaced, rewritten or deleted, as each witness sees it."""

import shutil
from dataclasses import replace

import pytest

from reconciler import record
from reconciler.model.recorded import Position
from tests.record.parts import (
    CHECKED_OUT,
    GUESTS,
    LOCAL,
    MARKDOWN,
    PUSHED,
    at,
    count,
    git,
    make_repository,
    recorded,
    tip,
)

BRANCH = "refs/heads/drift-state"
NOW = at(9)


def write(repo, run, settings=PUSHED):
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


def run_at(hour):
    return recorded(at(hour), {**GUESTS, "200": {"cores": hour}})


def lost(run, went_back):
    made = run.report.run.model_copy(update={"went_back": went_back})
    report = run.report.model_copy(update={"run": made})
    return replace(run, report=report, inventory=replace(run.inventory, run=made))


def rewound(where):
    git(where, "update-ref", BRANCH, git(where, "rev-parse", "drift-state~2"))


def deleted(where):
    git(where, "update-ref", "-d", BRANCH)


def replaced(where):
    other = record.open_repository(make_repository(where.parent / "another"))
    write(other, run_at(0), LOCAL)
    git(where, "fetch", "--quiet", str(other.root), f"+{BRANCH}:{BRANCH}")


def rewritten(where):
    squashed = git(
        where, "-c", "user.name=a", "-c", "user.email=a", "commit-tree", "drift-state^{tree}", "-m", "one"
    )
    git(where, "update-ref", BRANCH, squashed)


WAYS = {
    rewound: "was set back: it had reached serial 5, and has 3 now",
    deleted: "does not exist any more: its history was deleted",
    replaced: "has another history than before: lineage ",
    rewritten: "was rewritten: ",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("settings", [PUSHED, LOCAL, PUSHED.model_copy(update={"pulse": None})])
def test_the_clone_that_saw_the_old_tip_keeps_it(repo, root, bare, settings, way):
    for hour in range(5):
        write(repo, run_at(hour), settings)
    where = bare if settings.push else root
    old = tip(where, BRANCH)
    assert record.went_back(repo, settings, NOW) is None
    way(where)
    record.read(repo, settings)
    found = record.went_back(repo, settings, NOW)
    assert found is not None
    assert found.noticed_at == NOW
    assert found.problem.cause == "history-went-back"
    assert found.problem.what.startswith(WAYS[way])
    kept = f"refs/reconciler/kept/{old}"
    assert tip(root, kept) == old
    assert f"the old tip, which is kept: git {'push --force origin' if settings.push else 'update-ref'}" in (
        found.problem.remedy
    )
    write(repo, lost(run_at(7), found), settings)
    assert record.went_back(repo, settings, NOW) is None, "once: the run that noticed it is recorded"
    read = record.read(repo, settings)
    assert read is not None
    assert read.report.run.went_back == found
    if way is rewound:
        assert read.position is not None
        assert read.position.serial == 6, "no serial comes twice"
    git(root, "gc", "--quiet", "--prune=now")
    assert git(root, "cat-file", "-t", str(old)) == "commit"
    command = found.problem.remedy.partition("kept: ")[2].split()
    git(root, *command[1:])
    assert tip(where, BRANCH) == old


@pytest.mark.parametrize("way", [rewound, deleted, replaced])
def test_a_fresh_clone_knows_it_from_the_pulse(repo, bare, tmp_path, way):
    for hour in range(5):
        write(repo, run_at(hour))
    way(bare)
    git(tmp_path, "clone", "--quiet", str(bare), "fresh")
    fresh = record.open_repository(tmp_path / "fresh")
    record.read(fresh, PUSHED)
    found = record.went_back(fresh, PUSHED, NOW)
    assert found is not None
    assert found.problem.what.startswith(WAYS[way])
    assert "another clone or a backup" in found.problem.remedy


def test_a_remote_restored_from_an_old_backup_is_known_from_the_release(repo, bare, tmp_path):
    """History and pulse went back together, and the clone is new: only what is published knows."""
    for hour in range(3):
        write(repo, run_at(hour))
    shutil.copytree(bare, tmp_path / "backup.git")
    position = write(repo, run_at(3)).position
    assert position is not None
    shutil.rmtree(bare)
    (tmp_path / "backup.git").rename(bare)
    git(tmp_path, "clone", "--quiet", str(bare), "fresh")
    fresh = record.open_repository(tmp_path / "fresh")
    record.read(fresh, PUSHED)
    assert record.went_back(fresh, PUSHED, NOW) is None
    assert record.went_back(fresh, PUSHED, NOW, replace(position, pushed=False)) is None
    found = record.went_back(fresh, PUSHED, NOW, position)
    assert found is not None
    assert (found.serial, found.problem.what) == (4, "was set back: it had reached serial 4, and has 3 now")
    same = lost(run_at(2), found)
    written = write(fresh, same)
    assert written.reason == "heartbeat", "an unchanged run goes on from the serial that readers know"
    assert written.position == Position(position.lineage, 5)


@pytest.mark.parametrize("settings", [PUSHED, LOCAL, CHECKED_OUT])
def test_what_is_no_loss(repo, root, bare, settings):
    """Before the first run, beside other runs, after a commit of a person."""
    assert record.went_back(repo, settings, NOW) is None
    for hour in range(3):
        write(repo, run_at(hour), settings)
        assert record.went_back(repo, settings, NOW) is None
    if settings is CHECKED_OUT:
        git(root, "commit", "--quiet", "--allow-empty", "-m", "mine")
        git(root, "commit", "--quiet", "--amend", "--allow-empty", "-m", "mine, again")
        git(root, "checkout", "--quiet", "-b", "side", "main~2")
    assert record.went_back(repo, settings, NOW) is None


def test_runs_of_others_and_runs_that_wait_are_no_loss(repo, bare, tmp_path):
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    other = record.open_repository(tmp_path / "other")
    for hour in range(2):
        write(repo, run_at(hour))
    for hour in (2, 3):
        write(other, run_at(hour))
    assert record.went_back(repo, PUSHED, NOW) is None
    away = bare.rename(tmp_path / "away.git")
    previous = record.read(other, PUSHED, fetch=False)
    record.write(other, PUSHED, run_at(4), previous, MARKDOWN)
    assert record.went_back(other, PUSHED, NOW, Position("0" * 12, 99)) is None, "nothing to compare with"
    away.rename(bare)
    write(repo, run_at(5))
    write(other, run_at(6))
    assert record.went_back(other, PUSHED, NOW) is None
    assert record.went_back(repo, PUSHED, NOW) is None
    assert count(bare, "drift-state") == 7


def test_a_shallow_clone_cannot_tell_what_was_rewritten_and_reports_nothing_wrong(repo, bare, tmp_path):
    for hour in range(3):
        write(repo, run_at(hour))
    git(tmp_path, "clone", "--quiet", "--depth=1", "--no-single-branch", f"file://{bare}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    write(shallow, run_at(3))
    write(repo, run_at(4))
    git(
        tmp_path / "shallow", "fetch", "--quiet", "--depth=1", "origin", "+refs/heads/*:refs/remotes/origin/*"
    )
    assert record.went_back(shallow, PUSHED, NOW) is None
