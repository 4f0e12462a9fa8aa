"""Every kind of certificate that is not trusted: its reason, its own remedy, and the certificate itself.

Each case is a real server with a certificate of that kind, and a client that is set up in one way.
"""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from reconciler.collectors.http.client import HttpClient
from reconciler.collectors.http.connection_errors import HostUnreachable
from reconciler.collectors.http.probe import presented, server_checks
from reconciler.collectors.http.settings import WebSettings
from reconciler.collectors.http.untrusted import Remedies, explain_untrusted
from reconciler.errors import SourceError
from tests.collectors.http.certificates import DAY, Authority, Leaf, leaf
from tests.collectors.http.stub import read_request, talk

REMEDIES = Remedies(ca_file="copy the CA", fingerprint="`look`", renew="renew it here")
CA, EXPIRED_CA = Authority(), Authority(begins=-20 * DAY, ends=-10 * DAY)


def answer(connection: socket.socket) -> None:
    read_request(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@dataclass(frozen=True)
class Case:
    """A server and a client."""

    serves: Callable[[], Leaf]
    ca_file: Callable[[Leaf], bytes] | None = field(default=lambda _: CA.pem)
    settings: dict[str, str] = field(default_factory=dict)


REFUSED = {
    "expired": (
        Case(lambda: leaf(CA, begins=-9 * DAY, ends=-DAY)),
        "is not trusted (it has expired)",
        "renew it here; if its dates are right, correct the clock of this machine",
    ),
    "not valid yet": (
        Case(lambda: leaf(CA, begins=DAY)),
        "is not trusted (it is not valid yet)",
        "correct the clock of this machine or of the server; else renew it here, with the right time",
    ),
    "of a CA that has expired": (
        Case(lambda: leaf(EXPIRED_CA), lambda _: EXPIRED_CA.pem),
        "is not trusted (the CA that signed it has expired)",
        "recreate the CA and its certificates and replace ca_file, or set fingerprint",
    ),
    "of another CA": (
        Case(lambda: leaf(Authority("Other CA"))),
        "is not trusted (it is not signed by a trusted CA)",
        "copy the CA, or set fingerprint",
    ),
    "of no CA of this system": (
        Case(lambda: leaf(CA), None),
        "is not trusted (it is not signed by a trusted CA)",
        "copy the CA, or set fingerprint",
    ),
    "of a CA that was made again": (
        Case(lambda: leaf(Authority())),
        "is not trusted (it is signed by a CA with the trusted name but another key)",
        "the CA was recreated: copy the CA, or set fingerprint",
    ),
    "self-signed": (
        Case(lambda: leaf(None), None),
        "is not trusted (it is self-signed)",
        "set fingerprint, or set ca_file to a copy of that certificate",
    ),
    "for another name": (
        Case(lambda: leaf(CA, "r630-01.lan")),
        "is not trusted (it is for another name)",
        "use a host name from its certificate, or set fingerprint, which ignores names",
    ),
    "for another address": (
        Case(lambda: leaf(CA, "192.0.2.1")),
        "is not trusted (it is for another name)",
        "use a host name from its certificate, or set fingerprint, which ignores names",
    ),
    "for clients": (
        Case(lambda: leaf(CA, usage=ExtendedKeyUsageOID.CLIENT_AUTH)),
        "is not trusted (it is not a server certificate)",
        "install a certificate for server authentication",
    ),
    "not the pinned one": (
        Case(lambda: leaf(CA), None, {"fingerprint": ":".join(["AB"] * 32)}),
        "fingerprint is not the configured one but ",
        "if `look` shows the same, put it into fingerprint",
    ),
}
ACCEPTED = {
    "of a trusted CA": (Case(lambda: leaf(CA)), "ok", "is trusted by "),
    "itself the CA file": (Case(lambda: leaf(CA), lambda own: own.pem), "ok", "is trusted by "),
    "self-signed and the CA file": (Case(lambda: leaf(None), lambda own: own.pem), "ok", "is trusted by "),
    "ends soon": (Case(lambda: leaf(CA, ends=5 * DAY)), "warning", "is trusted by "),
    "pinned": (
        Case(lambda: leaf(None), None, {"fingerprint": "OWN"}),
        "ok",
        "has the configured fingerprint",
    ),
    "pinned, under another name": (
        Case(lambda: leaf(CA, "other.lan"), None, {"fingerprint": "OWN"}),
        "ok",
        "has the configured fingerprint",
    ),
    "pinned and expired": (
        Case(lambda: leaf(CA, begins=-9 * DAY, ends=-DAY), None, {"fingerprint": "OWN"}),
        "warning",
        "has the configured fingerprint, it expired on ",
    ),
    "not verified": (Case(lambda: leaf(None), None, {"verify_tls": "false"}), "warning", "any certificate"),
}


def checks(case: Case, folder: Path):
    own = case.serves()
    entry = {"name": "x", "type": "x", "timeout": "2s", **case.settings}
    if entry.get("fingerprint") == "OWN":
        entry["fingerprint"] = own.fingerprint
    if case.ca_file is not None:
        (folder / "ca.pem").write_bytes(case.ca_file(own))
        entry["ca_file"] = "ca.pem"
    with talk(answer, own.context(folder)) as host:
        settings = WebSettings.model_validate({**entry, "url": f"https://{host}"})
        found = list(server_checks(settings, lambda: HttpClient.of_source(settings, folder, REMEDIES)))
    return own, host, found


@pytest.mark.parametrize("kind", REFUSED)
def test_a_certificate_that_is_refused(kind, tmp_path):
    case, what, remedy = REFUSED[kind]
    own, host, (check,) = checks(case, tmp_path)
    assert (check.name, check.state, check.remedy) == ("tls", "bad", remedy)
    assert check.what.startswith(f"{host}: ")
    assert what in check.what
    seen = check.certificate
    assert seen is not None
    assert seen.fingerprint == own.fingerprint
    assert (seen.subject, seen.issuer) == (
        own.certificate.subject.rfc4514_string(),
        own.certificate.issuer.rfc4514_string(),
    )
    assert (seen.not_before, seen.not_after) == (
        own.certificate.not_valid_before_utc,
        own.certificate.not_valid_after_utc,
    )
    assert seen.names


def test_each_reason_has_a_remedy_of_its_own():
    by_reason = {what: remedy for _, what, remedy in REFUSED.values()}
    assert len(set(by_reason.values())) == len(by_reason)


@pytest.mark.parametrize("kind", ACCEPTED)
def test_a_certificate_that_is_accepted(kind, tmp_path):
    case, state, what = ACCEPTED[kind]
    own, _, (host, tls) = checks(case, tmp_path)
    assert (host.name, host.state) == ("host", "ok")
    assert (tls.name, tls.state) == ("tls", state)
    assert what in tls.what
    assert tls.certificate.fingerprint == own.fingerprint
    assert bool(tls.remedy) is (state == "warning")


@pytest.mark.parametrize(
    ("content", "what", "remedy"),
    [
        (None, "does not exist", "copy the CA, or set fingerprint"),
        (b"", "is empty", "copy the CA, or set fingerprint"),
        (b" \n", "is empty", "copy the CA, or set fingerprint"),
        (b"hello", "holds no CA certificate in PEM form", "copy the CA, or set fingerprint"),
        (b"\xff\xfe\x00", "holds no CA certificate in PEM form", "copy the CA, or set fingerprint"),
        (
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "holds no CA certificate in PEM form",
            "copy the CA, or set fingerprint",
        ),
        (
            leaf(None).private,
            "holds a private key and no certificate",
            "remove it from the repository and its history, and copy the CA",
        ),
        (
            leaf(None).der,
            "holds a certificate in DER form, not in PEM form",
            "convert it: openssl x509 -inform der -in ca.pem -out ca.pem",
        ),
    ],
    ids=["missing", "empty", "blank", "text", "UTF-16", "torn", "key", "DER"],
)
def test_a_ca_file_that_cannot_be_used(tmp_path, content, what, remedy):
    if content is not None:
        (tmp_path / "ca.pem").write_bytes(content)
    settings = WebSettings.model_validate(
        {"name": "x", "type": "x", "url": "https://127.0.0.1:1", "ca_file": "ca.pem"}
    )
    with pytest.raises(SourceError) as caught:
        HttpClient.of_source(settings, tmp_path, REMEDIES)
    (problem,) = caught.value.problems
    assert (problem.subject, problem.what, problem.remedy) == ("ca_file ca.pem", what, remedy)


def test_a_folder_in_place_of_a_ca_file(tmp_path):
    (tmp_path / "ca.pem").mkdir()
    settings = WebSettings.model_validate(
        {"name": "x", "type": "x", "url": "https://127.0.0.1:1", "ca_file": "ca.pem"}
    )
    with pytest.raises(SourceError, match=r"ca_file ca\.pem: cannot be read"):
        HttpClient.of_source(settings, tmp_path, REMEDIES)


def test_what_openssl_calls_by_a_name_of_its_own_is_passed_on():
    error = ssl.SSLCertVerificationError(1, "odd")
    error.verify_code, error.verify_message = 4711, "the moon\x1b[31m is full"
    what, remedy = explain_untrusted(error, REMEDIES)
    assert what == "the TLS certificate is not trusted (the moon [31m is full)"
    assert remedy == "copy the CA, or set fingerprint"


def test_a_certificate_is_fetched_without_a_request(tmp_path):
    received: list[bytes] = []

    def listen(connection: socket.socket) -> None:
        received.append(connection.recv(1000))

    own = leaf(None, "a.lan", "192.0.2.7", "fd00::7")
    with talk(listen, own.context(tmp_path)) as host:
        seen = presented(f"https://{host}", 2 * DAY / 86400)
    assert seen is not None
    assert seen.names == ("a.lan", "192.0.2.7", "fd00::7")
    assert seen.self_signed
    assert seen.not_after is not None
    assert seen.not_after > datetime.now(UTC)
    assert b"".join(received) == b""


def test_hostile_text_in_a_certificate_stays_one_line(tmp_path):
    own = leaf(Authority("ca\x1b[2J\nFAKE: ok"), "a.lan")
    with talk(answer, own.context(tmp_path)) as host:
        seen = presented(f"https://{host}", 2 * DAY / 86400)
    assert seen is not None
    assert (seen.subject + seen.issuer).isprintable()


def test_no_tls_and_nothing_at_all():
    def hello(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with talk(hello) as host, pytest.raises(HostUnreachable, match="does not speak TLS"):
        presented(f"https://{host}", 2 * DAY / 86400)
    with talk(hello) as host:
        assert presented(f"http://{host}", 2 * DAY / 86400) is None
