"""The values between a server and the API behind it: a call in, an answer out."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Call:
    """A request as an API of the lab sees it."""

    method: str
    path: str
    """The full path, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    host: int
    """The listener that received it, counted from 0."""
    cookies: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. Proxmox VE puts the text of an error into the reason phrase."""

    body: bytes
    status: int = 200
    reason: str = "OK"
    content_type: str = "application/json;charset=UTF-8"
    headers: tuple[tuple[str, str], ...] = ()


Api = Callable[[Call], Answer]
"""An API of the lab: a function from a call to an answer, with a state of its own."""

_REASONS = {
    200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    429: "Too Many Requests", 499: "Client Closed Request", 502: "Bad Gateway",
}  # fmt: skip


def as_json(value: Any, status: int = 200, *headers: tuple[str, str]) -> Answer:
    """Return a value as an answer."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return Answer(body, status, _REASONS.get(status, "Error"), "application/json", headers)


def page(status: int = 200, *headers: tuple[str, str]) -> Answer:
    """Return a web page, as servers of an API answer on every other path."""
    body = b"<!doctype html><html><head><title>Sign in</title></head><body></body></html>"
    return Answer(body, status, _REASONS.get(status, "Error"), "text/html", headers)


def fields(call: Call) -> dict[str, Any]:
    """Return the JSON object that a request sends; empty if it sends none."""
    try:
        value = json.loads(call.body or b"{}")
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
