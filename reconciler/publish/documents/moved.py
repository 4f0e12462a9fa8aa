"""The document that a resource leaves at its old route for 30 days after it got another key."""

from collections.abc import Iterator
from datetime import timedelta

from pydantic import Field

from reconciler.model.key import Key, KeyText, slug
from reconciler.model.recorded import KeyMove
from reconciler.model.snapshot import SCHEMA_VERSION
from reconciler.model.value import Row, Timestamp, Value, timestamp
from reconciler.publish.documents.envelope import Route, Unstamped
from reconciler.publish.documents.inventory import ResourceDetail
from reconciler.publish.view import HEALTH, View

KEPT = timedelta(days=30)


class MovedTo(Value):
    """Where a resource is now."""

    key: KeyText
    link: Route
    since: Timestamp = Field(description="Time when the key changed")


class MovedResource(Value):
    """A resource that has another key now; its old route leads here for 30 days."""

    key: KeyText = Field(description="Previous key")
    source: str
    kind: str
    id: str
    moved_to: MovedTo


class ResourceDocument(Unstamped[ResourceDetail | MovedResource]):
    """A resource, or where it is now."""


def moved_keys(view: View) -> dict[Key, KeyMove]:
    """Return the keys that resources had until lately, and that nothing has or declares now."""
    now = view.run.collected_at
    return {
        old: move
        for old, move in view.recorded.moved.items()
        if now - move.since < KEPT and old not in view.entries and move.key in view.entries
    }


def with_moved(view: View) -> Iterator[tuple[str, Key]]:
    """Yield the route of each resource and of each that moved away, in the order of the keys."""
    moved = moved_keys(view)
    taken = {str(entry["link"]) for entry in view.entries.values()} if moved else set()
    for key in sorted({*view.entries, *moved}) if moved else view.entries:
        entry = view.entries.get(key)
        if entry is not None:
            yield str(entry["link"]), key
            continue
        route = f"{view.lists[key.kind]}/{slug(key.source)}/{key.slug}"
        if route not in taken:
            taken.add(route)
            yield route, key


def moved_document(view: View, key: Key) -> Row:
    """Return where a resource is now that had a key until lately; it stays the same until it moves again."""
    move = view.recorded.moved[key]
    entry = view.entries[move.key]
    return {
        "schema_version": SCHEMA_VERSION,
        "site": view.run.site,
        "changed_at": timestamp(move.since),
        "links": {"health": HEALTH, "list": view.lists[key.kind]},
        "data": {
            "key": str(key),
            "source": key.source,
            "kind": key.kind,
            "id": key.id,
            "moved_to": {
                "key": str(move.key),
                "link": entry["link"],
                "since": timestamp(move.since),
            },
        },
    }
