"""Pings to a service that raises an alarm when none comes: healthchecks, or a push monitor of Uptime Kuma.

    healthchecks   POST URL/start at the start, URL on success, URL/EXIT-CODE on failure; `rid` pairs them
                   (https://healthchecks.io/docs/http_api/, also of servers that run it themselves)
    uptime-kuma    GET URL?status=up|down&msg=…&ping=… at the end

A ping that fails changes nothing about the job. The URL is a secret: no message has more of it than the host.
"""

import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Thread
from urllib.parse import urlencode, urlsplit

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.response import Response
from reconciler.collectors.http.sending import SendingClient
from reconciler.collectors.http.untrusted import Remedies
from reconciler.config.watch import HeartbeatSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.deadline import Budget, Deadline
from reconciler.text import clean

MAX_BODY_BYTES = 10_000
"""Healthchecks keeps no more of a ping."""
_MESSAGE = 200
"""Characters of the message of a push monitor, which is in the URL."""
_REMEDIES = Remedies(
    ca_file="set heartbeat.ca_file to the CA's certificate",
    fingerprint="the certificate on the server of the heartbeat",
    renew="renew the certificate of the heartbeat's server",
)
_CHECK = "compare heartbeat.url with the URL that the check shows"
_LATER = "the check raises an alarm if no later ping comes"


class Heartbeat:
    """The pings of one job. `start` at its start, `end` once at its end."""

    def __init__(self, settings: HeartbeatSettings, url: str, root: Path, subject: str) -> None:
        """`url` is the one of the check; relative files start at `root`; messages begin with `subject`."""
        parts = urlsplit(url)
        self._settings = settings
        self._root = root
        self._subject = subject
        self._server = f"{parts.scheme}://{parts.netloc}"
        self._path = parts.path.rstrip("/")
        self._query = parts.query
        self._id = str(uuid.uuid4())
        self._began = time.monotonic()
        self._starting: Thread | None = None
        self._problem: Problem | None = None

    def start(self) -> None:
        """Report the start, in the background: the job does not wait for it."""
        self._began = time.monotonic()
        if self._settings.protocol == "uptime-kuma":
            return

        def send() -> None:
            self._problem = self._post("/start", "", self._settings.timeout)

        self._starting = Thread(target=send, name="heartbeat", daemon=True)
        self._starting.start()

    def end(
        self, code: int, *, succeeded: bool, text: str, within: timedelta | None = None
    ) -> Problem | None:
        """Report the end with a summary; return why a ping failed, of the start or the end.

        It takes `within` at most, or the configured timeout; so long it waits before that for the ping of
        the start, which must not arrive after this one.
        """
        timeout = min(within or self._settings.timeout, self._settings.timeout)
        if self._starting is not None:
            self._starting.join(timeout.total_seconds())
        if self._settings.protocol == "uptime-kuma":
            return self._push(text, timeout, succeeded=succeeded)
        suffix = "" if succeeded else f"/{code}" if 0 < code < 256 else "/fail"
        return self._post(suffix, text, timeout) or self._problem

    def reach(self) -> Problem | None:
        """Return why the server cannot be reached or trusted; it is connected to, and nothing is sent."""
        try:
            with self._client(self._settings.timeout) as client:
                client.handshake()
        except HostUnreachable as error:
            return self._failed(error.problem.what, error.problem.remedy or "check the address")
        except SourceError as error:
            return error.problems[0]
        return None

    def _post(self, suffix: str, text: str, timeout: timedelta) -> Problem | None:
        query = f"{self._query}&" if self._query else ""
        target = f"{self._path}{suffix}?{query}rid={self._id}"
        body = text.encode("utf-8", "replace")[:MAX_BODY_BYTES].decode("utf-8", "ignore").encode()
        return self._attempt(
            timeout, lambda client: client.send("POST", target, body, "text/plain; charset=utf-8")
        )

    def _push(self, text: str, timeout: timedelta, *, succeeded: bool) -> Problem | None:
        """The query of the URL as Uptime Kuma shows it is an example, and is replaced."""
        milliseconds = round((time.monotonic() - self._began) * 1000)
        message = text.partition("\n")[0][:_MESSAGE]
        state = {"status": "up" if succeeded else "down", "msg": message, "ping": str(milliseconds)}
        return self._attempt(timeout, lambda client: client.get(f"{self._path}?{urlencode(state)}"))

    def _attempt(self, timeout: timedelta, ask: Callable[[SendingClient], Response]) -> Problem | None:
        try:
            with self._client(timeout) as client:
                return self._refused(ask(client))
        except HostUnreachable as error:
            return self._failed(error.problem.what, error.problem.remedy or "check the address")
        except IncompleteResponse as error:
            return self._failed(error.reason, "check that server")
        except BadAnswerError as error:
            return self._failed(str(error), _CHECK)
        except SourceError as error:  # the CA file
            return error.problems[0]

    def _client(self, timeout: timedelta) -> SendingClient:
        settings = self._settings
        context = tls_context.choose(
            ca_file=settings.ca_file,
            fingerprints=settings.fingerprint,
            verify_tls=settings.verify_tls,
            root=self._root,
            remedies=_REMEDIES,
        )
        seconds = timeout.total_seconds()
        late = Problem("", f"no answer within {seconds:g} s", "check that server", "timeout")
        budget = Budget(Deadline(time.monotonic() + seconds, late))
        return SendingClient(self._server, context, timeout, _REMEDIES, budget)

    def _refused(self, answer: Response) -> Problem | None:
        """Return why an answer is not the one to a ping that counts.

        Where a check does not exist, or is pinged too often, healthchecks answers with 200 and a remark.
        """
        text = clean(answer.content[:400].decode("utf-8", "replace"))
        if (target := answer.redirect_target) is not None:
            host = clean(urlsplit(target).netloc)
            return self._failed(
                f"the ping is redirected{f' to {host}' if host else ''}", "set heartbeat.url to that"
            )
        if answer.status == 429 or "rate limited" in text:
            return self._failed("too many pings", _LATER)
        if answer.status in {404, 410} or "not found" in text:
            return self._failed("there is no such check", _CHECK)
        if answer.status >= 400 or '"ok":false' in text.replace(" ", ""):
            return self._failed(f"the ping is refused ({answer.status})", _CHECK)
        return None

    def _failed(self, what: str, remedy: str) -> Problem:
        host = self._server.partition("://")[2]
        return Problem(self._subject, f"{host}: {what}", remedy)
