"""Scratch folders in memory, where the machine has room for them: tests make some 100,000 files.

What a test that passes made goes with the test.
"""

import os
from collections.abc import MutableMapping
from pathlib import Path

MEMORY = Path("/dev/shm")  # a folder of its own in it, as pytest makes it
ENOUGH = 4 * 2**30
"""Bytes that must be free, far more than the tests of all cores take at a time."""
_ROOT = "PYTEST_DEBUG_TEMPROOT"


def scratch_in_memory(environment: MutableMapping[str, str]) -> None:
    """Let pytest make its folders in memory, unless whoever runs it says where."""
    if _ROOT not in environment and "TMPDIR" not in environment and _is_suitable(MEMORY):
        environment[_ROOT] = str(MEMORY)


def _is_suitable(folder: Path) -> bool:
    """Whether there is room, and programs can be run from there."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize >= ENOUGH and not found.f_flag & os.ST_NOEXEC
