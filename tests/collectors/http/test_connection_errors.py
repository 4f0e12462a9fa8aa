"""What went wrong, in one line with host, cause and remedy."""

import json
import socket
import ssl
import urllib.parse

import pytest

from reconciler.collectors.http.connection_errors import (
    HostUnreachable,
    IncompleteResponse,
    UnfinishedAnswer,
    cannot_be_reached,
    classify,
)
from reconciler.collectors.http.untrusted import WrongFingerprint
from reconciler.errors import Problem
from reconciler.text import clean
from tests.collectors.http.clients import REMEDIES


def found(error, *, connected=False):
    return classify(error, "h:1", 1.5, REMEDIES, connected=connected)


def tls_error(reason):
    error = ssl.SSLError(1, "odd")
    error.reason = reason
    return error


@pytest.mark.parametrize(
    ("error", "line", "permanent"),
    [
        (socket.gaierror(-2, "Name or service not known"), "its name does not resolve", False),
        (UnicodeError("label too long"), "its name does not resolve", False),
        (TimeoutError("timed out"), "no connection in time", True),
        (TimeoutError("_ssl.c:1: The handshake operation timed out"), "no TLS handshake in time", True),
        (ConnectionRefusedError(111, "Connection refused"), "connection refused", False),
        (OSError(113, "No route to host"), "no route to host", False),
        (OSError("odd"), "no connection", False),
        (ssl.SSLEOFError(8, "odd"), "the connection broke off in the TLS handshake", False),
        (tls_error("WRONG_VERSION_NUMBER"), "the server on this port does not speak TLS", True),
        (
            tls_error("TLSV1_ALERT_PROTOCOL_VERSION"),
            "the TLS handshake failed (tlsv1 alert protocol version)",
            True,
        ),
    ],
)
def test_a_host_that_cannot_be_reached(error, line, permanent):
    unreachable = found(error)
    assert isinstance(unreachable, HostUnreachable)
    assert str(unreachable) == f"h:1: {line}"
    assert unreachable.permanent is permanent
    assert unreachable.problem.cause == ("timeout" if isinstance(error, TimeoutError) else "unreachable")


@pytest.mark.parametrize(
    ("error", "what", "remedy"),
    [
        (
            WrongFingerprint("AA:BB"),
            "the certificate's fingerprint is not the configured one but AA:BB",
            "if `look` shows the same, put it into fingerprint",
        ),
    ],
)
def test_a_certificate_that_is_not_trusted(error, what, remedy):
    unreachable = found(error)
    assert isinstance(unreachable, HostUnreachable)
    assert unreachable.problem == Problem("h:1", what, remedy, "untrusted-certificate")
    assert unreachable.permanent


@pytest.mark.parametrize(
    ("error", "line", "timed_out"),
    [
        (TimeoutError(), "no answer within 1.5 s", True),
        (UnfinishedAnswer(), "no complete answer within 1.5 s", True),
        (ConnectionResetError(104, "Connection reset by peer"), "the connection broke off", False),
        (ssl.SSLError(1, "bad record mac"), "the connection broke off", False),
        (
            tls_error("TLSV13_ALERT_CERTIFICATE_REQUIRED"),
            "the server ended the TLS connection (tlsv13 alert certificate required)",
            False,
        ),
        (ValueError("odd"), "the answer is not HTTP", False),
    ],
)
def test_an_answer_that_is_not_whole(error, line, timed_out):
    incomplete = found(error, connected=True)
    assert isinstance(incomplete, IncompleteResponse)
    assert (str(incomplete), incomplete.timed_out) == (line, timed_out)


def test_the_only_host_of_a_source():
    plain = cannot_be_reached(Problem("h", "connection refused"), "check url")
    assert str(plain) == "h: cannot be reached (connection refused); check url"
    own = cannot_be_reached(Problem("h", "not trusted", "set ca_file"), "check url")
    assert str(own) == "h: not trusted; set ca_file"


def test_untrusted_text_is_one_short_line():
    assert clean("a\r\nb\x00\u202ec") == "a b c"
    assert len(clean("x" * 10_000)) < 250
    assert clean("you sent 5ecret", "", "5ecret") == "you sent ***"


@pytest.mark.parametrize("secret", ["5ecret", '5"ec\\ret', "5é&c ret/%", "5ecret?"])
@pytest.mark.parametrize(
    "spelt",
    [
        str,
        json.dumps,
        lambda secret: json.dumps(secret, ensure_ascii=False),
        lambda secret: json.dumps(json.dumps({"password": secret})),
        urllib.parse.quote,
        urllib.parse.quote_plus,
        lambda secret: urllib.parse.quote(secret, safe=""),
    ],
)
def test_a_secret_is_hidden_in_each_spelling(secret, spelt):
    assert "***" in clean(f"you sent {spelt(secret)}", secret)
    assert "ret" not in clean(f"you sent {spelt(secret)}", secret)
