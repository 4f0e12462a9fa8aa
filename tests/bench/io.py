"""Steps that wait for others: start-up and collect."""

import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import Any

import orjson
from proxmoxer import ProxmoxAPI

from reconciler.collectors.collect import begin
from reconciler.config.file import Config
from reconciler.jobs import steps
from reconciler.kinds import SYSTEMS
from reconciler.lab import Lab
from reconciler.model.progress import Silent
from reconciler.model.snapshot import Snapshot
from reconciler.model.system import SourceContext
from tests.bench.measure import Ratio, median, peak
from tests.bench.site import SECRET, configure, lab

IMPORTS = (
    "import reconciler.jobs.run, reconciler.record, reconciler.publish,"
    " reconciler.collectors.proxmox.connection.client,"
    " reconciler.collectors.unifi.connection.client, reconciler.collectors.npm.connection.client"
)


def start() -> Iterator[Ratio]:
    """`--help`, and all that a job imports, against a bare interpreter."""
    bare = median(lambda: _python("-c", "pass"), repeat=9)
    yield Ratio(
        "start: reconciler --help",
        0,
        median(lambda: _python("-m", "reconciler", "--help"), 9),
        bare,
        6,
        "python",
    )
    yield Ratio("start: a job's imports", 0, median(lambda: _python("-c", IMPORTS), 9), bare, 25, "python")


def _python(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)


def collect(directory: Path, guests: int) -> Iterator[Ratio]:
    """A whole collect at 30 ms an answer, and the CPU of a request at 5 ms, both with 8 connections.

    Without any latency threads would rarely wait, and neither client would pay for waking up.
    """
    asked = requests_of_a_run(directory, guests)
    with lab(guests, 30) as facts:
        took = _timed(configure(directory, facts, connections=8), facts, time.perf_counter)
        yield Ratio(
            f"collect: wall of {asked} requests x 30 ms / 8", guests, took, asked * 0.03 / 8, 1.3, "floor"
        )
        took = _timed(configure(directory, facts, connections=8, whole=True), facts, time.perf_counter)
        step = "collect: the same with UniFi and NPM beside"
        yield Ratio(step, guests, took, asked * 0.03 / 8, 1.3, "floor")
    with lab(guests, 5) as facts:
        config = configure(directory, facts, connections=_CONNECTIONS)
        client = median(lambda: client_cpu(config, facts), repeat=3, clock=time.process_time)
        raw = median(lambda: raw_socket(facts), repeat=3, clock=time.process_time)
        step = "collect: client CPU of a request"
        yield Ratio(step, guests, client / _REQUESTS, raw / _REQUESTS, 12, "raw socket")


def against_proxmoxer(directory: Path, guests: int) -> Iterator[Ratio]:
    """A whole collect without latency, against loops over proxmoxer that read nothing but the configurations.

    The loop is what everybody writes first; the one with 8 threads is what it becomes.
    """
    with lab(guests) as facts:
        config = configure(directory, facts, connections=_CONNECTIONS)
        ours = _timed(config, facts, time.perf_counter)
        loop, threads = _proxmoxer(facts, 1), _proxmoxer(facts, _CONNECTIONS)
        yield Ratio("collect: wall, against a proxmoxer loop", guests, ours, loop, 1, "loop", _FAIR)
        yield Ratio("collect: wall, against 8 threads of it", guests, ours, threads, 2, "threads", ())
        code = f"from tests.bench import io; io.print_peak({str(directory)!r}, {facts!r})"
        told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        yield Ratio("collect: peak memory", guests, float(told), 1, 120, "MB", _FAIR)


_FAIR = (2000,)
"""Guests at which these budgets are stated."""


def _proxmoxer(facts: dict[str, Any], threads: int) -> float:
    """Seconds that reading each guest's configuration takes, with a client for each thread."""
    host, port = facts["hosts"][0].split(":")
    user, token = facts["token_id"].split("!")
    mine = threading.local()

    def connect() -> Any:
        if not hasattr(mine, "api"):
            mine.api = ProxmoxAPI(
                host,
                port=int(port),
                user=user,
                token_name=token,
                token_value=facts["token_secret"],
                verify_ssl=facts["ca_file"],
                timeout=30,
            )
        return mine.api

    def config_of(row: dict[str, Any]) -> Any:
        return connect().get(f"nodes/{row['node']}/{row['id']}/config")

    began = time.perf_counter()
    rows = connect().get("cluster/resources", type="vm")
    with ThreadPoolExecutor(threads) as pool:
        read = list(pool.map(config_of, rows) if threads > 1 else map(config_of, rows))
    assert all(read)
    return time.perf_counter() - began


def print_peak(directory: str, facts: dict[str, Any]) -> None:
    """Collect in a process of its own, and print the most memory that it had, in MB."""
    _timed(configure(Path(directory), facts, connections=_CONNECTIONS), facts, time.perf_counter)
    print(peak())


_CONNECTIONS = 8
_REQUESTS = 2000
"""Of one guest: what differs between guests is not the client's."""
_PATH = "nodes/r630-01/qemu/113/pending"


def client_cpu(config: Config, facts: dict[str, Any]) -> None:
    """Requests as a collector makes them, answers parsed and nothing more."""
    context = SourceContext({SECRET: facts["token_secret"]}, config.root, Silent())
    with SYSTEMS["proxmox"].connect(config.sources[0], context) as api, steps.without_cyclic_gc():
        assert sum(1 for _ in api.get_many(repeat(_PATH, _REQUESTS))) == _REQUESTS


def requests_of_a_run(directory: Path, guests: int) -> int:
    """How many requests one run makes, counted by the lab."""
    with Lab(guests=guests) as counted:
        facts = {"hosts": counted.hosts, "token_id": counted.token_id, "ca_file": counted.ca_file}
        config = configure(directory, facts)
        _collect(config, {SECRET: counted.token_secret})
        return counted.requests.total()


def snapshot(directory: Path, guests: int) -> tuple[Config, Snapshot]:
    """What one run reads from a site of that many guests."""
    with lab(guests) as facts:
        config = configure(directory, facts)
        return config, _collect(config, _secrets(facts))


def _secrets(facts: dict[str, Any]) -> dict[str, str]:
    """What the references in the configuration stand for."""
    beside = {"UNIFI_API_KEY": facts["unifi"]["secret"], "NPM_PASSWORD": facts["npm"]["secret"]}
    return {SECRET: facts["token_secret"], **beside}


def _collect(config: Config, secrets: dict[str, str]) -> Snapshot:
    facts = begin(config, steps.now())
    snapshot = steps.collect(config, secrets, Silent(), facts)
    assert all(source.status == "complete" for source in snapshot.run.sources.values())
    return snapshot


def _timed(config: Config, facts: dict[str, Any], clock: Callable[[], float]) -> float:
    with steps.without_cyclic_gc():
        begin = clock()
        _collect(config, _secrets(facts))
        return clock() - begin


def raw_socket(facts: dict[str, Any]) -> None:
    """The same over bare TLS sockets that are kept open, a thread each: the least that a client can need."""
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        list(pool.map(lambda _: _ask(facts, _REQUESTS // _CONNECTIONS), range(_CONNECTIONS)))


def _ask(facts: dict[str, Any], count: int) -> None:
    host, port = facts["hosts"][0].split(":")
    context = ssl.create_default_context(cafile=facts["ca_file"])
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    request = (
        f"GET /api2/json/{_PATH} HTTP/1.1\r\nHost: {host}\r\n"
        f"Authorization: PVEAPIToken={facts['token_id']}={facts['token_secret']}\r\n\r\n"
    ).encode()
    with (
        socket.create_connection((host, int(port))) as plain,
        context.wrap_socket(plain, server_hostname=host) as tls,
    ):
        for _ in range(count):
            tls.sendall(request)
            head, _, body = tls.recv(65536).partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            assert length, head
            while len(body) < int(length[1]):
                body += tls.recv(65536)
            orjson.loads(body)
