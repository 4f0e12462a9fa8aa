"""The ledger of a run: which findings are new, go on, are resolved or come back.

Only a run that could check a finding resolves it. What could not be verified waits with its date, whatever
the report has room for: the differing fields of a resource that is missing now, and the findings of a source
that has left the configuration, for as long as its rows stay.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from reconciler.drift import lifecycle
from reconciler.model.findings import Finding
from reconciler.model.fingerprint import without_fingerprints
from reconciler.model.ledger import Ledger, LedgerEntry, agreed_of, entry_of
from reconciler.model.recorded import Recorded

KEEP_RESOLVED = timedelta(days=90)
"""How long a resolved finding stays in the ledger; one that comes back later is a new one."""


def known(previous: Recorded | None) -> Ledger:
    """Return the ledger of the previous record; its report counts where the two differ.

    So a record without a ledger, or with a damaged one, loses only what its report does not have.
    """
    if previous is None:
        return {}
    entries = dict(previous.ledger)
    for finding in previous.report.lasting:
        entry = entries.get(finding.id)
        if entry is None or entry.resolved_at is not None:
            entries[finding.id] = entry_of(finding)
    return entries


def found_again(entry: LedgerEntry, now: datetime) -> LedgerEntry | None:
    """Return the entry of a finding that stands now; None if it was resolved so long ago that it is new."""
    first_seen = entry.first_seen
    if first_seen > now:  # a clock that was ahead; not `now`, which would make it new
        first_seen = now - timedelta(seconds=1)
    if entry.resolved_at is None:
        return replace(entry, first_seen=first_seen)
    if now - entry.resolved_at >= KEEP_RESOLVED:
        return None
    return replace(entry, first_seen=first_seen, resolved_at=None, reopened=now, title=None, severity=None)


def lives(ledger: Ledger, now: datetime) -> Mapping[str, LedgerEntry]:
    """Return the entry that each earlier finding has if it stands now, by id."""
    again = ((identity, found_again(entry, now)) for identity, entry in ledger.items())
    return {identity: entry for identity, entry in again if entry is not None}


def advance(previous: Recorded | None, current: Recorded) -> Ledger:
    """Return the ledger after a run, given the record before it."""
    report, now = current.report, current.report.run.collected_at
    before = known(previous)
    last = {finding.id: finding for finding in previous.report.lasting} if previous else {}
    ledger: dict[str, LedgerEntry] = {}
    for finding in report.every:
        ledger[finding.id] = _standing(finding, before.get(finding.id), now)
    for finding in (*report.unconfirmed, *report.of_groups("unconfirmed")):
        ledger[finding.id] = before.get(finding.id) or entry_of(finding)
    for identity, entry in before.items():
        if identity not in ledger and (after := _after(entry, current, last.get(identity))) is not None:
            ledger[identity] = after
    return ledger


def _standing(finding: Finding, entry: LedgerEntry | None, now: datetime) -> LedgerEntry:
    """Return the entry of a finding of this run."""
    again = found_again(entry, now) if entry is not None else None
    return entry_of(finding) if again is None else replace(again, agreed=agreed_of(finding))


def _after(entry: LedgerEntry, current: Recorded, last: Finding | None) -> LedgerEntry | None:
    """Return the entry of a finding that this run did not make; None if it is forgotten.

    `last`: the finding in the report before.
    """
    report, now = current.report, current.report.run.collected_at
    if entry.resolved_at is not None:
        return entry if now - entry.resolved_at < KEEP_RESOLVED else None
    scopes = {(scope.source, scope.kind) for scope in report.scopes if not scope.retired}
    verdict = report.verdicts.get(str(entry.key))
    state = lifecycle.state_of(
        entry.key, entry.type, verdict, scopes, current.inventory.as_of, report.unchecked
    )
    if state == "forgotten":
        retired = any(scope.retired and scope.source == entry.key.source for scope in report.scopes)
        return entry if retired else None
    if state != "resolved":
        return entry
    if last is None:
        return replace(entry, resolved_at=now)
    title = str(without_fingerprints(last.title))
    return replace(entry, resolved_at=now, title=title, severity=last.severity)
