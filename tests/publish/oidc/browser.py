"""A client that behaves as a browser does: cookies, redirects, and the login form of the provider."""

import http.client
import socket
import ssl
import urllib.parse
import urllib.request
from contextlib import suppress
from email.message import Message
from html.parser import HTMLParser
from http.cookiejar import Cookie, CookieJar
from typing import Any, NamedTuple

from tests.publish.oidc.apache import ProtectedServer
from tests.publish.oidc.provider import PASSWORD

NAVIGATION = {"Accept": "text/html,*/*;q=0.8", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""What a browser sends for a page that a person opens."""


class Seen(NamedTuple):
    """An answer, and the address that gave it."""

    url: str
    status: int
    headers: Message
    body: bytes

    @property
    def target(self) -> str:
        """Where a redirect leads."""
        return urllib.parse.urljoin(self.url, self.headers["Location"])


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


class _AnyStatus(urllib.request.HTTPErrorProcessor):
    def https_response(self, _request: Any, response: Any) -> Any:
        return response


class Browser:
    """One person's browser."""

    def __init__(self, server: ProtectedServer) -> None:
        self.server, self.jar = server, CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}),
            urllib.request.HTTPSHandler(context=server.context),
            urllib.request.HTTPCookieProcessor(self.jar),
            _NoRedirect(),
            _AnyStatus(),
        )

    def get(self, path: str, form: dict[str, str] | None = None, **headers: str) -> Seen:
        """Ask once, and follow nothing; `path` may be a whole address."""
        url = self.server.url + path if path.startswith("/") else path
        data = None if form is None else urllib.parse.urlencode(form).encode()
        named = {**NAVIGATION, **{name.replace("_", "-"): value for name, value in headers.items()}}
        with self._opener.open(urllib.request.Request(url, data, named), timeout=20) as answer:
            return Seen(url, answer.status, answer.headers, answer.read())

    def follow(self, seen: Seen, *, until: str | None = None) -> Seen:
        """Follow redirects to their end, or to the first that leads to an address with this beginning."""
        for _ in range(10):
            if seen.status not in {302, 303}:
                return seen
            if until is not None and seen.target.startswith(until):
                return seen
            seen = self.get(seen.target)
        raise AssertionError(f"redirects without end: {seen.url}")

    def sent_back(self, user: str, path: str = "/") -> str:
        """Log in at the provider, and return the address to which it sends the browser back."""
        return self.answer_of(user, self.get(path).target)

    def answer_of(self, user: str, asked: str) -> str:
        """Log in at this address of the provider, and return the address of its answer."""
        form = self.follow(self.get(asked))
        assert form.status == 200, form
        fields = {**_fields(form.body), "username": user, "password": PASSWORD}
        seen = self.follow(self.get(form.url, fields), until=self.server.url)
        assert seen.status in {302, 303}, seen.body[:2000]
        return seen.target

    def log_in(self, user: str, path: str = "/") -> Seen:
        """Log in, and return the page that the person then sees."""
        return self.follow(self.get(self.sent_back(user, path)))

    def cookies(self) -> dict[str, Cookie]:
        """The cookies that this server has set, by name."""
        return {cookie.name: cookie for cookie in self.jar}


class _Inputs(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self.found[str(given["name"])] = given.get("value") or ""


def _fields(page: bytes) -> dict[str, str]:
    parser = _Inputs()
    parser.feed(page.decode())
    assert {"username", "password"} <= set(parser.found), page
    return parser.found


def send(server: ProtectedServer, data: bytes) -> Seen:
    """Send bytes as they are, and read the answer."""
    port = int(server.url.rsplit(":", 1)[1])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=20) as plain,
        server.context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        with suppress(ConnectionError, ssl.SSLError):
            connection.sendall(data)
        response = http.client.HTTPResponse(connection, method=data.split(b" ")[0].decode("latin-1"))
        response.begin()
        return Seen("", response.status, response.headers, response.read())


def ask(server: ProtectedServer, path: str, *headers: str, token: str = "", method: str = "GET") -> Seen:
    """Ask with a bearer token; the path goes out as it is."""
    lines = [f"{method} {path} HTTP/1.1", "Host: drift.lan", "Connection: close", *headers]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    return send(server, "".join(f"{line}\r\n" for line in [*lines, ""]).encode("latin-1"))
