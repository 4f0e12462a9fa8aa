"""A remote that hangs, and the time of a run: no command of git outlives it, and what is local goes on."""

import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from threading import Thread

import pytest

from reconciler import record
from reconciler.errors import Problem, RemoteError
from reconciler.model.deadline import Deadline, run_deadline
from reconciler.record import command
from reconciler.record import remote as remotes
from reconciler.record.command import GitError
from tests.record.parts import LOCAL, MARKDOWN, PUSHED, git, recorded

BOUND = 10.0
OVER = Deadline(0.0, Problem("", "no time left: a run may take 9 s (0.9 of interval)", "raise interval"))


@pytest.fixture(params=["http", "git"])
def hanging(request, root) -> Iterator[str]:
    """The remote `origin` takes connections and never answers."""
    opened: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    opened.append(listener.accept()[0])

        Thread(target=accept, daemon=True).start()
        git(root, "remote", "add", "origin", f"{request.param}://127.0.0.1:{listener.getsockname()[1]}/x.git")
        yield "origin"
        listener.shutdown(socket.SHUT_RDWR)
    for each in opened:
        each.close()


def test_a_remote_that_hangs_ends_with_the_time_of_the_run(repo, hanging):
    within = replace(repo, deadline=run_deadline(timedelta(seconds=1)))
    started = time.monotonic()
    with pytest.raises(RemoteError, match="origin: cannot be reached: did not end within") as caught:
        record.read(within, PUSHED)
    assert "core.hooksPath" not in str(caught.value)
    with pytest.raises(RemoteError) as late:
        record.read(within, PUSHED)
    assert str(late.value) == "origin: no time left: a run may take 0.9 s (0.9 of interval); raise interval"
    with pytest.raises(RemoteError, match="origin: no time left"):
        remotes.push(within, hanging, "HEAD", "main")
    assert time.monotonic() - started < BOUND


def test_when_the_time_is_over_the_run_is_still_recorded_here(repo):
    late = replace(repo, deadline=OVER)
    assert record.write(late, LOCAL, recorded(), None, MARKDOWN).reason == "first"
    assert record.read(late, LOCAL) is not None


def test_a_command_that_hangs_without_a_network_ends_too(repo, monkeypatch):
    monkeypatch.setattr(command, "LOCAL_TIMEOUT", 0.5)
    started = time.monotonic()
    with pytest.raises(GitError, match=r"git nap: did not end within 0\.5 s"):
        command.run(replace(repo, deadline=OVER), "-c", "alias.nap=!sleep 60", "nap")
    assert time.monotonic() - started < BOUND


def test_without_a_deadline_a_command_takes_the_time_it_needs(repo):
    assert command.run(repo, "-c", "alias.nap=!sleep 0.2 && echo up", "nap") == b"up\n"
