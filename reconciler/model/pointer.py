"""JSON pointers (RFC 6901) into a row, and the places where two rows differ."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from pydantic import JsonValue


@lru_cache(maxsize=8192)
def pointer(*parts: str) -> str:
    """Return the pointer to the member with these names."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


@lru_cache(maxsize=8192)
def parts_of(path: str) -> tuple[str, ...]:
    """Return the names that a pointer consists of."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:])


def member(value: object, parts: Iterable[str]) -> Any:
    """Return the member of a JSON value with these names; None if there is none."""
    for part in parts:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def has_member(value: object, parts: Sequence[str]) -> bool:
    """Return whether a JSON value has a member with these names, even if that is null."""
    for part in parts:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return True


def without_member(row: dict[str, object], parts: Sequence[str]) -> dict[str, object]:
    """Return a row without the member with these names."""
    name, *rest = parts
    if not rest:
        return {each: value for each, value in row.items() if each != name}
    inner = row.get(name)
    return {**row, name: without_member(inner, rest)} if isinstance(inner, dict) else row


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
