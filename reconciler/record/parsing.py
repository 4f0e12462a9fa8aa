"""Read the files of the layout, in which anyone who may push can have written anything.

Each function returns the content, or raises `ValueError` as `path: what is wrong`, with the path in the
layout. The rows are read by the models of their kinds: see `trusted`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from reconciler import files
from reconciler.model.findings import DriftReport
from reconciler.model.key import Key
from reconciler.model.ledger import Ledger, LedgerEntry, parse_entry
from reconciler.model.recorded import KeyMove, Position, parse_position
from reconciler.model.report_document import parse_report
from reconciler.model.snapshot import Run, Scope, check_version, from_kinds
from reconciler.model.value import Row, parse_timestamp
from reconciler.record import order
from reconciler.record.layout import SAFE_NAME, is_key, is_moment, is_sensible, place_of
from reconciler.yamlfile.validation import first_error

_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FINDING = re.compile(r"[0-9a-f]{12}")
_NO_MOMENT = "is of a run at a time that cannot be"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The content of `run.json`: everything with a clock."""

    run: Run
    scopes: tuple[Scope, ...]
    as_of: Mapping[Key, datetime]
    latest: str | None = None
    """Of a pulse: the digest of the `latest/` that it belongs to."""
    position: Position | None = None
    took: float | None = None
    """Seconds from the beginning of the run until it was recorded, by one clock."""
    live: str | None = None
    """The git tree of its rows; None in records of older versions."""


def parse_run(path: str, data: bytes | None) -> RunFacts:
    """Return the facts in a run.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        run = Run.model_validate(document["run"], extra="ignore")
        if not (is_moment(run.id) and is_sensible(run.collected_at) and is_sensible(run.stale_after)):
            raise ValueError(_NO_MOMENT)
        return RunFacts(
            run,
            _parse_scopes(document["scopes"]),
            _parse_moments(document["as_of"]),
            document.get("latest"),
            parse_position(document.get("history")),
            order.parse_took(document.get("took")),
            _parse_id(document.get("live")),
        )
    except _DEFECTS as error:
        raise _defect(path, error) from error


def parse_drift(path: str, data: bytes | None, facts: RunFacts) -> DriftReport:
    """Return the report of a drift.json with the facts of a run.

    If it is from an earlier run, nothing has changed since (a heartbeat): its resolved findings and its
    events are left out. Raises `ValueError` as `path: what is wrong`.
    """
    document = _parsed(path, data)
    try:
        report = parse_report({**document, "run": facts.run, "scopes": facts.scopes})
        earlier = "run" in document and document["run"]["id"] != facts.run.id
    except _DEFECTS as error:
        raise _defect(path, error) from error
    if not earlier:
        return report
    lasting = tuple(group for group in report.grouped if group.state != "resolved")
    return report.model_copy(update={"resolved": (), "events": (), "grouped": lasting})


def parse_changed(path: str, data: bytes | None) -> dict[Key, datetime]:
    """Return the times in a changed.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        return _parse_moments(document["changed_at"])
    except _DEFECTS as error:
        raise _defect(path, error) from error


def parse_moved(path: str, data: bytes | None) -> dict[Key, KeyMove]:
    """Return the earlier keys in a changed.json; what is not one is left out.

    Raises `ValueError` as `path: what is wrong`.
    """
    document = _parsed(path, data)
    rows = document.get("moved")
    found = (_move(text, row) for text, row in rows.items()) if isinstance(rows, dict) else ()
    return dict(filter(None, found))


def _move(text: str, row: Any) -> tuple[Key, KeyMove] | None:
    """Return an earlier key with the key now, of the same source and kind; None if it is not one."""
    try:
        old, new, since = Key.parse(text), Key.parse(row["key"]), _moment(row["since"])
    except _DEFECTS:
        return None
    if since is None or old[:2] != new[:2] or old == new or not (is_key(old) and is_key(new)):
        return None
    return old, KeyMove(new, since)


def parse_ledger(path: str, data: bytes | None) -> Ledger:
    """Return the lives of findings in a ledger.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        entries = {identity: parse_entry(row) for identity, row in document["findings"].items()}
    except _DEFECTS as error:
        raise _defect(path, error) from error
    return {identity: entry for identity, entry in entries.items() if _is_life(identity, entry)}


def _is_life(identity: str, entry: LedgerEntry) -> bool:
    """Return whether an entry has an id of a finding, a valid key, and times that a run can have had."""
    if not (_FINDING.fullmatch(identity) and is_key(entry.key)):
        return False
    return all(map(is_sensible, filter(None, (entry.first_seen, entry.resolved_at, entry.reopened))))


def parse_observed(path: str, data: bytes | None) -> dict[Key, Row]:
    """Return the rows of the pulse's observed.json; raises `ValueError` as `path: what is wrong`."""
    document = _parsed(path, data)
    try:
        return {key: row for key, row in from_kinds(document["resources"]).items() if is_key(key)}
    except _DEFECTS as error:
        raise _defect(path, error) from error


def parse_live(path: str, data: bytes | None) -> dict[Key, Row]:
    """Return the rows of a file of `latest/live/`, or of that of a run; raises `ValueError` as `path: …`."""
    place = place_of(path)
    assert place is not None
    rows = _json(path, data)
    try:
        return {Key(*place, identity): row for identity, row in rows.items()}
    except AttributeError:
        message = f"{path}: is not a mapping from ids to resources"
        raise ValueError(message) from None


def _parse_id(found: object) -> str | None:
    return found if isinstance(found, str) and _ID.fullmatch(found) else None


def _parse_scopes(found: Any) -> tuple[Scope, ...]:
    """Return the scopes, without those of a source or kind that has no valid name."""
    scopes = (Scope.model_validate(scope, extra="ignore") for scope in found)
    return tuple(
        each for each in scopes if SAFE_NAME.fullmatch(each.source) and SAFE_NAME.fullmatch(each.kind)
    )


_DEFECTS = (KeyError, TypeError, AttributeError, ValueError, OverflowError, RecursionError)


def _defect(path: str, error: Exception) -> ValueError:
    if isinstance(error, ValidationError):
        what = first_error(error)
    elif isinstance(error, KeyError):
        what = f"has no {error}"
    else:
        what = f"is not what this version can read: {error}"
    return ValueError(f"{path}: {what}")


def _json(path: str, data: bytes | None) -> Any:
    if data is None:
        message = f"{path}: is missing"
        raise ValueError(message)
    try:
        value = files.parse_json(data)
    except ValueError as error:
        message = f"{path}: is not JSON"
        raise ValueError(message) from error
    if not files.is_plain(value):
        message = f"{path}: is nested too deeply"
        raise ValueError(message)
    return value


def _parsed(path: str, data: bytes | None) -> Any:
    document = _json(path, data)
    try:
        check_version(document)
    except ValueError as error:
        message = f"{path}: {error}"
        raise ValueError(message) from error
    return document


def _parse_moments(texts: Mapping[str, str]) -> dict[Key, datetime]:
    """Return the time of each key; what is neither a key nor a time is left out."""
    moments = {text: moment for text in set(texts.values()) if (moment := _moment(text)) is not None}
    found = ((key, moments[text]) for key, text in texts.items() if key.count("/") >= 2 and text in moments)
    return {key: moment for text, moment in found if is_key(key := Key(*text.split("/", 2)))}


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_timestamp(text)
    except (ValueError, TypeError):
        return None
    return moment if is_sensible(moment) else None
