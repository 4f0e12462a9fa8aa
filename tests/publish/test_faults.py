"""A crash, or an error of the file system, at any step of what changes the publish folder.

Some of the steps are tried here, and those at the end all; `python -m tests.publish.faults OPERATION
kill|fail 1 FOLDER` tries every one.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.publish.faults import OPERATIONS

STRIDES = {"kill": 11, "fail": 29}


@pytest.mark.parametrize("fault", STRIDES)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_readers_have_the_old_release_or_the_new_one(tmp_path, operation, fault):
    command = [sys.executable, "-m", "tests.publish.faults", operation, fault, str(STRIDES[fault]), tmp_path]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{operation} {fault} ")
    assert done.stdout.endswith("[False, True]\n"), "some faults come before the switch, and some after it"
