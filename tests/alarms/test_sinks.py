"""Each type of sink against a real server on loopback."""

import hashlib
import json
import socket
import subprocess
import threading
import time
from email.header import decode_header
from typing import Any

import jsonschema
import pytest
from aiosmtpd.smtp import AuthResult

from reconciler.alarms.deliver import deliver
from reconciler.kinds import SYSTEMS
from reconciler.lab.tls import make_tls
from reconciler.model.alarm import Alarm, AlarmChange, AlarmSource, AlarmStep
from reconciler.publish.schemas import schemas
from reconciler.site import KINDS as SITE_KINDS
from tests.alarms.parts import sink
from tests.alarms.receivers import smtp_receiver

CHANGE = AlarmChange(
    change="new", severity="error", type="missing", key="pve/guest/120", name="uptime-kuma",
    title="is missing", who="root@pam (qmdestroy)", ids=("7454fda8f326",), follows=3,
)  # fmt: skip
GONE = CHANGE.model_copy(update={"change": "resolved", "follows": 0, "who": None})
WORKS = AlarmStep(step="record", working=True)
READ = AlarmSource(name="pve", status="complete", before="failed")
ALARM = Alarm(
    site="lan-main",
    sink="chat",
    run_id="20261123T210500Z-3fa9c1",
    subject="lan-main: 1 new cause (DRIFTED, 1 error)",
    severity="error",
    counts={"new": 1},
    changes=(CHANGE,),
    link="https://drift.lan/drift",
)
SECRETS = {"KEY": "s3cret-key", "TOKEN": "tk_0123456789", "MAIL_PASSWORD": "hunter2hunter2"}


def sent(to, tmp_path, alarm=ALARM, environment=SECRETS, seconds=5.0):
    (delivery,) = deliver([(to, alarm)], environment, tmp_path, seconds)
    return delivery


def hmac_by_hand(key: bytes, body: bytes) -> str:
    """RFC 2104, without the library that makes it."""
    key = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in key) + body).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in key) + inner).hexdigest()


def test_a_webhook_is_signed_and_as_its_schema_says(receiver, tmp_path):
    to = sink(url=f"{receiver.url}/hooks/abc?x=1", secret="${KEY}")
    assert sent(to, tmp_path).delivered
    (request,) = receiver.received
    assert request.path == "/hooks/abc?x=1"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["x-reconciler-event"] == "alarm"
    assert request.headers["x-reconciler-delivery"] == "20261123T210500Z-3fa9c1-chat"
    signed = request.headers["x-reconciler-signature-256"]
    assert signed == f"sha256={hmac_by_hand(b's3cret-key', request.body)}"
    openssl = ["openssl", "dgst", "-sha256", "-hmac", "s3cret-key", "-r"]
    done = subprocess.run(openssl, input=request.body, capture_output=True, check=True)
    assert signed == f"sha256={done.stdout.split()[0].decode()}"
    document = json.loads(request.body)
    jsonschema.validate(document, schemas(SYSTEMS.values(), SITE_KINDS)["alarm"].document())
    assert document["changes"][0]["follows"] == 3
    assert document["text"].splitlines()[1] == (
        "▲ `uptime-kuma` (`pve/guest/120`) is missing; by `root@pam (qmdestroy)` (3 follow from it)"
    )


def test_a_webhook_without_a_key_is_not_signed(receiver, tmp_path):
    assert sent(
        sink(url="${URL}"), tmp_path, environment={"URL": f"{receiver.url}/from-the-environment"}
    ).delivered
    (request,) = receiver.received
    assert request.path == "/from-the-environment"
    assert "x-reconciler-signature-256" not in request.headers


@pytest.mark.parametrize(
    ("update", "priority", "tags"),
    [
        ({}, "4", "rotating_light"),
        ({"severity": "warning"}, "3", "warning"),
        ({"severity": "info", "counts": {"resolved": 1}, "changes": (GONE,)}, "2", "white_check_mark"),
        ({"severity": "info", "counts": {"new": 1}}, "2", "information_source"),
        ({"severity": "info", "counts": {}, "steps": (WORKS,)}, "2", "white_check_mark"),
        ({"severity": "info", "counts": {}, "sources": (READ,)}, "2", "white_check_mark"),
        ({"severity": "info", "kind": "test"}, "2", "information_source"),
    ],
)  # fmt: skip
def test_ntfy_shows_how_bad_it_is(receiver, tmp_path, update, priority, tags):
    to = sink("ntfy", url=f"{receiver.url}/drift", token="${TOKEN}")
    assert sent(to, tmp_path, ALARM.model_copy(update=update)).delivered
    (request,) = receiver.received
    assert request.path == "/drift"
    assert request.headers["authorization"] == "Bearer tk_0123456789"
    assert (request.headers["priority"], request.headers["tags"]) == (priority, tags)
    assert request.headers["click"] == "https://drift.lan/drift"
    assert request.headers["title"] == "lan-main: 1 new cause (DRIFTED, 1 error)"


def test_ntfy_reads_a_title_in_other_letters_and_a_long_message_stays_a_message(receiver, tmp_path):
    many = tuple(CHANGE.model_copy(update={"name": "ü" * 120, "title": "x" * 150}) for _ in range(20))
    alarm = ALARM.model_copy(update={"subject": "Büro: 20 new causes", "changes": many, "link": None})
    assert sent(sink("ntfy", url=f"{receiver.url}/drift"), tmp_path, alarm).delivered
    (request,) = receiver.received
    ((title, encoding),) = decode_header(request.headers["title"])
    assert title.decode(encoding) == "Büro: 20 new causes"
    assert len(request.body) <= 4096
    assert request.body.decode().endswith("\n…")
    assert "click" not in request.headers


def test_a_mail_arrives_over_starttls_with_a_login(tmp_path):
    tls = make_tls(tmp_path)
    logins = []

    def authenticate(server, session, envelope, mechanism, data):
        logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"hunter2hunter2", handled=False)

    options: dict[str, Any] = {
        "tls_context": tls.context,
        "authenticator": authenticate,
        "auth_required": True,
    }
    with smtp_receiver(**options, require_starttls=True) as mailbox:
        settings = {
            "host": "127.0.0.1", "port": mailbox.port, "user": "drift", "password": "${MAIL_PASSWORD}",
            "ca_file": str(tls.ca_file), "to": ["ops@site.example", "on-call@site.example"],
        }  # fmt: skip
        assert sent(sink("email", **settings), tmp_path).problems == ()
        wrong = sent(sink("email", **settings), tmp_path, environment={"MAIL_PASSWORD": "wrong-password"})
    assert logins[0] == (b"drift", b"hunter2hunter2")
    (mail,) = mailbox.mails
    assert mailbox.envelopes == [("drift@site.example", ["ops@site.example", "on-call@site.example"])]
    assert mail["Subject"] == "lan-main: 1 new cause (DRIFTED, 1 error)"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].startswith("<20261123T210500Z-3fa9c1.")

    lines = mail.get_content().splitlines()
    assert "▲ uptime-kuma (pve/guest/120) is missing; by root@pam (qmdestroy) (3 follow from it)" in lines
    assert "https://drift.lan/drift" in lines
    assert not wrong.delivered
    assert "refuses the login (535 " in str(wrong.problems[0])
    assert "wrong-password" not in str(wrong.problems[0])


def test_a_mail_that_some_addresses_refuse_is_delivered_and_that_is_reported(tmp_path):
    with smtp_receiver() as mailbox:
        mailbox.refused = {"gone@site.example"}
        settings = {"host": "127.0.0.1", "port": mailbox.port, "security": "none"}
        some = sent(sink("email", **settings, to=["ops@site.example", "gone@site.example"]), tmp_path)
        none = sent(sink("email", **settings, to=["gone@site.example"]), tmp_path)
    assert (some.delivered, none.delivered) == (True, False)
    assert "refused 1 address: gone@site.example" in str(some.problems[0])
    assert "refused every address: gone@site.example" in str(none.problems[0])
    assert len(mailbox.mails) == 1


@pytest.mark.parametrize(
    ("trust", "expected"),
    [
        ({}, "the TLS certificate is not trusted (it is not signed by a trusted CA)"),
        (
            {"fingerprint": ":".join(["AA"] * 32)},
            "the certificate's fingerprint is not the configured one but ",
        ),
        ({"verify_tls": False}, None),
        ({"fingerprint": None}, None),
    ],
)
@pytest.mark.parametrize("type_", ["email", "email-tls"])
def test_the_certificate_of_a_mail_server_is_checked(tmp_path, trust, expected, type_):
    tls = make_tls(tmp_path)
    trust = {"fingerprint": tls.fingerprint} if trust == {"fingerprint": None} else trust
    implicit = type_ == "email-tls"
    options = {"tls": tls.context} if implicit else {"tls_context": tls.context}
    with smtp_receiver(**options) as mailbox:
        to = sink(
            "email", host="127.0.0.1", port=mailbox.port, security="tls" if implicit else "starttls", **trust
        )
        delivery = sent(to, tmp_path)
    assert delivery.delivered is (expected is None)
    assert expected is None or expected in str(delivery.problems[0])


@pytest.mark.parametrize(
    ("status", "remedy"),
    [
        (301, "redirects are not followed"),
        (401, "check the token or secret"),
        (403, "may write there"),
        (404, "check url"),
        (413, "send less"),
        (500, "see the log of that server"),
    ],
)
def test_a_refusal_is_one_line_with_a_remedy_and_without_the_secret_path(receiver, tmp_path, status, remedy):
    receiver.status, receiver.reason = status, "no /hooks/abc here"
    delivery = sent(sink(url="${URL}"), tmp_path, environment={"URL": f"{receiver.url}/hooks/abc"})
    (problem,) = delivery.problems
    assert not delivery.delivered
    assert str(problem).startswith(
        f"alarms: chat: 127.0.0.1:{receiver.url.rpartition(':')[2]} answers {status} "
    )
    assert remedy in problem.remedy
    assert "hooks" not in str(problem)
    assert "\n" not in str(problem)


@pytest.mark.parametrize(
    ("to", "expected"),
    [
        (sink(url="http://127.0.0.1:1/x"), "alarms: chat: 127.0.0.1:1: "),
        (sink("ntfy", url="http://127.0.0.1:1/x"), "alarms: chat: 127.0.0.1:1: "),
        (
            sink("email", host="127.0.0.1", port=1),
            "alarms: chat: 127.0.0.1:1 cannot be reached (Connection refused)",
        ),
        (sink(url="${ABSENT}"), "the environment variable ABSENT is not set"),
        (sink(secret="${ABSENT}"), "the environment variable ABSENT is not set"),
        (sink("ntfy", token="${ABSENT}"), "the environment variable ABSENT is not set"),
        (sink("email", user="${ABSENT}", password="${KEY}"), "the environment variable ABSENT is not set"),
        (sink(url="${KEY}"), "the environment variable KEY is not a web address; set it to the whole URL"),
        (
            sink("ntfy", url="${KEY}"),
            "the environment variable KEY is not a web address; set it to the whole URL",
        ),
        (sink(ca_file="absent.pem"), "ca_file absent.pem: does not exist"),
    ],
)
def test_what_cannot_be_sent_is_the_problem_of_that_sink(tmp_path, to, expected):
    delivery = sent(to, tmp_path)
    assert not delivery.delivered
    assert expected in str(delivery.problems[0])
    assert not any(secret in str(delivery.problems[0]) for secret in SECRETS.values())


def test_a_fault_of_ours_is_the_problem_of_that_sink(receiver, tmp_path, monkeypatch):
    monkeypatch.setattr("reconciler.alarms.sinks.ntfy.headers_of", lambda alarm: 1 / 0)
    broken, good = sink("ntfy", name="broken", url=f"{receiver.url}/drift"), sink(url=receiver.url)
    first, second = deliver([(broken, ALARM), (good, ALARM)], {}, tmp_path, 5)
    assert "failed unexpectedly: ZeroDivisionError" in str(first.problems[0])
    assert second.delivered


def drip(listener: socket.socket) -> None:
    """Answer a byte at a time, for as long as anyone listens."""
    connection, _ = listener.accept()
    with connection:
        for _ in range(40):
            try:
                connection.sendall(b"2")
            except OSError:
                return
            time.sleep(0.05)


@pytest.mark.parametrize("type_", ["webhook", "ntfy", "email"])
def test_a_sink_that_does_not_end_stops_no_other_one(receiver, tmp_path, type_):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=drip, args=(listener,), daemon=True).start()
        where = {"host": "127.0.0.1", "port": port, "security": "none"} if type_ == "email" else {
            "url": f"http://127.0.0.1:{port}/x"
        }  # fmt: skip
        slow, good = sink(type_, name="slow", **where), sink(url=receiver.url)
        began = time.monotonic()
        first, second = deliver([(slow, ALARM), (good, ALARM)], SECRETS, tmp_path, 0.7)
        assert time.monotonic() - began < 3
    assert (first.delivered, second.delivered) == (False, True)
    assert "alarms: slow: " in str(first.problems[0])
