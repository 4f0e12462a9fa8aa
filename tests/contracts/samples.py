"""Make values that a fact allows, and rows of them: the shortest, the fullest, one for each other value."""

import re
from collections.abc import Iterator
from typing import Any

from tests.contracts.facts import Fact

_WORDS = (
    "word",
    "letsencrypt",
    "other",
    "manage",
    "all",
    "user",
    "new",
    "web.example.org",
    "192.0.2.10",
    "192.0.2.0/24",
    "BC:24:11:00:00:01",
    "00000000-0000-4000-8000-000000000001",
    "2026-11-20T10:00:00.000Z",
    "80",
)
_FORMATS = {
    "uuid": "00000000-0000-4000-8000-000000000001",
    "date-time": "2026-11-20T10:00:00.000Z",
    "ipv4": "192.0.2.10",
    "ipv6": "2001:db8::10",
}


def values(fact: Fact, named: str = "") -> list[Any]:
    """Every value that a fact names, or else one that it allows; nested rows in full."""
    if "enum" in fact:
        return list(fact["enum"])
    choices = (*fact.get("anyOf", ()), *fact.get("oneOf", ()))
    if choices:
        return [value for each in choices for value in values(each, named)]
    kinds = fact["type"] if isinstance(fact.get("type"), list) else [fact.get("type", "string")]
    found = [value for kind in kinds for value in _of(kind, fact, named)]
    return list({repr(value): value for value in found}.values())


def _of(kind: str, fact: Fact, named: str) -> list[Any]:
    match kind:
        case "null":
            return [None]
        case "boolean":
            return [True, False]
        case "integer" | "number":
            return [fact[name] for name in ("default", "minimum", "maximum") if name in fact] or [1]
        case "array":
            some = values(fact.get("items", {}), named)
            return [some, some[:1]] + ([] if fact.get("minItems") else [[]])
        case "object":
            return [row(fact), *rows(fact)]
    return _texts(fact, named)


def _texts(fact: Fact, named: str) -> list[str]:
    if named.endswith("_on"):
        return [_FORMATS["date-time"]]
    if fact.get("format") in _FORMATS:
        return [_FORMATS[fact["format"]]]
    pattern = re.compile(fact.get("pattern", ""))
    allowed = [word for word in _WORDS if pattern.search(word) and len(word) <= fact.get("maxLength", 99)]
    assert allowed, f"no word fits {fact}"
    if "pattern" in fact:
        return allowed
    return allowed[:1] if fact.get("minLength") else [allowed[0], ""]


def row(fact: Fact, *, optional: bool = True) -> dict[str, Any]:
    """An object with every key, or with those it cannot be without."""
    return {
        name: values(inner, name)[0]
        for name, inner in fact.get("properties", {}).items()
        if optional or not inner.get("optional")
    }


def rows(fact: Fact) -> Iterator[dict[str, Any]]:
    """The shortest object, the fullest, and the fullest with each other value of each key."""
    yield row(fact, optional=False)
    full = row(fact)
    yield full
    for name, inner in fact.get("properties", {}).items():
        for value in values(inner, name)[1:]:
            yield {**full, name: value}
