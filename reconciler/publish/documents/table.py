"""The table of all documents under `/v1`: one line for each, and the index that is made of it.

A function gets the `View` and returns the content of its document; envelope, bytes and files are made around
it. Adding a document takes such a function, its line and its golden file.
"""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.value import Row, Value
from reconciler.publish.documents.envelope import Route, Stamped, Unstamped
from reconciler.publish.documents.form import (
    INDEX,
    AnyDocument,
    Document,
    Family,
    PublishedFile,
    Text,
    path_of,
)
from reconciler.publish.documents.health import PublishedHealth, health
from reconciler.publish.documents.inventory import (
    KindList,
    Live,
    PublishedDrift,
    ResourceDetail,
    drift,
    kind_list,
    live,
    resource,
)
from reconciler.publish.documents.resources import ResourceIndex, resources
from reconciler.publish.documents.site import Addresses, Capacity, Portmap, addresses, capacity, portmap
from reconciler.publish.documents.summary import PublishedSummary, summary
from reconciler.publish.view import HEALTH, INVENTORY, RESOURCES, View


class IndexEntry(Value):
    """One document."""

    title: str
    link: Route
    media_type: str


class IndexTemplate(Value):
    """Documents of one form."""

    title: str
    template: str = Field(description="Their route, with {variables}")
    media_type: str
    links: tuple[Route, ...] | None = Field(description="Their routes, where these are few; else null")


class DocumentIndex(Value):
    """Every route of the tree."""

    documents: tuple[IndexEntry, ...]
    templates: tuple[IndexTemplate, ...]


def document_files(view: View) -> Iterator[PublishedFile]:
    """Yield the file of every document, folder by folder; if one fails, only that one is lost."""
    for document in sorted(DOCUMENTS, key=lambda document: path_of(document.route).rpartition("/")[0]):
        place = f"document {document.route}"
        bodies = iter(document.bodies(view))
        while (made := isolated(place, partial(next, bodies, None))) is not None:
            if isinstance(made, Problem):
                yield PublishedFile(path_of(document.route), made, dated=False)
                break
            route, body = made
            yield PublishedFile(path_of(route), isolated(place, body), document.dated)


def index(view: View) -> Row:
    """Return every route; families as templates, with their links where these are few."""
    return {
        "documents": [
            {"title": document.title, "link": document.route, "media_type": document.media_type}
            for document in DOCUMENTS
            if isinstance(document, Document | Text)
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


DOCUMENTS: tuple[AnyDocument, ...] = (
    Document("Index of all documents", INDEX, index, DocumentIndex),
    Document("Verdict, counts and sources of the last run", "/v1/summary", summary, PublishedSummary),
    Document("How each source was read, and when it goes stale", HEALTH, health, PublishedHealth),
    Document("Every resource in one slim row, for lists and search", RESOURCES, resources, ResourceIndex),
    Document("Everything live, by source and kind", f"{INVENTORY}/live", live, Live),
    Document("The drift report", f"{INVENTORY}/drift", drift, PublishedDrift),
    Document("Addresses: who has each, and how that is known", "/v1/addresses", addresses, Addresses),
    Document("Public names down to switch ports", "/v1/portmap/joined", portmap, Portmap),
    Document("What nodes have and what guests are assigned", "/v1/capacity", capacity, Capacity),
    Family(
        "One kind across sources",
        f"{INVENTORY}/{{kinds}}",
        lambda view: ((route, kind) for kind, route in view.lists.items()),
        kind_list,
        Stamped[KindList],
        links=lambda view: list(view.lists.values()),
    ),
    Family(
        "One resource with its findings",
        f"{INVENTORY}/{{kinds}}/{{source}}/{{slug}}",
        lambda view: ((str(entry["link"]), key) for key, entry in view.entries.items()),
        resource,
        Unstamped[ResourceDetail],
        dated=False,
        changes="content",
    ),
)
