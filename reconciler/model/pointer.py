"""JSON pointers (RFC 6901) into a row, and the places where two rows differ."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import JsonValue


def pointer(*parts: str) -> str:
    """Return the pointer to the member with these names."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def parts_of(path: str) -> tuple[str, ...]:
    """Return the names that a pointer consists of."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def member(value: object, parts: Iterable[str]) -> Any:
    """Return the member of a JSON value with these names; None if there is none."""
    for part in parts:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def differing(row: Mapping[str, object], other: Mapping[str, object], *above: str) -> dict[str, JsonValue]:
    """Return a pointer to each member that differs → its value in `other`, None if it has none."""
    found: dict[str, JsonValue] = {}
    for name in sorted({*row, *other}):
        mine, theirs = row.get(name), other.get(name)
        if mine == theirs:
            continue
        if isinstance(mine, dict) and isinstance(theirs, dict):
            found |= differing(mine, theirs, *above, name)
        else:
            found[pointer(*above, name)] = theirs  # type: ignore[assignment]  # rows are JSON values
    return found
