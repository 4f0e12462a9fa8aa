"""A small web server for the published tree: the same routes and headers as the web servers' examples.

Every request resolves `current` again, so that a switch is seen at once, and walks to its file one folder at
a time without following symbolic links, so that nothing outside the release is ever read.
"""

import hashlib
import io
import logging
import os
import re
import socket
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from werkzeug.datastructures import Headers
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from reconciler import files
from reconciler.errors import Problem, PublishError
from reconciler.publish import release
from reconciler.publish.documents import JSON, path_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

PROBLEM = "application/problem+json"
_LOG = logging.getLogger(__name__)
_ROUTE = re.compile(r"/v1(?:/[A-Za-z0-9_:~-][A-Za-z0-9._:~-]{0,200})*")
_TRIES = 20
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
    "Referrer-Policy": "no-referrer",
}
_TITLES = {403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed"}


class ReleaseServer:
    """Serves a publish directory while its `with` block runs; port 0 takes a free one.

    Entering raises `PublishError` when the address cannot be had. Requests run in threads of their own.
    """

    def __init__(self, directory: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        self._directory = directory.absolute()
        self._host = host
        self._port = port
        self.url = ""
        """Without a slash at the end: `http://127.0.0.1:8080`."""

    def __enter__(self) -> Self:
        with self._listen() as listener:  # the server duplicates it
            host, port = listener.getsockname()[:2]
            self._server = make_server(
                self._host,
                self._port,
                self._application,
                threaded=True,
                request_handler=_Handler,
                fd=listener.fileno(),
            )
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), name="serve", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_INET6 if ":" in self._host else socket.AF_INET)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self._host, self._port))
            listener.listen()
        except (OSError, OverflowError) as error:
            listener.close()
            what = f"cannot be listened on: {getattr(error, 'strerror', None) or error}"
            remedy = "choose another --host or --port"
            raise PublishError(Problem(f"{self._host}:{self._port}", what, remedy)) from error
        return listener

    def _application(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        return respond(self._directory, Request(environ))(environ, start)


def respond(directory: Path, request: Request) -> Response:
    """Return the answer to a request for the tree below `directory`."""
    if request.method not in {"GET", "HEAD"}:
        return _problem(405, "Documents are read-only: use GET or HEAD.", Allow="GET, HEAD")
    route = "/v1" if request.path == "/v1/" else request.path
    if not _ROUTE.fullmatch(route):
        return _problem(404, "No such document; /v1 lists all documents.")
    try:
        found = _find(directory, path_of(route), gzip=request.accept_encodings.quality("gzip") > 0)
    except (FileNotFoundError, NotADirectoryError):
        if release.current(directory) is None:
            return _problem(404, "Nothing is published yet.")
        return _problem(404, "No such document; /v1 lists all documents.")
    except OSError:
        return _problem(403, "This document cannot be read.")
    response = Response(found.data, content_type=JSON, headers=Headers(_HEADERS))
    if found.encoded:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept-Encoding")
    response.set_etag(hashlib.blake2b(found.data, digest_size=16).hexdigest())
    response.last_modified = datetime.fromtimestamp(found.mtime, UTC)
    answer = response.make_conditional(request)
    answer.headers.remove("Date")  # the server sets it
    return answer


class _Found(NamedTuple):
    data: bytes
    mtime: float
    encoded: bool


def _find(directory: Path, path: str, *, gzip: bool) -> _Found:
    """Read a document of the release that is served; try again when a switch removed it meanwhile."""
    for _ in range(_TRIES):
        served = release.current(directory)
        root = directory / release.RELEASES / (served or "none")
        try:
            return _open(root, path, gzip=gzip)
        except FileNotFoundError:
            if release.current(directory) == served:
                break
    raise FileNotFoundError(path)


def _open(root: Path, path: str, *, gzip: bool) -> _Found:
    *folders, name = path.split("/")
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in folders:
            inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=folder)
            os.close(folder)
            folder = inner
        if gzip:
            try:
                return _read(f"{name}.gz", folder, encoded=True)
            except FileNotFoundError:
                pass  # a small document has no compressed twin
        return _read(name, folder, encoded=False)
    finally:
        os.close(folder)


def _read(name: str, folder: int, *, encoded: bool) -> _Found:
    def opener(name: str, flags: int) -> int:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)

    with io.FileIO(name, "rb", opener=opener) as file:
        return _Found(file.readall(), os.fstat(file.fileno()).st_mtime, encoded)


def _problem(status: int, detail: str, **headers: str) -> Response:
    """Return an error as RFC 9457 has it; nothing of the request is repeated in it."""
    body = {"type": "about:blank", "title": _TITLES[status], "status": status, "detail": detail}
    response = Response(
        files.canonical(body), status, headers=Headers({**_HEADERS, **headers}), content_type=PROBLEM
    )
    response.headers["Cache-Control"] = "no-store"
    return response


class _Handler(WSGIRequestHandler):
    """Shows no versions, logs to the program's log, and answers even what is not HTTP with a problem."""

    server_version = "reconciler"
    sys_version = ""
    timeout = 30
    error_content_type = PROBLEM
    error_message_format = (
        '{"detail": "The request cannot be understood.", "status": %(code)d, "type": "about:blank"}\n'
    )

    def version_string(self) -> str:
        """Return the `Server` header."""
        return "reconciler"

    def log(self, level: str, message: str, *args: Any) -> None:
        """Write to the program's log; the caller has escaped control characters."""
        _LOG.log(logging.WARNING if level == "error" else logging.DEBUG, message, *args)
