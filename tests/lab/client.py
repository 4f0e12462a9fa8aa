"""A plain HTTPS client for the lab, which shows what proxmoxer hides: status, reason phrase, raw body."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from proxmoxer.core import ProxmoxResource
from urllib3 import BaseHTTPResponse, PoolManager

from reconciler.lab import Lab


def trusting(ca_file: str | Path) -> PoolManager:
    """Connections that take a root CA as Proxmox VE makes it, which Python 3.13 refuses by default."""
    context = ssl.create_default_context(cafile=ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return PoolManager(ssl_context=context, retries=False, timeout=10)


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
    def __init__(self, lab: Lab, pool: PoolManager, authorization: str | None) -> None:
        self._lab = lab
        self._pool = pool
        self._headers = {} if authorization is None else {"Authorization": authorization}

    def request(self, method: str, path: str, /, *, host: int = 0, **query: Any) -> Reply:
        url = f"https://{self._lab.hosts[host]}/api2/json{path}"
        reply = self._pool.request(method, url, fields=query, headers=self._headers)
        is_json = reply.headers.get("Content-Type", "").startswith("application/json") and reply.data
        return Reply(
            reply.status,
            reply.reason or "",
            reply.data.decode(),
            dict(reply.headers),
            json.loads(reply.data) if is_json else None,
        )

    def get(self, path: str, /, *, host: int = 0, **query: Any) -> Reply:
        return self.request("GET", path, host=host, **query)

    def data(self, path: str, /, **query: Any) -> Any:
        return self.get(path, **query).data


@contextmanager
def connect(lab: Lab, token: str = "reconciler@pve!drift", *, header: str | None = "") -> Iterator[Client]:
    """A client with a token of the site, or with a header of its own (None: none at all)."""
    with trusting(lab.ca_file) as pool:
        yield Client(lab, pool, f"PVEAPIToken={token}={lab.secret(token)}" if header == "" else header)


class Session:
    """What proxmoxer needs of a session, and its serialiser."""

    def __init__(self, pool: PoolManager, authorization: str) -> None:
        self._pool = pool
        self._headers = {"Authorization": authorization}

    def request(self, method: str, url: str, data: Any, params: Any) -> Any:
        reply: BaseHTTPResponse = self._pool.request(
            method, url, fields=params or data, headers=self._headers
        )
        return SimpleNamespace(status_code=reply.status, reason=reply.reason, content=reply.data)

    def loads(self, reply: Any) -> Any:
        return json.loads(reply.content)["data"]

    def loads_errors(self, reply: Any) -> None:
        return None


@contextmanager
def proxmoxer(
    lab: Lab, *, host: int = 0, token: str = "reconciler@pve!drift", secret: str | None = None
) -> Iterator[Any]:
    """The real client library, without the backend that takes requests."""
    with trusting(lab.ca_file) as pool:
        session = Session(pool, f"PVEAPIToken={token}={secret or lab.secret(token)}")
        base_url = f"https://{lab.hosts[host]}/api2/json"
        yield ProxmoxResource(base_url=base_url, session=session, serializer=session)
