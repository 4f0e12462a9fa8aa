"""A small web server for the published tree: the same routes and headers as the configurations in config/web.

Every request resolves `current` again, so that a switch is seen at once, and walks to its file one folder at
a time without following symbolic links, so that nothing outside the release is ever read.
"""

import hashlib
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
from reconciler.publish.serve import answers, routes
from reconciler.publish.serve.connections import DEFAULT_LIMITS, BoundedServer, Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

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
        document = routes.is_document(routes.normal(request.path))
        allowed = document and request.origin in self._origins
        if allowed and environ["REQUEST_METHOD"] == "OPTIONS":
            response = Response(status=204, headers=Headers({**answers.HEADERS, **answers.PREFLIGHT_HEADERS}))
            del response.headers["Content-Type"]
        else:
            response = _answer(self._directory, request)
        if self._origins and document:
            response.vary.add("Origin")
        if allowed:
            response.access_control_allow_origin = request.origin
            response.headers["Access-Control-Expose-Headers"] = answers.EXPOSED
        return response(environ, start)


def _answer(directory: Path, request: Request) -> Response:
    response = isolated("a request", lambda: respond(directory, request))
    return _problem(500) if isinstance(response, Problem) else response


def respond(directory: Path, request: Request) -> Response:
    """Return the answer to a request for the tree below `directory`."""
    if request.environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:  # as it came: methods are case-sensitive
        return _problem(405, Allow="GET, HEAD")
    route = routes.normal(request.path)
    target = routes.target(route)
    if target is None:
        return _missing(directory, request, route)
    try:
        found = _find(directory, target.path, gzip=_takes_gzip(request))
    except (FileNotFoundError, NotADirectoryError):
        return _missing(directory, request, route)
    except OSError:
        return _problem(403)
    response = _file(found, target.media_type)
    response.headers["Cache-Control"] = "no-cache"
    response.set_etag(hashlib.blake2b(found.data, digest_size=16).hexdigest())
    response.last_modified = datetime.fromtimestamp(found.mtime_ns // 10**9, UTC)
    if _has_changed(request, response):
        return _problem(412)
    kept = {name: value for name, value in request.environ.items() if name != "HTTP_IF_MATCH"}
    answer = response.make_conditional(kept)
    answer.headers.remove("Date")  # the server sets it
    return answer


def _missing(directory: Path, request: Request, route: str) -> Response:
    """Return the answer where nothing is: a page for people, but under `/v1` a problem for programs."""
    if not routes.is_document(route):
        with suppress(OSError):
            found = _find(directory, routes.NOT_FOUND, gzip=_takes_gzip(request))
            response = _file(found, routes.HTML)
            response.status_code = 404
            response.headers["Cache-Control"] = "no-store"
            return response
    nothing = release.current(directory) is None
    return _problem(404, "Nothing is published yet." if nothing else None)


def _file(found: "_Found", media_type: str) -> Response:
    response = Response(found.data, content_type=media_type, headers=Headers(answers.HEADERS))
    if media_type == routes.HTML:
        response.headers["Content-Security-Policy"] = answers.PAGE_POLICY
    if found.encoded:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _takes_gzip(request: Request) -> bool:
    return request.accept_encodings.quality("gzip") > 0


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
    with entries.opened(root, folder or ".") as here:
        if gzip:
            with suppress(FileNotFoundError):  # a small document has no compressed copy
                return _Found(*entries.read(f"{name}.gz", here), encoded=True)
        return _Found(*entries.read(name, here), encoded=False)


def _problem(status: int, detail: str | None = None, **headers: str) -> Response:
    return Response(
        answers.problem(status, detail), status, headers=Headers({**answers.PROBLEM_HEADERS, **headers})
    )
