"""The part of a code host that jobs talk to: `git http-backend` behind a token, and commit statuses."""

import json
import os
import ssl
import subprocess
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

READ, WRITE = "read", "write"


@dataclass
class GitServer:
    """A running server. Repositories are bare ones below `root`: `owner/site.git`."""

    root: Path
    tokens: Mapping[str, str]
    """What each token may: read, or write."""
    url: str = ""
    logins: list[str] = field(default_factory=list)
    """The `Authorization` header of each request that had one."""
    requests: list[str] = field(default_factory=list)
    """Method and path of each request, with its query."""
    statuses: list[dict[str, Any]] = field(default_factory=list)
    """Commit statuses that were set: `sha`, `context`, `state`, `description`."""


@contextmanager
def git_server(
    root: Path, tokens: Mapping[str, str], tls: ssl.SSLContext | None = None
) -> Iterator[GitServer]:
    """Serve the repositories below `root` on a free port while the block lasts."""
    site = GitServer(root, tokens)
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site}))
    server.daemon_threads = False
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    site.url = f"{'https' if tls else 'http'}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    site: GitServer
    timeout = 60

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        """Keep the output of tests clean."""

    def _answer(self) -> None:
        path, _, query = self.path.partition("?")
        self.site.requests.append(f"{self.command} {self.path}")
        body = self._body()
        right = self._right()
        if right is None:
            self._send(401, {"WWW-Authenticate": 'Basic realm="Gitea"'}, b"")
        elif path.startswith("/api/v1/"):
            self._api(path, body, right)
        elif "git-receive-pack" in self.path and right != WRITE:
            self._send(403, {}, b"this token may only read")
        else:
            self._git(path, query, body)

    def _right(self) -> str | None:
        login = self.headers.get("Authorization", "")
        if not login:
            return None
        self.site.logins.append(login)
        scheme, _, value = login.partition(" ")
        if scheme == "Basic":
            user, _, value = b64decode(value).decode().partition(":")
            if user != "x-access-token":
                return None
        return self.site.tokens.get(value)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline(), 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _api(self, path: str, body: bytes, right: str) -> None:
        _, _, sha = path.rpartition("/statuses/")
        if self.command == "POST" and len(sha) == 40 and right == WRITE:
            self.site.statuses.append({"sha": sha, **json.loads(body)})
            self._send(201, {"Content-Type": "application/json"}, b"{}")
        else:
            self._send(403 if right != WRITE else 404, {"Content-Type": "application/json"}, b"{}")

    def _git(self, path: str, query: str, body: bytes) -> None:
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_PROJECT_ROOT": str(self.site.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "REMOTE_USER": "gitea-actions",
            "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True, check=False, timeout=60
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self._send(int(headers.pop("Status", "200").split()[0]), headers, content)

    def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
