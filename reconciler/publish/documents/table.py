"""The table of all documents under `/v1`: one line for each, and the index that is made of it.

A function gets the `View` and returns the content of its document; envelope, bytes and files are made around
it. Adding a document takes such a function, its line and its golden file.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from reconciler import files
from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.value import Row
from reconciler.publish.documents.form import INDEX, Document, Family, PublishedFile, path_of
from reconciler.publish.documents.health import health
from reconciler.publish.documents.inventory import drift, kind_list, live, resource
from reconciler.publish.documents.site import addresses, capacity, portmap
from reconciler.publish.documents.summary import summary
from reconciler.publish.view import HEALTH, INVENTORY, View


def document_files(view: View) -> Iterator[PublishedFile]:
    """Yield the file of every document, folder by folder; if one fails, only that one is lost."""
    for document in sorted(DOCUMENTS, key=lambda document: path_of(document.route).rpartition("/")[0]):
        place = f"document {document.route}"
        dated = isinstance(document, Document) or document.dated
        bodies = iter(document.bodies(view))
        while (made := isolated(place, partial(next, bodies, None))) is not None:
            if isinstance(made, Problem):
                yield PublishedFile(path_of(document.route), made, dated=False)
                break
            route, body = made
            yield PublishedFile(path_of(route), isolated(place, partial(_bytes, body)), dated)


def _bytes(body: Callable[[], Row]) -> bytes:
    return files.canonical(body())


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
