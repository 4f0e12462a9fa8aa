"""Some faults of each sort, once each; `make chaos` tries all of them for ten minutes."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import program

LONGEST = 1500
SHORT = ("killed", "full disk", "remote away", "broken ref", "four writers", "another clock")


@pytest.mark.timeout(LONGEST)
def test_faults_are_survived():
    for name in ("nginx", "caddy", "faketime"):
        program(name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--each=1", "--seed=3", *(f"--only={name}" for name in SHORT)],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=LONGEST - 60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert "\n0 violations" in done.stdout
