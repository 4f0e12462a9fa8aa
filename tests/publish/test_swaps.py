"""Readers through a real web server while releases follow each other: no read is torn, missing or mixed."""

import gzip
import threading
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from reconciler.publish import release
from tests.publish.test_publish import changed, names, put
from tests.publish.test_serve import ask
from tests.publish.web_servers import CONFIGURED, serving_folder

SWAPS = 1000
PUBLISH_EACH = 20
"""Every so many swaps a run is published; the others go to and fro between the releases that are kept."""
KEEP = 3
FILES = {
    "/v1/summary": "v1/summary.json",
    "/v1/inventory/guests": "v1/inventory/guests.json",
    "/v1/inventory/guests/pve/101": "v1/inventory/guests/pve/101.json",
    "/v1/manifest": "v1/manifest.json",
    "/": "index.html",
    "/assets/script.js": "assets/script.js",
}
START = datetime(2026, 11, 24, tzinfo=UTC)


class Readers:
    """Two clients that ask for one file after the other until they are told to stop."""

    def __init__(self, server):
        self.server = server
        self.stop = threading.Event()
        self.seen: set[tuple[str, str]] = set()
        """Route and SHA-256 of every answer."""
        self.wrong: list[object] = []
        self.count = 0
        self.threads = [threading.Thread(target=self._read, args=(each,)) for each in ("gzip", "identity")]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error):
        self.stop.set()
        for thread in self.threads:
            thread.join(timeout=30)

    def _read(self, encoding):
        while not self.stop.is_set():
            for route in FILES:
                try:
                    self._one(route, encoding)
                except Exception as error:  # noqa: BLE001  whatever it is
                    self.wrong.append((route, encoding, error))

    def _one(self, route, encoding):
        answer = ask(self.server, route, Accept_Encoding=encoding)
        self.count += 1
        length = answer.headers.get("Content-Length", len(answer.body))  # in chunks, there is none
        if answer.status != 200 or int(length) != len(answer.body):
            self.wrong.append((route, encoding, answer.status, len(answer.body)))
            return
        body = gzip.decompress(answer.body) if "Content-Encoding" in answer.headers else answer.body
        self.seen.add((route, sha256(body).hexdigest()))


def published(directory, number):
    """Publish a run whose documents all differ from those before; return what readers may have of it."""
    moment = START + timedelta(seconds=number)
    run = f"{moment:%Y%m%dT%H%M%SZ}-{number:06x}"
    built = put(directory, changed(run, memory=number), keep=KEEP).release
    return {(route, sha256((built / file).read_bytes()).hexdigest()) for route, file in FILES.items()}


@pytest.mark.parametrize("name", CONFIGURED)
def test_readers_during_a_thousand_swaps(tmp_path, name):
    directory = tmp_path / "public"
    known = published(directory, 0)
    with serving_folder(name, tmp_path, directory) as server, Readers(server) as readers:
        for number in range(1, SWAPS):
            if number % PUBLISH_EACH:
                kept = names(directory)
                release.switch(directory, kept[number % len(kept)])
            else:
                known |= published(directory, number)
    assert readers.wrong == []
    assert readers.seen <= known, "a file that no release has"
    assert len({digest for route, digest in readers.seen if route == "/v1/summary"}) > 10
    assert readers.count > 200
