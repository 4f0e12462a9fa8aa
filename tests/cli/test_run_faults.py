"""The whole of `reconciler run` killed, out of space and twice at once: what was good stays good."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

import pytest

from reconciler.jobs import steps
from reconciler.model.snapshot import Snapshot
from reconciler.publish.links import files_of_link
from tests.processes import PATIENCE, running
from tests.site_repository import SiteRepository

KILLS = 9
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def site(lab, tmp_path, monkeypatch):
    """A site that has run once."""
    repository = SiteRepository(tmp_path / "site", monkeypatch)
    repository.declare_example()
    repository.configure(repository.source(lab))
    repository.commit()
    assert repository.run("run") in {0, 2}
    return repository


def _start() -> "AbstractContextManager[subprocess.Popen[str]]":
    return running(
        [sys.executable, "-m", "reconciler", "run"],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _served(site: SiteRepository) -> dict[str, bytes]:
    root = (site.root / "public" / "current").resolve(strict=True)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*.json")}


def _files(site: SiteRepository) -> set[str]:
    root = (site.root / "public" / "current").resolve(strict=True)
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def _whole(site: SiteRepository) -> None:
    """Every document is JSON of one run, and all links of the index lead somewhere."""
    served = {name: json.loads(data) for name, data in _served(site).items()}
    assert len({each["run_id"] for each in served.values() if "run_id" in each}) == 1
    index = served["v1/index.json"]["data"]
    links = [each["link"] for each in index["documents"][1:]]
    links += [link for each in index["templates"] for link in each["links"] or ()]
    assert all(any(file in _files(site) for file in files_of_link(link)) for link in links)
    assert json.loads(site.git("show", "drift-state:reports/latest/drift.json"))["run"]


def _repairs(site: SiteRepository) -> None:
    site.git("fsck", "--strict", "--no-dangling")
    assert site.run("run") in {0, 2}
    _whole(site)
    recorded = json.loads(site.git("show", "drift-pulse:run.json"))["run"]["id"]
    assert json.loads((site.root / "public/current/v1/summary.json").read_text())["run_id"] == recorded
    assert sorted(path.name for path in (site.root / "public").iterdir()) == [".lock", "current", "releases"]
    assert not list((site.root / ".git").glob("reconciler-scratch-*"))
    assert site.git("status", "--porcelain") == ""


def test_killed_at_any_moment(lab, site):
    began = time.monotonic()
    with _start() as whole:
        whole.communicate(timeout=PATIENCE)
    duration = time.monotonic() - began
    for number in range(KILLS):
        lab.state.edit_guest(113, memory=str(1024 * (number + 1)))
        with _start() as process:
            try:
                process.communicate(timeout=duration * (0.4 + 0.6 * number / KILLS))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
        _whole(site)
    _repairs(site)


def test_two_at_once(lab, site):
    lab.state.edit_guest(113, memory="2048")
    with _start() as one, _start() as other:
        said = [process.communicate(timeout=PATIENCE) for process in (one, other)]
    assert {one.returncode, other.returncode} == {2}, said
    assert site.commits() == 2
    _repairs(site)


@pytest.fixture(params=["public", ".git"])
def disk(site, request) -> Iterator[Path]:
    """A folder of the site on a small disk of its own."""
    place: Path = site.root / request.param
    aside = site.root.parent / "aside"
    place.rename(aside)
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m,mode=755", "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a disk to fill takes root and the right to mount")
    try:
        shutil.copytree(aside, place, symlinks=True, dirs_exist_ok=True)
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def test_a_full_disk(lab, site, disk, capsys):
    before, tip = _served(site), site.git("rev-parse", "drift-state")
    lab.state.edit_guest(113, memory="4096")
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        file.writelines(repeat(bytes(4096)))
    capsys.readouterr()
    assert site.run("run") == 1
    out, err = capsys.readouterr()
    (problem,) = [line for line in err.splitlines() if line.startswith("error: ")]
    assert re.search("free (some |disk )space", problem)
    assert "pve/guest/113" in out, "the report is shown all the same"
    assert _served(site) == before
    assert (site.git("rev-parse", "drift-state") == tip) == (disk.name == ".git")
    filler.unlink()
    _repairs(site)


def test_a_slow_run_does_not_publish_over_a_newer_one(lab, site, monkeypatch, capsys):
    began, collect = steps.now(), steps.collect
    clock = [began + timedelta(minutes=1)]

    def slow(*arguments: Any, **options: Any) -> Snapshot:
        monkeypatch.setattr(steps, "collect", collect)
        snapshot = collect(*arguments, **options)
        lab.state.edit_guest(113, memory="1024")
        clock[0] += timedelta(minutes=1)
        assert site.run("run") == 2
        clock[0] += timedelta(minutes=1)
        return snapshot

    lab.state.edit_guest(113, memory="512")
    monkeypatch.setattr(steps, "now", lambda: clock[0])
    monkeypatch.setattr(steps, "collect", slow)
    assert site.run("run") == 2
    assert "superseded by a newer run" in capsys.readouterr().out
    monkeypatch.undo()
    served = json.loads(_served(site)["v1/inventory/guests/pve/113.json"])
    assert served["data"]["fields"]["memory"] == 1024
    _whole(site)
