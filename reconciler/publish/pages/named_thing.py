"""How pages name a resource, and the page that shows it."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import quote

from reconciler.model.key import Key
from reconciler.publish.pages.words import resource_page
from reconciler.publish.view import View
from reconciler.text import visible

DocumentRow = Mapping[str, Any]
"""A row of a document, as the models of documents describe it."""


class NamedThing(NamedTuple):
    """A resource as a page mentions it."""

    text: str
    page: str | None
    """Address of its page; None for what has none, such as an address without a declaration."""
    key: str = ""


def named_thing(view: View, key: Key | str) -> NamedThing:
    """Return the name of a resource as people say it: `gitea (115)`, `Core port 2`, `r630-01:eno1`."""
    key = Key.parse(key) if isinstance(key, str) else key
    entry = view.entries.get(key)
    if entry is None:
        return NamedThing(visible(key.id), None, str(key))
    return NamedThing(visible(_text(key, entry)), resource_page(entry["link"]), str(key))


def anchor(name: str, value: str) -> str:
    """Return a link to this page with one filter set: `#name=git.lan.example`."""
    return f"#{name}={quote(value, safe='')}"


def _text(key: Key, entry: Mapping[str, object]) -> str:
    title, fields = str(entry["title"]), entry["fields"]
    if key.kind == "switch-port":
        switch, _, port = key.id.rpartition(":")
        device = fields.get("device") if isinstance(fields, dict) else None
        return f"{device or switch} port {port}" + (f" ({title})" if title != key.id else "")
    return f"{title} ({key.id})" if key.kind == "guest" and title != key.id else title
