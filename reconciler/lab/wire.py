"""What passes between a server and the API behind it: a call in, an answer out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Call:
    """A request as an API of the lab sees it."""

    method: str
    path: str
    """The whole path, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    host: int
    """Which listener took it, counted from 0."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response. The text of an error stands in the reason phrase, where Proxmox puts it."""

    body: bytes
    status: int = 200
    reason: str = "OK"
    content_type: str = "application/json;charset=UTF-8"


Api = Callable[[Call], Answer]
"""An API of the lab: a function of the call and of the state it holds."""
