"""Servers on loopback that answer exactly what a test wants: header by header, or byte by byte."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    cookies: tuple[str, ...] = ()
    """Each a `Set-Cookie` of its own."""


@dataclass
class Stub:
    host: str
    ca_file: Path
    seen: list[tuple[str, str, dict[str, str]]]
    """Method, path and headers of every request."""
    connections: list[object]
    """The address of every connection."""


@contextmanager
def serve(answer: Callable[[str], Reply], folder: Path, *, name: str = "127.0.0.1") -> Iterator[Stub]:
    """Answer every GET and POST with what `answer` makes of its path; the certificate is for `name`."""
    tls = make_tls(folder, name)
    seen: list[tuple[str, str, dict[str, str]]] = []
    connections: list[object] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536  # one segment per answer

        def setup(self) -> None:
            connections.append(self.client_address)
            super().setup()

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append((self.command, self.path, dict(self.headers)))
            reply = answer(self.path)
            self.send_response_only(reply.status, reply.reason)
            for key, value in reply.headers.items():
                self.send_header(key, value)
            for cookie in reply.cookies:
                self.send_header("Set-Cookie", cookie)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        def do_POST(self) -> None:
            self.do_GET()

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
        yield Stub(f"127.0.0.1:{server.server_port}", tls.ca_file, seen, connections)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


@contextmanager
def talk(
    conversation: Callable[[socket.socket], None], context: ssl.SSLContext | None = None
) -> Iterator[str]:
    """Hold a conversation of bytes on every connection, over TLS where there is a context; yields the host.

    What ends the conversation is the client, which hangs up, or the end of the block.
    """
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def converse(plain: socket.socket) -> None:
        with suppress(OSError):
            if context is None:
                with plain:
                    conversation(plain)
            else:
                with context.wrap_socket(plain, server_side=True) as secured:
                    opened.append(secured)
                    conversation(secured)

    def accept() -> None:
        with suppress(OSError):
            while True:
                plain, _ = listener.accept()
                opened.append(plain)
                threads.append(threading.Thread(target=converse, args=(plain,), daemon=True))
                threads[-1].start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        for each in opened:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(5)
        for each in opened:
            each.close()


def read_request(connection: socket.socket) -> bytes:
    """Receive the head of a request, and return it."""
    received = b""
    while b"\r\n\r\n" not in received:
        piece = connection.recv(65536)
        if not piece:
            raise ConnectionError
        received += piece
    return received
