"""Fields of a row that cannot be read: an odd value costs its field, and the reason stays with it."""

from collections.abc import Callable, Iterable, MutableMapping
from typing import Any


def mark_unread(found: MutableMapping[str, Any], *fields: str) -> None:
    """Note fields of a row that could not be read."""
    found["unread"] = sorted({*(found.get("unread") or ()), *fields})


def read_into(found: MutableMapping[str, Any], field: str, read: Callable[[], Any]) -> None:
    """Set a field to the result of a function; unread where it raises `ValueError` for an odd value."""
    try:
        found[field] = read()
    except ValueError as error:
        found.pop(field, None)
        mark_unread(found, field)
        found["unparsed"] = {**(found.get("unparsed") or {}), field: str(error)}


def read_each(found: MutableMapping[str, Any], fields: Iterable[tuple[str, Callable[[], Any]]]) -> None:
    """Set fields as `read_into` does for one."""
    for field, read in fields:
        read_into(found, field, read)
