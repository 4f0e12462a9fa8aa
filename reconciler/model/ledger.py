"""The ledger: the life of every finding, from when it was first seen until 90 days after it was resolved.

An entry has no counter and no time of the last run, so that the ledger changes only with findings. It is
recorded in `latest/ledger.json`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from reconciler.config.severity import SEVERITIES, Severity
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.value import Row, parse_timestamp, timestamp


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The life of one finding."""

    key: Key
    type: str
    first_seen: datetime
    path: str = ""
    """The field that it is about, as a JSON pointer; empty: the whole resource."""
    agreed: tuple[JsonValue, ...] = ()
    """The live value on which both sides agreed last, as the only item; empty if they never did."""
    resolved_at: datetime | None = None
    """None while it stands, or waits until a run can confirm or resolve it."""
    reopened: datetime | None = None
    """When it last came back, less than 90 days after it was resolved."""
    title: str | None = None
    """Of a resolved finding: its sentence in the last report that had it; untrusted text."""
    severity: Severity | None = None
    """Of a resolved finding: its severity in that report."""

    @property
    def opened_at(self) -> datetime:
        """When it was first seen, or last came back."""
        return self.reopened or self.first_seen


Ledger = Mapping[str, LedgerEntry]
"""Finding id → its life."""


def entry_of(finding: Finding) -> LedgerEntry:
    """Return the entry of a finding that stands and is in no ledger."""
    return LedgerEntry(
        finding.key,
        finding.type,
        finding.first_seen,
        finding.path,
        agreed_of(finding),
        reopened=finding.reopened,
    )


def agreed_of(finding: Finding) -> tuple[JsonValue, ...]:
    """Return the value on which both sides agreed last, as the only item; nothing if they never did."""
    return () if finding.moved in {None, "never"} else (finding.agreed,)


def entry_row(entry: LedgerEntry) -> Row:
    """Return the JSON form of an entry; what it does not have is left out."""
    row: Row = {"key": str(entry.key), "type": entry.type, "first_seen": timestamp(entry.first_seen)}
    if entry.path:
        row["path"] = entry.path
    if entry.agreed:
        row["agreed"] = entry.agreed[0]
    if entry.resolved_at is not None:
        row["resolved_at"] = timestamp(entry.resolved_at)
    if entry.reopened is not None:
        row["reopened"] = timestamp(entry.reopened)
    if entry.title is not None:
        row["title"] = entry.title
    if entry.severity is not None:
        row["severity"] = entry.severity
    return row


def parse_entry(row: Any) -> LedgerEntry:
    """Return an entry from its JSON form; unknown keys are ignored.

    Raises `ValueError`, `KeyError`, `TypeError` or `AttributeError` if it is not one.
    """
    return LedgerEntry(
        key=Key.parse(row["key"]),
        type=_text(row["type"]),
        first_seen=parse_timestamp(row["first_seen"]),
        path=_text(row.get("path", "")),
        agreed=(row["agreed"],) if "agreed" in row else (),
        resolved_at=_moment(row.get("resolved_at")),
        reopened=_moment(row.get("reopened")),
        title=None if row.get("title") is None else _text(row["title"]),
        severity=_severity(row.get("severity")),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        message = f"{type(value).__name__} in the place of a text"
        raise TypeError(message)
    return value


def _severity(value: object) -> Severity | None:
    return next((each for each in SEVERITIES if each == value), None)


def _moment(text: Any) -> datetime | None:
    return None if text is None else parse_timestamp(text)
