"""The address of a resource."""

import hashlib
import re
from collections.abc import Container
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_SLUG_MAX = 120
_UNSAFE = re.compile(rb"[^A-Za-z0-9._:-]")


def slug(text: str) -> str:
    """Return a text as a file name and URL segment.

    Keeps `[A-Za-z0-9._:-]`; every other byte of the UTF-8 form becomes `~XX`; no leading dot; text longer
    than 120 bytes is cut there and gets 8 hex digits of its SHA-256, so that two long texts stay two files.
    """
    data = text.encode("utf-8", "surrogatepass")
    safe = _UNSAFE.sub(lambda match: b"~%02X" % match[0][0], data).decode("ascii")
    if safe.startswith("."):
        safe = f"~2E{safe[1:]}"
    if len(safe) > _SLUG_MAX:
        safe = safe[:_SLUG_MAX] + hashlib.sha256(data).hexdigest()[:8]
    return safe or "~"


def first_free(name: str, *taken: Container[str]) -> str:
    """Return the name, or the first of `name~2`, `name~3` … that is not taken."""
    free, number = name, 1
    while any(free in each for each in taken):
        number += 1
        free = f"{name}~{number}"
    return free


class Key(NamedTuple):
    """Source, kind and id of a resource: `pve/guest/101`."""

    source: str
    kind: str
    id: str

    def __str__(self) -> str:
        return f"{self.source}/{self.kind}/{self.id}"

    @property
    def slug(self) -> str:
        """The id as a file name and URL segment."""
        return slug(self.id)

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Return the key that prints as `text`; raises `ValueError` if it does not have three parts."""
        parts = text.split("/", 2)
        if len(parts) != 3 or not all(parts):
            message = f"{text!r} is not a key of the form source/kind/id"
            raise ValueError(message)
        return cls(*parts)


def _as_key(value: object) -> object:
    return Key.parse(value) if isinstance(value, str) else value


KeyText = Annotated[
    Key,
    BeforeValidator(_as_key),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^[^/]+/[^/]+/[\s\S]", "examples": ["pve/guest/101"]}),
]
"""A key as a model's field: text in JSON."""
