"""The published tree behind the real nginx and the real Caddy, with the configurations that are shipped."""

import gzip
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.processes import free_port, program, running, wait_until
from tests.publish import site
from tests.publish.test_publish import changed, put
from tests.publish.test_serve import Answer, ask

CONFIG = Path(__file__).parents[2] / "config" / "web"
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


SERVERS: dict[str, Callable[[Path, Path, int], list[str]]] = {"nginx": _nginx, "caddy": _caddy}


@pytest.fixture(scope="module", params=SERVERS)
def server(request, tmp_path_factory) -> Iterator[WebServer]:
    executable = program(request.param)
    scratch = tmp_path_factory.mktemp(request.param)
    directory = scratch / "public"
    put(directory)
    environment = {**os.environ, "HOME": str(scratch), "XDG_DATA_HOME": str(scratch)}
    with free_port() as port, (scratch / "log").open("wb") as log:
        command = [executable, *SERVERS[request.param](scratch, directory / "current", port)]
        with running(command, cwd=scratch, env=environment, stdout=log, stderr=log) as process:
            wait_until(lambda: process.poll() is not None or _answers(port), "an answer")
            assert process.poll() is None, (scratch / "log").read_text()
            yield WebServer(request.param, port, directory)
            process.terminate()


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def _safe(answer: Answer) -> None:
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert not any(character.isdigit() for character in answer.headers.get("Server", ""))


def _problem(answer: Answer, status: int) -> None:
    assert answer.status == status
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.json["type"], answer.json["status"]) == ("about:blank", status)
    assert answer.json.keys() == {"type", "title", "status", "detail"}
    _safe(answer)


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


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/index.html", "/v1/nothing", "/v1/summary/", "/v1/summary.json", "/v1/inventory"),
        *("/v2", "/.lock", "/v1/summary.json.gz", "/_problem/404"),
    ],
)
def test_what_is_not_there_is_a_problem(server, path):
    answer = ask(server, path)
    _problem(answer, 404)
    assert answer.json["detail"] == "No such document; /v1 lists all documents."


@pytest.mark.parametrize("path", ["/v1/%2e%2e/%2e%2e/.lock", "/v1/../../.lock", "/v1/..%2f..%2f.lock"])
def test_nothing_outside_the_release_is_served(server, path):
    answer = ask(server, path)
    _problem(answer, answer.status)
    assert answer.status in {400, 404}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_only_reading_is_allowed(server, method):
    answer = ask(server, "/v1/summary", method, Content_Length="0")
    _problem(answer, 405)
    assert answer.headers["Allow"] == "GET, HEAD"
    assert answer.json["detail"] == "Documents are read-only: use GET or HEAD."
    assert "Allow" not in ask(server, "/v1/summary").headers


def test_the_portal_alone_may_read_from_a_browser(server):
    portal = ask(server, "/v1/summary", Origin="https://portal.lan")
    assert portal.headers["Access-Control-Allow-Origin"] == "https://portal.lan"
    for headers in ({}, {"Origin": "https://elsewhere.example"}):
        other = ask(server, "/v1/summary", **headers).headers
        assert "Access-Control-Allow-Origin" not in other
        assert "Origin" in ",".join(other.get_all("Vary") or ()), "a cache must not give one the other's"


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
