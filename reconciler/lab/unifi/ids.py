"""Ids as a UniFi Network controller makes them, here from the names of the site description."""

import hashlib
from typing import Any

Rows = list[dict[str, Any]]


def oid(kind: str, name: object) -> str:
    """Return the 24 hex digits that identify something by its name."""
    return hashlib.sha1(f"{kind} {name}".encode(), usedforsecurity=False).hexdigest()[:24]


def uuid(kind: str, name: object) -> str:
    """Return the id that the integration API has for it."""
    text = hashlib.sha1(f"uuid {kind} {name}".encode(), usedforsecurity=False).hexdigest()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:32]}"


def common(kind: str, name: object) -> dict[str, Any]:
    """Return the keys that every row of the classic API has."""
    return {"_id": oid(kind, name), "site_id": oid("site", "default")}
