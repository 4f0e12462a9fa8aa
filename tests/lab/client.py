"""A plain HTTPS client for the lab, which shows what proxmoxer hides: status, reason phrase, raw body."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from proxmoxer import ProxmoxAPI
from requests.adapters import HTTPAdapter
from urllib3.util.ssl_ import create_urllib3_context

from reconciler.lab import Lab


class Lenient(HTTPAdapter):
    """Takes a root CA as Proxmox VE makes it, which Python 3.13 refuses by default."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        context = create_urllib3_context()
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        super().init_poolmanager(*args, ssl_context=context, **kwargs)


@dataclass(frozen=True)
class Reply:
    status: int
    reason: str
    text: str
    headers: dict[str, str]
    json: Any

    @property
    def data(self) -> Any:
        assert self.status == 200, f"{self.status} {self.reason}"
        return self.json["data"]


class Client:
    def __init__(self, lab: Lab, session: requests.Session, authorization: str | None) -> None:
        self._lab = lab
        self._session = session
        self._headers = {} if authorization is None else {"Authorization": authorization}

    def request(self, method: str, path: str, /, *, host: int = 0, **query: Any) -> Reply:
        url = f"https://{self._lab.hosts[host]}/api2/json{path}"
        ca_file = str(self._lab.ca_file)
        reply = self._session.request(
            method, url, params=query, headers=self._headers, verify=ca_file, timeout=10
        )
        is_json = reply.headers.get("Content-Type", "").startswith("application/json") and reply.content
        json = reply.json() if is_json else None
        return Reply(reply.status_code, reply.reason, reply.text, dict(reply.headers), json)

    def get(self, path: str, /, *, host: int = 0, **query: Any) -> Reply:
        return self.request("GET", path, host=host, **query)

    def data(self, path: str, /, **query: Any) -> Any:
        return self.get(path, **query).data


@contextmanager
def connect(lab: Lab, token: str = "reconciler@pve!drift", *, header: str | None = "") -> Iterator[Client]:
    """A client with a token of the site, or with a header of its own (None: none at all)."""
    with requests.Session() as session:
        session.trust_env = False
        session.mount("https://", Lenient())
        yield Client(lab, session, f"PVEAPIToken={token}={lab.secret(token)}" if header == "" else header)


@contextmanager
def proxmoxer(
    lab: Lab, *, host: int = 0, token: str = "reconciler@pve!drift", secret: str | None = None
) -> Iterator[Any]:
    """The real client library, as collectors use it."""
    user, _, name = token.partition("!")
    api = ProxmoxAPI(
        lab.hosts[host],
        user=user,
        token_name=name,
        token_value=secret or lab.secret(token),
        verify_ssl=str(lab.ca_file),
        timeout=10,
    )
    api._store["session"].mount("https://", Lenient())
    try:
        yield api
    finally:
        api._store["session"].close()
