"""Each fault once; `make chaos` goes on for ten minutes."""

import os
import subprocess
import sys
from pathlib import Path

from tests.processes import program

LONGEST = 1800


def test_each_fault_is_survived():
    for name in ("nginx", "caddy", "faketime"):
        program(name)
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", "--each", "1", "--seed", "1"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert "\n0 violations" in done.stdout
