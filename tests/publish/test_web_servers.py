"""The published tree behind the real nginx, the real Caddy (set up as in config/web) and `serve`.

tests/cases/web/requests.yaml is the table of requests; the rest is about several requests or about time.
"""

import gzip
import http.client
import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from email.message import Message
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pytest
import yaml

from reconciler.publish.documents.form import path_of
from reconciler.publish.serve.answers import PROBLEM
from tests.processes import PATIENCE
from tests.publish import site
from tests.publish.test_publish import changed, put
from tests.publish.test_serve import ask
from tests.publish.web_servers import PORTAL, SERVERS, TYPES, WebServer, check_headers, serving

TABLE = Path(__file__).parents[1] / "cases" / "web" / "requests.yaml"


class Raw(NamedTuple):
    """An answer as it came."""

    status: int
    headers: Message
    body: bytes


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory) -> Iterator[WebServer]:
    with serving(request.param, tmp_path_factory.mktemp(request.param)) as server:
        yield server


@pytest.fixture(scope="module")
def odd(server) -> WebServer:
    """The same server, with files in the release that no publish puts there."""
    secret = server.directory.parent / "secret"
    secret.mkdir()
    (secret / "x.json").write_text('"secret"')
    release = (server.directory / "current").resolve()
    root = release / "v1"
    (root / "a-link.json").symlink_to(secret / "x.json")
    (root / "a-link-to-a-folder").symlink_to(secret)
    (release / "a-link.html").symlink_to(secret / "x.json")
    (release / "assets" / "a-link.css").symlink_to(secret / "x.json")
    for folder in ("v1/a-folder.json", "v1/.folder", "a-folder.html", ".git", ".well-known", "assets/sub"):
        (release / folder).mkdir()
    for name in ("v1/.hidden.json", "v1/.folder/x.json", "v1/stray.txt", "stray.txt", ".hidden.html"):
        (release / name).write_text("{}")
    for name in (".hidden", ".git/config", ".well-known/x", "assets/.hidden.css", "assets/sub/x.css"):
        (release / name).write_text("{}")
    return server


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
    if "file" in case:
        assert answer.body == site.PLACEHOLDERS[case["file"]]
        assert answer.headers["Content-Type"] == TYPES[case["file"].rpartition(".")[2]]
    if "type" in case:
        assert answer.headers.get("Content-Type", "").startswith(case["type"])
        return
    for name, value in case.get("has", {}).items():
        assert answer.headers[name] == value
    assert not {*case.get("lacks", ())} & {*answer.headers}
    _check(answer, case)


def _check(answer: Raw, case: dict[str, Any]) -> None:
    """Check headers that belong to every answer of its status, and the body of an error."""
    line = case["send"] if isinstance(case["send"], str) else case["send"][0]
    address = line.split(" ")[1] if " " in line else ""
    document = re.match(r"(http://elsewhere)?/+v1(?![a-z0-9])", address) is not None
    page = answer.headers.get("Content-Type") == TYPES["html"] or (
        answer.status == 304 and address == "/drift"
    )
    check_headers(answer, page=page)
    if answer.status == 404 and page:
        assert not document or ".." in unquote(address)
    elif answer.status >= 400:
        assert answer.status != 404 or document or ".." in unquote(address)
        assert answer.headers["Content-Type"] == PROBLEM
        problem = {} if line.startswith("HEAD") else json.loads(answer.body)
        assert problem.keys() <= {"type", "title", "status", "detail"}
        assert not problem or (problem["type"], problem["status"]) == ("about:blank", answer.status)
    elif answer.status == 200:
        assert answer.headers["ETag"]
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Content-Type"] in TYPES.values()
        assert "Allow" not in answer.headers
    if answer.status >= 400 or answer.status == 204:
        assert answer.headers["Cache-Control"] == "no-store"


def test_every_document_is_served_at_its_route(server):
    for path, data in site.documents().items():
        answer = ask(server, "/" + path.removesuffix(".json").removesuffix("/index"))
        assert (answer.status, answer.body) == (200, data), path
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.headers["Cache-Control"] == "no-cache"
        check_headers(answer)
    assert ask(server, "/v1/").body == ask(server, "/v1").body


@pytest.mark.parametrize("route", ["/v1/summary", "/v1/feed", "/", "/drift", "/assets/script.js"])
def test_what_is_unchanged_is_not_sent_again(server, route):
    tag = ask(server, route).headers["ETag"]
    again = ask(server, route, If_None_Match=tag)
    assert (again.status, again.body) == (304, b"")
    check_headers(again, page=route in {"/", "/drift"})
    head = ask(server, route, "HEAD")
    assert (head.status, head.body, head.headers["ETag"]) == (200, b"", tag)


@pytest.mark.parametrize(
    ("route", "extension"),
    [
        ("/v1/inventory/live", "json"),
        ("/v1/feed", "atom"),
        ("/", "html"),
        ("/drift", "html"),
        ("/assets/style.css", "css"),
        ("/assets/script.js", "js"),
    ],
)
def test_who_accepts_gzip_gets_it(server, route, extension):
    plain = ask(server, route)
    packed = ask(server, route, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Type"] == TYPES[extension]
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
    with serving(name, tmp_path, hurry=True) as server:
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
