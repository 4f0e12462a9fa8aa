"""Readers of the published tree through real web servers, for as long as releases come and go."""

import http.client
import json
import os
import random
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Self

from tests.processes import free_port, program, running, wait_until
from tests.publish.web_servers import CONFIGURED

_ROUTES = (
    "/v1",
    "/v1/summary",
    "/v1/health",
    "/v1/inventory/live",
    "/v1/inventory/guests",
    "/v1/inventory/guests/pve/113",
)
_PAUSE = 0.02


class Readers:
    """A thread per server that asks for documents; each answer must be one whole document."""

    def __init__(self, ports: dict[str, int], seed: int) -> None:
        self.counts: Counter[str] = Counter()
        self.violations: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._read, args=(name, port, random.Random(seed)), daemon=True)
            for name, port in ports.items()
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _read(self, name: str, port: int, rng: random.Random) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        while not self._stop.is_set():
            route = rng.choice(_ROUTES)
            try:
                connection.request("GET", route)
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self.violations.append(f"{name} {route}: {type(error).__name__}: {error}")
                time.sleep(1)
                continue
            self.counts[f"reads through {name}"] += 1
            if answer.status != 200:
                self.violations.append(f"{name} {route}: {answer.status} {body[:200]!r}")
            else:
                try:
                    json.loads(body)
                except ValueError:
                    self.violations.append(f"{name} {route}: torn: {body[-100:]!r}")
            time.sleep(_PAUSE)
        connection.close()


@contextmanager
def reading(root: Path, scratch: Path, seed: int) -> Iterator[Readers]:
    """Serve a tree with nginx and Caddy, and read it."""
    with ExitStack() as stack:
        ports: dict[str, int] = {}
        for name, arguments in CONFIGURED.items():
            folder = scratch / name
            folder.mkdir()
            port = stack.enter_context(free_port())
            log = stack.enter_context((folder / "log").open("wb"))
            environment = {**os.environ, "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
            command = [program(name), *arguments(folder, root, port)]
            process = stack.enter_context(
                running(command, cwd=folder, env=environment, stdout=log, stderr=log)
            )
            wait_until(partial(_is_up, process, port), name)
            assert process.poll() is None, (folder / "log").read_text()
            ports[name] = port
        yield stack.enter_context(Readers(ports, seed))


def _is_up(process: "subprocess.Popen[bytes]", port: int) -> bool:
    return process.poll() is not None or _answers(port)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/v1")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()
