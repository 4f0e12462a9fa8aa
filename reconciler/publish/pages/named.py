"""How pages name a resource, and the page that shows it."""

from typing import NamedTuple
from urllib.parse import quote

from reconciler.model.key import Key
from reconciler.publish.view import View
from reconciler.text import visible


class NamedThing(NamedTuple):
    """A resource as a page mentions it."""

    text: str
    page: str | None
    """Address of its page; None for what has none, such as an address without a declaration."""
    key: str = ""


def named(view: View, key: Key | str) -> NamedThing:
    """Return the name of a resource as people say it: `gitea (115)`, `Core port 2`, `r630-01:eno1`."""
    key = Key.parse(key) if isinstance(key, str) else key
    entry = view.entries.get(key)
    fields = entry["fields"] if entry else None
    text = _text(key, fields if isinstance(fields, dict) else {})
    return NamedThing(visible(text), page_of(str(entry["link"])) if entry else None, str(key))


def page_of(link: str) -> str:
    """Return the address of the page about a resource, from the route of its document."""
    return f"/resource#{quote(link, safe='/:~._-')}"


def anchor(name: str, value: str) -> str:
    """Return a link to this page with one filter set: `#name=git.lan.example`."""
    return f"#{name}={quote(value, safe='')}"


def _text(key: Key, fields: dict[str, object]) -> str:
    name, device = fields.get("name"), fields.get("device")
    if key.kind == "switch-port":
        switch, _, port = key.id.rpartition(":")
        return f"{device or switch} port {port}" + (f" ({name})" if name else "")
    if key.kind == "guest" and name:
        return f"{name} ({key.id})"
    return str(name) if key.kind in {"device", "client"} and name else key.id
