"""Connections to a server, on urllib3: with limits for opening one, for a whole answer, and for its size."""

import socket
import time
from http.client import HTTPConnection as StandardConnection
from http.client import HTTPException, HTTPResponse
from typing import Any, cast

from urllib3.connection import HTTPConnection, HTTPSConnection

from reconciler.collectors.http.deadline import BoundedReader, left
from reconciler.collectors.http.response import MAX_RESPONSE_BYTES

_HEAD_BYTES = 2**20
"""Room for what comes beside a body: headers, sizes of chunks."""
_INTERIM = range(102, 200)
"""Statuses before the final one, as `103 Early Hints`; http.client itself skips only 100."""


class _BoundedResponse(HTTPResponse):
    """An answer that ends before a moment in `time.monotonic`, and is not larger than one may be."""

    def __init__(self, connected: socket.socket, ends: float, *args: Any, **options: Any) -> None:
        self._reader = BoundedReader(connected, ends, MAX_RESPONSE_BYTES + _HEAD_BYTES)
        super().__init__(cast("Any", self._reader), *args, **options)

    def begin(self) -> None:
        """Read status and headers of the final answer; raises `HTTPException` when they cannot be relied on.

        An interim answer that was taken for the final one would leave the next request with this answer.
        http.client itself takes an end among the headers for the end of the answer.
        """
        super().begin()
        while self.status in _INTERIM:
            self.headers = None  # type: ignore[assignment]  # else http.client takes them for read
            super().begin()
        if not self._has_one_end():
            raise HTTPException
        self._reader.may_end = True

    def _has_one_end(self) -> bool:
        """Return whether the headers could all be read, and show in one way where the body ends."""
        lengths = set(self.headers.get_all("content-length") or ())
        coded = "transfer-encoding" in self.headers
        readable = self.chunked if coded else self.length is not None or not lengths
        return readable and len(lengths) < 2 and not self.headers.defects


class Connection(HTTPConnection):
    """A connection with one limit for the whole of opening it, and one for a whole answer."""

    ends = 0.0
    """When the next answer must be complete, in `time.monotonic`."""

    def response_class(self, connected: socket.socket, **options: Any) -> HTTPResponse:  # type: ignore[override]
        """Return the response that http.client will fill."""
        return _BoundedResponse(connected, self.ends, **options)

    def _new_conn(self) -> socket.socket:
        """Connect to the first address that answers; the rest of `timeout` is for the TLS handshake."""
        ends = time.monotonic() + (self.timeout or 0)
        found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        failure: OSError = ConnectionError()
        for at, (family, kind, protocol, _, address) in enumerate(found):
            try:
                opened = socket.socket(family, kind, protocol)
            except OSError as error:  # IPv6 is off on this machine
                failure = error
                continue
            try:
                opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                opened.settimeout(left(ends) / (len(found) - at))
                opened.connect(address)
                opened.settimeout(left(ends))
            except OSError as error:
                opened.close()
                failure = error
            else:
                return opened
        raise failure

    def getresponse(self) -> Any:
        """Return the answer as http.client reads it; urllib3 would go through all its headers again."""
        return StandardConnection.getresponse(self)


class SecureConnection(Connection, HTTPSConnection):
    """The same over TLS."""
