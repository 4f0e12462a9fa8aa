"""The links of documents, pages and the feed to other files of the release, and the files they lead to."""

import re
from collections.abc import Iterator
from typing import Any

_DATA = frozenset({"change", "fields"})
"""Names of answers from a site's systems, which may look like anything."""
_ATTRIBUTE = re.compile(rb'\s(?:href|src)="(/[^"]*)"')


def links_of(path: str, data: bytes, document: Any) -> Iterator[str]:
    """Yield the links of a file into this release; `document` is the parsed JSON, where it is JSON."""
    if path.endswith(".json"):
        yield from _named_links(document)
    elif path.endswith((".html", ".atom")):
        yield from (found.decode("utf-8", "replace") for found in _ATTRIBUTE.findall(data))


def files_of_link(link: str) -> tuple[str, ...]:
    """Return the files that a link may lead to; none for one that leads out of the release."""
    route = re.split("[?#]", link, maxsplit=1)[0]
    if not route.startswith("/") or route.startswith("//"):
        return ()
    path = route[1:]
    if route == "/":
        return ("index.html",)
    if path == "v1":
        return ("v1/index.json",)
    if path.startswith("v1/"):
        return (f"{path}.json", f"{path}.atom")
    return (path,) if path.startswith("assets/") else (f"{path}.html",)


def _named_links(value: Any) -> Iterator[str]:
    """Yield the strings under `link` and `links`, wherever they are."""
    if isinstance(value, dict):
        for name, each in value.items():
            if name in {"link", "links"}:
                yield from _texts(each)
            elif name not in _DATA:
                yield from _named_links(each)
    elif isinstance(value, list):
        for each in value:
            if isinstance(each, dict | list):
                yield from _named_links(each)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
