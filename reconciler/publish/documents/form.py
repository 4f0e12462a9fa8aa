"""The forms of documents: one of its own, families with `{variables}` in their routes, and other formats."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from pydantic import BaseModel

from reconciler import files
from reconciler.errors import Problem
from reconciler.model.value import Row
from reconciler.publish.documents.envelope import Stamped
from reconciler.publish.view import View

JSON = "application/json"
ATOM = "application/atom+xml"
INDEX = "/v1"
FEED = "/v1/feed"
_FILES = {INDEX: "v1/index.json", FEED: "v1/feed.atom"}

T = TypeVar("T")

Changes = Literal["run", "content", "tool", "never"]
"""The reason for new bytes: each run, changed content, another version of the tool; or there is none."""


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
    model: type[BaseModel]
    """The model of that content."""
    media_type: str = JSON
    changes: Changes = "run"
    dated: bool = True

    @property
    def body_model(self) -> type[BaseModel]:
        """The model of the whole body, envelope included."""
        return Stamped[self.model]  # type: ignore[name-defined]  # a model that is known at run time

    def bodies(self, view: View) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Yield the route, with the call that makes the bytes."""
        yield self.route, lambda: files.compact(view.stamped(self.data(view)))


@dataclass(frozen=True, slots=True)
class Family(Generic[T]):
    """Documents of one form, whose routes have `{variables}`."""

    title: str
    route: str
    members: Callable[[View], Iterable[tuple[str, T]]]
    """Route of each, and what it is about."""
    body: Callable[[View, T], Row]
    """The body of one, envelope included."""
    body_model: type[BaseModel]
    """The model of the whole body, envelope included: `Stamped[…]` or `Unstamped[…]`."""
    dated: bool = True
    """Whether the envelope is that of the run."""
    links: Callable[[View], list[str]] | None = None
    """The routes, where they are few enough for the index."""
    media_type: str = JSON
    changes: Changes = "run"

    def bodies(self, view: View) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Yield the route of each, with the call that makes the bytes."""
        for route, member in self.members(view):
            yield route, partial(self._bytes, view, member)

    def _bytes(self, view: View, member: T) -> bytes:
        return files.compact(self.body(view, member))


@dataclass(frozen=True, slots=True)
class Text:
    """One document in another format than JSON, such as Atom; it has no envelope and no model."""

    title: str
    route: str
    text: Callable[[View], bytes]
    media_type: str
    changes: Changes = "run"
    dated: bool = False

    def bodies(self, view: View) -> Iterator[tuple[str, Callable[[], bytes]]]:
        """Yield the route, with the call that makes the bytes."""
        yield self.route, partial(self.text, view)


AnyDocument = Document | Family[Any] | Text
"""A line of the table."""


def path_of(route: str) -> str:
    """Return the file of a route's document in a release: `/v1/summary` is `v1/summary.json`."""
    return _FILES.get(route) or f"{route[1:]}.json"
