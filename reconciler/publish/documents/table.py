"""The table of all documents under `/v1`: one line for each, and the index that is made of it.

A function gets the `View` and returns the content of its document; envelope, bytes and files are made around
it. Adding a document takes such a function, its line and its golden file.
"""

from collections.abc import Iterator
from functools import partial

from pydantic import Field

from reconciler.errors import Problem
from reconciler.isolation import isolated
from reconciler.model.run_changes import RunChanges
from reconciler.model.value import Row, Value
from reconciler.publish.documents import fixed
from reconciler.publish.documents.collector_contract import CollectorContract, collector_contract
from reconciler.publish.documents.envelope import Route, Stamped, Unstamped
from reconciler.publish.documents.feed import feed
from reconciler.publish.documents.finding import FindingLife, finding_document, finding_members
from reconciler.publish.documents.form import (
    ATOM,
    FEED,
    INDEX,
    AnyDocument,
    Document,
    Family,
    Fixed,
    PublishedFile,
    TextDocument,
    name_of,
    path_of,
)
from reconciler.publish.documents.health import PublishedHealth, health
from reconciler.publish.documents.history import HistoryData, history
from reconciler.publish.documents.inventory import (
    KindList,
    Live,
    PublishedDrift,
    drift,
    kind_list,
    live,
    resource,
)
from reconciler.publish.documents.manifest import MANIFEST, PublishedManifest, manifest
from reconciler.publish.documents.moved import ResourceDocument, moved_document, with_moved
from reconciler.publish.documents.resources import ResourceIndex, resources
from reconciler.publish.documents.run import run_document, run_members
from reconciler.publish.documents.site import Addresses, Capacity, Portmap, addresses, capacity, portmap
from reconciler.publish.documents.summary import PublishedSummary, summary
from reconciler.publish.view import FINDINGS, HEALTH, HISTORY, INVENTORY, RESOURCES, View


class IndexEntry(Value):
    """One document."""

    title: str
    link: Route
    media_type: str
    schema_link: Route | None = Field(
        alias="schema", description="JSON Schema of the document; null: a format that is not ours"
    )


class IndexTemplate(Value):
    """Documents of one form."""

    title: str
    template: str = Field(description="Route with {variables}")
    media_type: str
    schema_link: Route | None = Field(
        alias="schema", description="JSON Schema of the documents; null: a format that is not ours"
    )
    links: tuple[Route, ...] | None = Field(description="Routes, if there are few; otherwise null")


class DocumentIndex(Value):
    """Every route of the tree."""

    documents: tuple[IndexEntry, ...]
    templates: tuple[IndexTemplate, ...]


def document_files(view: View) -> Iterator[PublishedFile]:
    """Yield the file of every document, folder by folder; if one fails, only that one is lost."""
    return _files(view, last=False)


def last_files(view: View) -> Iterator[PublishedFile]:
    """Yield the files of documents about all other files, which `view.files` lists."""
    return _files(view, last=True)


def _files(view: View, *, last: bool) -> Iterator[PublishedFile]:
    wanted = [each for each in DOCUMENTS if (isinstance(each, Document) and each.last) == last]
    for document in sorted(wanted, key=lambda document: path_of(document.route).rpartition("/")[0]):
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
            {"link": document.route, **_entry(document)}
            for document in DOCUMENTS
            if "{" not in document.route
        ],
        "templates": [
            {"template": document.route, "links": _links(document, view), **_entry(document)}
            for document in DOCUMENTS
            if "{" in document.route
        ],
    }


def _entry(document: AnyDocument) -> Row:
    schema = None if document.body_model is None else f"{fixed.SCHEMAS}/{name_of(document.route)}"
    return {"title": document.title, "media_type": document.media_type, "schema": schema}


def _links(document: AnyDocument, view: View) -> list[str] | None:
    links = document.links if isinstance(document, Family | Fixed) else None
    return None if links is None else links(view)


DOCUMENTS: tuple[AnyDocument, ...] = (
    Document("Index of all documents", INDEX, index, DocumentIndex),
    Document("Verdict, counts and sources of the last run", "/v1/summary", summary, PublishedSummary),
    Document("Read result of each source, and when its data become stale", HEALTH, health, PublishedHealth),
    Document("One short row for every resource, for lists and search", RESOURCES, resources, ResourceIndex),
    Document("Everything live, by source and kind", f"{INVENTORY}/live", live, Live),
    Document("The drift report", f"{INVENTORY}/drift", drift, PublishedDrift),
    Document("Addresses: the holder of each, and the evidence", "/v1/addresses", addresses, Addresses),
    Document("Public names down to switch ports", "/v1/portmap/joined", portmap, Portmap),
    Document("Node resources and what guests are assigned", "/v1/capacity", capacity, Capacity),
    Document(
        "Data read from each source, and how often",
        "/v1/collector-contract",
        collector_contract,
        CollectorContract,
    ),
    Document("Size and SHA-256 of every other file", MANIFEST, manifest, PublishedManifest, last=True),
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
        with_moved,
        lambda view, key: resource(view, key) if key in view.entries else moved_document(view, key),
        ResourceDocument,
        dated=False,
        changes="content",
    ),
    Document("Runs, gaps between them, and findings by day", HISTORY, history, HistoryData),
    Family(
        "Changes in a run",
        f"{HISTORY}/{{run}}",
        run_members,
        run_document,
        Unstamped[RunChanges],
        dated=False,
        changes="never",
    ),
    Family(
        "The life of a finding",
        f"{FINDINGS}/{{id}}",
        finding_members,
        finding_document,
        Unstamped[FindingLife],
        dated=False,
        changes="content",
    ),
    TextDocument("Changes as text, for feed readers", FEED, feed, ATOM, changes="content"),
    Fixed(
        "JSON Schema of a document or a kind", f"{fixed.SCHEMAS}/{{name}}", fixed.schemas, fixed.schema_links
    ),
    Fixed("OpenAPI description of all routes", fixed.OPENAPI, fixed.openapi),
)
