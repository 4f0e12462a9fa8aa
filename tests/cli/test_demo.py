import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.generate import PICTURE

ROOT = Path(__file__).parents[2]

CHANGING = {
    r"127\.0\.0\.1:\d+": "HOST",
    r"\S*reconciler-demo-\w+": "FOLDER",
    r"\S*bin/reconciler demo": "PROGRAM demo",
    r"\d{8}T\d{6}Z-[0-9a-f]{6}": "RUN",
    r"\d{4}-\d\d-\d\d \d\d:\d\d UTC": "TIME",
    r"\d{4}-\d\d-\d\d": "DAY",
    r"\b(?=\w*\d)[0-9a-f]{12}(?:[0-9a-f]{28})?\b": "COMMIT",
}


def _steady(text: str) -> list[str]:
    for pattern, word in CHANGING.items():
        text = re.sub(pattern, word, text)
    return [line.rstrip() for line in text.strip().splitlines()]


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """`reconciler demo`, run as a user does, from a folder that is not the checkout."""
    scratch = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", "demo"],
        cwd=scratch,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={"PYTHONPATH": str(ROOT), "TMPDIR": str(scratch), "PATH": "/usr/bin:/bin", "HOME": str(scratch)},
    )
    return done, scratch


def test_the_readme_shows_what_the_demo_prints(demo):
    done, _ = demo
    assert done.returncode == 0, done.stderr
    readme = (ROOT / "README.md").read_text()
    picture = readme.split(PICTURE)[1].split("\n```")[0]
    assert _steady(picture) == _steady(done.stdout)


def test_the_demo_tells_its_steps_and_nothing_else_on_standard_error(demo):
    done, _ = demo
    assert "guests: 61" in done.stderr
    assert "warning" not in done.stderr.lower()
    assert "Traceback" not in done.stderr


def test_the_demo_stays_in_its_folder(demo):
    _, scratch = demo
    (folder,) = scratch.glob("reconciler-demo-*")
    assert sorted(path.name for path in scratch.iterdir()) == [folder.name]
    assert (folder / "site/public/current/v1/summary.json").is_file()


def test_the_second_run_commits_nothing(demo):
    _, scratch = demo
    (folder,) = scratch.glob("reconciler-demo-*")
    log = subprocess.run(
        ["git", "rev-list", "--count", "drift-state"],
        cwd=folder / "origin.git",
        check=True,
        capture_output=True,
        text=True,
    )
    assert log.stdout.strip() == "1"
