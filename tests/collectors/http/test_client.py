"""The one HTTP client, against servers that answer what a test wants."""

import gzip
import json
import logging
import socket
import subprocess
import sys
import threading
import time

import pytest

from reconciler.collectors.http import client as client_module
from reconciler.collectors.http import connection as connection_module
from reconciler.collectors.http import response as response_module
from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.probe import probe
from reconciler.collectors.http.settings import WebSettings
from reconciler.errors import SourceError
from tests.collectors.http.clients import REMEDIES, of_host, of_stub
from tests.collectors.http.stub import Reply, read_request, serve, talk

SECRET = "5ecret-5ecret"


def test_an_answer_comes_whole_whatever_its_status(folder):
    with serve(lambda path: Reply(b'{"at":"%s"}' % path.encode(), 418, "I'm odd"), folder) as stub:
        with of_stub(stub) as client:
            answer = client.get("/a", {"b": 1, "c": "d e&f"}, {"X-More": "y"})
        assert (answer.status, answer.reason) == (418, "I'm odd")
        assert answer.json() == {"at": "/a?b=1&c=d+e%26f"}
    ((method, _, headers),) = stub.seen
    assert method == "GET"
    assert headers == {
        "Host": stub.host,
        "Accept": "application/json",
        "Accept-Encoding": "gzip",
        "User-Agent": "reconciler",
        "X-More": "y",
    }


@pytest.mark.parametrize("status", [201, 202, 203, 206, 226])
def test_a_part_of_an_answer_is_never_taken_for_the_whole(folder, status, pauses):
    def answer(_path: str) -> Reply:
        return Reply(b'{"data":[]}', status, headers={"Content-Range": "bytes 0-10/4000"})

    with serve(answer, folder) as stub, of_stub(stub) as client:
        with pytest.raises(IncompleteResponse, match=f"has status {status}, so it may be incomplete"):
            client.get("/list")
        assert len(stub.seen) > 1, "it may be whole next time"


def test_a_path_is_sent_as_it_is_and_never_breaks_a_request(folder):
    with serve(lambda path: Reply(json.dumps(path).encode()), folder) as stub, of_stub(stub) as client:
        for path in ("/a%2Fb/c:d@e?f=g&h", "/~x+y"):
            assert client.get(path).json() == path
        assert client.get("/a b\r\nX: y").json() == "/a%20b%0D%0AX:%20y"
        assert client.get("/\N{SNOWMAN}\ud800").json() == "/%E2%98%83?"


def test_what_is_always_sent_and_the_one_post(folder):
    with serve(lambda _: Reply(b"{}"), folder) as stub, of_stub(stub) as client:
        client.send_always("Authorization", f"Bearer {SECRET}")
        client.get("/")
        client.log_in("/login", {"username": "a"})
        client.log_out("/logout", {"X-CSRF-Token": "t"})
        assert client.secrets == (SECRET,)
    assert [(method, path) for method, path, _ in stub.seen] == [
        ("GET", "/"),
        ("POST", "/login"),
        ("POST", "/logout"),
    ]
    assert {headers["Authorization"] for _, _, headers in stub.seen} == {f"Bearer {SECRET}"}
    assert stub.seen[1][2]["Content-Type"] == "application/json"
    assert stub.seen[1][2]["Content-Length"] == str(len('{"username": "a"}'))
    assert stub.seen[2][2]["X-CSRF-Token"] == "t"


def test_a_redirect_is_an_answer(folder):
    reply = Reply(b"", 302, headers={"Location": "https://elsewhere.example/"})
    with serve(lambda _: reply, folder) as stub, of_stub(stub) as client:
        assert client.get("/").redirect_target == "https://elsewhere.example/"
        assert len(stub.seen) == 1


def test_cookies_of_a_login_are_sent_back(folder):
    replies = [
        Reply(b"{}", cookies=("TOKEN=a.b=c; Path=/; Secure; HttpOnly", "csrf=x")),
        Reply(b"{}"),
        Reply(b"{}", cookies=("csrf=; Max-Age=0",)),
        Reply(b"{}"),
    ]
    with serve(lambda _: replies.pop(0), folder) as stub, of_stub(stub) as client:
        assert client.cookies.cookie_names == frozenset()
        client.log_in("/login", {})
        assert client.cookies.cookie_names == {"TOKEN", "csrf"}
        assert client.secrets == ("a.b=c", "x")
        for _ in range(3):
            client.get("/")
    assert [headers.get("Cookie") for _, _, headers in stub.seen] == [
        None,
        "TOKEN=a.b=c; csrf=x",
        "TOKEN=a.b=c; csrf=x",
        "TOKEN=a.b=c",
    ]


def test_connections_are_kept_but_after_an_error(folder):
    replies = {"/good": Reply(b"{}"), "/bad": Reply(b"", 500)}
    with serve(replies.__getitem__, folder) as stub, of_stub(stub) as client:
        for _ in range(3):
            client.get("/good")
        assert len(stub.connections) == 1
        for _ in range(2):
            client.get("/bad")
        client.get("/good")
        assert len(stub.connections) == 3


def test_a_client_that_is_closed_keeps_no_connection(folder):
    """Whoever ends a run may close it while another thread still asks."""
    asked, may_answer = threading.Event(), threading.Event()

    def answer(_path: str) -> Reply:
        asked.set()
        may_answer.wait(5)
        return Reply(b"{}")

    with serve(answer, folder) as stub, of_stub(stub) as client:
        thread = threading.Thread(target=client.get, args=("/",))
        thread.start()
        assert asked.wait(5)
        client.close()
        may_answer.set()
        thread.join()
        assert not client._idle


@pytest.mark.parametrize("chunks", [[b"[1,", b"2]"], [b"[1,2]"]])
def test_an_answer_in_chunks(chunks):
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    def conversation(connection: socket.socket) -> None:
        for _ in range(2):
            read_request(connection)
            connection.sendall(head + body)

    with talk(conversation) as host, of_host(host) as client:
        assert [client.get("/").json() for _ in range(2)] == [[1, 2], [1, 2]]


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\n\r\n[1]",
        b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\n[1]",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 2 + b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]",
        b"HTTP/1.1 200\r\nContent-Length: 3\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n",
    ],
    ids=[
        "until the end",
        "HTTP/1.0",
        "100 Continue",
        "no reason phrase",
        "one length twice",
        "a length and chunks",
    ],
)
def test_answers_in_other_forms(raw):
    def conversation(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(raw)

    with talk(conversation) as host, of_host(host) as client:
        assert client.get("/").json() == [1]


@pytest.mark.parametrize("status", [102, 103, 199])
def test_an_answer_after_interim_ones_is_never_left_for_the_next_request(status):
    def conversation(connection: socket.socket) -> None:
        for _ in range(2):
            path = read_request(connection).split()[1]
            connection.sendall(b"HTTP/1.1 %d Wait\r\nLink: x\r\n\r\n" % status * 2)
            time.sleep(0.05)
            connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n"%b"' % path)

    with talk(conversation) as host, of_host(host) as client:
        assert [client.get(path).json() for path in ("/a", "/b")] == ["/a", "/b"]


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 20x OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"b" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -3\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Length: three\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n[1]",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 6\r\n\r\n[1],2]",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno header\r\nContent-Length: 3\r\n\r\n[1]",
    ],
    ids=[
        "another protocol",
        "version",
        "status",
        "many headers",
        "a long header",
        "a chunk below nothing",
        "a length below nothing",
        "a length in words",
        "a length without end",
        "two lengths",
        "another transfer coding",
        "a line that is not a header",
    ],
)
def test_what_is_not_http(raw, pauses):
    def conversation(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(raw)
        connection.recv(65536)

    odd = pytest.raises(IncompleteResponse, match=r"^the answer is not HTTP$")
    with talk(conversation) as host, of_host(host) as client, odd:
        client.get("/")


def test_packed_answers_are_unpacked(folder):
    reply = Reply(gzip.compress(b"[1]"), headers={"Content-Encoding": "GZIP"})
    with serve(lambda _: reply, folder) as stub, of_stub(stub) as client:
        assert client.get("/").json() == [1]


@pytest.fixture
def a_kilobyte(monkeypatch):
    """The most that an answer may have."""
    monkeypatch.setattr(client_module, "MAX_RESPONSE_BYTES", 1024)
    monkeypatch.setattr(connection_module, "MAX_RESPONSE_BYTES", 1024)
    monkeypatch.setattr(connection_module, "_HEAD_BYTES", 1024)
    monkeypatch.setattr(response_module, "MAX_RESPONSE_BYTES", 1024)


ENDLESS = {
    "100 Continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "the size of a chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0" * 100),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "trailers": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b" " * 100),
}


@pytest.mark.parametrize(("first", "more"), ENDLESS.values(), ids=ENDLESS)
def test_an_answer_that_is_too_large_ends_there(a_kilobyte, first, more):
    asked = 0

    def conversation(connection: socket.socket) -> None:
        nonlocal asked
        asked += bool(read_request(connection))
        connection.sendall(first)
        while True:
            connection.sendall(more)

    too_large = pytest.raises(BadAnswerError, match="is larger than")
    with talk(conversation) as host, of_host(host, seconds=20) as client, too_large:
        client.get("/")
    assert asked == 1


@pytest.mark.parametrize(
    "head",
    [b"Content-Length: 1025\r\n\r\n", b"Content-Length: 99999999999999999\r\n\r\n"],
)
def test_an_answer_that_says_that_it_is_too_large_is_not_read(a_kilobyte, head):
    def conversation(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\n" + head)
        connection.recv(1)

    too_large = pytest.raises(BadAnswerError, match="is larger than")
    with talk(conversation) as host, of_host(host) as client, too_large:
        client.get("/")


def test_a_chunk_that_says_that_it_is_huge_takes_no_memory(pauses):
    def conversation(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n  ")

    broken = pytest.raises(IncompleteResponse, match="broke off")
    with talk(conversation) as host, of_host(host) as client, broken:
        client.get("/")


def test_another_certificate_than_the_pinned_one_is_sent_nothing(folder):
    with serve(lambda _: Reply(), folder) as stub:
        with of_stub(stub, ca_file=None, fingerprint=":".join(["AB"] * 32)) as client:
            client.send_always("Authorization", f"Bearer {SECRET}")
            with pytest.raises(HostUnreachable) as caught:
                client.get("/")
        assert "is not the configured one but " in caught.value.problem.what
        assert stub.seen == []


def test_one_of_several_pinned_certificates_is_enough(tls):
    def conversation(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    pins = tls_context.pinned([":".join(["AB"] * 32), tls.fingerprint])
    with talk(conversation, tls.context) as host, of_host(host, context=pins) as client:
        assert client.get("/").status == 200


def test_what_the_environment_names_is_neither_trusted_nor_asked(folder, monkeypatch):
    with serve(lambda _: Reply(b"[1]"), folder) as stub:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
            monkeypatch.setenv(name.lower(), "http://127.0.0.1:1")
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, "/nowhere.pem")
        with of_stub(stub) as client:
            assert client.get("/").json() == [1]
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
            monkeypatch.setenv(name, str(stub.ca_file))
        with of_stub(stub, ca_file=None) as client, pytest.raises(HostUnreachable, match="not trusted"):
            client.get("/")
        assert len(stub.seen) == 1


def test_any_certificate_only_when_spelt_out(folder, recwarn):
    with (
        serve(lambda _: Reply(b"[1]"), folder, name="other.example") as stub,
        of_stub(stub, ca_file=None, verify_tls=False) as client,
    ):
        assert client.get("/").json() == [1]
    assert not recwarn.list


def test_when_the_certificate_ends(folder):
    with serve(lambda _: Reply(headers={"Date": "Mon, 23 Nov 2026 21:05:00 GMT"}), folder) as stub:
        with of_stub(stub) as client:
            result = probe(client, "/")
        assert result.certificate is not None
        assert result.certificate.not_after is not None
        assert result.skew is not None
        assert result.seconds < 5
        with of_stub(stub, ca_file=None, verify_tls=False) as client:
            assert probe(client, "/").certificate == result.certificate


def test_a_server_without_a_clock(folder):
    with serve(lambda _: Reply(headers={"Date": "soon"}), folder) as stub, of_stub(stub) as client:
        assert probe(client, "/").skew is None


def test_another_name_than_that_of_the_certificate(folder):
    with serve(lambda _: Reply(), folder, name="other.example") as stub, of_stub(stub) as client:
        with pytest.raises(HostUnreachable) as caught:
            client.get("/")
        assert caught.value.problem.remedy.startswith("use a host name from its certificate, or set")


def test_what_does_not_speak_tls():
    def speak(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    plain = pytest.raises(HostUnreachable, match="the server on this port does not speak TLS")
    with talk(speak) as host, of_host(host, context=tls_context.without_verification()) as client, plain:
        client.get("/")


def test_a_name_that_does_not_resolve(monkeypatch, pauses):
    def unknown(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with of_host("nowhere.example") as client, pytest.raises(HostUnreachable) as caught:
        client.get("/")
    assert caught.value.problem.what == "its name does not resolve"


def test_a_name_that_is_too_long_to_be_one(pauses):
    with of_host(f"{'a' * 100}.example") as client, pytest.raises(HostUnreachable, match="does not resolve"):
        client.get("/")


@pytest.mark.parametrize(
    ("url", "name", "port"),
    [
        ("https://[fd00::1]:8443", "fd00::1", 8443),
        ("https://[fe80::1%25eth0]", "fe80::1%eth0", 443),
        ("http://npm.lan:81", "npm.lan", 81),
        ("http://npm.lan", "npm.lan", 80),
    ],
)
def test_hosts_of_every_form(url, name, port, monkeypatch):
    asked = []

    def resolve(host, port, **_options):
        asked.append((host, port))
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    settings = WebSettings.model_validate({"name": "x", "type": "x", "url": url})
    with (
        HttpClient(settings.url, tls_context.without_verification(), settings.timeout, REMEDIES) as client,
        pytest.raises(HostUnreachable),
    ):
        client.log_in("/", {})
    assert asked == [(name, port)]
    assert client.host == settings.host


def test_a_ca_file_without_a_certificate(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing")
    entry = {"name": "x", "type": "x", "url": "https://h", "ca_file": "ca.pem"}
    with pytest.raises(
        SourceError, match="holds no CA certificate in PEM form; set ca_file, or set fingerprint"
    ):
        HttpClient.of_source(WebSettings.model_validate(entry), tmp_path, REMEDIES)


def test_a_ca_file_is_found_from_the_root(tmp_path, tls):
    (tmp_path / "ca.pem").write_bytes(tls.ca_file.read_bytes())
    entry = {"name": "x", "type": "x", "url": "https://h", "ca_file": "ca.pem"}
    with HttpClient.of_source(WebSettings.model_validate(entry), tmp_path, REMEDIES) as client:
        assert client.cookies.cookie_names == frozenset()


def test_nothing_is_logged_and_no_error_shows_a_secret(folder, caplog, capfd, pauses):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("urllib3").setLevel(logging.DEBUG)
    try:
        echo = Reply(SECRET.encode(), 503, SECRET, {"Retry-After": "1"}, (f"a={SECRET}",))
        with serve(lambda _: echo, folder) as stub, of_stub(stub) as client:
            client.send_always("X-API-KEY", SECRET)
            assert client.get(f"/{SECRET}", {"a": SECRET}).status == 503
            assert client.log_in("/", {"password": SECRET}).status == 503
        raw = [f"{SECRET}\r\n", f"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{SECRET}"]
        for each in raw:

            def conversation(connection: socket.socket, text: str = each) -> None:
                read_request(connection)
                connection.sendall(text.encode())

            with talk(conversation) as host, of_host(host) as client:
                client.send_always("X-API-KEY", SECRET)
                with pytest.raises(IncompleteResponse) as caught:
                    client.get(f"/{SECRET}")
            assert SECRET not in repr(caught.value)
    finally:
        logging.getLogger("urllib3").setLevel(logging.NOTSET)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def test_the_client_is_on_urllib3_alone():
    """In a process of its own: other tests use other clients."""
    code = (
        "import sys, reconciler.collectors.http.client; sys.exit(str({'requests', 'httpx'} & {*sys.modules}))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.stderr.strip() == "set()"


def test_rows_that_share_an_id_have_the_same_ids_in_any_order():
    rows = [
        ("web", {"id": 2}),
        ("web", {"id": 1}),
        ("web~2", {"id": 3}),
        (None, {"id": 4}),
        ("", {"id": 5}),
    ]
    for order in (rows, rows[::-1]):
        found, shared, nameless = identified(order, "id")
        assert {name: row["id"] for name, row in found.items()} == {"web": 1, "web~2": 3, "web~3": 2}
        assert shared == {"web": ("web~3",)}
        assert nameless == 2
