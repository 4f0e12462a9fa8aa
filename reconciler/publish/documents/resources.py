"""`/v1/index/resources`: one slim row for each resource, column by column, for lists and search.

It is also the table that every key resolves in: each key that a document mentions has a row. Values that
repeat are numbers: positions in the list of `words` of the same name.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

from pydantic import Field

from reconciler.config.severity import SEVERITIES
from reconciler.errors import Problem
from reconciler.model.key import Key
from reconciler.model.value import Row, Value
from reconciler.publish.view import INVENTORY, View

T = TypeVar("T")

WordNumber = int
"""A position in the list of `words` of the same name, from 0."""


class ResourceWords(Value):
    """The values that repeat, each once."""

    source: tuple[str, ...]
    kind: tuple[str, ...]
    folder: tuple[str, ...] = Field(description="Folders below /v1/inventory, such as guests/pve")
    verdict: tuple[str, ...]
    health: tuple[str, ...]
    severity: tuple[str, ...]
    node: tuple[str, ...]
    tags: tuple[tuple[str, ...], ...] = Field(description="Sets of tags")
    since: tuple[str, ...] = Field(description="Times, as 2026-11-23T21:05:00Z")


class ResourceColumns(Value):
    """Each field of all rows, in order of the keys; all lists are `count` long."""

    source: tuple[WordNumber, ...]
    kind: tuple[WordNumber, ...]
    id: tuple[str, ...] = Field(description="The key is source/kind/id")
    title: tuple[str | None, ...] = Field(description="Name; null: the same as the id. Untrusted text")
    folder: tuple[WordNumber | None, ...] = Field(
        description="Folder of the link /v1/inventory/{folder}/{slug}; null: the resource has no document, "
        "because only another resource or a finding mentions it"
    )
    slug: tuple[str | None, ...] = Field(description="Last part of the link; null: the same as the id")
    verdict: tuple[WordNumber | None, ...] = Field(description="null: inventory")
    health: tuple[WordNumber | None, ...] = Field(
        description="null: the kind has no health, or it was not read"
    )
    severity: tuple[WordNumber | None, ...] = Field(description="Highest severity of its active findings")
    since: tuple[WordNumber | None, ...] = Field(description="Start of its oldest active finding")
    node: tuple[WordNumber | None, ...] = Field(description="Node that it runs on")
    tags: tuple[WordNumber | None, ...]
    addresses: tuple[tuple[str, ...] | None, ...] = Field(
        description="Configured or observed addresses; null: none"
    )


class ResourceIndex(Value):
    """Every resource in one slim row."""

    count: int = Field(ge=0, description="Number of rows")
    words: ResourceWords
    columns: ResourceColumns


class RepeatedWords(Generic[T]):
    """Numbers for values that repeat."""

    def __init__(self) -> None:
        self._numbers: dict[T, int] = {}

    def column(self, values: Iterable[T | None]) -> list[int | None]:
        """Return the number of each value; null stays null."""
        numbers = self._numbers
        return [None if value is None else numbers.setdefault(value, len(numbers)) for value in values]

    @property
    def words(self) -> list[T]:
        """The values, in order of their numbers."""
        return list(self._numbers)


def resources(view: View) -> Row:
    """Return one slim row for each resource, and for each key that is only mentioned."""
    keys = sorted([*view.entries, *view.mentioned])  # the entries are in order already
    entries = [view.entries.get(key) for key in keys]
    fields: list[Any] = [(entry["fields"] if entry else None) or {} for entry in entries]
    links = [_below(str(entry["link"])) if entry else None for entry in entries]
    worst = [_worst(view.findings.get(key, ())) for key in keys]
    repeated: dict[str, Iterable[Any]] = {
        "source": [key.source for key in keys],
        "kind": [key.kind for key in keys],
        "folder": [link and link[0] for link in links],
        "verdict": [entry and entry["verdict"] for entry in entries],
        "health": [_health(each) for each in fields],
        "severity": [each and each[0] for each in worst],
        "node": [_text(each, "node") for each in fields],
        "tags": [_tags(each) for each in fields],
        "since": [each and each[1] for each in worst],
    }
    words: dict[str, list[Any]] = {}
    columns: dict[str, list[Any]] = {}
    for name, values in repeated.items():
        table: RepeatedWords[Any] = RepeatedWords()
        columns[name] = table.column(values)
        words[name] = table.words
    columns["id"] = [key.id for key in keys]
    columns["title"] = [
        _unless(entry and entry["title"], key.id) for entry, key in zip(entries, keys, strict=True)
    ]
    columns["slug"] = [link and _unless(link[1], key.id) for link, key in zip(links, keys, strict=True)]
    columns["addresses"] = _addresses(view, keys)
    return {"count": len(keys), "words": words, "columns": columns}


def _below(link: str) -> tuple[str, str]:
    """Return the folder below `/v1/inventory` and the last part of a link."""
    folder, _, slug = link.removeprefix(f"{INVENTORY}/").rpartition("/")
    return folder, slug


def _unless(value: object, default: str) -> object:
    return None if value == default else value


def _text(fields: Mapping[str, Any], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value else None


def _tags(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    value = fields.get("tags")
    return tuple(map(str, value)) if isinstance(value, list | tuple) and value else None


def _health(fields: Mapping[str, Any]) -> str | None:
    value = fields.get("health")
    return _text(value, "state") if isinstance(value, dict) else None


def _worst(findings: Iterable[Row]) -> tuple[str, str] | None:
    """Return the worst severity of the findings that are not ignored, and when the oldest of them began."""
    active = [row for row in findings if row.get("ignored_by") is None]
    if not active:
        return None
    order: Callable[[object], int] = [*SEVERITIES].index  # type: ignore[assignment]  # severities are texts
    return (
        max((str(row["severity"]) for row in active), key=order),
        min(str(row.get("reopened") or row["first_seen"]) for row in active),
    )


def _addresses(view: View, keys: Iterable[Key]) -> list[object]:
    by_resource = view.site.by_resource
    if isinstance(by_resource, Problem):
        return [None for _ in keys]
    return [by_resource.get(key, {}).get("addresses") or None for key in keys]
