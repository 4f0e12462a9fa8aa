"""SIGKILL in the middle of a publish: the old tree stays good, and the next publish repairs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reconciler.publish.release import RELEASE_NAME
from tests.processes import running
from tests.publish import site
from tests.publish.test_publish import FIRST, SECOND, changed, names, put, tree

POINTS = ["writing documents", "documents", "making it durable", "switching", "removing old releases"]


class Killer:
    """Kills its own process at a step of a publish."""

    def __init__(self, point):
        self.point = point

    def step(self, text):
        if text == self.point:
            os.kill(os.getpid(), signal.SIGKILL)

    def count(self, what, done, total):
        self.step(what)

    def warn(self, text):
        raise AssertionError(text)


def child(*arguments):
    return [
        sys.executable,
        "-c",
        "from tests.publish import test_kill; test_kill.main()",
        *map(str, arguments),
    ]


def main():
    mode, directory = sys.argv[1], Path(sys.argv[2])
    if mode == "at":
        put(directory, changed(), keep=1, progress=Killer(sys.argv[3]))
    for number in range(100_000):
        second = f"20261123T22{number // 60 % 60:02}{number % 60:02}Z-{number:06x}"
        put(directory, changed(second, memory=number), keep=2)
        if number == 0:
            print("started", flush=True)


@pytest.mark.parametrize("point", POINTS)
def test_killed_at_a_step(tmp_path, point):
    put(tmp_path)
    before = tree(tmp_path / "current")
    process = subprocess.run(child("at", tmp_path, point), check=False, timeout=60)
    assert process.returncode == -signal.SIGKILL
    switched = point == "removing old releases"
    assert (tmp_path / "current").readlink().name == (SECOND if switched else FIRST)
    if not switched:
        assert tree(tmp_path / "current") == before
    put(tmp_path, changed(), keep=1)
    check(tmp_path, changed())
    assert len(names(tmp_path)) == 1


def test_killed_at_any_moment(tmp_path):
    for attempt in range(4):
        with running(child("on", tmp_path), stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(0.005 + 0.013 * attempt)
        served = (tmp_path / "current").resolve(strict=True)
        assert sum(not path.endswith(".gz") for path in tree(served)) == site_size()
    put(tmp_path, site.recorded("20261124T000000Z-000000"), keep=1)
    check(tmp_path, site.recorded("20261124T000000Z-000000"))


def site_size():
    return len(site.release(changed())) + 1  # the manifest


def check(directory, recorded):
    clean = directory.parent / "clean"
    put(clean, recorded)
    assert tree(directory / "current") == tree(clean / "current")
    assert all(RELEASE_NAME.fullmatch(name) for name in names(directory))
    assert sorted(path.name for path in directory.iterdir()) == [".lock", "current", "releases"]
