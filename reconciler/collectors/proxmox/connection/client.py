"""The only I/O with Proxmox VE, and the only import of its HTTP libraries.

A request is a GET through proxmoxer's session: one session, and so one kept-alive connection, per thread.
Retries with back-off are urllib3's. Facts about statuses: an answer's text is in the HTTP
reason phrase; 595 to 599 are a node's failure to reach another (AnyEvent::HTTP).
"""

import logging
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Self

import requests
import urllib3
from proxmoxer.backends.https import ProxmoxHTTPApiTokenAuth, ProxmoxHttpSession
from proxmoxer.core import ProxmoxResource, ResourceException
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3_errors
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.proxmox.connection import errors
from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.connection.envelope import Envelopes
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.system import SourceContext
from reconciler.model.value import moment
from reconciler.text import clean

TRY_AGAIN = (429, 502, 503, 504, 595, 596, 597, 598, 599)
_CONNECT_SECONDS = 10.0
_CHUNK = 2**16
_LARGEST = 2**26
"""Bytes of an answer: 10,000 guests make 6 MB."""


class _Patience(Retry):
    """urllib3's retries, less what does not get better by itself: a bad certificate, an answer too late."""

    def increment(self, method: str | None = None, url: str | None = None, *args: Any, **kwargs: Any) -> Self:
        error = kwargs.get("error")
        if errors.hopeless(error) or isinstance(error, urllib3_errors.ReadTimeoutError):
            raise urllib3_errors.MaxRetryError(kwargs["_pool"], str(url), error) from error
        return super().increment(method, url, *args, **kwargs)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:  # noqa: FBT001, FBT002
        """A node that the cluster does not reach (595 to 599) is tried once more, not four times."""
        if status_code >= 595 and any(past.status == status_code for past in self.history):
            return False
        return super().is_retry(method, status_code, has_retry_after)


_RETRY = _Patience(
    total=4,
    connect=1,
    redirect=0,
    status_forcelist=TRY_AGAIN,
    allowed_methods={"GET"},
    backoff_factor=0.25,
    backoff_max=5,
    backoff_jitter=0.25,
    raise_on_redirect=False,
    raise_on_status=False,
    retry_after_max=20,
)


class _Adapter(HTTPAdapter):
    """One host with one way to trust it: retries, and the pinned certificate where there is one."""

    def __init__(self, fingerprint: str | None, *, trusting: bool) -> None:
        self._fingerprint = fingerprint
        self._trusting = trusting
        self._pool: Any = None
        self._told = False
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=_RETRY)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = create_urllib3_context()
        # Python 3.13 refuses by default a root CA that does not say what its key is for, and that is what
        # Proxmox VE makes (prometheus-pve/prometheus-pve-exporter#494).
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = not (self._fingerprint or self._trusting)
        if self._fingerprint:
            kwargs |= {"assert_fingerprint": self._fingerprint, "assert_hostname": False}
        super().init_poolmanager(*args, ssl_context=context, **kwargs)

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """One request with its whole answer: within `timeout` altogether, however slowly it comes."""
        _, seconds = kwargs["timeout"]
        deadline = time.monotonic() + seconds
        response: requests.Response = super().send(*args, **{**kwargs, "stream": True})
        content = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            content += chunk
            if len(content) > _LARGEST:
                response.raw.close()
                message = f"the answer is larger than {_LARGEST // 2**20} MiB"
                raise BadAnswerError(message)
            if time.monotonic() > deadline:
                response.raw.close()
                raise urllib3_errors.ReadTimeoutError(self._pool, args[0].url, "the answer comes too slowly")
        response._content = bytes(content)
        response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """The one pool; finding it anew for each request costs more than sending it."""
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
        return self._pool

    def cert_verify(self, *args: Any, **kwargs: Any) -> None:
        """Once: the pool keeps what it must verify."""
        if not self._told:
            tell: Any = super().cert_verify
            tell(*args, **kwargs)
            self._told = True


class _Session(ProxmoxHttpSession):  # type: ignore[misc]  # proxmoxer ships no types
    """proxmoxer's session, less what the environment sets, and without redirects: the token stays here."""

    _first: requests.PreparedRequest | None = None

    def prepare_request(self, request: requests.Request) -> requests.PreparedRequest:
        """As the first one, with another URL: nothing else differs, and thousands are sent.

        Paths are quoted already (`api.path`), and nothing but the path differs unless there are parameters.
        """
        if request.params or self._first is None:
            prepared: requests.PreparedRequest = super().prepare_request(request)
            if not request.params:
                self._first = prepared
            return prepared
        prepared = self._first.copy()
        prepared.url = request.url
        return prepared

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        """As the request says: no proxy, and `verify` whatever REQUESTS_CA_BUNDLE is."""
        return {"proxies": {}, "stream": False, "verify": verify, "cert": None}

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Seen:
    """How a host answered."""

    seconds: float
    """From the request to the whole answer, connecting included."""
    skew: timedelta | None
    """How far its clock is ahead of ours; None where it does not tell."""
    expires: datetime | None
    """When its certificate ends; None where a fingerprint, or nothing, vouches for it."""


class ProxmoxClient:
    """Asks hosts of one cluster, one request after the other in each thread. Close it when all are done.

    Raises `SourceError` when made, where the secret or the CA file cannot be used.
    """

    def __init__(self, settings: ProxmoxSettings, context: SourceContext) -> None:
        _silence()
        self._settings = settings
        self._secret = settings.token_secret.resolve(context.environment, settings.name)
        if not self._secret.isascii():
            what = f"{settings.token_secret.variable} holds characters that no token secret has"
            raise SourceError(
                Problem(settings.name, what, "copy the secret anew, as `pveum` printed it", "misconfigured")
            )
        self._verify = errors.verification(settings, context.root)
        self._mine = threading.local()
        self._lock = threading.Lock()
        self.sessions: list[requests.Session] = []
        """One per thread that asked."""

    def close(self) -> None:
        """End every connection."""
        for session in self.sessions:
            session.close()

    def ask(self, host: str, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        """The whole answer of a host: `data`, and what stands beside it.

        Raises `ProxmoxRequestFailed` for an answer that is none, `Unauthorized` for a token that no host will
        take, `HostUnreachable` where there is no connection and `IncompleteResponse` where nothing comes.
        """
        try:
            envelope: dict[str, Any] | None = self._send(host, path, params)
        except ResourceException as error:
            reason = clean(errors.phrase(error.content), self._secret)
            if error.status_code == 401:
                raise errors.Unauthorized(host, reason, self._settings) from None
            raise ProxmoxRequestFailed(host, path, error.status_code, reason) from None
        except (requests.RequestException, urllib3_errors.HTTPError) as error:
            raise errors.classify(error, host, self._settings) from None
        except BadAnswerError as error:
            raise ProxmoxRequestFailed(host, path, 200, str(error)) from None
        if envelope is None:
            what = "the answer is a redirect, which is not followed; check the port"
            raise ProxmoxRequestFailed(host, path, None, what)
        return envelope

    def _send(self, host: str, path: str, params: Mapping[str, str | int]) -> Any:
        """One GET. A body that breaks off is asked for again: urllib3 retries only what comes before it."""
        for pause in (0.25, 0.5):
            try:
                return self._resource(host).get(path, **params)
            except (urllib3_errors.ProtocolError, urllib3_errors.DecodeError):
                time.sleep(pause)
        return self._resource(host).get(path, **params)

    def _resource(self, host: str) -> Any:
        resource = getattr(self._mine, "resource", None)
        if resource is None or self._mine.host != host:
            resource = self._mine.resource = self._connect(host)
            self._mine.host = host
        return resource

    def look(self, host: str) -> Seen:
        """One request for `doctor`, whatever the token may do: how the host answers, and its clock.

        Raises `HostUnreachable` or `IncompleteResponse`.
        """
        session = self._session(host)
        started = time.monotonic()
        try:
            response = session.request("GET", f"https://{host}/api2/json/version")
            seconds = time.monotonic() - started
        except (requests.RequestException, urllib3_errors.HTTPError, BadAnswerError) as error:
            raise errors.classify(error, host, self._settings) from None
        try:
            skew = parsedate_to_datetime(response.headers["Date"]) - datetime.now(UTC)
        except (KeyError, TypeError, ValueError):
            skew = None
        return Seen(seconds, skew, self._expires(host) if self._verify else None)

    def _expires(self, host: str) -> datetime | None:
        """When the certificate of a host ends; None where it does not say it to us."""
        name, _, port = host.rpartition(":")
        ca_file = self._verify if isinstance(self._verify, str) else None
        context = ssl.create_default_context(cafile=ca_file)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        try:
            with (
                socket.create_connection((name.strip("[]"), int(port)), timeout=_CONNECT_SECONDS) as plain,
                context.wrap_socket(plain, server_hostname=name.strip("[]")) as secured,
            ):
                certificate = secured.getpeercert() or {}
        except (OSError, ValueError):
            return None
        ends = certificate.get("notAfter")
        return moment(int(ssl.cert_time_to_seconds(ends))) if isinstance(ends, str) else None

    def _connect(self, host: str) -> Any:
        """Proxmoxer's resource at the root of the API, on a session of its own; nothing is sent yet."""
        session = self._session(host)
        return ProxmoxResource(base_url=f"https://{host}/api2/json", session=session, serializer=Envelopes())

    def _session(self, host: str) -> _Session:
        seconds = self._settings.timeout.total_seconds()
        user, _, token = self._settings.token_id.rpartition("!")
        session = _Session()
        session.auth = ProxmoxHTTPApiTokenAuth(
            user,
            token,
            self._secret,
            verify_ssl=self._verify,
            timeout=(min(seconds, _CONNECT_SECONDS), seconds),
        )
        session.trust_env = False
        session.verify = self._verify
        session.headers["Accept"] = "application/json"
        adapter = _Adapter(self._settings.fingerprint_of(host), trusting=not self._settings.verify_tls)
        session.mount("https://", adapter)
        with self._lock:
            self.sessions.append(session)
        return session


def _silence() -> None:
    """Keep these libraries from writing URLs and bodies, whatever level somebody sets.

    `verify_tls: false` has to be spelt out, so nobody need be warned of it with every request.
    """
    urllib3.disable_warnings(urllib3_errors.InsecureRequestWarning)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in {"proxmoxer", "requests", "urllib3"}:
            logging.getLogger(name).disabled = True
