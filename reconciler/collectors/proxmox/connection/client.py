"""The only I/O with Proxmox VE: proxmoxer over the one HTTP client.

proxmoxer makes the paths and knows what a status means; the session that it is handed can only read. Facts
about statuses: the text of an answer is in the HTTP reason phrase; 595 to 599 are a node's failure to reach
another (AnyEvent::HTTP). By hand: `curl -H "Authorization: PVEAPIToken=$ID=$SECRET"
https://HOST:8006/api2/json/version`.
"""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any

from proxmoxer.core import ProxmoxResource, ResourceException

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.probe import ProbeResult, probe
from reconciler.collectors.http.response import Response
from reconciler.collectors.proxmox.connection import errors
from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.connection.envelope import Envelopes
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.errors import Problem, SourceError
from reconciler.model.system import SourceContext
from reconciler.text import clean

_ROOT = "/api2/json"


class SessionReply:
    """A response in the form that proxmoxer reads; it logs `content`, which therefore is not the content."""

    __slots__ = ("response",)
    content = "not shown"

    def __init__(self, response: Response) -> None:
        self.response = response

    @property
    def status_code(self) -> int:
        """The HTTP status."""
        return self.response.status

    @property
    def reason(self) -> str:
        """The reason phrase, in which Proxmox VE explains errors."""
        return self.response.reason


class ReadOnlySession:
    """The HTTP session for proxmoxer: one host, and only GET."""

    def __init__(self, client: HttpClient) -> None:
        self._client = client

    def request(self, method: str, url: str, data: object, params: Mapping[str, str | int]) -> SessionReply:
        """Make a GET; raises what `HttpClient.get` raises, and `ValueError` for any other method."""
        if method != "GET" or data:
            message = "only reading is possible"
            raise ValueError(message)
        return SessionReply(self._client.get(url, params))


class ProxmoxClient:
    """Asks the hosts of one cluster, from any number of threads. Close it when all are done.

    Raises `SourceError` when made, where the secret or the CA file cannot be used.
    """

    def __init__(self, settings: ProxmoxSettings, context: SourceContext) -> None:
        _silence()
        self._settings = settings
        self._secret = settings.token_secret.resolve(context.environment, settings.name)
        if not self._secret.isascii():
            what = f"{settings.token_secret.variable} contains characters that a token secret cannot have"
            raise SourceError(
                Problem(settings.name, what, "copy the secret again, as `pveum` printed it", "misconfigured")
            )

        @cache  # hosts that are trusted in one way share what it takes to check it
        def trust(fingerprint: str | None) -> Any:
            return tls_context.choose(
                ca_file=settings.ca_file,
                fingerprints=() if fingerprint is None else (fingerprint,),
                verify_tls=settings.verify_tls,
                root=context.root,
                remedies=errors.REMEDIES,
            )

        self.hosts = {
            host: HttpClient(
                f"https://{host}",
                trust(settings.fingerprint_of(host)),
                settings.timeout,
                errors.REMEDIES,
                context.budget,
            )
            for host in settings.hosts
        }
        """The client of each host; it connects when it is asked."""
        for others, client in enumerate(reversed(self.hosts.values())):
            client.share = 1 / (others + 1)  # a host that hangs leaves time for those after it
        self._resources: dict[str, Any] = {}
        for host, client in self.hosts.items():
            client.send_always("Authorization", f"PVEAPIToken={settings.token_id}={self._secret}")
            self._resources[host] = ProxmoxResource(
                base_url=_ROOT, session=ReadOnlySession(client), serializer=Envelopes()
            )

    def close(self) -> None:
        """End every connection."""
        for client in self.hosts.values():
            client.close()

    def ask(self, host: str, path: str, params: Mapping[str, str | int]) -> Mapping[str, Any]:
        """Return the complete answer of a host: `data`, and the keys beside it.

        Raises `ProxmoxRequestFailed` for an answer that cannot be used, `Unauthorized` for a token that no
        host will take, `HostUnreachable` where there is no connection and `IncompleteResponse` where no
        complete answer comes over it.
        """
        try:
            envelope: dict[str, Any] | None = self._resources[host].get(path, **params)
        except ResourceException as error:
            reason = clean(errors.phrase(error.content), self._secret)
            if error.status_code == 401:
                raise errors.Unauthorized(host, reason, self._settings) from None
            raise ProxmoxRequestFailed(host, path, error.status_code, reason) from None
        except BadAnswerError as error:
            raise ProxmoxRequestFailed(host, path, 200, str(error)) from None
        if envelope is None:
            what = "the answer is a redirect, which is not followed; check the port"
            raise ProxmoxRequestFailed(host, path, None, what)
        return envelope

    def probe(self, host: str) -> ProbeResult:
        """Make one request for `doctor`, whatever the token may do.

        Raises `HostUnreachable`, `IncompleteResponse` or `BadAnswerError`.
        """
        return probe(self.hosts[host], f"{_ROOT}/version")


def _silence() -> None:
    """Keep proxmoxer from logging paths, whatever level is set."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "proxmoxer":
            logging.getLogger(name).disabled = True
