import gzip
import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.collectors.proxmox.cluster_state import read_cluster_state
from reconciler.collectors.proxmox.connection.api import ProxmoxRequestFailed
from reconciler.collectors.proxmox.connection.client import ProxmoxClient, ReadOnlySession
from reconciler.collectors.proxmox.connection.connection import ProxmoxConnection
from reconciler.errors import SourceError
from reconciler.lab.tls import make_tls
from reconciler.model.deadline import run_deadline, source_budget
from reconciler.model.progress import Silent
from reconciler.model.system import SourceContext
from tests.collectors.http.stub import Reply, read_request, serve, talk
from tests.collectors.proxmox.lab_site import settings

SECRET = "5ecret-5ecret"


@contextmanager
def client(progress=None, **changes) -> Iterator[ProxmoxConnection]:
    context = SourceContext({"PVE_TOKEN_SECRET": SECRET}, Path("/"), progress or Silent())
    with ProxmoxConnection(settings(**changes), context) as opened:
        yield opened


@contextmanager
def stubbed(answer, tmp_path, **changes):
    with (
        serve(answer, tmp_path) as stub,
        client(**{"hosts": [stub.host], "ca_file": str(stub.ca_file)} | changes) as opened,
    ):
        yield stub, opened


@contextmanager
def on(lab, **changes):
    context = SourceContext({"PVE_TOKEN_SECRET": lab.token_secret}, Path("/"), Silent())
    made = settings(**{"hosts": lab.hosts, "ca_file": str(lab.ca_file)} | changes)
    with ProxmoxConnection(made, context) as opened:
        yield opened


def problem(caught) -> str:
    text = str(caught.value)
    assert SECRET not in text
    assert "\n" not in text
    return text


def test_only_reading_is_possible():
    verbs = {"post", "put", "delete", "create", "set", "patch", "request", "head", "options"}
    assert not verbs & {name.lower() for name in [*dir(ProxmoxClient), *dir(ProxmoxConnection)]}


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "HEAD"])
def test_proxmoxer_is_handed_a_session_that_only_reads(tmp_path, method):
    with stubbed(lambda path: Reply(), tmp_path) as (stub, opened):
        session = ReadOnlySession(opened._client.hosts[stub.host])
        with pytest.raises(ValueError, match="only reading is possible"):
            session.request(method, "/api2/json/version", None, {})
        with pytest.raises(ValueError, match="only reading is possible"):
            session.request("GET", "/api2/json/version", {"a": 1}, {})
        resource = opened._client._resources[stub.host]
        for write in (resource.post, resource.put, resource.delete):
            with pytest.raises(ValueError, match="only reading is possible"):
                write("nodes")
        assert stub.seen == []


def test_a_request_is_a_get_with_the_token_and_nothing_more(tmp_path):
    with stubbed(lambda path: Reply(b'{"data":[1]}'), tmp_path) as (stub, opened):
        assert opened.get("pools", poolid="a b") == [1]
        assert opened.count == 1
    (method, path, headers), *more = stub.seen
    assert (method, path, more) == ("GET", "/api2/json/pools?poolid=a+b", [])
    assert headers["Authorization"] == f"PVEAPIToken=reconciler@pve!drift={SECRET}"
    assert "Cookie" not in headers


def test_what_stands_beside_data_can_be_had(tmp_path):
    with stubbed(lambda path: Reply(b'{"data":[],"changes":"--- a"}'), tmp_path) as (_, opened):
        assert list(opened.get_many(["nodes/a/network"], whole=True)) == [
            ("nodes/a/network", {"data": [], "changes": "--- a"})
        ]


@pytest.mark.parametrize(
    ("body", "data"),
    [
        (b'{"data":"half \\ud800 pair"}', "half ? pair"),
        (b'{"data":["\xff"]}', ["\N{REPLACEMENT CHARACTER}"]),
        (b'{"data":{"\\udfff":{"a":[1,"\\ud800"]}}}', {"?": {"a": [1, "?"]}}),
        ('{"data":"\N{SNOWMAN}"}'.encode(), "\N{SNOWMAN}"),
    ],
)
def test_broken_text_is_mended_and_fails_nothing(tmp_path, body, data):
    with stubbed(lambda path: Reply(body), tmp_path) as (_, opened):
        assert opened.get("version") == data


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(b"<html>hello</html>"), "200 the answer is not JSON; check that this is the port of the API"),
        (Reply(b'{"data":[1,2'), "200 the answer is not JSON"),
        (Reply(b""), "200 the answer is not JSON"),
        (Reply(b"[" * 100_000), "200 the answer is nested too deeply"),
        (Reply(b"[]"), "200 the answer has no data"),
        (Reply(b'{"errors":{}}'), "200 the answer has no data"),
        (Reply(b'{"data":null}'), "200 the answer has no data"),
        (Reply(b"", 302, "Found", {"Location": "/elsewhere"}), "redirect, which is not followed"),
        (Reply(b"", 301, "Moved", {"Location": "http://evil.test/"}), "redirect, which is not followed"),
        (Reply(b'{"data":null}', 403, "Permission check failed (/vms/1, VM.Audit)"), "403 Permission check"),
        (Reply(b"", 500, "no such guest"), "500 no such guest"),
        (Reply(b"", 500, f"you sent {SECRET}"), "500 you sent ***"),
        (Reply(b"", 500, "a\x1b[31m\tb" + "x" * 5000), "500 a [31m b" + "x" * 100),
        (Reply(b"", 500, "\N{SNOWMAN}".encode().decode("latin-1")), "500 \N{SNOWMAN}"),
    ],
)
def test_an_answer_that_is_none_refuses_its_path_alone(tmp_path, reply, said):
    with stubbed(lambda path: Reply(b'{"data":1}') if "good" in path else reply, tmp_path) as (stub, opened):
        with pytest.raises(ProxmoxRequestFailed) as caught:
            opened.get("bad")
        text = problem(caught)
        assert f"{stub.host}: bad: " in text
        assert said in text
        assert len(text) < 400
        assert opened.get("good") == 1
        assert len(stub.seen) == 2, "none of these is worth a second try, nor is a redirect followed"


@pytest.mark.parametrize("status", [429, 502, 503, 504, 595, 596, 597, 598, 599])
def test_try_again_is_tried_again(tmp_path, status):
    replies = [Reply(b"", status, "busy"), Reply(b'{"data":1}')]
    with stubbed(lambda path: replies.pop(0), tmp_path) as (_, opened):
        assert opened.get("version") == 1
        assert opened.count == 1


def test_trying_again_ends(tmp_path, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", pauses.append)
    with stubbed(lambda path: Reply(b"", 595, "No route to host"), tmp_path) as (stub, opened):
        with pytest.raises(ProxmoxRequestFailed) as caught:
            opened.get("nodes/b/status")
        assert caught.value.node_silent
        assert caught.value.summary == "595 No route to host"
        assert len(stub.seen) == 2, "what the cluster does not reach is not there four times later either"
    with stubbed(lambda path: Reply(b"", 503, "busy"), tmp_path) as (stub, opened):
        with pytest.raises(ProxmoxRequestFailed, match="503 busy"):
            opened.get("version")
        assert len(stub.seen) == 5
        assert 0 < sum(pauses) < 10


def test_retry_after_is_honoured_up_to_a_bound(tmp_path, monkeypatch):
    pauses: list[float] = []
    monkeypatch.setattr("urllib3.util.retry.time.sleep", pauses.append)
    replies = [
        Reply(b"", 429, "slow down", {"Retry-After": "7"}),
        Reply(b"", 503, "away", {"Retry-After": "86400"}),
        Reply(b'{"data":1}'),
    ]
    with stubbed(lambda path: replies.pop(0), tmp_path) as (_, opened):
        assert opened.get("version") == 1
    assert pauses[0] == 7
    assert pauses[1] <= 20


@pytest.mark.parametrize(
    ("reason", "remedy"),
    [
        ("invalid token value!", "check token_id and PVE_TOKEN_SECRET"),
        ("token expired", "renew it"),
    ],
)
def test_a_refused_token_ends_the_source_at_once(tmp_path, reason, remedy):
    with stubbed(lambda path: Reply(b'{"data":null}', 401, reason), tmp_path) as (stub, opened):
        with pytest.raises(SourceError) as caught:
            opened.get("version")
        text = problem(caught)
        assert text.startswith(f"{stub.host}: the token is refused (401 {reason}); {remedy}")
        with pytest.raises(SourceError):
            list(opened.get_many(str(number) for number in range(1000)))
        assert len(stub.seen) == 1, "a real pveproxy delays each 401 by three seconds"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        ("one-line\nanother", "pve: the environment variable PVE_TOKEN_SECRET has a line break or another"),
        (
            "one-line\r\nanother",
            "has a line break or another control character; set it to just the secret",
        ),
        ("esc\x1b", "has a line break or another control character"),
        ("sécret-sécret", "pve: PVE_TOKEN_SECRET contains characters that a token secret cannot have; copy"),
    ],
)
def test_what_can_be_no_secret_is_refused_and_not_repeated(secret, said):
    context = SourceContext({"PVE_TOKEN_SECRET": secret}, Path("/"), Silent())
    with pytest.raises(SourceError) as caught:
        ProxmoxConnection(settings(), context)
    assert said in str(caught.value)
    assert secret[:6] not in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_an_unset_secret_is_told_by_name():
    context = SourceContext({}, Path("/"), Silent())
    with pytest.raises(SourceError, match="pve: the environment variable PVE_TOKEN_SECRET is not set"):
        ProxmoxConnection(settings(), context)


def test_the_environment_does_not_choose_whom_to_trust(tmp_path, monkeypatch, lab):
    other = tmp_path / "other.pem"
    other.write_text("no certificate")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(other))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with on(lab) as opened:
        assert opened.get("version")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.setenv(name, str(lab.ca_file))
    with on(lab, ca_file=None) as opened, pytest.raises(SourceError, match="not trusted"):
        opened.get("version")


def test_an_untrusted_certificate_gets_no_token_and_no_second_try(tmp_path, lab, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it is tried again"))
    asked = lab.requests.total()
    with on(lab, ca_file=None) as opened, pytest.raises(SourceError) as caught:
        opened.get("version")
    assert "the TLS certificate is not trusted (it is not signed by a trusted CA)" in problem(caught)
    assert "/etc/pve/pve-root-ca.pem" in problem(caught)
    assert lab.requests.total() == asked


def test_a_certificate_for_another_name(tmp_path):
    with serve(lambda path: Reply(), tmp_path, name="pve.test") as stub:
        with (
            client(hosts=[stub.host], ca_file=str(stub.ca_file)) as opened,
            pytest.raises(SourceError, match=r"another name\); use a host name from its certificate"),
        ):
            opened.get("version")
        assert stub.seen == []


def test_a_fingerprint_stands_for_name_and_authority(lab):
    with on(lab, ca_file=None, fingerprint=lab.fingerprint.lower()) as opened:
        assert opened.get("version")


def test_a_wrong_fingerprint_names_the_right_one(lab):
    asked = lab.requests.total()
    with (
        on(lab, ca_file=None, fingerprint=":".join(["AB"] * 32)) as opened,
        pytest.raises(SourceError) as caught,
    ):
        opened.get("version")
    assert f"fingerprint is not the configured one but {lab.fingerprint}; if `pvenode" in problem(caught)
    assert lab.requests.total() == asked


def test_no_verification_only_when_spelt_out(lab):
    with on(lab, ca_file=None, verify_tls="false") as opened:
        assert opened.get("version")


@pytest.mark.parametrize(
    ("content", "what"),
    [(None, "does not exist"), ("x", "holds no CA certificate")],
    ids=["missing", "no certificate"],
)
def test_an_unusable_ca_file(tmp_path, content, what):
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    with pytest.raises(SourceError) as caught, client(ca_file=str(file)):
        pass
    assert f"{file}: {what}" in problem(caught)


def test_a_ca_file_is_found_from_the_root(lab):
    context = SourceContext({"PVE_TOKEN_SECRET": lab.token_secret}, lab.ca_file.parent, Silent())
    made = settings(hosts=lab.hosts, ca_file=lab.ca_file.name)
    with ProxmoxConnection(made, context) as opened:
        assert opened.get("version")


def test_what_proxmox_makes_as_its_root_certificate_is_enough(lab):
    """Its CA has no keyUsage, which Python 3.13 wants by default; older Pythons know the same strictness."""
    with on(lab) as opened:
        assert opened.get("version")
        contexts = {client._context for client in opened._client.hosts.values()}
        (context,) = contexts
        assert context is not None
        assert not context.verify_flags & ssl.VERIFY_X509_STRICT
    strict = ssl.create_default_context(cafile=str(lab.ca_file))
    strict.verify_flags |= ssl.VERIFY_X509_STRICT
    host, _, port = lab.hosts[0].partition(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="key usage"),
    ):
        strict.wrap_socket(plain, server_hostname=host)


def test_the_next_host_when_one_is_down(own_lab):
    with on(own_lab) as opened:
        assert opened.get("version")
        own_lab.server.close_host(0)
        answers = dict(opened.get_many(["version", "nodes", "storage", "pools", "cluster/status"] * 3))
        assert not [answer for answer in answers.values() if isinstance(answer, Exception)]
        assert opened.host == own_lab.hosts[1]


def test_a_host_that_refuses_connections_is_passed_over(lab):
    with on(lab, hosts=["127.0.0.1:1", *lab.hosts]) as opened:
        assert opened.get("version")
        assert opened.host == lab.hosts[0]


@pytest.mark.parametrize(
    ("hosts", "said"),
    [
        (["127.0.0.1:1"], "127.0.0.1:1: cannot be reached (connection refused); check hosts"),
        (["nowhere.invalid"], "nowhere.invalid:8006: cannot be reached (its name does not resolve)"),
        (
            ["127.0.0.1:1", "nowhere.invalid:1"],
            "127.0.0.1:1, nowhere.invalid:1: none can be reached (connection refused; its name does",
        ),
    ],
)
def test_no_host_at_all(hosts, said, monkeypatch):
    def resolve(host, *args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **kw: (resolve if "nowhere" in host else real)(host, *rest, **kw),
    )
    with client(hosts=hosts) as opened:
        for _ in range(2):
            with pytest.raises(SourceError) as caught:
                opened.get("version")
            assert said in problem(caught)


def test_what_does_not_speak_tls(tmp_path):
    import socketserver

    class Plain(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Plain) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            with (
                client(hosts=[f"127.0.0.1:{server.server_address[1]}"]) as opened,
                pytest.raises(SourceError, match="does not speak TLS"),
            ):
                opened.get("version")
        finally:
            server.shutdown()
            thread.join(5)


def test_a_slow_answer_is_given_up_and_the_others_stand(lab):
    lab.faults.slow("/storage", 3)
    asked = lab.requests["GET /api2/json/storage"]
    with on(lab, timeout="1s") as opened:
        answers = dict(opened.get_many(["storage", "version"]))
        assert answers["version"]["release"]
        assert isinstance(answers["storage"], ProxmoxRequestFailed)
        assert answers["storage"].summary == "no answer within 1 s"
        assert answers["storage"].timed_out
    assert lab.requests["GET /api2/json/storage"] == asked + 1, "one attempt"


def test_what_is_behind_a_host_may_be_silent_without_the_host_being_down(lab):
    """An agent that hangs, a node that hangs: every request about it is late, and all others are not."""
    lab.faults.slow("/nodes/r630-02/*", 3)
    with on(lab, timeout="1s", connections=16) as opened:
        late = [f"nodes/r630-02/qemu/{vmid}/pending" for vmid in range(100, 130)]
        answers = dict(opened.get_many([*late, "version"]))
        assert opened.host == lab.hosts[0]
        assert opened.get("version")
    assert {answer.summary for at, answer in answers.items() if at in late} == {"no answer within 1 s"}
    assert answers["version"]["release"]


def _late(path):
    time.sleep(1.5)
    return Reply()


@contextmanager
def _sick(tmp_path, trouble):
    """A host that is there and of no use."""
    if trouble == "silent":
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield f"127.0.0.1:{listener.getsockname()[1]}"
        return
    replies = {
        "hangs": _late,
        "busy": lambda path: Reply(b"", 503, "busy"),
        "without its database": lambda path: Reply() if "version" in path else Reply(b"", 500, "no pmxcfs"),
        "a web page": lambda path: Reply(b"<html></html>"),
    }
    with serve(replies.get(trouble, lambda path: Reply()), tmp_path) as stub:
        yield stub.host


@pytest.mark.parametrize(
    "trouble", ["silent", "hangs", "busy", "without its database", "a web page", "untrusted"]
)
def test_a_first_host_that_is_sick_is_passed_over(lab, tmp_path, monkeypatch, trouble):
    monkeypatch.setattr("urllib3.util.retry.time.sleep", lambda seconds: None)
    with _sick(tmp_path, trouble) as host:
        bundle = tmp_path / "both.pem"
        ours = tmp_path / "pve-root-ca.pem"
        trusted = ours.read_text() if trouble != "untrusted" and ours.exists() else ""
        bundle.write_text(lab.ca_file.read_text() + trusted)
        with on(lab, hosts=[host, *lab.hosts[:2]], ca_file=str(bundle), timeout="1s") as opened:
            assert len(read_cluster_state(opened).nodes) == 5
            assert opened.host == lab.hosts[0]


def test_each_host_may_have_a_certificate_of_its_own(lab, tmp_path):
    wrong = ":".join(["AB"] * 32)
    with on(lab, ca_file=None, hosts=lab.hosts[:2], fingerprint=[wrong, lab.fingerprint]) as opened:
        assert opened.get("version")
        assert opened.host == lab.hosts[1]


def _drip(connection: socket.socket) -> None:
    read_request(connection)
    for letter in b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n" + b"X-More: more\r\n" * 90:
        connection.sendall(bytes([letter]))
        time.sleep(0.05)


def test_an_answer_that_comes_too_slowly_is_given_up(tmp_path):
    tls = make_tls(tmp_path)
    with (
        talk(_drip, tls.context) as host,
        client(hosts=[host], ca_file=str(tls.ca_file), timeout="1s") as opened,
    ):
        began = time.monotonic()
        with pytest.raises(ProxmoxRequestFailed) as caught:
            opened.get("version")
        assert caught.value.timed_out
        assert time.monotonic() - began < 30, "the whole of it would take twice that"


def test_an_answer_that_is_too_large_is_given_up(tmp_path):
    bomb = gzip.compress(bytes(80 * 2**20), 9)
    assert len(bomb) < 2**20
    headers = {"Content-Encoding": "gzip"}
    with stubbed(lambda path: Reply(bomb, headers=headers), tmp_path) as (stub, opened):
        with pytest.raises(ProxmoxRequestFailed, match="200 the answer is larger than 64 MiB"):
            opened.get("version")
        assert len(stub.seen) == 1


def test_a_host_that_only_breaks_off_is_down(lab, monkeypatch):
    monkeypatch.setattr("urllib3.util.retry.time.sleep", lambda seconds: None)
    lab.faults.drop(1.0)
    with on(lab, hosts=lab.hosts[:1]) as opened:
        with pytest.raises(SourceError, match=r"cannot be reached \(the connection broke off\)") as caught:
            list(opened.get_many(str(number) for number in range(1000)))
        assert not isinstance(caught.value, ProxmoxRequestFailed)
        assert opened.count < 100


def test_a_body_that_breaks_off_is_asked_for_again(lab):
    lab.faults.cut("/nodes", times=1)
    with on(lab) as opened:
        assert len(opened.get("nodes")) == 5


def test_a_body_that_always_breaks_off_is_refused(lab):
    lab.faults.cut("/nodes")
    with on(lab) as opened, pytest.raises(ProxmoxRequestFailed, match="nodes: the connection broke off"):
        opened.get("nodes")


def test_connections_are_bounded_and_kept(tmp_path):
    lock, now, peak = threading.Lock(), [0], [0]

    def answer(path):
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])
        time.sleep(0.005)
        with lock:
            now[0] -= 1
        return Reply(b'{"data":1}')

    with stubbed(answer, tmp_path, connections=3) as (stub, opened):
        got = list(opened.get_many(str(number) for number in range(100)))
        assert sorted(path for path, _ in got) == sorted(str(number) for number in range(100))
        assert opened.count == len(stub.seen) == 100
    assert peak[0] == 3


def test_paths_are_taken_as_they_are_needed(tmp_path):
    taken = []

    def paths():
        for number in range(200):
            taken.append(number)
            yield str(number)

    with stubbed(lambda path: Reply(b'{"data":1}'), tmp_path, connections=2) as (_, opened):
        answers = opened.get_many(paths())
        next(answers)
        assert len(taken) <= 40
        answers.close()


def test_more_can_be_asked_between_answers(tmp_path):
    with stubbed(lambda path: Reply(b'{"data":1}'), tmp_path, connections=1) as (_, opened):
        for path, _ in opened.get_many(str(number) for number in range(40)):
            assert opened.get(f"more/{path}") == 1
        assert opened.count == 80


def test_what_takes_too_long_together_is_skipped(tmp_path):
    def answer(path):
        time.sleep(0.05)
        return Reply(b'{"data":1}')

    with stubbed(answer, tmp_path, connections=1) as (_, opened):
        got = dict(opened.get_many((str(number) for number in range(50)), within=0.2))
    skipped = [answer for answer in got.values() if isinstance(answer, ProxmoxRequestFailed)]
    assert 0 < len(skipped) < 50
    assert "took too long" in skipped[0].summary


def test_progress_is_told(tmp_path):
    told = []

    class Progress(Silent):
        def count(self, what, done, total):
            told.append((what, done, total))

    with (
        serve(lambda path: Reply(b'{"data":1}'), tmp_path) as stub,
        client(Progress(), hosts=[stub.host], ca_file=str(stub.ca_file)) as opened,
    ):
        list(opened.get_many((str(number) for number in range(30)), what="guests", total=30))
    assert {(what, total) for what, _, total in told} == {("guests", 30)}
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert told[-1][1] == 30


def test_its_libraries_write_nothing(tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    loggers = [logging.getLogger(name) for name in ("proxmoxer.core", "urllib3")]
    levels = [logger.level for logger in loggers]
    try:
        for logger in loggers:
            logger.setLevel(logging.DEBUG)
        with stubbed(lambda path: Reply(b'{"data":"hunter2"}'), tmp_path) as (_, opened):
            opened.get("version")
        with client(hosts=["127.0.0.1:1"]) as opened, pytest.raises(SourceError):
            opened.get("version")
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
    assert caplog.records == []
    assert capfd.readouterr() == ("", "")


def _hanging(connection: socket.socket) -> None:
    while connection.recv(4096):
        pass


def _in_time(lab, hosts, seconds) -> ProxmoxConnection:
    interval = timedelta(seconds=seconds / 0.6)
    budget = source_budget(interval, run_deadline(interval))
    context = SourceContext({"PVE_TOKEN_SECRET": lab.token_secret}, Path("/"), Silent(), budget=budget)
    made = settings(hosts=hosts, ca_file=str(lab.ca_file), timeout="30s")
    return ProxmoxConnection(made, context)


def test_hosts_that_hang_leave_time_for_the_one_that_answers(lab):
    started = time.monotonic()
    with talk(_hanging) as one, talk(_hanging) as two, _in_time(lab, [one, two, lab.hosts[0]], 6) as opened:
        assert opened.get("version")
        assert opened.host == lab.hosts[0]
        assert time.monotonic() - started < 6


def test_when_the_time_is_over_no_host_is_given_up(own_lab):
    own_lab.faults.slow("/nodes", 30)
    with _in_time(own_lab, own_lab.hosts[:1], 3) as opened:
        assert opened.get("version")
        started = time.monotonic()
        with pytest.raises(ProxmoxRequestFailed, match="no time left: a source may be read for") as caught:
            opened.get("nodes")
        assert caught.value.for_time
        assert not caught.value.timed_out
        assert opened.host == own_lab.hosts[0]
        with pytest.raises(ProxmoxRequestFailed, match="no time left"):
            opened.get("storage")
        assert time.monotonic() - started < 10


def test_what_is_read_first_is_asked_for_first(own_lab):
    context = SourceContext(
        {"PVE_TOKEN_SECRET": own_lab.token_secret}, Path("/"), Silent(), first={"guest": ("9", "3")}
    )
    made = settings(hosts=own_lab.hosts, ca_file=str(own_lab.ca_file))
    with ProxmoxConnection(made, context) as opened:
        assert opened.in_order("guest", ["1", "3", "5", "9"]) == ["9", "3", "1", "5"]
        assert opened.in_order("pool", ["b", "a"]) == ["b", "a"]
        opened.prepare(["pools", "storage"])
        assert opened.get("version")
        assert "GET /api2/json/storage" not in own_lab.requests, "what is prepared waits"
        assert opened.get("pools") is not None
        assert opened.get("storage") is not None
        assert own_lab.requests["GET /api2/json/storage"] == 1


@pytest.mark.parametrize("connections", [1, 2, 8])
def test_no_thread_waits_for_a_request_that_waits_for_a_thread(own_lab, connections):
    """Prepared requests are made by the very threads that would wait for them."""
    context = SourceContext({"PVE_TOKEN_SECRET": own_lab.token_secret}, Path("/"), Silent())
    made = settings(hosts=own_lab.hosts, ca_file=str(own_lab.ca_file), connections=connections)
    paths = ["pools", "storage", "cluster/ha/resources", "cluster/backup", "access/roles"]
    with ProxmoxConnection(made, context) as opened:
        opened.prepare(paths)
        answers: dict[str, object] = {}
        reader = threading.Thread(target=lambda: answers.update(opened.get_many(paths)), daemon=True)
        reader.start()
        reader.join(20)
        assert sorted(answers) == sorted(paths)
        assert not [each for each in answers.values() if isinstance(each, ProxmoxRequestFailed)]
        assert all(own_lab.requests[f"GET /api2/json/{path}"] == 1 for path in paths)
