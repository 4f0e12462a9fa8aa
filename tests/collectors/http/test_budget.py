"""The time for reading a source, as the client keeps to it, over real connections."""

import socket
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from reconciler.collectors.http import tls_context
from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable, IncompleteResponse, NoTimeLeft
from reconciler.model.deadline import Budget, Deadline, run_deadline, source_budget
from tests.collectors.http.clients import REMEDIES
from tests.collectors.http.stub import Reply, read_request, serve, talk

SHORT = 0.4
BOUND = 2.0
"""Everything here ends long before this; a server would hang for longer."""


def _budget(seconds: float) -> Budget:
    interval = timedelta(seconds=seconds / 0.6)
    return source_budget(interval, run_deadline(interval))


def _client(host: str, budget: Budget, *, scheme: str = "http", timeout: float = 30) -> HttpClient:
    return HttpClient(
        f"{scheme}://{host}", tls_context.without_verification(), timedelta(seconds=timeout), REMEDIES, budget
    )


def _silent(connection: socket.socket) -> None:
    read_request(connection)
    connection.recv(1)


def _dripping(connection: socket.socket) -> None:
    read_request(connection)
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + b" " * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def _speechless(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


@pytest.mark.parametrize(
    ("conversation", "scheme"), [(_silent, "http"), (_dripping, "http"), (_speechless, "https")]
)
def test_a_request_ends_with_the_budget(conversation: Callable[[socket.socket], None], scheme):
    budget = _budget(SHORT)
    started = time.monotonic()
    with talk(conversation) as host, _client(host, budget, scheme=scheme) as client:
        with pytest.raises(NoTimeLeft, match=r"no time left: a source may be read for 0\.4 s") as caught:
            client.get("/")
        assert time.monotonic() - started < BOUND
        assert caught.value.cause == "no-time-left"
        assert caught.value.remedy.startswith("raise interval")
        assert budget.refused == 1
        with pytest.raises(NoTimeLeft):
            client.log_in("/login", {})
        assert budget.refused == 2


def test_once_the_time_is_over_nothing_is_sent(folder):
    budget = Budget(Deadline(0.0, run_deadline(timedelta(1)).problem))
    with serve(lambda _: Reply(), folder) as stub, _client(stub.host, budget, scheme="https") as client:
        for request in (lambda: client.get("/"), lambda: client.log_in("/login", {})):
            with pytest.raises(NoTimeLeft):
                request()
        assert stub.connections == []
        client.log_out("/logout", {})
        assert [each[:2] for each in stub.seen] == [("POST", "/logout")], "a session is still ended"


@pytest.mark.parametrize("headers", [{"Retry-After": "5"}, {}])
def test_no_pause_is_longer_than_what_is_left(folder, headers):
    budget = _budget(SHORT)
    started = time.monotonic()
    with (
        serve(lambda _: Reply(b"", 503, "busy", headers), folder) as stub,
        _client(stub.host, budget, scheme="https") as client,
    ):
        assert client.get("/").status == 503, "the cause is what the server answered"
        assert time.monotonic() - started < BOUND
        assert len(stub.seen) == (1 if headers else 2), "the first retry has no pause"


def test_what_would_be_asked_for_again_is_out_of_time(folder):
    now = [0.0]
    budget = Budget(Deadline(1.0, run_deadline(timedelta(1)).problem, lambda: now[0]))

    def busy(_: str) -> Reply:
        now[0] = 2.0
        return Reply(b"", 503, "busy")

    with serve(busy, folder) as stub, _client(stub.host, budget, scheme="https") as client:
        with pytest.raises(NoTimeLeft, match="no time left"):
            client.get("/")
        assert len(stub.seen) == 1
    assert budget.refused == 1


def test_the_timeout_of_the_source_stays_a_timeout():
    with talk(_silent) as host, _client(host, _budget(60), timeout=SHORT) as client:
        with pytest.raises(IncompleteResponse, match=r"no answer within 0\.4 s") as caught:
            client.get("/")
        assert caught.value.cause == "timeout"


def test_until_the_first_answer_others_get_their_share():
    budget = _budget(10)
    with talk(_speechless) as host, _client(host, budget, scheme="https") as client:
        client.share = 0.04
        with pytest.raises(HostUnreachable, match="no TLS handshake in time") as caught:
            client.get("/")
        assert caught.value.problem.cause == "timeout"
        assert budget.left > 1
    with talk(_silent) as host, _client(host, budget) as client:
        client.share = 0.04
        with pytest.raises(IncompleteResponse, match="no answer within 0") as late:
            client.get("/")
        assert late.value.cause == "timeout"
        assert budget.left > 1
