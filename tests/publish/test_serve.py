import gzip
import http.client
import json
import posixpath
import shutil
import socket
import threading
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote

import pytest

from reconciler.errors import PublishError
from reconciler.publish.documents.form import ATOM, JSON
from reconciler.publish.serve.answers import PROBLEM
from reconciler.publish.serve.server import ReleaseServer
from tests.docs.v1.examples import route_of
from tests.privileges import modes_of_files_count
from tests.processes import free_port
from tests.publish import site
from tests.publish.test_publish import SECOND, changed, names, put

SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Server": "reconciler",
}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)


def ask(server, path, method="GET", **headers):
    """The path goes out as it is: no client tidies it up."""
    host, port = server.url.removeprefix("http://").rsplit(":", 1)
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=20)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders()
        return Answer(connection.getresponse())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "public"
    put(path)
    return path


@pytest.fixture(scope="module")
def server(directory):
    with ReleaseServer(directory) as running:
        yield running


def test_every_document_is_served_at_its_route(server):
    for path, data in site.documents().items():
        answer = ask(server, route_of(path))
        assert (answer.status, answer.body) == (200, data)
        assert answer.headers["Content-Type"] == (ATOM if path.endswith(".atom") else JSON)
        assert answer.headers["Content-Length"] == str(len(data))
        assert answer.headers["Cache-Control"] == "no-cache"
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert {name: answer.headers[name] for name in SAFE_HEADERS} == SAFE_HEADERS
        assert len(answer.headers.get_all("Date")) == 1


@pytest.mark.parametrize("path", ["/v1/", "//v1", "/v1//", "/v1/.", "/v1/x/..", "/v1?x=1", "/v1/index"])
def test_the_index_has_these_addresses_too(server, path):
    assert ask(server, path).body == ask(server, "/v1").body


def test_what_is_unchanged_is_not_sent_again(server):
    first = ask(server, "/v1/summary")
    tag = first.headers["ETag"]
    assert tag.startswith('"')
    again = ask(server, "/v1/summary", If_None_Match=f'"other", {tag}')
    assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    assert ask(server, "/v1/summary", If_None_Match='"other"').status == 200
    modified = first.headers["Last-Modified"]
    assert parsedate_to_datetime(modified).timestamp() > 1_700_000_000
    assert ask(server, "/v1/summary", If_Modified_Since=modified).status == 304


def test_head_tells_what_get_would(server):
    get, head = ask(server, "/v1/summary"), ask(server, "/v1/summary", "HEAD")
    assert (head.status, head.body) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Last-Modified"):
        assert head.headers[name] == get.headers[name]


@pytest.mark.parametrize(
    ("accept", "encoded"),
    [
        ("gzip", True),
        ("br, gzip;q=0.5", True),
        ("*", True),
        ("gzip;q=0", False),
        ("br", False),
        ("identity", False),
    ],
)
def test_who_accepts_gzip_gets_it(server, accept, encoded):
    plain = ask(server, "/v1/inventory/live")
    answer = ask(server, "/v1/inventory/live", Accept_Encoding=accept)
    assert (answer.headers.get("Content-Encoding") == "gzip") is encoded
    assert (gzip.decompress(answer.body) if encoded else answer.body) == plain.body
    assert (answer.headers["ETag"] != plain.headers["ETag"]) is encoded
    assert answer.headers["Vary"] == "Accept-Encoding"


def test_a_small_document_has_no_compressed_form(server):
    assert (
        "Content-Encoding"
        not in ask(server, "/v1/inventory/nodes/pve/r630-01", Accept_Encoding="gzip").headers
    )


def problem(answer, status):
    assert answer.status == status
    assert answer.headers["Content-Type"] == PROBLEM
    assert answer.headers["Cache-Control"] == "no-store"
    assert {name: answer.headers[name] for name in SAFE_HEADERS} == SAFE_HEADERS
    assert (answer.json["type"], answer.json["status"]) == ("about:blank", status)
    assert set(answer.json) == {"type", "title", "status", "detail"}
    return answer.json


WEB = "/v1/inventory/guests/pve/101"
NOT_THERE = [
    "/v2",
    "/v1/nothing",
    "/v1/summary/",
    "/v1/inventory/",
    "/v1/inventory",
    "/v1/summary.json",
    "/v1/inventory/live.json.gz",
    "/V1/summary",
    "/v1/summary/more",
    "/v1/../../current/v1/summary",
    "/v1/..%2f..%2f..%2fetc/passwd",
    "/v1/%2e%2e/%2e%2e/.lock",
    "/v1/..\\..\\x",
    "/.lock",
    "/current/v1/summary",
    "/releases",
    "/v1/summary%00",
    "/v1/summary%0a",
    "/v1/%ff",
    "/v1/" + "x" * 300,
    "/v1/" + "a/" * 2000 + "a",
    "/v1/inventory/guests/pve/~2E.~2F",
    "/v1/inventory/guests/pve/%7E2E",
    "/v1/inventory/storages/pve/..",
]


@pytest.mark.parametrize("path", NOT_THERE, ids=lambda path: path[:40])
def test_what_is_not_there(server, directory, path):
    """A program gets a problem; outside of /v1, a person gets the page that says so."""
    answer = ask(server, path)
    if posixpath.normpath(unquote(path)).startswith("/v1"):
        assert problem(answer, 404)["title"] == "Not Found"
    else:
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
        assert answer.body == (directory / "current/404.html").read_bytes()


def test_a_name_too_long_for_a_file_is_not_there(server):
    problem(ask(server, "/v1/" + "x" * 251), 404)


def test_nothing_of_a_request_is_repeated(server):
    answer = ask(server, "/v1/<script>alert(1)</script>?<b>")
    assert b"script" not in answer.body


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"])
def test_only_reading_is_allowed(server, method):
    answer = ask(server, "/v1/summary", method, Content_Length="0")
    assert problem(answer, 405)["title"] == "Method Not Allowed"
    assert answer.headers["Allow"] == "GET, HEAD"


def test_what_is_not_http_gets_a_problem_as_well(server):
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as raw:
        raw.sendall(b"GET /v1 HTTP/1.1\r\n" + b'X: "<b>\x01\r\n' * 200 + b"\r\n")
        with raw.makefile("rb") as file:
            head, body = file.read().split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 431 ")
    assert PROBLEM.encode() in head
    assert json.loads(body)["status"] == 431


def test_a_link_out_of_the_release_is_never_followed(tmp_path):
    secret = tmp_path / "secret"
    (secret / "v1").mkdir(parents=True)
    (secret / "x.json").write_text('"secret"')
    release = put(tmp_path / "public").release
    (release / "v1/leak.json").symlink_to(secret / "x.json")
    (release / "v1/out").symlink_to(secret)
    (release / "v1/folder.json").mkdir()
    with ReleaseServer(tmp_path / "public") as server:
        problem(ask(server, "/v1/leak"), 403)
        assert ask(server, "/v1/out/x").status in {403, 404}
        problem(ask(server, "/v1/folder"), 403)
        (tmp_path / "public/current").unlink()
        (tmp_path / "public/current").symlink_to(secret)
        assert problem(ask(server, "/v1/x"), 404)["detail"] == "Nothing is published yet."


def test_before_the_first_publish_it_says_so(tmp_path):
    with ReleaseServer(tmp_path / "public") as server:
        assert problem(ask(server, "/v1"), 404)["detail"] == "Nothing is published yet."
        put(tmp_path / "public")
        assert ask(server, "/v1").status == 200


def test_a_switch_is_seen_at_once(tmp_path):
    put(tmp_path)
    with ReleaseServer(tmp_path) as server:
        tags = {
            name: ask(server, f"/v1/{name}").headers["ETag"]
            for name in ("summary", "inventory/nodes/pve/r630-01")
        }
        put(tmp_path, changed())
        for name, tag in tags.items():
            fresh = ask(server, f"/v1/{name}", If_None_Match=tag)
            assert fresh.status == (200 if name == "summary" else 304)
        assert ask(server, "/v1/summary").json["run_id"] == SECOND


def test_readers_during_switches_see_whole_documents_only(tmp_path):
    """Fifty switches that keep one release, so that the release being read is removed under the reader."""
    put(tmp_path)
    stop = threading.Event()
    seen, wrong = set(), []

    def read(encoding):
        while not stop.is_set():
            answer = ask(server, "/v1/inventory/guests", Accept_Encoding=encoding)
            if answer.status != 200:
                wrong.append((answer.status, answer.body))
                continue
            plain = gzip.decompress(answer.body) if "Content-Encoding" in answer.headers else answer.body
            document = json.loads(plain)
            memory = next(
                row["fields"]["memory"] for row in document["data"]["resources"] if row["link"] == WEB
            )
            if document["run_id"] != site.run().id and int(document["run_id"][-6:], 16) != memory:
                wrong.append(document["run_id"])
            seen.add(document["run_id"])

    with ReleaseServer(tmp_path) as server:
        readers = [threading.Thread(target=read, args=(encoding,)) for encoding in ("gzip", "identity")]
        for reader in readers:
            reader.start()
        try:
            for number in range(50):
                put(tmp_path, changed(f"20261124T0000{number:02}Z-{number:06x}", memory=number), keep=1)
        finally:
            stop.set()
            for reader in readers:
                reader.join(timeout=30)
    assert wrong == []
    assert len(seen) > 5
    assert len(names(tmp_path)) == 1


def test_it_stops_cleanly(directory):
    with free_port() as port:
        with ReleaseServer(directory, port=port) as server:
            assert ask(server, "/v1").status == 200
            threads = threading.active_count()
        assert threading.active_count() < threads
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), timeout=5)
        with ReleaseServer(directory, port=port) as again:
            assert ask(again, "/v1").status == 200


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
def test_ipv6_addresses_are_served(directory):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("no IPv6 loopback here")
    with ReleaseServer(directory, "::1") as server:
        assert server.url.startswith("http://[::1]:")
        assert ask(server, "/v1").status == 200


def test_an_address_that_is_taken_is_one_line(directory, server):
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(PublishError, match=f"^127.0.0.1:{port}: cannot be listened on: .*; choose another"):
        ReleaseServer(directory, port=port).__enter__()
    with pytest.raises(PublishError, match="choose another --host or --port"):
        ReleaseServer(directory, port=70000).__enter__()


def test_a_document_that_may_not_be_read(tmp_path):
    release = put(tmp_path).release
    shutil.copy(release / "v1/summary.json", release / "v1/closed.json")
    (release / "v1/closed.json").chmod(0)
    with modes_of_files_count(), ReleaseServer(tmp_path) as server:
        problem(ask(server, "/v1/closed"), 403)
        assert ask(server, "/v1/summary").status == 200


def test_nothing_outside_the_directory_is_touched_by_serving(directory, server):
    before = sorted(map(str, Path(directory).parent.rglob("*")))
    ask(server, "/v1/summary")
    assert sorted(map(str, Path(directory).parent.rglob("*"))) == before
