"""Values as APIs write them: yes and no, whole numbers, notes, in whatever form one has them."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from reconciler.collectors.http.payload import refuse_row
from reconciler.model.unread import read_together

_YES = frozenset({"true", "yes", "on"})
_FLAGS = {
    **dict.fromkeys((*_YES, "1", "1.0"), True),
    **dict.fromkeys(("false", "no", "off", "0", "0.0"), False),
}


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


def flag_of(value: object, *, default: bool = False) -> bool:
    """Return yes or no in whatever form an API has it; null is the default.

    Raises `ValueError` for another value: a time, a list.
    """
    if value is None or value == "":
        return default
    found = _FLAGS.get(str(value).strip().lower()) if isinstance(value, bool | int | float | str) else None
    if found is None:
        refuse_row("is neither yes nor no")
    return found


def list_of(value: object) -> list[Any]:
    """Return a list; null is an empty one, and text or a number one of it. Raises `ValueError` for others."""
    if is_nothing(value):
        return []
    if isinstance(value, list | tuple):
        return list(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse_row("is not a list")
    return [value]


def object_of(value: object) -> Mapping[str, Any]:
    """Return an object; null is an empty one. Raises `ValueError` for others."""
    if is_nothing(value):
        return {}
    if not isinstance(value, Mapping):
        refuse_row("is not an object")
    return value


def objects_of(value: object) -> list[Mapping[str, Any]]:
    """Return a list of objects; null is an empty one. Raises `ValueError` for others."""
    if is_nothing(value):
        return []
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        refuse_row("is not a list of objects")
    return value


def without_zero_fraction(value: Any) -> Any:
    """Return a value, but for a whole number that is written as a fraction: 33.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def text_of(value: object) -> str:
    """Return text; a number as it is written. Raises `ValueError` for others."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        refuse_row("is not text")
    return str(without_zero_fraction(value))


def text_if_any(value: object) -> str:
    """Return text as `text_of` does; null is an empty one."""
    return "" if value is None else text_of(value)


def whole_number(value: object) -> int | None:
    """Return a number in whatever form an API has it: 33, 33.0, "33"; None for what is not one."""
    if isinstance(value, bool) or value is None:
        return None
    text = str(value).strip().removesuffix(".0")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def notes_of(row: Mapping[str, Any], *keys: str) -> str:
    """Return people's notes: the text under the first of some keys that has any, without blank ends."""
    return next(filter(None, (str(row.get(key) or "").rstrip() for key in keys)), "")


def read_notes(
    found: MutableMapping[str, Any],
    row: Mapping[str, Any],
    *keys: str,
    field: str,
    stored: bool,
    flag: str = "",
) -> None:
    """Set the fields of people's notes: `has_FIELD` (or `flag`), and `FIELD` with the text if it is `stored`.

    People write secrets there, so the text is read only where the source has `store_descriptions`. Both are
    unread where the notes are not text.
    """
    flag = flag or f"has_{field}"

    def read() -> dict[str, object]:
        texts = [text_of(row[key]).rstrip() for key in keys or (field,) if not is_nothing(row.get(key))]
        notes = next(filter(None, texts), "")
        return {flag: bool(notes), **({field: notes} if notes and stored else {})}

    read_together(found, (field, flag), read)
