"""The documents under `/v1`: one function each, and one line each in the table at the end.

A function gets the `View` and returns the content of its document; envelope, bytes and files are made around
it. Adding a document takes such a function, its line and its golden file.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from reconciler import files
from reconciler.errors import Problem
from reconciler.isolation import isolated, require
from reconciler.model.key import Key
from reconciler.model.snapshot import SCHEMA_VERSION, by_kind
from reconciler.model.value import Row, timestamp
from reconciler.publish.view import HEALTH, INVENTORY, View

JSON = "application/json"
INDEX = "/v1"

T = TypeVar("T")


class Page(NamedTuple):
    """One published file."""

    path: str
    """Below the release."""
    data: bytes | Problem
    """The problem, where the document could not be made."""
    dated: bool
    """Whether the document itself states when its data were collected and go stale."""


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


def pages(view: View) -> Iterator[Page]:
    """Yield every published file, folder by folder; if one fails, only that one is lost."""
    for document in sorted(DOCUMENTS, key=lambda document: path_of(document.route).rpartition("/")[0]):
        place = f"document {document.route}"
        dated = isinstance(document, Document) or document.dated
        bodies = iter(document.bodies(view))
        while (made := isolated(place, partial(next, bodies, None))) is not None:
            if isinstance(made, Problem):
                yield Page(path_of(document.route), made, dated=False)
                break
            route, body = made
            yield Page(path_of(route), isolated(place, partial(_bytes, body)), dated)


def _bytes(body: Callable[[], Row]) -> bytes:
    return files.canonical(body())


def path_of(route: str) -> str:
    """Return the file of a route's document in a release: `/v1/summary` is `v1/summary.json`."""
    return f"{route[1:]}/index.json" if route == INDEX else f"{route[1:]}.json"


def index(view: View) -> Row:
    """Return every route; families as templates, with their links where these are few."""
    return {
        "documents": [
            {"title": document.title, "link": document.route, "media_type": document.media_type}
            for document in DOCUMENTS
            if isinstance(document, Document)
        ],
        "templates": [
            {
                "title": family.title,
                "template": family.route,
                "media_type": family.media_type,
                "links": None if family.links is None else family.links(view),
            }
            for family in DOCUMENTS
            if isinstance(family, Family)
        ],
    }


def summary(view: View) -> Row:
    """Return verdict, counts and headline, and how each source was read."""
    return {
        **view.recorded.report.summary.model_dump(mode="json"),
        "sources": {name: status.status for name, status in view.run.sources.items()},
        "version": view.run.version,
        "links": {"health": HEALTH, "drift": f"{INVENTORY}/drift", "live": f"{INVENTORY}/live"},
    }


def health(view: View) -> Row:
    """Return the place in the history, and for each source how reading it went and when it goes stale."""
    position, lost = view.recorded.position, view.run.went_back
    return {
        "history": {
            "lineage": position and position.lineage,
            "serial": position and position.serial,
            "pushed": position.pushed if position else None,
            "went_back": lost and lost.model_dump(mode="json", exclude_none=True),
        },
        "sources": {
            name: {**status.model_dump(mode="json"), "stale_after": stale and timestamp(stale)}
            for name, status in view.run.sources.items()
            for stale in [view.stale_after(name)]
        },
        "scopes": view.report["scopes"],
    }


def live(view: View) -> Row:
    """Return everything live, by source and kind, with the rows that an earlier run read last."""
    rows: dict[Key, Row] = {}
    for key, entry in view.entries.items():
        if entry["fields"] is not None:
            rows[key] = {name: entry[name] for name in ("link", "fields", "as_of") if name in entry}
    return {"resources": by_kind(rows), "scopes": view.report["scopes"]}


def drift(view: View) -> Row:
    """Return the drift report; the facts of its run are in the envelope and in /v1/health."""
    return {name: value for name, value in view.report.items() if name not in {"schema_version", "run"}}


def kind_list(view: View, kind: str) -> Row:
    """Return one kind across sources."""
    scopes = view.report["scopes"]
    assert isinstance(scopes, list)
    own = [scope for scope in scopes if scope["kind"] == kind]
    data = {"kind": kind, "scopes": own, "resources": view.by_kind.get(kind, [])}
    return view.stamped(data, [scope["source"] for scope in own])


def resource(view: View, key: Key) -> Row:
    """Return one resource with its findings; without run facts: its bytes change only when it does."""
    entry = view.entries[key]
    return {
        "schema_version": SCHEMA_VERSION,
        "site": view.run.site,
        "changed_at": entry["changed_at"],
        "links": {"health": HEALTH, "list": view.lists[key.kind]},
        "data": {**entry, "findings": view.findings.get(key, []), **_of_site(view, key)},
    }


def _of_site(view: View, key: Key) -> Row:
    """Return what the whole site shows of a resource; nulls where that is not known."""
    by_resource = view.site.by_resource
    if isinstance(by_resource, Problem):
        return {"addresses": None, "portmap": None}
    return by_resource.get(key, {})


def addresses(view: View) -> Row:
    """Return every address: who has it, how that is known, and what is declared of it."""
    return {"addresses": require(view.site.addresses)}


def portmap(view: View) -> Row:
    """Return the port map, from public names to switch ports and back, each step with how it is known."""
    return require(view.site.portmap)


def capacity(view: View) -> Row:
    """Return what nodes have, what guests are assigned, and what would not fit without the largest node."""
    return require(view.site.capacity)


DOCUMENTS: tuple[Document | Family[Any], ...] = (
    Document("Index of all documents", INDEX, index),
    Document("Verdict, counts and sources of the last run", "/v1/summary", summary),
    Document("How each source was read, and when it goes stale", HEALTH, health),
    Document("Everything live, by source and kind", f"{INVENTORY}/live", live),
    Document("The drift report", f"{INVENTORY}/drift", drift),
    Document("Addresses: who has each, and how that is known", "/v1/addresses", addresses),
    Document("Public names down to switch ports", "/v1/portmap/joined", portmap),
    Document("What nodes have and what guests are assigned", "/v1/capacity", capacity),
    Family(
        "One kind across sources",
        f"{INVENTORY}/{{kinds}}",
        lambda view: ((route, kind) for kind, route in view.lists.items()),
        kind_list,
        links=lambda view: list(view.lists.values()),
    ),
    Family(
        "One resource with its findings",
        f"{INVENTORY}/{{kinds}}/{{source}}/{{slug}}",
        lambda view: ((str(entry["link"]), key) for key, entry in view.entries.items()),
        resource,
        dated=False,
    ),
)
