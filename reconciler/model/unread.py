"""Fields of a row that cannot be read: an odd value costs its field, and the reason stays with it."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from typing import Any

from pydantic import ValidationError

from reconciler.yamlfile.validation import first_error


def why_unparsed(error: Exception) -> str:
    """Return why something cannot be parsed, without any value of it: one may be a secret."""
    if isinstance(error, ValidationError):
        return first_error(error)
    if type(error) is ValueError:
        return str(error)
    return f"part of it has an unexpected type ({type(error).__name__})"


def mark_unread(found: MutableMapping[str, Any], *fields: str) -> None:
    """Note fields of a row that could not be read."""
    if fields:
        found["unread"] = sorted({*(found.get("unread") or ()), *fields})


def mark_unparsed(found: MutableMapping[str, Any], reasons: Mapping[str, str]) -> None:
    """Note fields of a row whose values cannot be parsed, each with the reason."""
    if reasons:
        mark_unread(found, *reasons)
        found["unparsed"] = {**(found.get("unparsed") or {}), **reasons}


def read_into(found: MutableMapping[str, Any], field: str, read: Callable[[], Any]) -> None:
    """Set a field to the result of a function; unread where it raises `ValueError` for an odd value."""
    read_together(found, (field,), lambda: {field: read()})


def read_together(
    found: MutableMapping[str, Any], fields: Iterable[str], read: Callable[[], Mapping[str, Any]]
) -> None:
    """Set fields that are made of one value, by name; all are unread where `read` raises `ValueError`.

    It may return some of them as `unread` itself.
    """
    try:
        known = dict(read())
    except ValueError as error:
        first, *_ = names = tuple(fields)
        for name in names:
            found.pop(name, None)
        mark_unparsed(found, dict.fromkeys(names, f"{first}: {why_unparsed(error)}"))
        return
    mark_unread(found, *(known.pop("unread", None) or ()))
    found.update(known)
