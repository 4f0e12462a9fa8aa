"""The provider does not answer, is not the right one, or the server is not set up: nothing is served then."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.collectors.http.certificates import Authority
from tests.processes import PATIENCE, free_port, program
from tests.publish import site
from tests.publish.oidc.apache import ProtectedServer, configure, protected
from tests.publish.oidc.browser import Browser, ask
from tests.publish.oidc.provider import READER, Provider, providing

SUMMARY = site.documents()["v1/summary.json"]


class Pair(NamedTuple):
    """A server and its provider, which a test may stop."""

    server: ProtectedServer
    provider: Provider
    process: "subprocess.Popen[bytes]"

    def stop_the_provider(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


@pytest.fixture
def pair(tmp_path) -> Iterator[Pair]:
    authority = Authority("The lab's CA")
    for name in ("provider", "apache"):
        (tmp_path / name).mkdir()
    with free_port() as port, free_port() as other:
        callback = f"https://127.0.0.1:{port}/oidc/callback"
        with (
            providing(tmp_path / "provider", other, authority, callback) as (provider, process),
            protected(tmp_path / "apache", port, authority, provider.issuer) as server,
        ):
            yield Pair(server, provider, process)


def nothing(seen) -> None:
    if seen.status != 200 or b"OpenID Connect Provider error" not in seen.body:
        assert seen.status in {401, 500, 502, 503}, seen
        assert seen.headers["Content-Type"] == PROBLEM
    assert SUMMARY not in seen.body
    assert "\u2713".encode() not in seen.body


def test_a_provider_that_stops_leaves_sessions_and_tokens_good_and_starts_no_new_one(pair):
    reader, token = Browser(pair.server), pair.provider.token()
    reader.log_in(READER)
    assert ask(pair.server, "/v1/summary", token=token).status == 200
    back = Browser(pair.server)
    answer = back.sent_back(READER)
    pair.stop_the_provider()
    assert reader.get("/drift").status == 200
    assert reader.get("/v1/summary").body == SUMMARY
    for good in (token, pair.provider.token(sub="another")):
        assert ask(pair.server, "/v1/summary", token=good).body == SUMMARY
    nothing(ask(pair.server, "/v1/summary", token=pair.provider.token(aud="another")))
    nothing(back.get(answer))
    assert not any(name.startswith("__Host-") for name in back.cookies())


def test_a_provider_that_never_answered_serves_nothing(pair):
    token = pair.provider.token()
    pair.stop_the_provider()
    nothing(ask(pair.server, "/v1/summary", token=token))
    nothing(ask(pair.server, "/v1/summary"))
    nothing(Browser(pair.server).get("/drift"))
    nothing(ask(pair.server, "/drift", token=token))


def test_a_provider_whose_certificate_is_not_trusted_is_not_asked(provider, tmp_path):
    """The server trusts another CA than the one of the provider."""
    with (
        free_port() as port,
        protected(tmp_path, port, Authority("Another CA"), provider.issuer) as server,
    ):
        nothing(ask(server, "/v1/summary", token=provider.token()))
        nothing(Browser(server).get("/drift"))


def test_who_is_not_on_the_lan_is_refused_before_any_login(provider, tmp_path):
    no_loopback = ("Require ip 127.0.0.0/8 ::1 ", "Require ip ")
    with (
        free_port() as port,
        protected(tmp_path, port, Authority(), provider.issuer, no_loopback) as server,
    ):
        browser = Browser(server)
        for path in ("/", "/drift", "/v1", "/v1/summary", "/assets/style.css", "/oidc/callback"):
            for seen in (browser.get(path), ask(server, path, token=provider.token())):
                assert seen.status in {302, 403}
                assert seen.status == 403 or seen.target.startswith(f"{server.url}/")
                assert seen.status == 302 or seen.headers["Content-Type"] == PROBLEM
        assert not browser.cookies()


def test_a_request_that_trickles_in_ends(provider, tmp_path):
    """Each byte comes in time, and the head never ends: the limit is for all of it."""
    hurry = ("handshake=10 header=10", "handshake=10 header=1")
    start = time.monotonic()
    with (
        free_port() as port,
        protected(tmp_path, port, Authority("The lab's CA"), provider.issuer, hurry) as server,
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        server.context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"GET /v1 HTTP/1.1\r\nHost: x\r\nX: ")
        with suppress(OSError):
            while time.monotonic() - start < PATIENCE:
                connection.sendall(b"x")
                time.sleep(0.2)
        assert time.monotonic() - start < PATIENCE
        assert ask(server, "/v1").status == 401


@pytest.mark.parametrize("missing", ["secrets", "cert.pem", "key.pem"])
def test_without_its_files_the_server_does_not_start_and_names_them(tmp_path, missing):
    config = configure(tmp_path, 1, Authority(), "https://127.0.0.1:1")
    command = [program("apache2"), "-t", "-f", str(config)]
    (tmp_path / "public" / "current").mkdir(parents=True)
    good = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert good.returncode == 0, good.stderr
    (tmp_path / missing).unlink()
    bad = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert bad.returncode != 0
    assert str(tmp_path / missing) in bad.stderr
