"""The CPU that a request costs the client of each system, against the same request over a bare TLS socket."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.npm.connection.client import REMEDIES
from reconciler.config.file import Config
from reconciler.jobs import steps
from reconciler.kinds import SYSTEMS
from reconciler.model.progress import Silent
from reconciler.model.system import SourceContext
from tests.bench.measure import Ratio, median
from tests.bench.site import SECRET

CONNECTIONS = 8
_REQUESTS = 2000
"""Of one path: what differs between guests is not the client's."""
_API = "/api2/json/"


@dataclass(frozen=True)
class Target:
    """What is asked for, again and again."""

    url: str
    path: str
    header: tuple[str, str]
    """Who is asking."""
    ca_file: str


def budgets(config: Config, facts: dict[str, Any], guests: int) -> Iterator[Ratio]:
    """For Proxmox VE all the way through proxmoxer and the pool of its source; answers are parsed."""
    proxmox = _proxmox(facts)
    clients: dict[str, tuple[Target, Callable[[], object]]] = {
        "Proxmox VE": (proxmox, partial(_source, config, facts, proxmox)),
        **{name: (target, partial(_client, target)) for name, target in _web(facts)},
    }
    for name, (target, ask) in clients.items():
        client = median(ask, repeat=3, clock=time.process_time)
        raw = median(partial(_sockets, target), repeat=3, clock=time.process_time)
        step = f"collect: client CPU of a request, {name}"
        yield Ratio(step, guests, client / _REQUESTS, raw / _REQUESTS, 6, "raw socket")


def _proxmox(facts: dict[str, Any]) -> Target:
    token = f"PVEAPIToken={facts['token_id']}={facts['token_secret']}"
    path = f"{_API}nodes/r630-01/qemu/113/pending"
    return Target(f"https://{facts['hosts'][0]}", path, ("Authorization", token), facts["ca_file"])


def _web(facts: dict[str, Any]) -> Iterator[tuple[str, Target]]:
    unifi, npm = facts["unifi"], facts["npm"]
    path = "/proxy/network/api/s/default/rest/portforward"
    yield "UniFi", Target(unifi["url"], path, ("X-API-KEY", unifi["secret"]), facts["ca_file"])
    nobody = Target(npm["url"], "/api/nginx/streams", ("X-Nobody", ""), facts["ca_file"])
    with _open(nobody) as client:
        login = client.log_in("/api/tokens", {"identity": "reader@lan.example", "secret": npm["secret"]})
    header = ("Authorization", f"Bearer {login.json()['token']}")
    yield "NPM", Target(npm["url"], nobody.path, header, facts["ca_file"])


def _open(target: Target) -> HttpClient:
    trust = tls_context.by_authority(target.ca_file, Path("/"), REMEDIES)
    client = HttpClient(target.url, trust, timedelta(seconds=30), REMEDIES)
    client.send_always(*target.header)
    return client


def _source(config: Config, facts: dict[str, Any], target: Target) -> None:
    context = SourceContext({SECRET: facts["token_secret"]}, config.root, Silent())
    path = target.path.removeprefix(_API)
    with SYSTEMS["proxmox"].connect(config.sources[0], context) as api, steps.without_cyclic_gc():
        assert sum(1 for _ in api.get_many(repeat(path, _REQUESTS))) == _REQUESTS


def _client(target: Target) -> None:
    with _open(target) as client, steps.without_cyclic_gc():
        _in_threads(lambda: client.get(target.path).json())


def _in_threads(ask: Callable[[], object]) -> None:
    def some(_: int) -> None:
        for _ in range(_REQUESTS // CONNECTIONS):
            ask()

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(some, range(CONNECTIONS)))


def _sockets(target: Target) -> None:
    """Ask over sockets that are kept open, a thread each: the least that a client can need."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda _: _socket(target), range(CONNECTIONS)))


def _socket(target: Target) -> None:
    parts = urlsplit(target.url)
    assert parts.hostname
    assert parts.port
    context = ssl.create_default_context(cafile=target.ca_file)
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    name, value = target.header
    request = f"GET {target.path} HTTP/1.1\r\nHost: {parts.hostname}\r\n{name}: {value}\r\n\r\n".encode()
    with (
        socket.create_connection((parts.hostname, parts.port)) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as tls,
    ):
        for _ in range(_REQUESTS // CONNECTIONS):
            tls.sendall(request)
            head, _, body = tls.recv(65536).partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert length, head
            while len(body) < int(length[1]):
                body += tls.recv(65536)
            orjson.loads(body)
