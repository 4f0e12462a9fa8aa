"""When a GET is made again, over real connections; the pauses are recorded, and not made."""

import socket
import threading
import time

import pytest

from reconciler.collectors.http import client as client_module
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from tests.collectors.http.clients import of_host, of_stub
from tests.collectors.http.stub import Reply, read_request, serve, talk

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


@pytest.mark.parametrize("status", [429, 502, 503, 504, 595, 596, 597, 598, 599])
def test_what_may_get_better_is_asked_for_again(folder, pauses, status):
    replies = [Reply(b"", status, "busy"), Reply(b"[1]")]
    with serve(lambda _: replies.pop(0), folder) as stub, of_stub(stub) as client:
        assert client.get("/").json() == [1]
    assert pauses == [], "the first time at once"


@pytest.mark.parametrize(("status", "attempts"), [(503, 5), (595, 2), (500, 1), (404, 1), (401, 1)])
def test_asking_again_ends(folder, pauses, status, attempts):
    with serve(lambda _: Reply(b"", status, "no"), folder) as stub, of_stub(stub) as client:
        assert client.get("/").status == status
        assert len(stub.seen) == attempts


def test_pauses_grow_and_no_two_clients_pause_alike(folder, pauses):
    with serve(lambda _: Reply(b"", 503), folder) as stub, of_stub(stub) as client:
        for _ in range(10):
            client.get("/")
    assert len(pauses) == 30
    for at, least in enumerate((0.5, 1.0, 2.0)):
        seen = pauses[at::3]
        assert all(least <= pause <= least + 0.25 for pause in seen)
        assert len(set(seen)) > 1


@pytest.mark.parametrize(
    ("retry_after", "pause"),
    [("7", 7), (" 0007 ", 7), ("86400", 20), ("Fri, 31 Dec 2049 23:59:59 GMT", 20)],
)
def test_retry_after_is_honoured_up_to_a_bound(folder, pauses, retry_after, pause):
    replies = [Reply(b"", 429, "slow down", {"Retry-After": retry_after}), Reply(b"[1]")]
    with serve(lambda _: replies.pop(0), folder) as stub, of_stub(stub) as client:
        assert client.get("/").json() == [1]
    assert pauses == [pause]


@pytest.mark.parametrize("retry_after", ["soon", "-1", "9" * 5000, "Fri, 31 Dec 99999 23:59:59 GMT", "0"])
def test_a_retry_after_that_makes_no_pause(folder, pauses, retry_after):
    replies = [Reply(b"", 503, "", {"Retry-After": retry_after})] * 2 + [Reply(b"[1]")]
    with serve(lambda _: replies.pop(0), folder) as stub, of_stub(stub) as client:
        assert client.get("/").json() == [1]
    assert len(pauses) == 1
    assert 0.5 <= pauses[0] <= 0.75, "the usual one"


def test_no_attempt_begins_late(folder, pauses, monkeypatch):
    monkeypatch.setattr(client_module, "RETRY_SECONDS", 0.0)
    with serve(lambda _: Reply(b"", 503), folder) as stub, of_stub(stub) as client:
        assert client.get("/").status == 503
        assert len(stub.seen) == 1


def breaking_off(times, counted):
    """Close the connection instead of answering, so many times; then answer."""

    def conversation(connection: socket.socket) -> None:
        counted.append(read_request(connection))
        if len(counted) > times:
            connection.sendall(OK)
            connection.recv(1)

    return conversation


def test_a_connection_that_breaks_off_is_tried_again(pauses):
    counted: list[bytes] = []
    with talk(breaking_off(4, counted)) as host, of_host(host) as client:
        assert client.get("/").json() == {}
    assert len(counted) == 5


def test_a_connection_that_always_breaks_off(pauses):
    counted: list[bytes] = []
    broken = pytest.raises(IncompleteResponse, match=r"^the connection broke off$")
    with talk(breaking_off(99, counted)) as host, of_host(host) as client, broken:
        client.get("/")
    assert len(counted) == 5


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n",
    ],
)
def test_an_answer_that_breaks_off_is_asked_for_again(pauses, part):
    parts = [part, part, OK]

    def conversation(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(parts.pop(0))

    with talk(conversation) as host, of_host(host) as client:
        assert client.get("/").json() == {}
    assert parts == []


def test_a_login_is_never_sent_twice(folder, pauses):
    with serve(lambda _: Reply(b"", 503), folder) as stub, of_stub(stub) as client:
        assert client.log_in("/login", {"password": "x"}).status == 503
        assert [method for method, _, _ in stub.seen] == ["POST"]
    counted: list[bytes] = []
    with talk(breaking_off(99, counted)) as host, of_host(host) as client:
        with pytest.raises(IncompleteResponse):
            client.log_in("/login", {"password": "x"})
        client.log_out("/logout", {})
    assert len(counted) == 2


def test_an_answer_that_is_late_is_not_asked_for_again(pauses):
    asked: list[bytes] = []

    def conversation(connection: socket.socket) -> None:
        asked.append(read_request(connection))
        connection.recv(1)

    with talk(conversation) as host, of_host(host, seconds=0.3) as client, pytest.raises(IncompleteResponse):
        client.get("/")
    assert len(asked) == 1
    assert pauses == []


def test_a_host_that_refuses_is_tried_three_times(pauses, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    resolved: list[object] = []
    real = socket.getaddrinfo

    def resolve(*arguments, **options):
        resolved.append(arguments)
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with of_host(host) as client, pytest.raises(HostUnreachable, match="connection refused"):
        client.get("/")
    assert len(resolved) == 3


def test_a_server_that_closes_what_it_kept_is_asked_over_a_new_connection(pauses):
    """Between two requests of a run minutes may pass; the server ends the connection, and nobody is told."""
    asked: list[bytes] = []

    def once(connection: socket.socket) -> None:
        asked.append(read_request(connection))
        connection.sendall(OK)

    with talk(once) as host, of_host(host) as client:
        for _ in range(5):
            assert client.get("/").status == 200
        time.sleep(0.2)  # a POST is not sent twice, so the end of the connection must have arrived
        assert client.log_in("/", {}).status == 200
    assert len(asked) == 6


def test_many_threads_share_few_connections(folder):
    with serve(lambda path: Reply(path.encode()), folder) as stub, of_stub(stub) as client:
        answers: dict[int, bytes] = {}

        def ask(number: int, client: HttpClient = client) -> None:
            for _ in range(10):
                answers[number] = client.get(f"/{number}").content

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {number: f"/{number}".encode() for number in range(6)}
        assert len(stub.connections) <= 6
