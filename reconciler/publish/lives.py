"""The findings whose lives are published: the worst open and waiting ones, and the newest resolved ones."""

from collections.abc import Mapping

from reconciler.config.severity import SEVERITIES
from reconciler.model.findings import Finding, FindingState
from reconciler.model.ledger import LedgerEntry
from reconciler.model.pointer import parts_of
from reconciler.model.recorded import Recorded

MOST_OPEN = 2000
MOST_RESOLVED = 2000


def published_lives(recorded: Recorded) -> Mapping[str, FindingState]:
    """Return the state of each finding that has a document, by id.

    A finding that only the ledger has and that is not resolved waits: its resource is missing now, or its
    source is not configured any more.
    """
    report, ledger = recorded.report, recorded.ledger
    waiting = {each.id: each for each in (*report.unconfirmed, *report.of_groups("unconfirmed"))}
    standing = {each.id: each for each in report.every}
    known = waiting | standing
    worst = sorted(known.values(), key=_worst_first)[:MOST_OPEN]
    states: dict[str, FindingState] = {
        finding.id: "open" if finding.id in standing else "unconfirmed" for finding in worst
    }
    left = {identity: entry for identity, entry in ledger.items() if identity not in known}
    waits = sorted(identity for identity, entry in left.items() if entry.resolved_at is None)
    states |= dict.fromkeys(waits[: max(0, MOST_OPEN - len(known))], "unconfirmed")
    return states | dict.fromkeys(newest_resolved(left)[:MOST_RESOLVED], "resolved")


def newest_resolved(ledger: Mapping[str, LedgerEntry]) -> list[str]:
    """Return the ids of resolved findings, newest first; resources that are verified again come last."""
    found = (
        (entry.type == "unverified", -entry.resolved_at.timestamp(), identity)
        for identity, entry in ledger.items()
        if entry.resolved_at is not None
    )
    return [identity for *_, identity in sorted(found)]


def title_of_entry(entry: LedgerEntry) -> str:
    """Return the last sentence of a finding; its field and type where that is not recorded."""
    return entry.title or f"{'.'.join(parts_of(entry.path)) if entry.path else ''} {entry.type}".strip()


def _worst_first(finding: Finding) -> tuple[object, ...]:
    severity = -SEVERITIES.index(finding.severity)
    return finding.ignored_by is not None, severity, finding.cause is not None, finding.key, finding.id
