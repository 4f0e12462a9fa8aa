"""A TLS server on loopback that says exactly what a test tells it to, header by header."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from reconciler.lab.tls import make_tls


@dataclass
class Reply:
    body: bytes = b'{"data":{}}'
    status: int = 200
    reason: str = "OK"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Stub:
    host: str
    ca_file: Path
    seen: list[tuple[str, str, dict[str, str]]]
    """Method, path and headers of every request."""


@contextmanager
def serve(answer: Callable[[str], Reply], folder: Path, *, name: str = "127.0.0.1") -> Iterator[Stub]:
    """Answer every GET with what `answer` makes of its path; the certificate is for `name`."""
    tls = make_tls(folder, name)
    seen: list[tuple[str, str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one segment per answer

        def do_GET(self) -> None:
            seen.append((self.command, self.path, dict(self.headers)))
            reply = answer(self.path)
            self.send_response_only(reply.status, reply.reason)
            for key, value in reply.headers.items():
                self.send_header(key, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, *args: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Handshakes that clients give up are what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = tls.context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield Stub(f"127.0.0.1:{server.server_port}", tls.ca_file, seen)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()
