"""Marks of documents and pages whose data are out of date at a moment, and of no others.

A static file states when its data go stale, but not that they are. A marked document has `"stale": true` in
its envelope, `/v1/summary` and `/v1/health` name the sources, and a marked page has `data-stale` on `<html`.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reconciler import files
from reconciler.files import parse_json
from reconciler.model.value import Row
from reconciler.publish.release import HEALTH_FILE
from reconciler.publish.view import View

_NAME_SOURCES = frozenset({HEALTH_FILE, "v1/summary.json"})
_SOURCES = "stale_sources"
_KEY = b'"stale_after"'
_END = re.compile(rb'(?P<marked>"stale": ?true,\s*)?"stale_after": ?"(?P<after>[^"\\]{1,40})"\s*\}\s*\Z')
"""The end of a document as we write it: saves parsing the large ones."""
_LONGEST_END = 120
_PAGE = re.compile(
    rb'(?P<start><!doctype html>\s*<html\b[^<>]*? data-stale-after="(?P<after>[^"<>]{1,40})")'
    rb"(?P<marked> data-stale(?=[\s>]))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Staleness:
    """All that is out of date at a moment."""

    now: datetime
    sources: frozenset[str]
    """Those whose last data are out of date, or that were never read."""


def staleness(view: View, now: datetime) -> Staleness:
    """Return what is out of date of a recorded run."""
    after = {name: view.stale_after(name) for name in view.run.sources}
    return Staleness(now, _overdue(after.items(), now))


def staleness_of(health: object, now: datetime) -> Staleness:
    """Return what is out of date of the run of a published `/v1/health`; nothing where that is damaged."""
    try:
        rows = health["data"]["sources"].items()  # type: ignore[index]
        after = [(str(name), row["stale_after"] and _moment(row["stale_after"])) for name, row in rows]
    except (KeyError, TypeError, AttributeError, ValueError):
        after = []
    return Staleness(now, _overdue(after, now))


def collected_at(health: object) -> datetime | None:
    """Return when the data of a published run were collected; None where that is not known."""
    try:
        return _moment(health["collected_at"])  # type: ignore[index]
    except (KeyError, TypeError, ValueError):
        return None


def with_marks(path: str, data: bytes, stale: Staleness) -> bytes:
    """Return a file of a release with the marks that it should have, and no others."""
    if path.endswith(".html"):
        return _page(data, stale.now)
    if not path.endswith(".json") or _KEY not in data:
        return data
    end = _END.search(data, max(0, len(data) - _LONGEST_END))
    if end and path not in _NAME_SOURCES:
        due = _is_due(end["after"].decode(), stale.now)
        if due is None or due == bool(end["marked"]):
            return data
    try:
        document = parse_json(data)
    except ValueError:
        return data
    marked = _document(path, document, stale) if isinstance(document, dict) else document
    if marked == document:
        return data
    return like(data, marked)


def like(data: bytes, document: object) -> bytes:
    """Return the bytes of a document, indented where `data` is: so older versions wrote them."""
    return files.canonical(document) if data.startswith(b"{\n") else files.compact(document)


def _document(path: str, document: Row, stale: Staleness) -> Row:
    due = _is_due(document.get("stale_after"), stale.now)
    if due is None:
        return document
    marked = {name: value for name, value in document.items() if name != "stale"}
    if due:
        marked["stale"] = True
    data = document.get("data")
    if path in _NAME_SOURCES and isinstance(data, dict):
        named: Row = {_SOURCES: sorted(stale.sources)} if stale.sources else {}
        marked["data"] = {name: value for name, value in data.items() if name != _SOURCES} | named
    return marked


def _page(data: bytes, now: datetime) -> bytes:
    found = _PAGE.match(data)
    due = found and _is_due(found["after"].decode("ascii", "replace"), now)
    if found is None or due is None:
        return data
    return found["start"] + (b" data-stale" if due else b"") + data[found.end() :]


def _is_due(text: object, now: datetime) -> bool | None:
    """Return whether a moment is reached; None for what is not a moment."""
    try:
        return _moment(text) <= now
    except (TypeError, ValueError):
        return None


def _moment(text: object) -> datetime:
    """Return the moment that a text states, with its zone; raises `TypeError` or `ValueError`."""
    moment = datetime.fromisoformat(text)  # type: ignore[arg-type]
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment


def _overdue(after: Iterable[tuple[str, datetime | None]], now: datetime) -> frozenset[str]:
    return frozenset(name for name, moment in after if moment is None or moment <= now)
