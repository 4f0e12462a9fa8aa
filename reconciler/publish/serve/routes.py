"""From the path of a request to the file of a release: pages, `/v1`, and the assets of the pages."""

import re
from typing import NamedTuple

from reconciler.publish.documents.form import JSON, path_of

ATOM = "application/atom+xml"
HTML = "text/html; charset=utf-8"
NOT_FOUND = "404.html"

_DOCUMENT = re.compile(r"/v1(?:/[A-Za-z0-9_:~-][A-Za-z0-9._:~-]{0,200})*")
_PAGE = re.compile(r"/(?!index$)[a-z][a-z-]{0,63}")
_ASSET = re.compile(r"/(assets/[A-Za-z0-9_-]{1,64}\.(css|js|svg))")
_ASSETS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
_FEED = "/v1/feed"


class RouteTarget(NamedTuple):
    """A file below the release, and what it is sent as."""

    path: str
    media_type: str


def normal(path: str) -> str:
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
    end = "/" if parts[-1] in {"", ".", ".."} and segments not in ([], ["v1"]) else ""
    return f"/{'/'.join(segments)}{end}"


def is_document(route: str) -> bool:
    """Whether a route is under `/v1`, where every answer is for programs."""
    return route == "/v1" or route.startswith("/v1/")


def target(route: str) -> RouteTarget | None:
    """Return the file that a route leads to; None where no file has such a route."""
    if route == "/":
        return RouteTarget("index.html", HTML)
    if route == _FEED:
        return RouteTarget("v1/feed.atom", ATOM)
    if _DOCUMENT.fullmatch(route):
        return RouteTarget(path_of(route), JSON)
    if _PAGE.fullmatch(route):
        return RouteTarget(f"{route[1:]}.html", HTML)
    asset = _ASSET.fullmatch(route)
    return RouteTarget(asset[1], _ASSETS[asset[2]]) if asset else None
