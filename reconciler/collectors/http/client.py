"""The one HTTP client, through which every system is read, with urllib3 under it.

It can GET, and send the one POST of a login; `SendingClient` writes to servers that are not sources. urllib3
opens connections, checks certificates and sends; the open connections are kept here, because its pool and its
form of a response double the CPU of a request (`make bench`). An answer that is not complete within the
source's `timeout`, from connecting to its last byte, is given up; so is each request when the time for
reading the source is over.
"""

import json
import logging
import ssl
import time
from collections import deque
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from http.client import HTTPException, HTTPResponse, IncompleteRead
from pathlib import Path
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.connection import Connection, SecureConnection
from reconciler.collectors.http.connection_errors import (
    HostUnreachable,
    IncompleteResponse,
    NoTimeLeft,
    classify,
)
from reconciler.collectors.http.cookies import SessionCookies
from reconciler.collectors.http.deadline import TooMuch, left
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.response import MAX_RESPONSE_BYTES, Response, too_large, unpack
from reconciler.collectors.http.retry import RETRY, RETRY_SECONDS
from reconciler.collectors.http.settings import WebSettings
from reconciler.collectors.http.untrusted import Remedies
from reconciler.model.deadline import Budget

_CONNECT_SECONDS = 10.0
_LOG_OUT_SECONDS = 2.0
"""For leaving a session behind in good order, even when the time is over."""
_PIECE_BYTES = 2**16
_EARLY = 0.01
"""A socket may give up so many seconds before its time."""
IN_PATHS = "/?%:@!$&'()*+,;=~"
"""Characters that stay as they are in a path, which is already quoted and may hold a query."""


class HttpClient:
    """One server, asked from any number of threads. Close it, or use it in `with`.

    Every request raises `HostUnreachable` where there is no connection that can be trusted,
    `IncompleteResponse` where no complete answer comes over it, and `BadAnswerError` where it is too large.
    """

    def __init__(
        self,
        url: str,
        context: ssl.SSLContext,
        timeout: timedelta,
        remedies: Remedies,
        budget: Budget | None = None,
    ) -> None:
        _silence()
        parts = urlsplit(url)
        self.host = parts.netloc
        """Host and port, as messages name it."""
        self.certificate: bytes | None = None
        """The one of the last connection, in DER form; None before it, and without TLS."""
        self.cookies = SessionCookies(secure=parts.scheme == "https")
        self._name = (parts.hostname or "").replace("%25", "%")
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._context = context if parts.scheme == "https" else None
        self._timeout = timeout
        self._budget = budget or Budget()
        self.share = 1.0
        """The share of the time left that a request may take until the first answer: others may wait."""
        self._remedies = remedies
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "reconciler"}
        self._secrets: tuple[str, ...] = ()
        self._idle: deque[Connection] = deque()
        self._closed = False

    @classmethod
    def of_source(
        cls, settings: WebSettings, root: Path, remedies: Remedies, budget: Budget | None = None
    ) -> Self:
        """Make the client of a source; raises `SourceError` when its CA file cannot be used."""
        context = tls_context.choose(
            ca_file=settings.ca_file,
            fingerprints=settings.fingerprint,
            verify_tls=settings.verify_tls,
            root=root,
            remedies=remedies,
        )
        return cls(settings.url, context, settings.timeout, remedies, budget)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection; one that is in use ends with its request."""
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def send_always(self, name: str, value: str) -> None:
        """Set a header of every request from now on: a key, a token."""
        self._headers[name] = value
        self._secrets += tuple(word for word in value.split() if len(word) > 6)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The keys, tokens and cookies that are sent, which must not appear in any message."""
        return self._secrets + self.cookies.secrets

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Return the answer to a GET, whatever its status; redirects are not followed."""
        target = quote(path, IN_PATHS, errors="replace")
        if params:
            target = f"{target}?{urlencode(params)}"
        return self._until_answered("GET", target, headers or {})

    def _until_answered(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Response:
        """Make a request, again where another attempt may end in another way; return the last answer."""
        retry, ends = RETRY, time.monotonic() + RETRY_SECONDS
        while True:
            outcome: Response | HostUnreachable | IncompleteResponse
            try:
                outcome = self._exchange(method, target, headers, self.share * self._budget.left, body)
                self.share = 1.0
                if outcome.status < 400:
                    return outcome
            except (HostUnreachable, IncompleteResponse) as failure:
                outcome = failure
            following = retry.after(outcome, min(ends - time.monotonic(), self._budget.left), method)
            if following is None:
                break
            retry = following
        if not self._budget.left and retry.may_improve(outcome, method):
            raise NoTimeLeft(self._budget.refuse())
        if isinstance(outcome, Response):
            return outcome
        raise outcome

    def handshake(self) -> bytes | None:
        """Connect, send nothing, and return the server's certificate in DER form; None without TLS."""
        seconds = min(self._timeout.total_seconds(), self._budget.left)
        with closing(self._take()) as connection:
            try:
                self._open(connection, time.monotonic() + seconds)
            except (OSError, HTTPException, ValueError) as error:
                raise classify(error, self.host, seconds, self._remedies, connected=False) from None
        return self.certificate

    def log_in(self, path: str, credentials: Mapping[str, str]) -> Response:
        """Return the answer to the one POST that reading may need; it is never sent twice."""
        return self._post(path, credentials, {}, self._budget.left)

    def log_out(self, path: str, headers: Mapping[str, str]) -> None:
        """End the session of `log_in`; a failure changes nothing."""
        try:
            self._post(path, {}, headers, _LOG_OUT_SECONDS)
        except (HostUnreachable, IncompleteResponse, BadAnswerError):
            return

    def _post(
        self, path: str, value: Mapping[str, str], headers: Mapping[str, str], seconds: float
    ) -> Response:
        content = {"Content-Type": "application/json", **headers}
        return self._exchange("POST", path, content, seconds, json.dumps(dict(value)).encode())

    def _exchange(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        seconds: float,
        body: bytes | None = None,
    ) -> Response:
        """Make one request, and return its complete answer, which may take so many seconds at most.

        Only a connection whose answer was read to its end is used again; after an error it ends too, as
        Proxmox VE has it.
        """
        if seconds <= 0:
            raise NoTimeLeft(self._budget.refuse())
        seconds = min(self._timeout.total_seconds(), seconds)
        ends = time.monotonic() + seconds
        connection, connected, reusable = self._take(), False, False
        try:
            if connection.sock is None:
                self._open(connection, ends)
            connected = True
            connection.timeout = left(ends)
            connection.ends = ends
            connection.request(method, target, body, self._all_headers(headers))
            response = self._receive(connection)
            reusable = response.status < 400
            if method == "GET" and 200 < response.status < 300:
                message = f"the answer has status {response.status}, so it may be incomplete"
                raise IncompleteResponse(message)
        except TooMuch:
            raise too_large() from None
        except BadAnswerError:
            raise
        except (OSError, HTTPException, ValueError) as error:
            if isinstance(error, TimeoutError) and self._budget.left < _EARLY:
                raise NoTimeLeft(self._budget.refuse()) from None
            cause = ConnectionError() if isinstance(error, IncompleteRead) else error
            raise classify(cause, self.host, seconds, self._remedies, connected=connected) from None
        finally:
            if not reusable:
                connection.close()
            self._idle.append(connection)
            if self._closed:
                self.close()
        return response

    def _all_headers(self, headers: Mapping[str, str]) -> Mapping[str, str]:
        cookies = self.cookies.header
        return {**self._headers, **headers, **({"Cookie": cookies} if cookies else {})}

    def _take(self) -> Connection:
        """Return a connection that no other thread uses, open or not."""
        try:
            connection = self._idle.pop()
        except IndexError:
            if self._context is None:
                return Connection(self._name, self._port)
            return SecureConnection(self._name, self._port, ssl_context=self._context)
        if connection.sock is not None and not connection.is_connected:
            connection.close()
        return connection

    def _open(self, connection: Connection, ends: float) -> None:
        connection.timeout = min(left(ends), _CONNECT_SECONDS)
        connection.connect()
        if isinstance(connection.sock, ssl.SSLSocket):
            self.certificate = connection.sock.getpeercert(binary_form=True)

    def _receive(self, connection: Connection) -> Response:
        """Read an answer to its end."""
        answer: HTTPResponse
        with connection.getresponse() as answer:
            content = _body(answer)
        headers = {name.lower(): value for name, value in answer.headers.raw_items()}
        if "set-cookie" in headers:
            self.cookies.keep(answer.headers.get_all("set-cookie") or ())
        content = unpack(content, headers.get("content-encoding", "").strip().lower())
        return Response(answer.status, headers, content, answer.reason)


def _body(answer: HTTPResponse) -> bytes:
    """Return the body of an answer, which never takes more memory than one may have."""
    if answer.length is not None:
        if answer.length > MAX_RESPONSE_BYTES:
            raise too_large()
        return answer.read()
    content = bytearray()
    while piece := answer.read(_PIECE_BYTES):
        content += piece
    return bytes(content)


def _silence() -> None:
    """Keep urllib3 from logging URLs, whatever level is set."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "urllib3":
            logging.getLogger(name).disabled = True
