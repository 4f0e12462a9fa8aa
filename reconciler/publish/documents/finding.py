"""`/v1/findings/{id}`: the life of a finding, from its first day to 90 days after it was resolved."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field, JsonValue

from reconciler.config.severity import SEVERITIES, Severity
from reconciler.model.findings import Finding, FindingState
from reconciler.model.key import KeyText
from reconciler.model.ledger import LedgerEntry, entry_of, entry_row
from reconciler.model.pointer import parts_of
from reconciler.model.snapshot import SCHEMA_VERSION
from reconciler.model.value import Row, Timestamp, Value
from reconciler.publish.documents.envelope import Route
from reconciler.publish.documents.inventory import PublishedFinding
from reconciler.publish.view import FINDINGS, HEALTH, HISTORY, INVENTORY, View

MOST_OPEN = 2000
MOST_RESOLVED = 2000


class LifeLinks(Value):
    """The routes of what a finding is about."""

    resource: Route | None = Field(description="null: nothing is known of the resource any more")
    history: Route = Field(description="The runs, and findings by day")


class FindingLife(Value):
    """The life of a finding."""

    id: str
    state: FindingState = Field(
        description="open: it stands; unconfirmed: it waits until a run can confirm or resolve it; resolved"
    )
    key: KeyText
    type: str = Field(
        description="missing, drifted, unmanaged, unverified, planned, internal, or the name of a rule"
    )
    path: str = Field(description="JSON pointer of the field; empty: the resource as a whole")
    title: str = Field(description="In one sentence, as last reported; may contain untrusted text")
    severity: Severity | None = Field(description="As last reported; null: not known")
    first_seen: Timestamp
    reopened: Timestamp | None = Field(description="When it last came back; null: it did not")
    resolved_at: Timestamp | None = Field(description="null: it is not resolved")
    agreed: JsonValue = Field(
        None, description="The live value when both sides last agreed; absent: they never did"
    )
    finding: PublishedFinding | None = Field(
        description="As in the drift report, with who, and what settles it; null: it is in no list there"
    )
    links: LifeLinks


@dataclass(frozen=True, slots=True)
class Life:
    """A finding whose life is published."""

    id: str
    state: FindingState
    row: Row | None
    """The finding as in the drift report; None of one that is in no list of it any more."""
    entry: LedgerEntry
    """Its life in the ledger."""


def finding_members(view: View) -> Iterator[tuple[str, Life]]:
    """Yield the route of each finding, in the order of the ids."""
    for life in sorted(_lives(view), key=lambda life: life.id):
        yield f"{FINDINGS}/{life.id}", life


def finding_document(view: View, life: Life) -> Row:
    """Return the life of a finding; without run facts: its bytes change only when the finding does."""
    data = _data(view, life)
    dates = (data["first_seen"], data["reopened"], data["resolved_at"])
    return {
        "schema_version": SCHEMA_VERSION,
        "site": view.run.site,
        "changed_at": max(str(each) for each in dates if each is not None),
        "links": {"health": HEALTH, "list": f"{INVENTORY}/drift"},
        "data": data,
    }


def _data(view: View, life: Life) -> Row:
    entry = life.entry
    row = {"title": _words(entry), **entry_row(entry), **(life.row or {}), "path": entry.path}
    data: Row = {"id": life.id, "state": life.state, "finding": life.row}
    for name in ("key", "type", "path", "title", "severity", "first_seen", "reopened", "resolved_at"):
        data[name] = row.get(name)
    if "agreed" in row:
        data["agreed"] = row["agreed"]
    resource = view.entries.get(entry.key)
    data["links"] = {"resource": resource and resource["link"], "history": HISTORY}
    return data


def _words(entry: LedgerEntry) -> str:
    """Return what a finding was about, where its sentence is not recorded."""
    field = ".".join(parts_of(entry.path)) if entry.path else ""
    return f"{field} {entry.type}".strip()


def _lives(view: View) -> Iterator[Life]:
    """Yield the worst of the findings that are open or wait, and the newest of the resolved ones."""
    report, ledger = view.recorded.report, view.recorded.ledger
    waiting = {each.id: each for each in (*report.unconfirmed, *report.of_groups("unconfirmed"))}
    standing = {each.id: each for each in report.every}
    rows = _rows(view)
    known = waiting | standing
    for finding in sorted(known.values(), key=_worst_first)[:MOST_OPEN]:
        state: FindingState = "open" if finding.id in standing else "unconfirmed"
        yield Life(finding.id, state, rows.get(finding.id), ledger.get(finding.id) or entry_of(finding))
    left = {identity: entry for identity, entry in ledger.items() if identity not in known}
    waits = sorted(identity for identity, entry in left.items() if entry.resolved_at is None)
    for identity in waits[: max(0, MOST_OPEN - len(known))]:
        yield Life(identity, "unconfirmed", None, left[identity])
    gone = sorted((_newest_first(entry), identity) for identity, entry in left.items() if entry.resolved_at)
    for _, identity in gone[:MOST_RESOLVED]:
        yield Life(identity, "resolved", None, left[identity])


def _rows(view: View) -> dict[str, Row]:
    """Return the findings as the drift report has them, by id."""
    waiting = view.report["unconfirmed"]
    assert isinstance(waiting, list)
    rows = [*waiting, *(row for rows in view.findings.values() for row in rows)]
    return {row["id"]: row for row in rows}


def _worst_first(finding: Finding) -> tuple[object, ...]:
    severity = -SEVERITIES.index(finding.severity)
    return finding.ignored_by is not None, severity, finding.cause is not None, finding.key, finding.id


def _newest_first(entry: LedgerEntry) -> tuple[bool, float]:
    """Return a sort key of resolved findings; those that could only not be verified come last."""
    assert entry.resolved_at is not None
    return entry.type == "unverified", -entry.resolved_at.timestamp()
