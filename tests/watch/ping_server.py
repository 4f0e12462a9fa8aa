"""A server on loopback that takes pings, and answers as a test wants."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Ping:
    method: str
    path: str
    query: dict[str, list[str]]
    body: str
    type: str


@dataclass
class PingServer:
    url: str
    host: str
    pings: list[Ping] = field(default_factory=list)
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """By the end of the path; else 200 and `OK`."""
    hang: threading.Event = field(default_factory=threading.Event)
    """While it is not set and `slow` names the path, there is no answer."""
    slow: tuple[str, ...] = ()

    @property
    def paths(self) -> list[str]:
        """What was pinged, without the secret part."""
        return [ping.path.removeprefix("/ping/SECRET-UUID") for ping in self.pings]


@contextmanager
def ping_server() -> Iterator[PingServer]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            if parts.path.endswith(shown.slow):
                shown.hang.wait(20)
            content = self.headers.get("Content-Type", "")
            shown.pings.append(Ping(self.command, parts.path, parse_qs(parts.query), body, content))
            ends = (answer for end, answer in shown.answers.items() if parts.path.endswith(end))
            status, answer = next(ends, (200, b"OK"))
            self.send_response_only(status)
            if status in {301, 302}:
                self.send_header("Location", answer.decode())
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Clients that give up are what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    host = f"127.0.0.1:{server.server_port}"
    shown = PingServer(f"http://{host}/ping/SECRET-UUID", host)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield shown
    finally:
        shown.hang.set()
        server.shutdown()
        thread.join(5)
        server.server_close()
