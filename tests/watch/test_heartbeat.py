"""The pings of a job, against a server that takes them."""

import time
from datetime import timedelta
from uuid import UUID

import pytest

from reconciler.config.watch import HeartbeatSettings
from reconciler.watch.heartbeat import MAX_BODY_BYTES, Heartbeat
from tests.collectors.http.stub import Reply, serve

DEAD = "http://127.0.0.1:1/ping/SECRET-UUID"


def heartbeat(url, tmp_path, **settings):
    return Heartbeat(HeartbeatSettings(url=url, **settings), url, tmp_path, "heartbeat.url")


def test_a_success_is_a_pair_of_pings(pinged, tmp_path):
    beat = heartbeat(pinged.url, tmp_path)
    beat.start()
    assert beat.end(0, succeeded=True, text="lan-main: IN_SYNC\n") is None
    assert pinged.paths == ["/start", ""]
    first, second = pinged.pings
    assert first.query == second.query
    assert UUID(first.query["rid"][0]).version == 4
    assert (first.body, second.body) == ("", "lan-main: IN_SYNC\n")
    assert second.method == "POST"
    assert second.type == "text/plain; charset=utf-8"


def test_each_job_has_an_id_of_its_own(pinged, tmp_path):
    for _ in range(2):
        heartbeat(pinged.url, tmp_path).end(0, succeeded=True, text="")
    assert len({ping.query["rid"][0] for ping in pinged.pings}) == 2


@pytest.mark.parametrize(
    ("code", "path"), [(1, "/1"), (3, "/3"), (64, "/64"), (143, "/143"), (0, "/fail"), (256, "/fail")]
)
def test_a_failure_has_its_exit_code(pinged, tmp_path, code, path):
    assert heartbeat(pinged.url, tmp_path).end(code, succeeded=False, text="x") is None
    assert pinged.paths == [path]


def test_a_url_keeps_its_query(pinged, tmp_path):
    heartbeat(f"{pinged.url}/?create=1", tmp_path).end(1, succeeded=False, text="x")
    assert pinged.paths == ["/1"]
    assert pinged.pings[0].query.keys() == {"create", "rid"}


def test_the_summary_is_cut_between_two_characters(pinged, tmp_path):
    heartbeat(pinged.url, tmp_path).end(0, succeeded=True, text="x" + "é" * MAX_BODY_BYTES)
    assert pinged.pings[0].body == "x" + "é" * ((MAX_BODY_BYTES - 1) // 2)


def test_a_push_monitor_gets_one_ping(pinged, tmp_path):
    for succeeded in (True, False):
        beat = heartbeat(f"{pinged.url}?status=up&msg=OK&ping=", tmp_path, protocol="uptime-kuma")
        beat.start()
        assert beat.end(3, succeeded=succeeded, text="a & b\nmore") is None
    assert [(ping.method, ping.body) for ping in pinged.pings] == [("GET", "")] * 2
    assert [ping.query["status"] for ping in pinged.pings] == [["up"], ["down"]]
    assert pinged.pings[0].query["msg"] == ["a & b"]
    assert int(pinged.pings[0].query["ping"][0]) < 10_000


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ((200, b"OK (not found)"), "there is no such check"),
        ((404, b"not found"), "there is no such check"),
        ((200, b"OK (rate limited)"), "too many pings"),
        ((302, b"https://login.lan/SECRET-UUID"), "the ping is redirected to login.lan"),
        ((403, b""), "the ping is refused (403)"),
        ((500, b"\x1b[31m"), "the ping is refused (500)"),
        ((200, b'{"ok": false, "msg": "x"}'), "the ping is refused (200)"),
    ],
)
def test_what_a_server_answers_that_did_not_count_the_ping(pinged, tmp_path, answer, what):
    pinged.answers[""] = answer
    problem = heartbeat(pinged.url, tmp_path).end(0, succeeded=True, text="x")
    assert problem is not None
    assert (problem.subject, problem.what) == ("heartbeat.url", f"{pinged.host}: {what}")
    assert problem.remedy
    assert "SECRET" not in str(problem)


def test_a_start_that_is_refused_is_reported_at_the_end(pinged, tmp_path):
    pinged.answers["/start"] = (404, b"")
    beat = heartbeat(pinged.url, tmp_path)
    beat.start()
    problem = beat.end(0, succeeded=True, text="x")
    assert problem is not None
    assert "there is no such check" in problem.what
    assert pinged.paths == ["/start", ""]


def test_a_server_that_is_down_is_one_problem(tmp_path):
    beat = heartbeat(DEAD, tmp_path)
    beat.start()
    problem = beat.end(0, succeeded=True, text="x")
    assert str(problem) == "heartbeat.url: 127.0.0.1:1: connection refused; check the address"


def test_a_start_that_hangs_delays_nothing_and_an_end_that_hangs_is_given_up(pinged, tmp_path):
    pinged.slow = ("/start", "/1")
    beat = heartbeat(pinged.url, tmp_path, timeout="1s")
    began = time.monotonic()
    beat.start()
    assert time.monotonic() - began < 0.5
    problem = beat.end(1, succeeded=False, text="x")
    assert 1.9 < time.monotonic() - began < 5
    assert str(problem) == f"heartbeat.url: {pinged.host}: no answer within 1 s; check that server"


def test_an_interrupted_job_has_less_time(pinged, tmp_path):
    pinged.slow = ("/130",)
    began = time.monotonic()
    beat = heartbeat(pinged.url, tmp_path)
    assert beat.end(130, succeeded=False, text="x", within=timedelta(seconds=0.3)) is not None
    assert time.monotonic() - began < 5


def test_the_end_comes_after_the_start(pinged, tmp_path):
    pinged.slow = ("/start",)
    beat = heartbeat(pinged.url, tmp_path, timeout="5s")
    beat.start()
    assert beat._starting is not None
    release = time.monotonic()
    pinged.hang.set()
    beat.end(0, succeeded=True, text="x")
    assert pinged.paths == ["/start", ""]
    assert time.monotonic() - release < 4


def test_a_private_ca(tmp_path):
    with serve(lambda _path: Reply(b"OK"), tmp_path) as server:
        url = f"https://{server.host}/ping/SECRET-UUID"
        trusted = heartbeat(url, tmp_path, ca_file=str(server.ca_file))
        assert trusted.end(0, succeeded=True, text="x") is None
        assert trusted.reach() is None
        for problem in (
            heartbeat(url, tmp_path).end(0, succeeded=True, text="x"),
            heartbeat(url, tmp_path).reach(),
        ):
            assert problem is not None
            assert "the TLS certificate is not trusted" in problem.what
            assert "set heartbeat.ca_file" in problem.remedy
    assert [path for _, path, _ in server.seen if "SECRET" in path] == [server.seen[0][1]]


def test_a_ca_file_that_is_missing(pinged, tmp_path):
    for each in (
        heartbeat(pinged.url, tmp_path, ca_file="no.pem").end(0, succeeded=True, text="x"),
        heartbeat(pinged.url, tmp_path, ca_file="no.pem").reach(),
    ):
        assert each is not None
        assert each.what == "does not exist"


def test_a_server_is_reached_without_a_ping(pinged, tmp_path):
    assert heartbeat(pinged.url, tmp_path).reach() is None
    assert heartbeat(DEAD, tmp_path).reach() is not None
    assert pinged.pings == []
