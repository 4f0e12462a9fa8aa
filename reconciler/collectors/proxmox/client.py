"""The only I/O with Proxmox VE, and the only import of its HTTP libraries.

A request is a GET through proxmoxer's session: one session, and so one kept-alive connection, per thread of
a bounded pool. Retries with back-off are urllib3's. Facts about statuses: an answer's text is in the HTTP
reason phrase; 595 to 599 are a node's failure to reach another (AnyEvent::HTTP).
"""

import logging
import ssl
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

import requests
from proxmoxer.backends.https import ProxmoxHTTPApiTokenAuth, ProxmoxHttpSession
from proxmoxer.core import ProxmoxResource, ResourceException
from requests.adapters import HTTPAdapter
from urllib3 import exceptions as urllib3_errors
from urllib3.util.retry import Retry
from urllib3.util.ssl_ import create_urllib3_context

from reconciler.collectors.proxmox import trouble
from reconciler.collectors.proxmox.api import Refusal, clean
from reconciler.collectors.proxmox.envelope import BadAnswerError, Envelopes
from reconciler.collectors.proxmox.settings import ProxmoxSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.kind import Surroundings

TRY_AGAIN = (429, 502, 503, 504, 595, 596, 597, 598, 599)
_CONNECT_SECONDS = 10.0
_SILENT_MAX = 10
"""So many requests in a row without any HTTP answer: it is asked whether it is there at all."""
_HANDFUL = 8


class _Patience(Retry):
    """urllib3's retries, less what does not get better by itself: a bad certificate, an answer too late."""

    def increment(self, method: str | None = None, url: str | None = None, *args: Any, **kwargs: Any) -> Self:
        error = kwargs.get("error")
        if trouble.hopeless(error) or isinstance(error, urllib3_errors.ReadTimeoutError):
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
        """As the first one, with another URL: preparing each anew costs a third of all that a request does.

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


class Client:
    """A connected source; see `Api` for what can be asked. Close it, or use it in `with`."""

    def __init__(self, settings: ProxmoxSettings, around: Surroundings) -> None:
        _silence()
        self.settings = settings
        self.expected = around.expected
        self.count = 0
        """Requests made; repeated ones count once."""
        self._secret = settings.token_secret.resolve(around.environment, settings.name)
        if not self._secret.isascii():
            what = f"{settings.token_secret.variable} holds characters that no token secret has"
            raise SourceError(Problem(settings.name, what, "copy the secret anew, as `pveum` printed it"))
        self._verify = trouble.verification(settings, around.root)
        self._progress = around.progress
        self._pool = ThreadPoolExecutor(settings.connections, thread_name_prefix=f"read-{settings.name}")
        self._mine = threading.local()
        self._lock = threading.Lock()
        self._sessions: list[requests.Session] = []
        self._probe = threading.Lock()
        self._at = 0
        self._silent = 0
        self._down: list[Problem] = []
        self._dead: SourceError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every connection."""
        self._pool.shutdown(wait=True, cancel_futures=True)
        for session in self._sessions:
            session.close()

    @property
    def host(self) -> str:
        """The host that answers now."""
        return self.settings.hosts[self._at]

    def get(self, path: str, **params: str | int) -> Any:
        """See `Api.get`."""
        return self._data(path, self._pool.submit(self._answer, path, params).result())

    def get_many(
        self,
        paths: Iterable[str],
        *,
        what: str = "",
        total: int = 0,
        within: float | None = None,
        whole: bool = False,
    ) -> Iterator[tuple[str, Any]]:
        """See `Api.get_many`; answers come in handfuls, because each change of threads costs CPU."""
        deadline = None if within is None else time.monotonic() + within
        source, lock = iter(paths), threading.Lock()

        def handful() -> list[tuple[str, Any]]:
            got: list[tuple[str, Any]] = []
            while len(got) < _HANDFUL:
                with lock:
                    path = next(source, None)
                if path is None:
                    break
                got.append(self._one(path, deadline, whole=whole))
                if isinstance(got[-1][1], Refusal):
                    break  # who asks may want to know at once
            return got

        answers: SimpleQueue[Future[list[tuple[str, Any]]]] = SimpleQueue()
        running = 2 * self.settings.connections
        for _ in range(running):
            self._pool.submit(handful).add_done_callback(answers.put)
        done = 0
        while running:
            got = answers.get().result()
            if got:
                self._pool.submit(handful).add_done_callback(answers.put)
            else:
                running -= 1
            done += len(got)
            if what and got:
                self._progress.count(what, done, max(total, done))
            yield from got

    def _one(self, path: str, deadline: float | None, *, whole: bool) -> tuple[str, Any]:
        if deadline is not None and time.monotonic() > deadline:
            return path, Refusal(self.host, path, None, "skipped, because the others took too long")
        try:
            answer = self._answer(path, {})
            return path, answer if whole else self._data(path, answer)
        except Refusal as refusal:
            return path, refusal

    def _data(self, path: str, envelope: Mapping[str, Any]) -> Any:
        data = envelope["data"]
        if data is None:
            raise Refusal(self.host, path, 200, "the answer has no data")
        return data

    def _answer(self, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        """Ask the first host that is up."""
        with self._lock:
            self.count += 1
        while True:
            if self._dead is not None:
                raise self._dead
            at = self._at
            try:
                answer = self._ask(at, path, params)
            except trouble.HostDown as down:
                self._next_host(at, down.problem)
            except trouble.NoAnswer as silence:
                if self._is_there(at):
                    host, late = self.settings.hosts[at], silence.timed_out
                    raise Refusal(host, path, None, silence.reason, timed_out=late) from None
                self._next_host(at, Problem(self.settings.hosts[at], silence.reason))
            else:
                return answer

    def another_host(self, why: str) -> bool:
        """See `Api.another_host`."""
        at = self._at
        return at + 1 < len(self.settings.hosts) and self._next_host(at, Problem(self.host, why))

    def _is_there(self, at: int) -> bool:
        """Whether a host that gave no answer still gives any; asked only when it was silent often in a row.

        Else it is a node behind it, or a guest's agent, that does not answer.
        """
        with self._probe:
            with self._lock:
                self._silent += 1
                if self._silent < _SILENT_MAX or self._at != at:
                    return True
            try:
                self._ask(at, "version", {})
            except (trouble.HostDown, trouble.NoAnswer):
                return False
            except Refusal:
                return True
            return True

    def _next_host(self, at: int, problem: Problem) -> bool:
        """Go on to the next host, unless another thread has; False when there is none left."""
        with self._lock:
            if self._at == at and self._dead is None:
                self._down.append(problem)
                self._silent = 0
                if at + 1 < len(self.settings.hosts):
                    self._at = at + 1
                else:
                    self._dead = trouble.unreachable(self._down)
            return self._dead is None

    def _ask(self, at: int, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        host = self.settings.hosts[at]
        try:
            envelope: dict[str, Any] | None = self._send(at, path, params)
        except ResourceException as error:
            self._silent = 0
            reason = clean(trouble.phrase(error.content), self._secret)
            if error.status_code == 401:
                self._dead = trouble.unauthorized(host, reason, self.settings)
                raise self._dead from None
            raise Refusal(host, path, error.status_code, reason) from None
        except requests.RequestException as error:
            raise trouble.of(error, host, self.settings) from None
        except BadAnswerError as error:
            raise Refusal(host, path, 200, str(error)) from None
        self._silent = 0
        if envelope is None:
            raise Refusal(host, path, None, "the answer is a redirect, which is not followed; check the port")
        return envelope

    def _send(self, at: int, path: str, params: Mapping[str, str | int]) -> Any:
        """One GET. A body that breaks off is asked for again: urllib3 retries only what comes before it."""
        for pause in (0.25, 0.5):
            try:
                return self._resource(at).get(path, **params)
            except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError):
                time.sleep(pause)
        return self._resource(at).get(path, **params)

    def _resource(self, at: int) -> Any:
        resource = getattr(self._mine, "resource", None)
        if resource is None or self._mine.at != at:
            resource = self._mine.resource = self._connect(self.settings.hosts[at])
            self._mine.at = at
        return resource

    def _connect(self, host: str) -> Any:
        """Proxmoxer's resource at the root of the API, on a session of its own; nothing is sent yet."""
        seconds = self.settings.timeout.total_seconds()
        user, _, token = self.settings.token_id.rpartition("!")
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
        adapter = _Adapter(self.settings.fingerprint_of(host), trusting=not self.settings.verify_tls)
        session.mount("https://", adapter)
        with self._lock:
            self._sessions.append(session)
        return ProxmoxResource(base_url=f"https://{host}/api2/json", session=session, serializer=Envelopes())


def _silence() -> None:
    """Keep these libraries from writing URLs and bodies, whatever level somebody sets."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in {"proxmoxer", "requests", "urllib3"}:
            logging.getLogger(name).disabled = True
