"""The forms of documents: one of its own, and families whose routes have `{variables}`."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Generic, NamedTuple, TypeVar

from reconciler.errors import Problem
from reconciler.model.value import Row
from reconciler.publish.view import View

JSON = "application/json"
INDEX = "/v1"

T = TypeVar("T")


class PublishedFile(NamedTuple):
    """One published file."""

    path: str
    """Below the release."""
    data: bytes | Problem
    """The problem, where it could not be made."""
    dated: bool
    """Whether the file itself states when its data were collected and go stale."""


@dataclass(frozen=True, slots=True)
class Document:
    """One document, stamped with the run."""

    title: str
    route: str
    data: Callable[[View], object]
    """The content of the envelope."""
    media_type: str = JSON

    def bodies(self, view: View) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Yield the route, with the call that makes the body."""
        yield self.route, lambda: view.stamped(self.data(view))


@dataclass(frozen=True, slots=True)
class Family(Generic[T]):
    """Documents of one form, whose routes have `{variables}`."""

    title: str
    route: str
    members: Callable[[View], Iterable[tuple[str, T]]]
    """Route of each, and what it is about."""
    body: Callable[[View, T], Row]
    """The body of one, envelope included."""
    dated: bool = True
    """Whether the envelope is that of the run."""
    links: Callable[[View], list[str]] | None = None
    """The routes, where they are few enough for the index."""
    media_type: str = JSON

    def bodies(self, view: View) -> Iterator[tuple[str, Callable[[], Row]]]:
        """Yield the route of each, with the call that makes the body."""
        for route, member in self.members(view):
            yield route, partial(self.body, view, member)


def path_of(route: str) -> str:
    """Return the file of a route's document in a release: `/v1/summary` is `v1/summary.json`."""
    return f"{route[1:]}/index.json" if route == INDEX else f"{route[1:]}.json"
