"""The connections of `reconciler serve`: their number and the time of each are bounded.

A connection carries one request. Its head must arrive within `Limits.head`, however it trickles in, and the
answer must be taken within `Limits.answer`. When all connections are in use, the one that has waited longest
for the rest of its head ends, so that clients which never finish a request do not keep others out.
"""

import io
import logging
import re
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from threading import BoundedSemaphore, Lock
from typing import Any
from urllib.parse import urlsplit

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from reconciler.publish.serve.answers import PROBLEM_HEADERS, problem

_LOG = logging.getLogger(__name__)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_MAX_LINE = 8192
_MAX_HEAD = 32768
_MAX_DIGITS = 6
"""Bodies are not read; a request that announces one of a million bytes or more is refused."""
_FOR_ROOM = 0.5
"""Seconds that a new connection waits for one that is ended to make room."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many connections there may be, and how many seconds each may take."""

    connections: int = 64
    head: float = 10.0
    """From the connection to the end of its request's headers."""
    answer: float = 60.0
    """From there to the last byte of the answer."""
    linger: float = 1.0
    """From there until the client ends the connection."""


DEFAULT_LIMITS = Limits()


class BoundedServer(ThreadedWSGIServer):
    """Runs each connection in a thread of its own, and only so many at once."""

    def __init__(self, listener: socket.socket, application: Any, limits: Limits) -> None:
        self.limits = limits
        self._room = BoundedSemaphore(limits.connections)
        self._waiting: dict[socket.socket, None] = {}
        """Connections whose head has not arrived, the oldest first."""
        self._lock = Lock()
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, application, _Handler, fd=listener.fileno())

    def process_request(self, request: Any, client_address: Any) -> None:
        """Start the thread of a connection, if there is room for one more."""
        if not self._has_room():
            _refuse(request)
            self.close_request(request)
            return
        with self._lock:
            self._waiting[request] = None
        try:
            super().process_request(request, client_address)
        except BaseException:  # no thread could be started
            self._leave(request)
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection, and make room for the next."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._leave(request)

    def has_head(self, request: socket.socket) -> None:
        """Note that the head of a connection's request has arrived: it does not end to make room."""
        with self._lock:
            self._waiting.pop(request, None)

    def shutdown_request(self, request: Any) -> None:
        """End a connection; the client gets all of the answer even if it sent a body that was not read."""
        end = time.monotonic() + self.limits.linger
        with suppress(OSError):
            request.shutdown(socket.SHUT_WR)
            while (left := end - time.monotonic()) > 0:
                request.settimeout(left)
                if not request.recv(65536):
                    break
        self.close_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Log a connection that failed; the others go on."""
        _LOG.warning("a connection from %s failed", client_address, exc_info=True)

    def _has_room(self) -> bool:
        if self._room.acquire(blocking=False):
            return True
        with self._lock:
            oldest = next(iter(self._waiting), None)
            if oldest is not None:
                del self._waiting[oldest]
        if oldest is None:
            return False
        with suppress(OSError):
            oldest.shutdown(socket.SHUT_RDWR)
        return self._room.acquire(timeout=_FOR_ROOM)

    def _leave(self, request: socket.socket) -> None:
        self.has_head(request)
        self._room.release()


def _refuse(request: socket.socket) -> None:
    body = problem(503)
    headers = {**PROBLEM_HEADERS, "Content-Length": len(body), "Retry-After": 5, "Connection": "close"}
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    with suppress(OSError):
        request.settimeout(0)
        request.sendall(f"HTTP/1.1 503 Service Unavailable\r\n{head}\r\n".encode() + body)
        request.shutdown(socket.SHUT_WR)
        request.recv(65536)  # unread bytes would reset the connection, and lose the answer


class _RefusedError(Exception):
    """Raised while a head is read; the status to answer with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Handler(WSGIRequestHandler):
    """Reads the head of one request, shows no versions, and answers every error with a problem."""

    server: BoundedServer
    sys_version = ""
    protocol_version = "HTTP/1.1"

    def handle_one_request(self) -> None:
        """Answer one request; what follows its head is never read."""
        self.close_connection = True
        self.requestline, self.request_version, self.command = "", "HTTP/1.1", ""
        limits = self.server.limits
        try:
            head = _read_head(self.connection, time.monotonic() + limits.head)
        except _RefusedError as refused:
            self.connection.settimeout(limits.answer)
            self.send_error(refused.status)
            return
        if head:
            self.server.has_head(self.connection)
            self.connection.settimeout(limits.answer)
            self.rfile = io.BytesIO(head)
            super().handle_one_request()

    def parse_request(self) -> bool:
        """Parse the head; refuse what the other web servers refuse as well."""
        if not super().parse_request():
            return False
        status = _refusal(self)
        if status is not None:
            self.send_error(status)
        return status is None

    def handle_expect_100(self) -> bool:
        """Invite no body: the answer is final."""
        del self.headers["Expect"]
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer with a problem; nothing of the request is repeated."""
        body = problem(code)
        self.request_version = self.protocol_version  # without one, there would be no headers
        self.send_response(code, HTTP_STATUS_CODES[code])
        for name, value in PROBLEM_HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def version_string(self) -> str:
        """Return the `Server` header."""
        return "reconciler"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log a request as it came."""
        self.log("info", "%s: %r: %s", self.client_address[0], self.requestline[:200], code)

    def log(self, level: str, message: str, *args: Any) -> None:
        """Write to the program's log."""
        _LOG.log(logging.WARNING if level == "error" else logging.DEBUG, message, *args)


def _read_head(connection: socket.socket, end: float) -> bytes:
    """Return a request up to the end of its headers; empty when the client sent nothing."""
    head = b""
    while not _HEAD_END.search(head):
        _check_size(head)
        try:
            connection.settimeout(max(end - time.monotonic(), 0.001))
            piece = connection.recv(8192)
        except TimeoutError:
            if not head:
                return b""
            raise _RefusedError(408) from None
        if not piece:
            if not head:
                return b""
            raise _RefusedError(400)
        head = (head + piece).lstrip(b"\r\n") if not head else head + piece
    _check_size(head)
    if b"\0" in head:
        raise _RefusedError(400)
    return head


def _check_size(head: bytes) -> None:
    """Refuse a head that is too long, or a line of it."""
    address, *headers = head.split(b"\n")
    if len(address) > _MAX_LINE:
        raise _RefusedError(414)
    if len(head) > _MAX_HEAD or any(len(header) > _MAX_LINE for header in headers):
        raise _RefusedError(431)


def _refusal(request: _Handler) -> int | None:
    """Return the status to refuse a parsed head with; None if it can be answered."""
    headers = request.headers
    hosts, encodings = (headers.get_all(name) or [] for name in ("Host", "Transfer-Encoding"))
    lengths = set(headers.get_all("Content-Length") or ())
    malformed = (
        not _is_address(request.path)
        or bool(headers.defects)
        or len(hosts) > 1
        or (request.request_version == "HTTP/1.1" and not hosts)
        or len(lengths) > 1
        or not all(length.isascii() and length.isdecimal() for length in lengths)
        or bool(lengths and encodings)
    )
    if malformed:
        return 400
    if any(encoding.strip().lower() != "chunked" for encoding in encodings):
        return 501
    large = any(len(length) > _MAX_DIGITS for length in lengths)
    return 413 if large and request.command in {"GET", "HEAD"} else None


def _is_address(path: str) -> bool:
    try:
        urlsplit(path)
    except ValueError:
        return False
    return True
