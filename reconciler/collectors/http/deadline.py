"""Limits for one answer: its total time, and its bytes on the wire."""

import io
import socket
import time

from reconciler.collectors.http.connection_errors import UnfinishedAnswer

_BUFFER_BYTES = 2**14
_TOLERANCE_SECONDS = 0.05
"""A read may wait so much too long: to change the timeout of the socket for each costs as much as reading."""


class TooMuch(Exception):
    """More bytes than one answer may have. Not a `ValueError`, which http.client takes for a broken chunk."""


class BoundedReader(io.RawIOBase):
    """The bytes that a socket receives until a moment in `time.monotonic`, and up to a number of bytes.

    The timeout of a socket starts again with every byte that arrives, so a server that sends one byte a
    second never runs into it. Here each read waits only for what is left of the total time: for a status
    line, headers, `100 Continue` and a body alike. `http.client` takes this for the socket, by `makefile`.
    """

    def __init__(self, connected: socket.socket, ends: float, limit: int) -> None:
        self._socket = connected
        self._raw = connected.makefile("rb", buffering=0)
        self._ends = ends
        self._limit = limit
        self._received = 0
        self._told = connected.gettimeout() or 0.0
        self.may_end = False
        """Whether the server may end the connection now; otherwise the answer is not complete."""

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return the buffered form that an HTTP response is parsed from."""
        return io.BufferedReader(self, _BUFFER_BYTES)

    def readable(self) -> bool:
        """Return True: it can only be read."""
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        """Receive some bytes; raises `TimeoutError` in time, `UnfinishedAnswer` once some had come."""
        try:
            seconds = left(self._ends)
            if self._told - seconds > _TOLERANCE_SECONDS:
                self._socket.settimeout(seconds)
                self._told = seconds
            count: int = self._raw.readinto(buffer) or 0
        except TimeoutError:
            if self._received:
                raise UnfinishedAnswer from None
            raise
        self._received += count
        if count == 0 and not self.may_end:
            raise ConnectionError
        if self._received > self._limit:
            raise TooMuch
        return count

    def close(self) -> None:
        """Let go of the socket, which stays open for the next request."""
        self._raw.close()
        super().close()


def left(ends: float) -> float:
    """Return the seconds until a moment in `time.monotonic`; raises `TimeoutError` when it has passed."""
    seconds = ends - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    return seconds
