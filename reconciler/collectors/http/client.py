"""One web server, asked over HTTP(S): the only import of httpx.

Knows GET, and the POSTs of a login; retries with back-off are httpx-retries'. Trust is the system's CAs, a CA
file, or a pinned certificate, which is compared before anything is sent.
"""

import hashlib
import logging
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Self

import httpx
from httpx_retries import Retry, RetryTransport

from reconciler.collectors.http import connection_errors
from reconciler.collectors.http.connection_errors import HostUnreachable, Remedies
from reconciler.collectors.http.payload import BadAnswerError, parse
from reconciler.collectors.http.settings import WebSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.value import moment

_CONNECT_SECONDS = 10.0
_LARGEST = 2**26
"""Bytes of an answer: 20,000 clients make some 20 MB."""


class _Patience(Retry):
    """httpx-retries' retries, less what does not get better by itself."""

    def is_retryable_exception(self, exception: Exception) -> bool:
        if isinstance(exception, httpx.ReadTimeout) or connection_errors.hopeless(exception):
            return False
        if isinstance(exception, httpx.ConnectError | httpx.ConnectTimeout) and self.attempts_made:
            return False
        return super().is_retryable_exception(exception)


_RETRY = _Patience(
    total=4,
    allowed_methods={"GET"},
    status_forcelist={429, 502, 503, 504},
    backoff_factor=0.25,
    backoff_jitter=0.25,
    max_backoff_wait=20,
    total_timeout=40,
)


class _Pinned(ssl.SSLContext):
    """Trusts one of some certificates, whoever signed them, and says so before a byte is sent."""

    fingerprints: frozenset[str] = frozenset()

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        secured = super().wrap_socket(*args, **kwargs)
        digest = hashlib.sha256(secured.getpeercert(binary_form=True) or b"").hexdigest().upper()
        found = ":".join(digest[at : at + 2] for at in range(0, len(digest), 2))
        if found not in self.fingerprints:
            secured.close()
            message = f'{connection_errors.MISMATCH}, got "{found}"'
            raise ssl.SSLCertVerificationError(message)
        return secured


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP response."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def leads_to(self) -> str | None:
        """Where a redirect leads to; None for what is none."""
        return self.headers.get("location", "elsewhere") if 300 <= self.status < 400 else None

    @property
    def is_json(self) -> bool:
        """Whether it says that it is JSON; a wrong path or a start-up gives a web page."""
        return "json" in self.headers.get("content-type", "").lower()

    def json(self) -> Any:
        """Its value; raises `BadAnswerError` when it is no JSON."""
        text = self.content.lstrip()[:1]
        if not self.is_json and text == b"<":
            message = "the answer is a web page and no JSON"
            raise BadAnswerError(message)
        return parse(self.content)


@dataclass(frozen=True, slots=True)
class Seen:
    """How a server answered."""

    seconds: float
    """From the request to the whole answer, connecting included."""
    skew: timedelta | None
    """How far its clock is ahead of ours; None where it does not tell."""
    expires: datetime | None
    """When its certificate ends; None without TLS, or where a fingerprint, or nothing, vouches for it."""


class Web:
    """One server, from any number of threads; cookies are kept. Close it, or use it in `with`.

    Raises `SourceError` when made, where the CA file cannot be used. Every request raises `HostUnreachable`
    where there is no connection that can be trusted, and `IncompleteResponse` where nothing whole comes over
    it.
    """

    def __init__(self, settings: WebSettings, root: Path, remedies: Remedies) -> None:
        _silence()
        self._settings = settings
        self._remedies = remedies
        self._headers: dict[str, str] = {}
        self._context = _context(settings, root, remedies)
        seconds = settings.timeout.total_seconds()
        limits = httpx.Limits(
            max_connections=settings.connections, max_keepalive_connections=settings.connections
        )
        transport = httpx.HTTPTransport(verify=self._context, trust_env=False, limits=limits)
        self._client = httpx.Client(
            base_url=settings.url,
            transport=RetryTransport(transport=transport, retry=_RETRY),
            timeout=httpx.Timeout(seconds, connect=min(seconds, _CONNECT_SECONDS), pool=None),
            trust_env=False,
            follow_redirects=False,
            headers={"Accept": "application/json", "User-Agent": "reconciler"},
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection."""
        self._client.close()

    def send_always(self, name: str, value: str) -> None:
        """A header of every request from now on: a key, a token."""
        self._headers[name] = value

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must be in no message: the keys, tokens and cookies that are sent."""
        headers = (word for value in self._headers.values() for word in value.split() if len(word) > 6)
        return (*headers, *(str(cookie.value) for cookie in self._client.cookies.jar if cookie.value))

    @property
    def cookies(self) -> frozenset[str]:
        """The names of the cookies that are kept."""
        return frozenset(cookie.name for cookie in self._client.cookies.jar)

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to a GET, whatever its status. A body that breaks off is asked for again."""
        what = {"params": dict(params or {}), "headers": dict(headers or {})}
        for pause in (0.25, 0.5):
            try:
                return self._ask("GET", path, **what)
            except connection_errors.IncompleteResponse as silence:
                if silence.timed_out:
                    raise
                time.sleep(pause)
        return self._ask("GET", path, **what)

    def log_in(self, path: str, credentials: Mapping[str, str]) -> Answer:
        """The answer to the one POST that reading may need; never asked for twice."""
        return self._ask("POST", path, json=dict(credentials))

    def log_out(self, path: str, headers: Mapping[str, str]) -> None:
        """End the session of `log_in`; that it fails changes nothing."""
        try:
            self._ask("POST", path, headers=dict(headers), json={})
        except (HostUnreachable, connection_errors.IncompleteResponse, BadAnswerError):
            return

    def look(self) -> Seen:
        """One request for `doctor`, without any right: how the server answers, and its clock."""
        started = time.monotonic()
        answer = self._ask("GET", "/", params={})
        seconds = time.monotonic() - started
        try:
            skew = parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
        except (KeyError, TypeError, ValueError):
            skew = None
        return Seen(seconds, skew, self._expires)

    _expires: datetime | None = None

    def _ask(self, method: str, path: str, **what: Any) -> Answer:
        deadline = time.monotonic() + self._settings.timeout.total_seconds() + 40
        what["headers"] = self._headers | what.get("headers", {})
        try:
            with self._client.stream(method, path, **what) as response:
                self._note_certificate(response)
                content = bytearray()
                for chunk in response.iter_bytes():
                    content += chunk
                    if len(content) > _LARGEST:
                        message = f"the answer is larger than {_LARGEST // 2**20} MiB"
                        raise BadAnswerError(message)
                    if time.monotonic() > deadline:
                        raise connection_errors.IncompleteResponse(
                            "the answer comes too slowly", timed_out=True
                        )
                return Answer(response.status_code, dict(response.headers), bytes(content))
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise connection_errors.classify(
                error, self._settings.host, self._settings.timeout, self._remedies
            ) from None

    def _note_certificate(self, response: httpx.Response) -> None:
        stream = response.extensions.get("network_stream")
        secured = stream.get_extra_info("ssl_object") if stream is not None else None
        ends = (secured.getpeercert() or {}).get("notAfter") if secured is not None else None
        if isinstance(ends, str):
            self._expires = moment(int(ssl.cert_time_to_seconds(ends)))


def _context(settings: WebSettings, root: Path, remedies: Remedies) -> ssl.SSLContext:
    if settings.fingerprint:
        pinned = _Pinned(ssl.PROTOCOL_TLS_CLIENT)
        pinned.check_hostname = False
        pinned.verify_mode = ssl.CERT_NONE
        pinned.fingerprints = frozenset(settings.fingerprint)
        return pinned
    if settings.ca_file is not None:
        context = ssl.create_default_context(
            cafile=connection_errors.check_ca_file(settings.ca_file, root, remedies)
        )
    else:
        context = ssl.create_default_context()
    # Python 3.13 refuses by default what home-made authorities leave out (prometheus-pve-exporter#494).
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if not settings.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def unreachable(down: Problem, remedy: str) -> SourceError:
    """The only server of a source is down."""
    if down.remedy:
        return SourceError(down)
    return SourceError(Problem(down.subject, f"cannot be reached ({down.what})", remedy, down.cause))


def guarded(ask: Callable[[], Any], remedy: str) -> Any:
    """What `ask` gives; a server that is down, or silent, as a `SourceError`."""
    try:
        return ask()
    except HostUnreachable as down:
        raise unreachable(down.problem, remedy) from None


def _silence() -> None:
    """Keep these libraries from writing URLs and headers, whatever level somebody sets."""
    for name in ("httpx", "httpcore", "httpx_retries", *logging.root.manager.loggerDict):
        if name.partition(".")[0] in {"httpx", "httpcore", "httpx_retries"}:
            logging.getLogger(name).disabled = True
