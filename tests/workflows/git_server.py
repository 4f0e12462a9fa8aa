"""A code host as jobs see it: git over HTTP, and the fake API, both behind the token of a job."""

import os
import ssl
import subprocess
import threading
from base64 import b64decode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path

from tests.gitea import fake


@dataclass
class GitServer:
    """A running server. Repositories are bare ones below `root`: `ops/site.git`."""

    root: Path
    tokens: Mapping[str, str]
    """Whose each token is: `job` may write, `fork` only read."""
    url: str = ""
    state: fake.State = field(default_factory=fake.State)
    """What the API has: pull requests, comments, statuses."""
    logins: list[str] = field(default_factory=list)
    """The `Authorization` header of each request that had one."""
    requests: list[str] = field(default_factory=list)
    """Method and path of each request, with its query."""


@contextmanager
def git_server(
    root: Path, tokens: Mapping[str, str], tls: ssl.SSLContext | None = None
) -> Iterator[GitServer]:
    """Serve the repositories below `root` on a free port while the block lasts."""
    site = GitServer(root, tokens)
    members = {"site": site, "state": site.state, "prefix": ""}
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), members))
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


class _Handler(fake.Handler):
    site: GitServer
    protocol_version = "HTTP/1.0"  # git and the client of the API ask rarely; no thread waits for more
    timeout = 60

    def _answer(self) -> None:
        self.site.requests.append(f"{self.command} {self.path}")
        who = self._who()
        if self.path.startswith("/api/v1/"):
            if "Authorization" in self.headers:
                self.headers.replace_header("Authorization", f"token {who}-token")
            self.answer()
            return
        body = self._body()
        if who is None:
            self._send(401, {"WWW-Authenticate": 'Basic realm="Gitea"'}, b"")
        elif "git-receive-pack" in self.path and who != "job":
            self._send(403, {}, b"this token may only read")
        else:
            self._git(body)

    do_GET = do_POST = do_PATCH = do_DELETE = _answer  # noqa: N815  names of http.server

    def _who(self) -> str | None:
        login = self.headers.get("Authorization", "")
        if login:
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

    def _git(self, body: bytes) -> None:
        path, _, query = self.path.partition("?")
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
