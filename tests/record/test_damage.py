"""A table of damage: each kind heals by itself or has an error of its own; none starts a new history."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.record.damage import DamagedError
from tests.record.parts import (
    CHECKED_OUT,
    GUESTS,
    LOCAL,
    MARKDOWN,
    MORE,
    OTHER,
    PUSHED,
    at,
    count,
    git,
    make_repository,
    recorded,
    run_in,
)

OBSERVED: dict[Key, Row] = {Key("pve", "guest", "101"): {"ips": ["10.0.0.1"]}}
CONTENTS = {
    "empty": b"",
    "NUL": b"\0" * 41,
    "garbage": b"garbage\n",
    "half an id": b"0123456789abcdef\n",
    "zeros": b"0" * 40 + b"\n",
    "no commit has it": b"1" * 40 + b"\n",
    "leads to itself": b"ref: refs/heads/loop\n",
}


def write(repo, run, settings=LOCAL):
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(("settings", "branch"), [(LOCAL, "drift-state"), (CHECKED_OUT, "main")])
def test_a_broken_history_is_an_error_with_the_command_that_settles_it(
    repo, root, settings, branch, content, tmp_path
):
    write(repo, recorded(), settings)
    good = write(repo, recorded(at(1), MORE), settings).commit
    path = root / f".git/refs/heads/{branch}"
    path.write_bytes(CONTENTS[content])
    remedy = ""
    for job in (
        lambda: record.read(repo, settings),
        lambda: record.check(repo, settings),
        lambda: record.write(repo, settings, recorded(at(2)), None, MARKDOWN),
    ):
        with pytest.raises(RecordError) as caught:
            job()
        (problem,) = caught.value.problems
        assert problem.subject == str(path)
        remedy = problem.remedy
        assert remedy.endswith(f"git update-ref refs/heads/{branch} {good} (its last known commit)")
        assert path.read_bytes() == CONTENTS[content], "it is left for a person to look at"
    command = remedy.partition(" (")[0]
    script = tmp_path / "remedy"
    script.write_text(f"cd {root} && {command}\n")
    assert os.system(f"sh {script}") == 0
    assert write(repo, recorded(at(3)), settings).reason == "changed"
    assert git(root, "rev-parse", f"{branch}~") == good


def test_without_a_known_commit_the_remedy_names_where_to_look(repo, root):
    write(repo, recorded())
    git(root, "update-ref", "-d", "refs/reconciler/seen/drift-state")
    (root / ".git/logs/refs/heads/drift-state").unlink()
    (root / ".git/refs/heads/drift-state").write_bytes(b"")
    with pytest.raises(RecordError, match=r"COMMIT \(where COMMIT is one that `git fsck --lost-found` lists"):
        record.read(repo, LOCAL)


@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize(
    ("settings", "ref", "others"),
    [
        (LOCAL, "refs/heads/drift-pulse", False),
        (LOCAL, "refs/reconciler/seen/drift-state", False),
        (LOCAL, "refs/remotes/origin/drift-state", False),
        *(
            (PUSHED, f"refs/{ref}", others)
            for ref in (
                "remotes/origin/drift-state",
                "remotes/origin/drift-pulse",
                "heads/drift-state",
                "heads/drift-pulse",
                "reconciler/seen/drift-state",
            )
            for others in (False, True)
        ),
    ],
)
def test_any_other_broken_ref_heals_by_itself(repo, root, bare, settings, ref, content, others, tmp_path):
    write(repo, recorded(), settings)
    if others:  # there is something to fetch
        git(tmp_path, "clone", "--quiet", str(bare), "other")
        write(record.open_repository(tmp_path / "other"), recorded(at(1), OTHER), settings)
    path = root / ".git" / ref
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(CONTENTS[content])
    read = record.read(repo, settings)
    assert read is not None
    assert set(read.inventory.config) == set(recorded(at(1), OTHER if others else GUESTS).inventory.config)
    assert write(repo, recorded(at(2), MORE), settings).reason == "changed"
    where = bare if settings.push else root
    assert count(where, "drift-state") == (3 if others else 2)
    assert run_in(where, "drift-pulse") == recorded(at(2)).report.run.id


@pytest.mark.parametrize("content", CONTENTS)
def test_a_tracking_branch_that_broke_while_the_remote_is_away_is_the_tip_seen_last(
    repo, root, bare, content
):
    seen = write(repo, recorded(), PUSHED).commit
    (root / ".git/refs/remotes/origin/drift-state").write_bytes(CONTENTS[content])
    bare.rename(bare.with_name("away"))
    read = record.read(repo, PUSHED, fetch=False)
    assert read is not None
    assert read.commit == seen


def damage(root: Path, name: str, how: str) -> None:
    identity = git(root, "rev-parse", name)
    path = root / ".git/objects" / identity[:2] / identity[2:]
    data = path.read_bytes()
    path.chmod(0o644)
    if how == "missing":
        path.unlink()
    elif how == "another":
        other = git(root, "rev-parse", "main:notes.txt")
        path.write_bytes((root / ".git/objects" / other[:2] / other[2:]).read_bytes())
    else:
        path.write_bytes({"empty": b"", "garbage": b"\xff" * 50, "cut": data[: len(data) // 2]}[how])


HOW = ["missing", "empty", "garbage", "cut", "another"]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(
    "what", ["^{tree}", ":reports/latest", ":reports/latest/run.json", ":reports/latest/live/pve/guest.json"]
)
@pytest.mark.parametrize("settings", [LOCAL, PUSHED])
def test_a_damaged_clone_is_not_taken_for_a_commit_to_revert(repo, root, bare, settings, what, how):
    write(repo, recorded(), settings)
    branch = "refs/remotes/origin/drift-state" if settings.push else "drift-state"
    damage(root, f"{branch}{what}", how)
    for job in (
        lambda: record.read(repo, settings),
        lambda: record.write(repo, settings, recorded(at(1), MORE), None, MARKDOWN),
    ):
        with pytest.raises(DamagedError) as caught:
            job()
        (problem,) = caught.value.problems
        assert problem.subject == str(root / ".git")
        remedy = "clone the repository again from origin" if settings.push else "restore it from a backup"
        assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize("how", HOW)
def test_a_damaged_commit_of_the_history_starts_nothing_new(repo, root, how):
    write(repo, recorded())
    damage(root, "drift-state", how)
    for job in (lambda: record.read(repo, LOCAL), lambda: write(repo, recorded(at(1)))):
        with pytest.raises(RecordError, match=r"is missing or damaged|is damaged"):
            job()


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("what", ["", "^{tree}", ":run.json", ":observed.json", ":drift.json"])
@pytest.mark.parametrize("settings", [LOCAL, PUSHED])
def test_a_damaged_pulse_heals_by_itself(repo, root, bare, settings, what, how):
    write(repo, recorded(observed=OBSERVED), settings)
    damage(root, ("refs/remotes/origin/" if settings.push else "") + f"drift-pulse{what}", how)
    read = record.read(repo, settings)
    assert read is not None
    assert write(repo, recorded(at(1), observed=OBSERVED), settings).problems == ()
    read = record.read(repo, settings)
    assert read is not None
    assert (read.report.run.collected_at, read.inventory.observed) == (at(1), OBSERVED)


@pytest.mark.parametrize("name", ["HEAD", "config"])
def test_a_git_directory_that_lost_its_files_is_not_a_folder_without_one(tmp_path, name):
    root = make_repository(tmp_path / "clone")
    (root / ".git" / name).write_bytes(b"\0" * 20)
    with pytest.raises(RecordError) as caught:
        record.open_repository(root)
    assert "git init" not in str(caught.value)


def test_a_record_that_a_person_edited_is_no_damage(repo, root):
    write(repo, recorded())
    git(root, "checkout", "--quiet", "drift-state")
    (root / "reports/latest/run.json").write_text("{")
    git(root, "commit", "--quiet", "--all", "-m", "edited")
    git(root, "checkout", "--quiet", "main")
    read = record.read(repo, LOCAL)
    assert read is not None
    assert "is not JSON: its version of" in str(read.problems[0])
