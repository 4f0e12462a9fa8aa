"""The inventory: the first resources as a table, and the links to all of them by kind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from reconciler.model.value import Row
from reconciler.publish.pages.words import resource_page
from reconciler.publish.view import View

MOST = 200
"""Rows that the page has itself; the script reads all of them from the index of resources."""


@dataclass(frozen=True, slots=True)
class ShownResource:
    """One row."""

    name: str
    page: str | None
    kind: str
    id: str
    verdict: str
    node: str


@dataclass(frozen=True, slots=True)
class ShownKind:
    """The list of one kind."""

    kind: str
    link: str
    count: int


def inventory(view: View) -> Mapping[str, object]:
    """Return the values of the inventory."""
    return {
        "total": len(view.entries),
        "rows": tuple(_rows(view)),
        "kinds": tuple(
            ShownKind(kind, link, len(view.by_kind.get(kind, ()))) for kind, link in view.lists.items()
        ),
    }


def _rows(view: View) -> Iterator[ShownResource]:
    for _, (key, entry) in zip(range(MOST), view.entries.items(), strict=False):
        fields = entry["fields"] if isinstance(entry["fields"], dict) else {}
        yield ShownResource(
            name=_text(fields, "name") or key.id,
            page=resource_page(entry["link"]),
            kind=f"{key.source}/{key.kind}",
            id=key.id,
            verdict=str(entry["verdict"] or "inventory")
            .replace("_", " ")
            .replace("unmanaged", "not declared"),
            node=_text(fields, "node"),
        )


def _text(fields: Row, name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
