"""Every way to be slow ends within the timeout, with one line that says so."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse
from tests.collectors.http.clients import of_host
from tests.collectors.http.stub import read_request, talk

SECONDS = 0.4
SLACK = 20.0
"""For a machine with other work; without a limit for the whole, each of these would last longer by far."""

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
MINUTES = 1000
"""Bytes that drip, one every twentieth of a second."""


def drip(connection: socket.socket, data: bytes) -> None:
    for at in range(len(data)):
        connection.sendall(data[at : at + 1])
        time.sleep(0.05)


def after(at_once: bytes, slowly: bytes) -> Callable[[socket.socket], None]:
    """Answer a request: some of it at once, and the rest byte by byte."""

    def answer(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(at_once)
        drip(connection, slowly)

    return answer


def continue_at_once(connection: socket.socket) -> None:
    read_request(connection)
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        time.sleep(0.001)


def tiny_chunks(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(CHUNKED)
    while True:
        connection.sendall(b"1\r\n \r\n")
        time.sleep(0.02)


@contextmanager
def in_time() -> Iterator[None]:
    began = time.monotonic()
    yield
    assert time.monotonic() - began < SECONDS + SLACK


SLOW = {
    "in the status line": after(b"", b"HTTP/1.1 200 " + b"O" * MINUTES),
    "in one header": after(OK + b"X-Long: ", b"x" * MINUTES),
    "header by header": after(OK, b"A: b\r\n" * 99),
    "with 100 Continue, byte by byte": after(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * MINUTES),
    "with 100 Continue, one after the other": continue_at_once,
    "in a sized body": after(OK + b"Content-Length: 1000\r\n\r\n", b" " * MINUTES),
    "in a chunk": after(CHUNKED + b"3e8\r\n", b" " * MINUTES),
    "chunk by chunk": tiny_chunks,
    "in the size of a chunk": after(CHUNKED, b"0" * MINUTES),
    "in a trailer": after(CHUNKED + b"0\r\n", b"X-Long: " + b"x" * MINUTES),
    "in a body that ends with the connection": after(OK + b"\r\n", b" " * MINUTES),
    "in an error": after(b"HTTP/1.1 500 no\r\nContent-Length: 1000\r\n\r\n", b" " * MINUTES),
}


@pytest.mark.parametrize("secure", [False, True], ids=["HTTP", "HTTPS"])
@pytest.mark.parametrize("conversation", SLOW.values(), ids=SLOW)
def test_an_answer_that_drips(tls, conversation, secure):
    context = tls_context.without_verification() if secure else None
    with (
        talk(conversation, tls.context if secure else None) as host,
        of_host(host, seconds=SECONDS, context=context) as client,
    ):
        late = pytest.raises(IncompleteResponse, match=r"^no (complete )?answer within 0\.4 s$")
        with in_time(), late as caught:
            client.get("/")
        assert caught.value.timed_out


def test_an_answer_that_does_not_begin():
    told = pytest.raises(IncompleteResponse, match=r"^no answer within 0\.4 s$")
    with talk(_nothing) as host, of_host(host, seconds=SECONDS) as client, in_time(), told:
        client.get("/")


def test_a_login_that_drips():
    with talk(SLOW["header by header"]) as host, of_host(host, seconds=SECONDS) as client:
        with in_time(), pytest.raises(IncompleteResponse, match="no complete answer"):
            client.log_in("/", {"password": "x"})
        with in_time():
            client.log_out("/", {})


def _nothing(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def _handshake_drips(connection: socket.socket) -> None:
    connection.recv(65536)
    drip(connection, b"\x16\x03\x03\x40\x00" + bytes(MINUTES))


@pytest.mark.parametrize("conversation", [_nothing, _handshake_drips], ids=["silent", "dripping"])
def test_a_tls_handshake_that_does_not_end(conversation):
    context = tls_context.without_verification()
    with talk(conversation) as host, of_host(host, seconds=SECONDS, context=context) as client:
        with in_time(), pytest.raises(HostUnreachable) as caught:
            client.get("/")
        assert str(caught.value) == f"{host}: no TLS handshake in time"


@pytest.fixture
def swallowing():
    """The address of a listener whose queue is full: it drops what asks for a connection."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(3)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        time.sleep(0.05)
        yield address
        for each in waiting:
            each.close()


def test_a_host_that_swallows_packets(swallowing):
    host = f"127.0.0.1:{swallowing[1]}"
    with of_host(host, seconds=SECONDS) as client:
        with in_time(), pytest.raises(HostUnreachable) as caught:
            client.get("/")
        assert str(caught.value) == f"{host}: no connection in time"


def _resolve_to(monkeypatch, *ports):
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", port)) for port in ports
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: found)


def test_all_addresses_of_a_host_share_one_time(swallowing, monkeypatch):
    _resolve_to(monkeypatch, *[swallowing[1]] * 20)
    told = pytest.raises(HostUnreachable, match="no connection in time")
    with of_host("many.example", seconds=SECONDS) as client, in_time(), told:
        client.get("/")


def test_an_address_that_does_not_answer_leaves_time_for_the_next(swallowing, monkeypatch):
    with talk(after(OK + b"Content-Length: 2\r\n\r\n{}", b"")) as host:
        _resolve_to(monkeypatch, swallowing[1], int(host.rpartition(":")[2]))
        with of_host("two.example", seconds=1) as client, in_time():
            assert client.get("/").json() == {}


def test_a_client_goes_on_after_a_slow_answer(tls):
    """The connection that was given up is not used again, and nothing of its answer is taken for another."""
    conversations = iter([SLOW["in a sized body"], after(OK + b"Content-Length: 3\r\n\r\n[1]", b"")])
    context = tls_context.without_verification()

    def one_of_them(connection: socket.socket) -> None:
        next(conversations)(connection)

    with (
        talk(one_of_them, tls.context) as host,
        of_host(host, seconds=1, context=context) as client,
    ):
        with pytest.raises(IncompleteResponse):
            client.get("/")
        assert client.get("/").json() == [1]


def test_each_answer_has_the_whole_time(tls):
    """What one request took is not missing from the next over the same connection."""

    def three_times(connection: socket.socket) -> None:
        for _ in range(3):
            read_request(connection)
            time.sleep(1.1)
            connection.sendall(OK + b"Content-Length: 2\r\n\r\n{}")

    context = tls_context.without_verification()
    with (
        talk(three_times, tls.context) as host,
        of_host(host, seconds=3, context=context) as client,
    ):
        assert [client.get("/").status for _ in range(3)] == [200, 200, 200]


def test_the_time_of_a_connection_is_not_longer_than_that_of_an_answer():
    with (
        talk(_nothing) as host,
        of_host(host, seconds=0.2, context=tls_context.without_verification()) as client,
    ):
        began = time.monotonic()
        with pytest.raises(HostUnreachable):
            client.get("/")
        assert time.monotonic() - began < 0.2 + SLACK
