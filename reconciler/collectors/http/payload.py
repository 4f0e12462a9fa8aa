"""The bodies of answers as values, whatever system sent them."""

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from reconciler import files
from reconciler.collectors.http.credentials import without_credentials
from reconciler.errors import Problem
from reconciler.text import nfc

ApiRow = Mapping[str, Any]
"""A row of a list as the API sent it, without its secrets."""


MAX_VALUES = 10_000_000
"""Of one answer: 20,000 clients of UniFi with 60 keys each would be 1.2 million."""

MAX_ROWS = 1_000_000
MAX_KEYS = 10_000
"""Of one row; no documented row of the three APIs comes near it."""


class BadAnswerError(ValueError):
    """An answer that does not have the documented form; its text repeats no value of the answer."""


def parse(content: bytes) -> Any:
    """Return JSON, however broken its text: half a surrogate pair or a stray byte in a name is replaced.

    Its text is in Unicode's composed form (NFC), so that one name has one spelling, and without the
    credentials of addresses in it. Raises `BadAnswerError` when it is not JSON.
    """
    content = content.removeprefix(b"\xef\xbb\xbf")
    if sum(map(content.count, (b",", b"[", b"{"))) > MAX_VALUES:
        message = f"the answer has more than {MAX_VALUES:,} values"
        raise BadAnswerError(message)
    try:
        value = _parsed(content)
        _refuse_oversized(value)
        return without_credentials(content, value)
    except RecursionError:
        message = "the answer is nested too deeply"
        raise BadAnswerError(message) from None


def _parsed(content: bytes) -> Any:
    try:
        value = files.parse_json(content)
    except ValueError:
        try:
            return _normalise_text(json.loads(content.decode("utf-8", "replace")))
        except ValueError:
            message = "the answer is not JSON; check that this is the port of the API"
            raise BadAnswerError(message) from None
    return value if content.isascii() and b"\\u" not in content else _normalise_text(value)


def _refuse_oversized(value: Any) -> None:
    """Refuse more rows in a list, or more keys in a row, than any site has, at the top or in an envelope."""
    for each in (value, *(value.values() if isinstance(value, dict) and len(value) < MAX_KEYS else ())):
        rows = each if isinstance(each, list) else (each,)
        if len(rows) > MAX_ROWS:
            message = f"the answer has a list of {len(rows):,} rows; at most {MAX_ROWS:,} are read"
            raise BadAnswerError(message)
        if any(isinstance(row, dict) and len(row) > MAX_KEYS for row in rows):
            message = f"the answer has a row of more than {MAX_KEYS:,} keys"
            raise BadAnswerError(message)


def _normalise_text(value: Any) -> Any:
    """Return a value with each text as UTF-8 can hold it, in its composed form."""
    if isinstance(value, str):
        return value if value.isascii() else nfc(value.encode("utf-8", "replace").decode("utf-8"))
    if isinstance(value, list):
        return [_normalise_text(item) for item in value]
    if isinstance(value, dict):
        return {_normalise_text(key): _normalise_text(item) for key, item in value.items()}
    return value


def objects(data: Any) -> tuple[list[ApiRow], Problem | None]:
    """Return the rows of a list, and why they may not be all: an item is not a row.

    Raises `BadAnswerError` when it is not a list.
    """
    if not isinstance(data, list):
        message = "the answer is not a list"
        raise BadAnswerError(message)
    rows: list[ApiRow] = [row for row in data if isinstance(row, dict)]
    lost = len(data) - len(rows)
    what = "1 of its rows is not an object" if lost == 1 else f"{lost} of its rows are not objects"
    return rows, Problem("", what, cause="bad-answer") if lost else None


def refuse_row(what: str) -> NoReturn:
    """Raise `ValueError` for a row; `what` is our own text and repeats no value of it."""
    raise ValueError(what)
