"""Values as APIs write them: yes and no, whole numbers, notes, in whatever form one has them."""

from collections.abc import Mapping
from typing import Any

_YES = frozenset({"true", "yes", "on"})


def is_nothing(value: object) -> bool:
    """Check for null and empty text, which forms of web pages leave behind for a value that is not set."""
    return value is None or value == ""


def is_true(value: object, *, default: bool = False) -> bool:
    """Check whether an API means yes: true, yes, on in any case, or a number but 0; null is the default."""
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    return str(value).strip().lower() in _YES or whole_number(value) not in {None, 0}


def whole_number(value: object) -> int | None:
    """Return a number in whatever form an API has it: 33, 33.0, "33"; None for what is not one."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def notes_of(row: Mapping[str, Any], *keys: str) -> str:
    """Return people's notes: the text under the first of some keys that has any, without blank ends."""
    return next(filter(None, (str(row.get(key) or "").rstrip() for key in keys)), "")


def read_notes(row: Mapping[str, Any], *keys: str, field: str, stored: bool) -> dict[str, object]:
    """Return the fields of people's notes: `has_FIELD`, and `FIELD` with the text where it is `stored`.

    People write secrets there, so the text is read only where the source has `store_descriptions`.
    """
    notes = notes_of(row, *(keys or (field,)))
    found: dict[str, object] = {f"has_{field}": bool(notes)}
    return found | ({field: notes} if notes and stored else {})
