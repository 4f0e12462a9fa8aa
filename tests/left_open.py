"""What a test opens, it closes: a check after each test, so that the right one fails.

Python reports a socket, pipe or process that was never closed when it collects it, which may be in any later
test. So it collects right after each test that opened one. What lives longer than a test (a lab of a whole
module) is still in use then; it is checked when its module ends, and so are threads. What modules share is
checked at the end.
"""

import gc
import socket
import sys
import threading
import warnings
from typing import Any

import pytest

_OPENS = {"socket.__new__", "subprocess.Popen", "os.posix_spawn", "os.fork"}
_LOOPBACK = ("127.", "::1")
PATIENCE = 30.0
"""Seconds for a thread to end, however busy the machine is; one that waits for nothing needs none of them."""


class LeftOpen:
    """A plugin of pytest; one for each process that runs tests."""

    def __init__(self) -> None:
        self._unheard = dict.fromkeys(_OPENS)
        """Those of `_OPENS` that did not happen since the last check."""
        self._known = set(threading.enumerate())
        """Threads that no test started, or that were reported."""
        self._started: dict[threading.Thread, str] = {}
        """The others, each with the test that started it."""
        self._shared: set[threading.Thread] = set()
        """Those of a fixture that several modules share."""
        # `dict.pop(event, arguments)` removes what is heard, and is C: a hook in Python lets another thread
        # run while coverage sets its trace function, and CPython before 3.12 refuses that thread its own then
        # (`Cannot install a trace function while another trace function is being installed`).
        sys.addaudithook(self._unheard.pop)
        _bind_only_loopback()

    @pytest.hookimpl(wrapper=True)
    def pytest_collection_finish(self) -> Any:
        """What is imported by now stays: collecting need not walk it after every test."""
        result = yield
        gc.collect()
        gc.freeze()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Any:
        """Notice the threads that a fixture starts for more than one module."""
        before = set(threading.enumerate())
        result = yield
        if fixturedef.scope in {"session", "package"}:
            self._shared |= set(threading.enumerate()) - before
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> Any:
        """After the fixtures of a test are gone: nothing that it opened is left."""
        for thread in set(threading.enumerate()) - self._known:
            self._started.setdefault(thread, item.nodeid)
        result = yield
        ends = nextitem is None or nextitem.path != item.path
        left = _collect() if len(self._unheard) < len(_OPENS) or ends else []
        self._unheard.update(dict.fromkeys(_OPENS))
        if ends:
            left += self._running(last=nextitem is None)
            gc.freeze()
        if left:
            pytest.fail("left open:\n" + "\n".join(left), pytrace=False)
        return result

    def _running(self, *, last: bool) -> list[str]:
        """The threads that should have ended and do not, each reported once."""
        due = {thread: test for thread, test in self._started.items() if last or thread not in self._shared}
        for thread in due:
            thread.join(PATIENCE)
            del self._started[thread]
        alive = [thread for thread in due if thread.is_alive()]
        self._known |= set(alive)
        return [f"the thread {thread.name!r} of {due[thread]}" for thread in alive]


def _collect() -> list[str]:
    """What Python finds unclosed when it collects now."""
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)  # of a test that failed: it holds all that the test had
    left: list[str] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda found: left.append(_line(found))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            gc.collect()
    finally:
        sys.unraisablehook = before
    return left


def _line(found: "sys.UnraisableHookArgs") -> str:
    return f"{found.exc_type.__name__}: {found.exc_value}"


def _bind_only_loopback() -> None:
    plain = socket.socket.bind

    def bind(self: socket.socket, address: Any) -> None:
        _loopback_only(address)
        plain(self, address)

    socket.socket.bind = bind  # type: ignore[assignment,method-assign]


def _loopback_only(address: Any) -> None:
    if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
        message = f"a test listens on {address[0]!r}: 127.0.0.1 and ::1 alone are allowed"
        raise RuntimeError(message)
