"""Which side moved: the live value on which both sides last agreed, kept from run to run.

A finding keeps the live value at its path in the last record in which its resource was verified and had no
finding there. Only the previous record is needed: an earlier finding hands its value on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

from reconciler.config.severity import Moved
from reconciler.model.findings import FieldChange, Finding
from reconciler.model.key import Key
from reconciler.model.ledger import Ledger
from reconciler.model.pointer import member, parts_of
from reconciler.model.recorded import Recorded

_PRESENT, _ABSENT = "present", "absent"
_SORT = re.compile(r"[a-z][a-z-]{2,}:")
"""The beginning of an id that names a sort of resources within a kind; a MAC address has none."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """The value that both sides had before a finding, and which side left it."""

    moved: Moved
    agreed: JsonValue = None

    @property
    def finding_fields(self) -> dict[str, Any]:
        """The fields of a finding that show it."""
        return {"moved": self.moved, "agreed": self.agreed}


_NEVER = Agreement("never")


class Agreements:
    """The values on which both sides agreed, from the previous record."""

    def __init__(self, previous: Recorded | None, ledger: Ledger, version: str) -> None:
        """Take the previous record, and the lives of the findings that it knows."""
        self._previous = previous
        self._earlier = {identity: entry for identity, entry in ledger.items() if entry.resolved_at is None}
        self._version = version
        report = previous.report if previous is not None else None
        earlier = (*report.findings, *report.unconfirmed) if report else ()
        self._findings: Mapping[str, Finding] = {finding.id: finding for finding in earlier}
        self.upgraded = report is not None and report.run.version != version

    def of_field(self, key: Key, identity: str, change: FieldChange) -> Agreement:
        """Return the agreement on a field that differs now."""
        earlier = self._earlier.get(identity)
        if earlier is not None:
            return _between(earlier.agreed[0], change.desired, change.live) if earlier.agreed else _NEVER
        row = self._previous.inventory.config.get(key) if self._previous is not None else None
        if row is None:
            return _NEVER
        if not change.path:  # declared absent
            return _between(_PRESENT, _ABSENT, _PRESENT)
        return _between(member(row, parts_of(change.path)), change.desired, change.live)

    def of_missing(self, key: Key, identity: str) -> Agreement:
        """Return the agreement on a declared resource that does not exist now."""
        return self._on_existence(key, identity, _PRESENT, _ABSENT)

    def of_unmanaged(self, key: Key, identity: str) -> Agreement:
        """Return the agreement on a resource that exists and is not declared now."""
        if self._previous is None or key not in self._previous.inventory.config:
            return self._on_existence(key, identity, _ABSENT, _PRESENT)
        if str(key) not in self._previous.report.verdicts and identity not in self._earlier:
            return _NEVER
        return self._on_existence(key, identity, _ABSENT, _PRESENT)

    def _on_existence(self, key: Key, identity: str, desired: str, live: str) -> Agreement:
        earlier = self._earlier.get(identity)
        if earlier is not None:
            return _between(earlier.agreed[0], desired, live) if earlier.agreed else _NEVER
        if self._previous is None:
            return _NEVER
        return _between(_PRESENT if key in self._previous.inventory.config else _ABSENT, desired, live)

    def first_read_by(self, key: Key, identity: str, path: str) -> str | None:
        """Return the version that first read an undeclared field, where an upgrade made its finding."""
        earlier = self._findings.get(identity)
        if earlier is not None:
            return earlier.first_read_by
        if not self.upgraded or self._previous is None:
            return None
        row = self._previous.inventory.config.get(key)
        known = row is not None and member(row, parts_of(path)) is not None
        return None if known or row is None else self._version

    def sort_first_read_by(self, key: Key, identity: str) -> str | None:
        """Return the version that first read a sort of resources (`vnet:…` of firewalls), if an upgrade did.

        Of other ids None: who upgrades must still see what came at the same time.
        """
        earlier = self._findings.get(identity)
        if earlier is not None:
            return earlier.first_read_by
        sort = _SORT.match(key.id)
        if not self.upgraded or self._previous is None or sort is None:
            return None
        known = any(
            each[:2] == key[:2] and each.id.startswith(sort[0]) for each in self._previous.inventory.config
        )
        return None if known else self._version


def _between(agreed: JsonValue, desired: JsonValue, live: JsonValue) -> Agreement:
    if agreed == desired:
        return Agreement("live", agreed)
    return Agreement("desired" if agreed == live else "both", agreed)
