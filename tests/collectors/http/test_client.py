"""The one client of UniFi and the proxy manager, against a server that says what a test tells it to."""

import gzip
import socket
import threading

import pytest

from reconciler.collectors.http import connection_errors
from reconciler.collectors.http.client import Web
from reconciler.collectors.http.connection_errors import HostUnreachable, Remedies
from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import BadAnswerError
from reconciler.collectors.http.settings import WebSettings
from reconciler.lab.tls import make_tls
from tests.collectors.http.stub import Reply, serve

REMEDIES = Remedies(ca_file="set ca_file", fingerprint="look")


def client(stub, tmp_path, **changes):
    entry = {
        "name": "x",
        "type": "x",
        "url": f"https://{stub.host}",
        "ca_file": str(stub.ca_file),
        "timeout": "2s",
    }
    return Web(WebSettings.model_validate(entry | changes), tmp_path, REMEDIES)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "tls"
    path.mkdir()
    return path


def test_an_answer_comes_whole_whatever_its_status(folder, tmp_path):
    with serve(lambda path: Reply(b'{"at":"%s"}' % path.encode(), 418), folder) as stub:
        with client(stub, tmp_path) as asked:
            answer = asked.get("/a", {"b": 1})
        assert (answer.status, answer.json()) == (418, {"at": "/a?b=1"})
        assert stub.seen[0][2]["Accept"] == "application/json"


def test_a_redirect_is_an_answer(folder, tmp_path):
    reply = Reply(b"", 302, headers={"Location": "https://elsewhere.example/"})
    with serve(lambda _: reply, folder) as stub, client(stub, tmp_path) as asked:
        assert asked.get("/").headers["location"] == "https://elsewhere.example/"
        assert len(stub.seen) == 1


def test_packed_answers_are_unpacked(folder, tmp_path):
    reply = Reply(gzip.compress(b"[1]"), headers={"Content-Encoding": "gzip"})
    with serve(lambda _: reply, folder) as stub, client(stub, tmp_path) as asked:
        assert asked.get("/").json() == [1]


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(b"<html>", headers={"Content-Type": "text/html"}), "is a web page and no JSON"),
        (Reply(b"{"), "is no JSON"),
        (Reply(b""), "is no JSON"),
    ],
)
def test_what_is_no_json_is_told(folder, tmp_path, reply, message):
    with serve(lambda _: reply, folder) as stub, client(stub, tmp_path) as asked:
        answer = asked.get("/")
    with pytest.raises(BadAnswerError, match=message):
        answer.json()


def test_json_that_says_it_is_text_is_json(folder, tmp_path):
    reply = Reply(b'{"a":1}', headers={"Content-Type": "text/plain"})
    with serve(lambda _: reply, folder) as stub, client(stub, tmp_path) as asked:
        assert asked.get("/").json() == {"a": 1}


def test_an_answer_that_is_too_large_ends_there(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("reconciler.collectors.http.client._LARGEST", 1000)
    too_large = pytest.raises(BadAnswerError, match="is larger than")
    with serve(lambda _: Reply(b"x" * 5000), folder) as stub, client(stub, tmp_path) as asked, too_large:
        asked.get("/")


def test_another_certificate_than_the_pinned_one_is_sent_nothing(folder, tmp_path):
    with serve(lambda _: Reply(), folder) as stub:
        pinned = {"ca_file": None, "fingerprint": ":".join(["AB"] * 32)}
        with client(stub, tmp_path, **pinned) as asked:
            asked.send_always("Authorization", "Bearer secret")
            with pytest.raises(HostUnreachable) as told:
                asked.get("/")
        assert "is not the configured one but " in told.value.problem.what
        assert stub.seen == []


def test_the_certificate_tells_when_it_ends(folder, tmp_path):
    with serve(lambda _: Reply(headers={"Date": "Mon, 23 Nov 2026 21:05:00 GMT"}), folder) as stub:
        with client(stub, tmp_path) as asked:
            seen = asked.look()
        assert seen.expires is not None
        assert seen.skew is not None
        with client(stub, tmp_path, ca_file=None, verify_tls=False) as asked:
            assert asked.look().expires is None


def test_a_server_without_a_clock(folder, tmp_path):
    with serve(lambda _: Reply(headers={"Date": "soon"}), folder) as stub, client(stub, tmp_path) as asked:
        assert asked.look().skew is None


def test_another_name_than_that_of_the_certificate(folder, tmp_path):
    with serve(lambda _: Reply(), folder, name="other.example") as stub, client(stub, tmp_path) as asked:
        with pytest.raises(HostUnreachable) as told:
            asked.get("/")
        assert told.value.problem.remedy == "name the host as its certificate does, or set fingerprint"


def test_what_does_not_speak_tls(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def speak():
            for _ in range(3):
                try:
                    taken, _ = listener.accept()
                except OSError:
                    return
                with taken:
                    taken.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=speak)
        thread.start()
        settings = WebSettings.model_validate({"name": "x", "type": "x", "url": f"https://127.0.0.1:{port}"})
        with Web(settings, tmp_path, REMEDIES) as asked, pytest.raises(HostUnreachable) as told:
            asked.get("/")
        assert told.value.problem.what == "what listens there does not speak TLS"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(timeout=30)


def test_a_name_that_does_not_resolve(tmp_path, monkeypatch):
    def unknown(*_args, **_options):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    settings = WebSettings.model_validate({"name": "x", "type": "x", "url": "http://nowhere.example"})
    with Web(settings, tmp_path, REMEDIES) as asked, pytest.raises(HostUnreachable) as told:
        asked.get("/")
    assert told.value.problem.what == "its name does not resolve"


def test_an_answer_that_drips_is_given_up(folder, tmp_path, monkeypatch):
    ticks = iter(range(0, 10_000, 50))
    with (
        serve(lambda _: Reply(b"[" + b"1," * 100_000 + b"1]"), folder) as stub,
        client(stub, tmp_path) as asked,
    ):
        monkeypatch.setattr("reconciler.collectors.http.client.time.monotonic", lambda: float(next(ticks)))
        with pytest.raises(connection_errors.IncompleteResponse, match="comes too slowly"):
            asked._ask("GET", "/")


def test_settings_name_a_ca_that_is_none(tmp_path):
    from reconciler.errors import SourceError

    (tmp_path / "ca.pem").write_text("nothing")
    entry = {"name": "x", "type": "x", "url": "https://h", "ca_file": "ca.pem"}
    with pytest.raises(
        SourceError, match="holds no CA certificate in PEM form; set ca_file, or set fingerprint"
    ):
        Web(WebSettings.model_validate(entry), tmp_path, REMEDIES)


def test_a_ca_in_the_repository(tmp_path, folder):
    tls = make_tls(folder)
    (tmp_path / "ca.pem").write_bytes(tls.ca_file.read_bytes())
    entry = {"name": "x", "type": "x", "url": "https://h", "ca_file": "ca.pem"}
    with Web(WebSettings.model_validate(entry), tmp_path, REMEDIES) as made:
        assert made.cookies == frozenset()


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
