"""Standard output and standard error, and a standard error that never decides how a command ends.

Progress and warnings go to standard error. Where its reader is gone, its disk is full, or its pipe is not
emptied any more, they are lost and the command goes on.
"""

import io
import os
import select
import sys
from typing import Any

PIPE_BYTES = select.PIPE_BUF
"""So many bytes fit at once into a pipe that is ready to take any (pipe(7))."""

PATIENCE_SECONDS = 10.0
"""How long a reader of standard error may take before it counts as gone."""


def prepare() -> None:
    """Make both streams fit to be written to: closed ones swallow, narrow ones escape, errors are dropped."""
    for name in ("stdout", "stderr"):
        _make_writable(name)
    try:
        descriptor = sys.stderr.fileno()
    except (OSError, ValueError):
        return
    raw = io.BufferedWriter(LossyWriter(descriptor), PIPE_BYTES)
    sys.stderr = io.TextIOWrapper(
        raw, sys.stderr.encoding, errors="backslashreplace", line_buffering=True, write_through=True
    )


class LossyWriter(io.RawIOBase):
    """Writes to a file descriptor that it does not own; bytes that nothing takes are dropped."""

    def __init__(self, descriptor: int, patience: float = PATIENCE_SECONDS) -> None:
        self._descriptor = descriptor
        self._seconds = self._patience = patience
        self._waits = not os.isatty(descriptor)  # a person may stop a terminal for a while

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the file descriptor."""
        return self._descriptor

    def isatty(self) -> bool:
        """Return whether a terminal shows it."""
        return os.isatty(self._descriptor)

    def write(self, data: Any, /) -> int:
        """Write what the reader takes, drop the rest, and return the number of all bytes."""
        view = memoryview(data).cast("B")
        written = 0
        try:
            while written < len(view) and self._takes_some():
                written += os.write(self._descriptor, view[written : written + PIPE_BYTES])
        except OSError:
            pass
        return len(view)

    def _takes_some(self) -> bool:
        """Return whether the reader takes some bytes without making us wait for long."""
        if not self._waits:
            return True
        poll = select.poll()
        poll.register(self._descriptor, select.POLLOUT)
        ready = bool(poll.poll(self._patience * 1000))
        self._patience = self._seconds if ready else 0.0
        return ready


def discard_output() -> None:
    """Discard output that no one reads any more; else the interpreter tries again when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _make_writable(name: str) -> None:
    """A stream that was closed swallows what it is given; one of few characters escapes the others."""
    stream = getattr(sys, name)
    if stream is None:
        setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w"))
    elif isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
