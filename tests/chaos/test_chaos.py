"""Each fault twice; `make chaos` goes on for ten minutes."""

import os
import subprocess
import sys
from pathlib import Path


def test_each_fault_is_survived():
    command = [sys.executable, "-m", "tests.chaos", "--each", "1", "--seed", "1"]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr[-4000:]
    assert "0 violations" in done.stdout
