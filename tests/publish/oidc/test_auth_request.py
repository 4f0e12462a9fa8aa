"""nginx with the changes of docs/oidc.md, and a stand-in for oauth2-proxy that decides by the token."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from reconciler.publish.serve.answers import PROBLEM
from tests.docs.examples import examples
from tests.publish import site
from tests.publish.test_serve import ask
from tests.publish.web_servers import PORTAL, WebServer, check_headers, serving

PAGE = Path(__file__).parents[3] / "docs" / "oidc.md"
GROUPS = {"Bearer reader": {"infra-readers"}, "Bearer portal": {"portal"}, "Bearer stranger": {"other"}}


class _Decides(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        address = urlsplit(self.path)
        groups = GROUPS.get(self.headers.get("Authorization", ""))
        allowed = set(parse_qs(address.query).get("allowed_groups", [""])[0].split(","))
        status = 200
        if address.path == "/oauth2/auth":
            status = 401 if groups is None else 202 if groups & allowed else 403
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Print nothing."""


@contextmanager
def _deciding() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Decides) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.05])
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[WebServer]:
    (example,) = examples(PAGE.read_text()).values()
    with _deciding() as port:
        changes = []
        for edit in example.edits:
            lines = edit.text.replace("127.0.0.1:4180", f"127.0.0.1:{port}").splitlines(keepends=True)
            before, after = ("".join(line[1:] for line in lines if line[0] in kept) for kept in (" -", " +"))
            changes.append((before, after))
        with serving("nginx", tmp_path_factory.mktemp("nginx"), *changes) as running:
            yield running


ROUTES = {
    "/v1/summary": (401, 200, 200, 403),
    "//v1//summary": (401, 200, 200, 403),
    "/v1/inventory/live": (401, 200, 200, 403),
    "/v1/inventory/nodes/pve/r630-01": (401, 200, 200, 403),
    "/v1/health": (401, 200, 403, 403),
    "/v1/inventory/../health": (401, 200, 403, 403),
    "/v1/inventory/%2e%2e/health": (401, 200, 403, 403),
    "/v1/inventory/..%2fhealth": (401, 200, 403, 403),
    "/v1": (401, 200, 403, 403),
    "/v1/feed": (401, 200, 403, 403),
    "/v1/nothing": (401, 404, 403, 403),
    "/v1/inventory/nothing": (401, 404, 404, 403),
    "/assets/style.css": (401, 200, 403, 403),
    "/": (302, 200, 403, 403),
    "/drift": (302, 200, 403, 403),
    "/nothing": (302, 404, 403, 403),
    "/.hidden": (404, 404, 404, 404),
}
"""By route: the status without a token, for a reader, for the portal, for others."""


@pytest.mark.parametrize(("route", "statuses"), ROUTES.items())
def test_groups_decide_who_reads_a_route(server, route, statuses):
    for token, status in zip(("", *GROUPS), statuses, strict=True):
        seen = ask(
            server, route, Authorization=token, X_Remote_User="ada", X_Forwarded_Groups="infra-readers"
        )
        assert seen.status == status, token
        if status == 200:
            assert seen.headers["Cache-Control"] == "private, no-cache"
        elif status in {401, 403}:
            assert seen.headers["Content-Type"] == PROBLEM
            assert seen.json["status"] == status
        elif status == 404:
            assert seen.headers["Content-Type"].startswith(("text/html", PROBLEM))
        if status != 302:
            check_headers(seen, page=seen.headers["Content-Type"].startswith("text/html"))


def test_a_page_without_a_session_leads_to_the_login_and_back(server):
    seen = ask(server, "/drift?severity=error")
    assert urlsplit(seen.headers["Location"]).path == "/oauth2/start"
    assert seen.headers["Location"].endswith("?rd=/drift?severity=error")
    assert ask(server, "/oauth2/start?rd=/drift").status == 200


def test_a_401_asks_for_a_token_and_a_page_of_the_portal_can_read_it(server):
    seen = ask(server, "/v1/summary", Origin=PORTAL)
    assert seen.headers["WWW-Authenticate"] == 'Bearer realm="drift"'
    assert seen.headers["Access-Control-Allow-Origin"] == PORTAL
    assert "token" in seen.json["detail"]
    asked = ask(server, "/v1/summary", "OPTIONS", Origin=PORTAL)
    assert (asked.status, asked.headers["Access-Control-Allow-Origin"]) == (204, PORTAL)


def test_documents_keep_their_tags_and_their_bytes(server):
    seen = ask(server, "/v1/summary", Authorization="Bearer portal")
    assert seen.body == site.documents()["v1/summary.json"]
    again = ask(server, "/v1/summary", Authorization="Bearer portal", If_None_Match=seen.headers["ETag"])
    assert (again.status, again.headers["Cache-Control"]) == (304, "private, no-cache")
