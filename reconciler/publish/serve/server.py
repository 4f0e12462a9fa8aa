"""A small web server for the published tree: the same routes and headers as the web servers' examples.

Every request resolves `current` again, so that a switch is seen at once, and walks to its file one folder at
a time without following symbolic links, so that nothing outside the release is ever read.
"""

import hashlib
import re
import socket
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from reconciler.errors import Problem, PublishError
from reconciler.isolation import isolated
from reconciler.publish import entries, release
from reconciler.publish.documents.form import JSON, path_of
from reconciler.publish.serve import answers
from reconciler.publish.serve.connections import DEFAULT_LIMITS, BoundedServer, Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ROUTE = re.compile(r"/v1(?:/[A-Za-z0-9_:~-][A-Za-z0-9._:~-]{0,200})*")
_TRIES = 20


class ReleaseServer:
    """Serves a publish directory while its `with` block runs; port 0 takes a free one.

    Entering raises `PublishError` when the address cannot be had. Requests run in threads of their own.
    """

    def __init__(
        self,
        directory: Path,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        origins: Collection[str] = (),
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._directory = directory.absolute()
        self._host = host
        self._port = port
        self._origins = frozenset(origins)
        self._limits = limits
        self.url = ""
        """Without a slash at the end: `http://127.0.0.1:8080`."""

    def __enter__(self) -> Self:
        with self._listen() as listener:  # the server duplicates it
            host, port = listener.getsockname()[:2]
            self._server = BoundedServer(listener, self._application, self._limits)
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
        request = Request(environ)
        response = isolated("a request", lambda: respond(self._directory, request))
        if isinstance(response, Problem):
            response = _problem(500)
        if self._origins:
            response.vary.add("Origin")
        if request.origin in self._origins:
            response.access_control_allow_origin = request.origin
            response.headers["Access-Control-Expose-Headers"] = "ETag, Last-Modified"
        return response(environ, start)


def respond(directory: Path, request: Request) -> Response:
    """Return the answer to a request for the tree below `directory`."""
    if request.environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:  # as it came: methods are case-sensitive
        return _problem(405, Allow="GET, HEAD")
    route = _route(request.path)
    if not _ROUTE.fullmatch(route):
        return _problem(404)
    try:
        found = _find(directory, path_of(route), gzip=request.accept_encodings.quality("gzip") > 0)
    except (FileNotFoundError, NotADirectoryError):
        nothing = release.current(directory) is None
        return _problem(404, "Nothing is published yet." if nothing else None)
    except OSError:
        return _problem(403)
    response = Response(found.data, content_type=JSON, headers=Headers(answers.HEADERS))
    if found.encoded:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-cache"
    response.vary.add("Accept-Encoding")
    response.set_etag(hashlib.blake2b(found.data, digest_size=16).hexdigest())
    response.last_modified = datetime.fromtimestamp(found.mtime_ns // 10**9, UTC)
    if _has_changed(request, response):
        return _problem(412)
    kept = {name: value for name, value in request.environ.items() if name != "HTTP_IF_MATCH"}
    answer = response.make_conditional(kept)
    answer.headers.remove("Date")  # the server sets it
    return answer


def _route(path: str) -> str:
    """Return a path as nginx and Caddy understand it: `//` is `/`, and `.` and `..` are followed.

    A slash at the end stays, but for `/v1/`.
    """
    segments: list[str] = []
    parts = path.split("/")
    for part in parts:
        if part == "..":
            del segments[-1:]
        elif part not in {"", "."}:
            segments.append(part)
    end = "/" if parts[-1] in {"", ".", ".."} and segments != ["v1"] else ""
    return f"/{'/'.join(segments)}{end}"


def _has_changed(request: Request, response: Response) -> bool:
    """Whether a document is not the one that a precondition of the request names."""
    if request.if_match:
        return not request.if_match.contains(response.get_etag()[0] or "")
    since = request.if_unmodified_since
    return since is not None and response.last_modified is not None and response.last_modified > since


class _Found(NamedTuple):
    data: bytes
    mtime_ns: int
    encoded: bool


def _find(directory: Path, path: str, *, gzip: bool) -> _Found:
    """Read a document of the release that is served; try again when a switch removed it meanwhile."""
    for _ in range(_TRIES):
        served = release.current(directory)
        if served is not None:
            with suppress(FileNotFoundError):
                return _open(directory / release.RELEASES / served, path, gzip=gzip)
        if release.current(directory) == served:
            break
    raise FileNotFoundError(path)


def _open(root: Path, path: str, *, gzip: bool) -> _Found:
    folder, _, name = path.rpartition("/")
    with entries.opened(root, folder) as here:
        if gzip:
            with suppress(FileNotFoundError):  # a small document has no compressed twin
                return _Found(*entries.read(f"{name}.gz", here), encoded=True)
        return _Found(*entries.read(name, here), encoded=False)


def _problem(status: int, detail: str | None = None, **headers: str) -> Response:
    return Response(
        answers.problem(status, detail), status, headers=Headers({**answers.PROBLEM_HEADERS, **headers})
    )
