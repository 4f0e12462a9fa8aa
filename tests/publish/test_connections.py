"""`reconciler serve` bounds its connections and the time of each."""

import json
import socket
import threading
import time
from contextlib import ExitStack, suppress

import pytest

from reconciler.publish.serve import server as serving
from reconciler.publish.serve.answers import PROBLEM
from reconciler.publish.serve.connections import Limits
from reconciler.publish.serve.server import ReleaseServer
from tests.processes import wait_until
from tests.publish.test_publish import put
from tests.publish.test_serve import ask


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    path = tmp_path_factory.mktemp("served") / "public"
    put(path)
    return path


def connect(server, timeout=20.0):
    host, port = server.url.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=timeout)


def rest(connection):
    """All that still comes; nothing when the server reset the connection."""
    answer = b""
    with suppress(ConnectionError):
        while piece := connection.recv(65536):
            answer += piece
    return answer


def problem(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    assert f"Content-Type: {PROBLEM}".encode() in head
    return json.loads(body)["status"]


def threads():
    return sum("process_request_thread" in thread.name for thread in threading.enumerate())


def test_connections_that_never_finish_a_request_keep_nobody_out(directory):
    limits = Limits(connections=8, head=60, linger=0.1)
    before = threads()
    with ExitStack() as opened, ReleaseServer(directory, limits=limits) as server:
        slow = [opened.enter_context(connect(server)) for _ in range(40)]
        for connection in slow:
            with suppress(ConnectionError):
                connection.sendall(b"GET /v1 HTTP/1.1\r\nX-A: ")
        for _ in range(5):
            assert ask(server, "/v1").status == 200
            assert threads() - before <= limits.connections
        assert rest(slow[0]) == b"" or problem(rest(slow[0])) == 400, "the oldest made room"


class Stuck:
    """Requests that wait until the test lets them go on."""

    def __init__(self, monkeypatch):
        self.going_on, self.count = threading.Event(), 0
        real = serving.respond

        def respond(*arguments):
            self.count += 1
            self.going_on.wait(30)
            return real(*arguments)

        monkeypatch.setattr(serving, "respond", respond)


def test_when_all_connections_are_answering_the_next_is_refused(directory, monkeypatch):
    stuck = Stuck(monkeypatch)
    with ExitStack() as opened, ReleaseServer(directory, limits=Limits(connections=3)) as server:
        busy = [opened.enter_context(connect(server)) for _ in range(3)]
        for connection in busy:
            connection.sendall(b"GET /v1 HTTP/1.0\r\n\r\n")
        wait_until(lambda: stuck.count == 3, "three requests")
        with connect(server) as one_more:
            answer = rest(one_more)
        assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
        assert b"\r\nRetry-After: " in answer
        assert problem(answer) == 503
        stuck.going_on.set()
        for connection in busy:
            assert rest(connection).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: ask(server, "/v1").status == 200, "room again")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET /v1 HTTP/1.1\r\nHost: x\r\n", 408),
        (b"GET", 408),
        (b"GET /v1\r\n", 408),
        (b"", None),
        (b"\r\n", None),
    ],
)
def test_a_head_that_does_not_arrive_in_time(directory, sent, status):
    with ReleaseServer(directory, limits=Limits(head=0.3)) as server, connect(server) as connection:
        connection.sendall(sent)
        answer = rest(connection)
        assert answer == b"" if status is None else problem(answer) == status


@pytest.mark.parametrize("sent", [b"GET /v1 HTTP/1.1\r\nHost: x\r\n", b"GET"])
def test_a_head_that_was_cut_off_is_not_answered_as_if_it_were_complete(directory, sent):
    with ReleaseServer(directory) as server, connect(server) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        assert problem(rest(connection)) == 400


def test_a_client_that_does_not_read_its_answer_is_let_go(directory):
    """16 MB do not fit in the buffers between the two, so the server waits for the client."""
    (directory / "current" / "v1" / "large.json").write_bytes(b"x" * 16_000_000)
    before = threads()
    with ReleaseServer(directory, limits=Limits(answer=0.5, linger=0.1)) as server, connect(server) as lazy:
        lazy.sendall(b"GET /v1/large HTTP/1.0\r\n\r\n")
        wait_until(lambda: threads() > before, "it is being answered")
        wait_until(lambda: threads() == before, "it is let go")
        assert len(rest(lazy)) < 16_000_000
        assert ask(server, "/v1").status == 200
    (directory / "current" / "v1" / "large.json").unlink()


def test_a_client_that_stays_is_let_go(directory):
    before = threads()
    with ReleaseServer(directory, limits=Limits(linger=0.3)) as server, connect(server) as connection:
        connection.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert rest(connection).startswith(b"HTTP/1.1 200 ")
        wait_until(lambda: threads() == before, "it is let go")


def test_who_sends_a_body_still_gets_the_answer(directory):
    with ReleaseServer(directory) as server, connect(server) as connection:
        connection.sendall(b"POST /v1 HTTP/1.1\r\nHost: x\r\nContent-Length: 400000\r\n\r\n" + b"x" * 400_000)
        assert problem(rest(connection)) == 405


def test_a_fault_of_ours_is_a_problem_and_costs_one_answer(directory, monkeypatch):
    def broken(*_arguments):
        raise KeyError("secret")

    with ReleaseServer(directory) as server:
        with monkeypatch.context() as patched:
            patched.setattr(serving, "respond", broken)
            answer = ask(server, "/v1")
            assert (answer.status, answer.headers["Content-Type"]) == (500, PROBLEM)
            assert b"secret" not in answer.body
        assert ask(server, "/v1").status == 200


def test_a_request_takes_no_longer_than_its_limits(directory):
    limits = Limits(head=0.4, answer=0.4, linger=0.2)
    with ReleaseServer(directory, limits=limits) as server, connect(server) as connection:
        start = time.monotonic()
        with suppress(ConnectionError):
            for _ in range(200):
                connection.sendall(b"X")
                time.sleep(0.05)
        assert time.monotonic() - start < 5


def test_origins_of_the_command_line_are_origins(tmp_path, monkeypatch, capsys):
    from reconciler.cli.main import run

    for wrong in (
        "*",
        "portal.lan",
        "https://portal.lan/",
        "https://portal.lan:443",
        "HTTPS://portal.lan",
        "null",
    ):
        assert run(["serve", "--directory", str(tmp_path), "--origin", wrong]) == 64
        assert "is not an origin as browsers send it" in capsys.readouterr().err
