"""Programs that tests start, and what they wait for: each ends with its test, and so does each wait."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import pytest

PATIENCE = 60
"""Seconds until a wait is given up: far more than anything takes, also on a busy machine."""


IN_CI = os.environ.get("CI") == "true"
"""Whether a missing program is a failure; tests may change the variable, which runs read too."""

PACKAGES = {
    "nginx": "nginx-light",
    "caddy": "caddy",
    "strace": "strace",
    "faketime": "faketime",
    "shellcheck": "shellcheck",
    "sshd": "openssh-server",
    "systemd-analyze": "systemd",
}
"""Programs that tests need besides Python and git, with the Debian package of each."""


def program(name: str) -> str:
    """Return the path of a program; without it the test is skipped, or fails where `CI` is `true`."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin")
    if found is None:
        cannot_be_tried(f"{name} is not installed: apt-get install {PACKAGES[name]}")
    return found


def cannot_be_tried(why: str) -> NoReturn:
    """Skip a test with the reason; it fails where `CI` is `true`."""
    if IN_CI:
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def free_port() -> Iterator[int]:
    """A port that no other program is given meanwhile; a server that reuses addresses may listen on it."""
    with socket.socket() as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.bind(("127.0.0.1", 0))
        yield reserved.getsockname()[1]


@contextmanager
def running(command: Sequence[object], **options: Any) -> Iterator["subprocess.Popen[Any]"]:
    """Run a program while the block lasts; one that has not ended by then is killed."""
    with subprocess.Popen([str(word) for word in command], **options) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_until(holds: Callable[[], object], what: str) -> None:
    """Return as soon as it holds; the test fails where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"{what}: not within {PATIENCE} s")
        time.sleep(0.02)
