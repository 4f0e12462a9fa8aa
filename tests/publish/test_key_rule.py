"""The rule of config/web that asks for an API key, in the real nginx and the real Caddy."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.processes import free_port, program, wait_until
from tests.publish.test_serve import ask
from tests.publish.web_servers import CONFIGURED, PORTAL, WebServer, check_headers, serving

KEY, OTHER = "3f9c5a" * 10, "0badc0" * 10
KEY_RULES = {
    "nginx": (
        "drift-api-keys.conf",
        f'"~^{KEY}$" portal;\n',
        [
            ("# include /etc/nginx/drift-api-keys.conf;", "include {file};"),
            ("# if ($drift_keyless)", "if ($drift_keyless)"),
        ],
        ("# 192.168.11.16/28 operator;", "127.0.0.0/8 operator;"),
    ),
    "caddy": (
        "drift-api-keys",
        f"{KEY} portal\n",
        [
            ("# import /etc/caddy/drift-api-keys", "import {file}"),
            ("# error @keyless 401", "error @keyless 401"),
        ],
        ("# not remote_ip 192.168.11.16/28", "not remote_ip 127.0.0.0/8"),
    ),
}
"""By server: the name of the file with keys, what is in it, the lines to uncomment, and who needs no key."""


@contextmanager
def _with_key_rule(name: str, scratch: Path, *, operators: bool = False) -> Iterator[WebServer]:
    file, keys, changes, exempt = KEY_RULES[name]
    (scratch / file).write_text(keys)
    more = [(old, new.format(file=scratch / file)) for old, new in changes]
    with serving(name, scratch, *more, *([exempt] if operators else [])) as server:
        yield server


@pytest.fixture(scope="module", params=CONFIGURED)
def keyed(request, tmp_path_factory) -> Iterator[WebServer]:
    with _with_key_rule(request.param, tmp_path_factory.mktemp(f"keyed-{request.param}")) as server:
        yield server


@pytest.mark.parametrize(
    "route", ["/v1", "/v1/summary", "//v1/summary", "/v1%2fsummary", "/v1/feed", "/", "/drift"]
)
def test_with_the_rule_only_a_right_key_reads(keyed, route):
    assert ask(keyed, route, X_API_Key=KEY).status == 200
    assert ask(keyed, route, x_api_key=KEY).status == 200
    for wrong in ({}, *({"X_API_Key": key} for key in (OTHER, "", KEY[:-1], f"{KEY}0", KEY.upper(), "*"))):
        answer = ask(keyed, route, **wrong)
        assert answer.status == 401, wrong
        assert answer.headers["Content-Type"] == PROBLEM
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["WWW-Authenticate"] == "ApiKey"
        assert (answer.json["title"], answer.json["status"]) == ("Unauthorized", 401)
        check_headers(answer)


def test_without_a_key_nothing_shows_which_documents_there_are(keyed):
    assert {ask(keyed, f"/v1/{name}").status for name in ("summary", "nothing", "summary.json")} == {401}
    assert ask(keyed, "/v1/nothing", X_API_Key=KEY).status == 404
    assert ask(keyed, "/v1/summary", "HEAD").status == 401
    assert ask(keyed, "/v1/summary", "POST").status == 405
    assert ask(keyed, "/assets/style.css").status == 200
    assert ask(keyed, "/v1/summary?X-API-Key=in-an-address").status == 401


def test_a_portal_in_a_browser_may_send_a_key(keyed):
    before = ask(keyed, "/v1/summary", "OPTIONS", Origin=PORTAL, Access_Control_Request_Headers="x-api-key")
    assert before.status == 204
    assert "X-API-Key" in before.headers["Access-Control-Allow-Headers"]
    assert ask(keyed, "/v1/summary", Origin=PORTAL).headers["Access-Control-Allow-Origin"] == PORTAL


def test_keys_are_in_no_log_and_in_no_published_file(keyed):
    route = f"/v1/summary?mark={keyed.name}-logged"
    for key in (KEY, OTHER):
        ask(keyed, route, X_API_Key=key, Authorization=f"Bearer {key}", Cookie=f"key={key}")
    logs = [keyed.directory.parent / name for name in ("log", "access.log")]
    text = ""

    def read() -> bool:
        nonlocal text
        text = "".join(log.read_text() for log in logs if log.exists())
        return text.count("-logged") >= 2

    wait_until(read, "an entry in the access log")
    assert KEY not in text
    assert OTHER not in text
    served = [path for path in keyed.directory.rglob("*") if path.is_file()]
    assert served
    assert not [path for path in served if KEY.encode() in path.read_bytes()]


@pytest.mark.parametrize("name", CONFIGURED)
def test_operators_need_no_key_where_their_addresses_are_listed(name, tmp_path):
    with _with_key_rule(name, tmp_path, operators=True) as server:
        assert ask(server, "/").status == 200
        assert ask(server, "/v1/summary").status == 200


@pytest.mark.parametrize("name", CONFIGURED)
def test_a_file_of_keys_that_is_missing_lets_nobody_in(name, tmp_path):
    """The server refuses its configuration: nothing is served without the rule."""
    (_, _, changes, _), executable = KEY_RULES[name], program(name)
    more = [(old, new.format(file=tmp_path / "nothing")) for old, new in changes]
    with free_port() as port:
        options = CONFIGURED[name](tmp_path, tmp_path, port, *more)
        check = ["-t", *options] if name == "nginx" else ["adapt", *options[1:]]
        environment = {**os.environ, "HOME": str(tmp_path)}
        done = subprocess.run(
            [executable, *check], env=environment, capture_output=True, text=True, check=False
        )
    assert done.returncode == 1
    assert "nothing" in done.stderr
