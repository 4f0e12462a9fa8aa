"""The published tree behind the real nginx, the real Caddy (set up as in config/web) and `serve`.

tests/cases/web/requests.yaml is the table of requests; the rest is about several requests or about time.
"""

import gzip
import http.client
import json
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from reconciler.publish.documents.form import path_of
from reconciler.publish.serve.answers import PROBLEM
from reconciler.publish.serve.connections import Limits
from reconciler.publish.serve.server import ReleaseServer
from tests.processes import PATIENCE, free_port, program, running, wait_until
from tests.publish import site
from tests.publish.test_publish import changed, put
from tests.publish.test_serve import Answer, ask

CONFIG = Path(__file__).parents[2] / "config" / "web"
TABLE = Path(__file__).parents[1] / "cases" / "web" / "requests.yaml"
ROOT = "/srv/drift/public/current"
NGINX = """\
daemon off; master_process off; {user}
pid {scratch}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy; fastcgi_temp_path {scratch}/fcgi;
    uwsgi_temp_path {scratch}/uwsgi; scgi_temp_path {scratch}/scgi;
    include {site};
}}
"""


class Raw(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Message
    body: bytes


class WebServer:
    """A running server; `url` is what `ask` wants of it."""

    def __init__(self, name: str, port: int, directory: Path) -> None:
        self.name, self.directory = name, directory
        self.url = f"http://127.0.0.1:{port}"


def _changed(name: str, *changes: tuple[str, str]) -> str:
    """A shipped configuration with what it says is to be changed."""
    text = (CONFIG / name).read_text()
    for old, new in changes:
        assert text.count(old) == 1, f"{name} has not once {old!r}"
        text = text.replace(old, new)
    return text


def _nginx(scratch: Path, root: Path, port: int) -> list[str]:
    config = scratch / "site.conf"
    config.write_text(
        _changed(
            "nginx.conf",
            (f"root {ROOT};", f"root {root};"),
            ("listen 8080;", f"listen 127.0.0.1:{port};"),
        )
    )
    user = "user root;" if os.geteuid() == 0 else ""
    (scratch / "nginx.conf").write_text(NGINX.format(user=user, scratch=scratch, site=config))
    return ["-e", "stderr", "-p", str(scratch), "-c", str(scratch / "nginx.conf")]


def _caddy(scratch: Path, root: Path, port: int) -> list[str]:
    config = scratch / "Caddyfile"
    config.write_text(
        _changed(
            "Caddyfile",
            (f"root * {ROOT}", f"root * {root}"),
            ("http://:8080 {", f"http://:{port} {{\n\tbind 127.0.0.1"),
        )
    )
    return ["run", "--adapter", "caddyfile", "--config", str(config)]


CONFIGURED: dict[str, Callable[[Path, Path, int], list[str]]] = {"nginx": _nginx, "caddy": _caddy}
SERVERS = (*CONFIGURED, "serve")
PORTAL = "https://portal.lan"


@contextmanager
def _serving(name: str, scratch: Path, *, hurry: bool = False) -> Iterator[WebServer]:
    """Run a server over a new publish folder; with `hurry`, the head of a request may take a second."""
    directory = scratch / "public"
    put(directory)
    if name == "serve":
        limits = Limits(head=1.0) if hurry else Limits()
        with ReleaseServer(directory, origins=[PORTAL], limits=limits) as server:
            yield WebServer(name, int(server.url.rsplit(":", 1)[1]), directory)
        return
    executable = program(name)
    environment = {**os.environ, "HOME": str(scratch), "XDG_DATA_HOME": str(scratch)}
    with free_port() as port, (scratch / "log").open("wb") as log:
        command = [executable, *CONFIGURED[name](scratch, directory / "current", port)]
        if hurry:
            _hurry(scratch)
        with running(command, cwd=scratch, env=environment, stdout=log, stderr=log) as process:
            wait_until(lambda: process.poll() is not None or _answers(port), "an answer")
            assert process.poll() is None, (scratch / "log").read_text()
            yield WebServer(name, port, directory)
            process.terminate()


def _hurry(scratch: Path) -> None:
    for file in (scratch / "site.conf", scratch / "Caddyfile"):
        if file.exists():
            text, count = re.subn(r"(client_header_timeout|read_header) 10s", r"\1 1s", file.read_text())
            assert count == 1
            file.write_text(text)


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory) -> Iterator[WebServer]:
    with _serving(request.param, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture(scope="module")
def odd(server) -> WebServer:
    """The same server, with files in the release that no publish puts there."""
    secret = server.directory.parent / "secret"
    secret.mkdir()
    (secret / "x.json").write_text('"secret"')
    root = (server.directory / "current").resolve() / "v1"
    (root / "a-link.json").symlink_to(secret / "x.json")
    (root / "a-link-to-a-folder").symlink_to(secret)
    (root / "a-folder.json").mkdir()
    (root / ".folder").mkdir()
    for name in (".hidden.json", ".folder/x.json", "stray.txt"):
        (root / name).write_text("{}")
    return server


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def _safe(answer: Answer | Raw) -> None:
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert not any(character.isdigit() for character in answer.headers.get("Server", ""))


def send(server: WebServer, data: bytes) -> Raw:
    """Send bytes and read the answer; the client ends the connection when it has the body."""
    port = int(server.url.rsplit(":", 1)[1])
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        with suppress(ConnectionError):
            connection.sendall(data)
        response = http.client.HTTPResponse(connection, method=data.split(b" ")[0].decode("latin-1"))
        response.begin()
        return Raw(response.status, response.headers, response.read())


def written(case: dict[str, Any]) -> bytes:
    """The bytes of a request of the table."""
    lines = [case["send"]] if isinstance(case["send"], str) else [*case["send"]]
    if not case.get("raw"):
        lines[1:1] = ["Host: lan.example", "Connection: close"]
    text = "".join(f"{line}\r\n" for line in lines) + "\r\n"
    return re.sub(r"<x\*(\d+)>", lambda match: "x" * int(match[1]), text).encode("latin-1")


REQUESTS = [
    pytest.param(case, id=f"{title}: {case['send']}"[:90])
    for title, cases in yaml.safe_load(TABLE.read_text()).items()
    for case in cases
]


@pytest.mark.parametrize("case", REQUESTS)
def test_request(odd, case):
    case = {**case, **case.get(odd.name, {})}
    answer = send(odd, written(case))
    statuses = case["status"] if isinstance(case["status"], list) else [case["status"]]
    assert answer.status in statuses, answer.body[:200]
    assert b"secret" not in answer.body or odd.name == "caddy"
    if "as" in case:
        assert answer.body == site.documents()[f"{path_of(case['as'])}"]
    if "type" in case:
        assert answer.headers["Content-Type"].startswith(case["type"])
        return
    _safe(answer)
    for name, value in case.get("has", {}).items():
        assert answer.headers[name] == value
    assert not {*case.get("lacks", ())} & {*answer.headers}
    if answer.status >= 400:
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.headers["Cache-Control"] == "no-store"
        problem = {} if case["send"][0:4] == "HEAD" else json.loads(answer.body)
        assert problem.keys() <= {"type", "title", "status", "detail"}
        assert not problem or (problem["type"], problem["status"]) == ("about:blank", answer.status)
    elif answer.status == 200:
        assert answer.headers["Content-Type"] == "application/json"
        assert "Allow" not in answer.headers


def test_every_document_is_served_at_its_route(server):
    for path, data in site.documents().items():
        answer = ask(server, "/" + path.removesuffix(".json").removesuffix("/index"))
        assert (answer.status, answer.body) == (200, data), path
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-cache"
        _safe(answer)
    assert ask(server, "/v1/").body == ask(server, "/v1").body


def test_what_is_unchanged_is_not_sent_again(server):
    tag = ask(server, "/v1/summary").headers["ETag"]
    again = ask(server, "/v1/summary", If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")
    head = ask(server, "/v1/summary", "HEAD")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", tag)


def test_who_accepts_gzip_gets_it(server):
    plain = ask(server, "/v1/inventory/live")
    packed = ask(server, "/v1/inventory/live", Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == "application/json"
    assert gzip.decompress(packed.body) == plain.body
    assert "Accept-Encoding" in ",".join(packed.headers.get_all("Vary"))


def test_a_cache_keeps_the_answers_for_two_origins_apart(server):
    for headers in ({}, {"Origin": PORTAL}, {"Origin": "https://elsewhere.example"}):
        answer = ask(server, "/v1/summary", **headers)
        assert "Origin" in ",".join(answer.headers.get_all("Vary") or ())


@pytest.mark.parametrize("name", SERVERS)
def test_a_request_that_trickles_in_ends(name, tmp_path):
    """Each byte comes in time, and the head never ends: the limit is for all of it."""
    start = time.monotonic()
    with _serving(name, tmp_path, hurry=True) as server:
        port = int(server.url.rsplit(":", 1)[1])
        with socket.create_connection(("127.0.0.1", port), timeout=0.2) as connection:
            connection.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nX: ")
            answer = b""
            while time.monotonic() - start < PATIENCE:
                with suppress(ConnectionError):
                    connection.sendall(b"x")
                try:
                    piece = connection.recv(4096)
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
                if not piece:
                    break
                answer += piece
            assert time.monotonic() - start < PATIENCE
        assert not answer or b"408" in answer.partition(b"\r\n")[0]
        assert not answer or PROBLEM.encode() in answer
        assert ask(server, "/v1").status == 200


def test_a_switch_is_seen_at_once_and_an_old_tag_is_no_longer_good(server):
    path = "/v1/summary"
    before = ask(server, path)
    put(server.directory, changed())
    try:
        after = ask(server, path, If_None_Match=before.headers["ETag"])
        assert after.status == 200
        assert after.body != before.body
    finally:
        put(server.directory, site.recorded("20261125T000000Z-000000"))
