"""Steps that wait for others: start-up and collect."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from proxmoxer.core import ProxmoxResource

from reconciler.collectors.collect import begin
from reconciler.config.file import Config
from reconciler.jobs import steps
from reconciler.lab import Lab
from reconciler.model.progress import Silent
from reconciler.model.snapshot import Snapshot
from tests.bench import client
from tests.bench.client import CONNECTIONS
from tests.bench.measure import Ratio, median, peak
from tests.bench.site import SECRET, configure, lab
from tests.lab.client import Session, trusting

IMPORTS = (
    "from reconciler.cli.main import collect_rarely; collect_rarely();"
    " import reconciler.cli.run, reconciler.jobs.run, reconciler.record, reconciler.publish,"
    " reconciler.collectors.proxmox.connection.client,"
    " reconciler.collectors.unifi.connection.client, reconciler.collectors.npm.connection.client"
)
"""As the command does it."""
_HELP = ("-m", "reconciler", "--help")


def start() -> Iterator[Ratio]:
    """`--help`, and all that a job imports, against a bare interpreter.

    The modules are compiled, as pip does when it installs them, whatever PYTHONDONTWRITEBYTECODE says here.
    """
    with tempfile.TemporaryDirectory() as compiled:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": compiled}
        steps = {"a bare interpreter": ("-c", "pass"), "--help": _HELP, "imports": ("-c", IMPORTS)}
        took = {}
        for name, arguments in steps.items():
            command = partial(_python, environment, *arguments)
            command()
            took[name] = median(command, repeat=9)
    bare = took["a bare interpreter"]
    yield Ratio("start: reconciler --help", 0, took["--help"], bare, 4, "python")
    yield Ratio("start: a job's imports", 0, took["imports"], bare, 20, "python")


def _python(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)


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
        config = configure(directory, facts, connections=CONNECTIONS)
        yield from client.budgets(config, facts, guests)


def against_proxmoxer(directory: Path, guests: int) -> Iterator[Ratio]:
    """One request of a whole collect without latency, against one of a loop that reads configurations.

    The loop is proxmoxer and nothing more; with 8 threads it is what such loops become.
    """
    asked = requests_of_a_run(directory, guests)
    with lab(guests) as facts:
        config = configure(directory, facts, connections=CONNECTIONS)
        ours = _timed(config, facts, time.perf_counter) / asked
        loop, threads = _proxmoxer(facts, 1) / guests, _proxmoxer(facts, CONNECTIONS) / guests
        yield Ratio("collect: a request, against a proxmoxer loop", guests, ours, loop, 2, "loop", _FAIR)
        yield Ratio("collect: a request, against 8 threads of it", guests, ours, threads, 2, "threads", ())
        code = f"from tests.bench import io; io.print_peak({str(directory)!r}, {facts!r})"
        told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
        yield Ratio("collect: peak memory", guests, float(told), 1, 120, "MB", _FAIR)


_FAIR = (2000,)
"""Guests at which these budgets are stated."""


def _proxmoxer(facts: dict[str, Any], threads: int) -> float:
    """Seconds that reading each guest's configuration takes, with a client for each thread."""
    mine = threading.local()
    token = f"PVEAPIToken={facts['token_id']}={facts['token_secret']}"

    def connect() -> Any:
        if not hasattr(mine, "api"):
            session = Session(trusting(facts["ca_file"]), token)
            url = f"https://{facts['hosts'][0]}/api2/json"
            mine.api = ProxmoxResource(base_url=url, session=session, serializer=session)
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
    _timed(configure(Path(directory), facts, connections=CONNECTIONS), facts, time.perf_counter)
    print(peak())


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
