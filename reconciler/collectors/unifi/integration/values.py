"""Values inside rows of the integration API; one of another type becomes `ODD`, which no field accepts."""

from collections.abc import Mapping
from typing import Any, Final

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, without_zero_fraction


class _Odd:
    """Stands for a value of another type than usual: it costs only the field that reads it."""

    def __repr__(self) -> str:
        return "ODD"


ODD: Final = _Odd()


def at(row: object, *keys: str) -> Any:
    """Return the value at some keys; None where it is not there, `ODD` where something above has no keys."""
    for key in keys:
        if is_nothing(row):
            return None
        if not isinstance(row, Mapping):
            return ODD
        row = row.get(key)
    return None if row == "" else row


def word(value: object) -> Any:
    """Return text in upper case; None for null, `ODD` for a value of another type."""
    if is_nothing(value):
        return None
    return value.upper() if isinstance(value, str) else ODD


def known_as(value: object, words: Mapping[str, Any], default: Any = None) -> Any:
    """Return the word that stands for another; one that is not known in lower case, null the default."""
    found = word(value)
    return default if found is None else found if found is ODD else words.get(found, found.lower())


def there(value: object) -> Any:
    """Return whether something is set; `ODD` for a value of another type."""
    return value if value is ODD else isinstance(value, Mapping) if value is not None else False


def is_given(value: object) -> Any:
    """Return whether a list or an address is given."""
    return value if value is ODD else not is_nothing(value) and value != []


def amount(value: object) -> Any:
    """Return a number or text as it is written; `ODD` for a value of another type."""
    odd = isinstance(value, bool) or not isinstance(value, str | int | float)
    return ODD if odd else str(without_zero_fraction(value))


def items(value: object) -> list[Any]:
    """Return the items of a list; one that is not a list is one item, which is `ODD`."""
    return value if isinstance(value, list) else [] if is_nothing(value) else [ODD]


INTEGRATION: Final = "\0integration"
"""The key under which a translated row has the row of the integration API."""


def row_of(row: ApiRow) -> ApiRow | None:
    """Return the row of the integration API of which a row was made."""
    found = row.get(INTEGRATION)
    return found if isinstance(found, Mapping) else None
