"""Lists of the integration API, which come in pages: read to the end, whatever their totals say."""

from collections.abc import Callable
from typing import Any

from reconciler.collectors.http.payload import ApiRow, BadAnswerError, objects
from reconciler.errors import Problem

PAGE = 200
"""Most rows of a page that the API gives."""
_PAGES = 500

Get = Callable[[int], Any]
"""Returns the page at an offset."""


def all_pages(get: Get) -> tuple[list[ApiRow], Problem | None]:
    """Return the rows, and why some may be missing; reads again from the start where the pages do not add up.

    Raises `BadAnswerError` for an answer that is not a page.
    """
    rows, doubt = _read(get)
    return (rows, doubt) if doubt is None else _read(get)


def _read(get: Get) -> tuple[list[ApiRow], Problem | None]:
    found: dict[str, ApiRow] = {}
    offset = 0
    totals: set[int] = set()
    lost: Problem | None = None
    for _ in range(_PAGES):
        page = get(offset)
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            message = "the answer has no data"
            raise BadAnswerError(message)
        rows, doubt = objects(page["data"])
        lost = lost or doubt
        before = len(found)
        for row in rows:
            found.setdefault(str(row.get("id") or f"row {len(found)}"), row)
        total, size = page.get("totalCount"), page.get("limit")
        totals |= {total} if isinstance(total, int) else set()
        offset += len(page["data"])
        if not page["data"] or (isinstance(size, int) and len(page["data"]) < size):
            break
        if len(found) == before:
            return list(found.values()), _changed("its pages repeat themselves")
    else:
        return list(found.values()), Problem("", f"it has more than {_PAGES} pages", cause="bad-answer")
    if lost is None and totals and totals != {len(found)}:
        totals_shown = " and ".join(map(str, sorted(totals)))
        lost = _changed(f"it changed while it was read ({len(found)} rows of {totals_shown})")
    return list(found.values()), lost


def _changed(what: str) -> Problem:
    return Problem("", what, cause="changed-while-reading")
