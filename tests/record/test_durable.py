"""What is reported as recorded is on the disk: the order of a run's system calls, and every prefix."""

import os
import shutil
from pathlib import Path

import pytest

from reconciler import record
from reconciler.errors import RecordError
from tests.record.parts import CHECKED_OUT, GUESTS, LOCAL, MARKDOWN, MORE, PUSHED, git, recorded
from tests.record.syscalls import Call, Disk, Synced, python, trace

SETTINGS = pytest.mark.parametrize(
    "settings", [LOCAL, CHECKED_OUT, PUSHED], ids=["own", "checked out", "pushed"]
)


@pytest.fixture
def traced(repo, root, bare, tmp_path, settings) -> tuple[Path, list[Call]]:
    """The clone before a changed run, and the calls of that run."""
    record.write(repo, settings, recorded(), None, MARKDOWN)
    start = shutil.copytree(root, tmp_path / "start", symlinks=True)
    command = python("tests.record.one_run", str(root), settings.model_dump_json(exclude={"keep"}))
    return start, trace(command, os.environ, tmp_path / "strace")


@SETTINGS
def test_each_object_and_ref_is_on_the_disk_before_the_run_says_recorded(traced, root):
    _, calls = traced
    git_dir = f"{root}/.git/"
    disk = Synced()
    folders: set[str] = set()
    objects = refs = 0
    for call in calls:
        disk.see(call)
        if call.name == "fsync":
            folders.discard(call.place)
        if call.name == "write" and call.texts[0].startswith(b"recorded "):
            assert folders == set(), "a name that may get lost"
            break
        if not call.name.startswith(("rename", "link")) or not call.paths[-1].startswith(git_dir):
            continue
        target = Path(call.paths[-1])
        inside = str(target).removeprefix(git_dir)
        if inside.startswith("objects/") and "tmp_objdir" not in inside:
            objects += 1
            assert disk.has(str(target)), f"{inside} has its name before its content is synced"
            folders.add(str(target.parent))
        elif inside.startswith("refs/"):
            refs += 1
            assert disk.has(str(target)), f"{inside} moves before its content is synced"
            names = {folder for folder in folders if folder.startswith(f"{git_dir}objects")}
            assert names == set(), f"{inside} leads to an object whose name may get lost"
            folders.add(str(target.parent))
    else:
        pytest.fail("the run says nothing")
    assert objects >= 15
    assert refs >= 3


@SETTINGS
@pytest.mark.parametrize("lossy", [False, True], ids=["all written", "only what was synced"])
def test_every_prefix_of_a_run_reads_as_the_old_or_the_new_record(traced, root, tmp_path, settings, lossy):
    """As after a power cut at any moment, with or without what no sync had asked for."""
    start, calls = traced
    copy = tmp_path / "disk"
    disk = Disk(start, root, copy, lossy=lossy)
    if settings.push:
        git(copy, "remote", "set-url", "origin", str(tmp_path / "nowhere"))
    repository = record.open_repository(copy)
    old, new = (set(recorded(guests=guests).inventory.config) for guests in (GUESTS, MORE))
    read: list[set[object]] = []
    steps = 0
    for call in calls:
        if not disk.make(call) or "reconciler-scratch" in f"{call.place}{call.texts}":
            continue
        steps += 1
        found = record.read(repository, settings, fetch=False)
        assert found is not None, call
        read.append(set(found.inventory.config))
    assert steps >= 20
    assert [each for each in read if each not in (old, new)] == []
    assert (read[0], read[-1]) == (old, new)
    assert sorted(read, key=len) == read, "once new, it stays new"
    git(copy, "fsck", "--strict", "--no-dangling")


def test_a_ref_that_was_not_synced_would_be_found(tmp_path):
    """The replay loses what was not synced: it can fail."""
    start, original = tmp_path / "start", tmp_path / "original"
    start.mkdir()
    disk = Disk(start, original, tmp_path / "copy", lossy=True)
    for name, place, texts in (
        ("openat", "", (f"{original}/a.lock".encode(),)),
        ("write", f"{original}/a.lock", (b"content",)),
        ("rename", "", (f"{original}/a.lock".encode(), f"{original}/a".encode())),
    ):
        disk.make(Call(1, name, place, texts, "O_CREAT"))
    assert (tmp_path / "copy/a").read_bytes() == b""


def test_a_record_whose_objects_were_lost_is_an_error(repo, root):
    record.write(repo, LOCAL, recorded(), None, MARKDOWN)
    shutil.rmtree(root / ".git/objects/" / git(root, "rev-parse", "drift-state")[:2])
    with pytest.raises(RecordError):
        record.read(repo, LOCAL)
