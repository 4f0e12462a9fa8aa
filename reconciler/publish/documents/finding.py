"""`/v1/findings/{id}`: the life of a finding, from its first day to 90 days after it was resolved."""

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field, JsonValue

from reconciler.config.severity import Severity
from reconciler.model.findings import FindingState
from reconciler.model.key import KeyText
from reconciler.model.ledger import LedgerEntry, entry_of, entry_row
from reconciler.model.snapshot import SCHEMA_VERSION
from reconciler.model.value import Row, Timestamp, Value
from reconciler.publish.documents.envelope import Route
from reconciler.publish.documents.inventory import PublishedFinding
from reconciler.publish.lives import title_of_entry
from reconciler.publish.view import FINDINGS, HEALTH, HISTORY, INVENTORY, View


class LifeLinks(Value):
    """The routes of what a finding is about."""

    resource: Route | None = Field(description="null: nothing is known about the resource any more")
    history: Route = Field(description="Link to the runs, and findings by day")


class FindingLife(Value):
    """The life of a finding."""

    id: str
    state: FindingState = Field(
        description="open; unconfirmed: no run could confirm or resolve it yet; or resolved"
    )
    key: KeyText
    type: str = Field(
        description="missing, drifted, unmanaged, unverified, planned, internal, or the name of a rule"
    )
    path: str = Field(description="JSON pointer of the field; empty: the resource as a whole")
    title: str = Field(description="Title, as last reported; may contain untrusted text")
    severity: Severity | None = Field(description="Value as last reported; null: not known")
    first_seen: Timestamp
    reopened: Timestamp | None = Field(description="Time when it last reappeared; null: it did not")
    resolved_at: Timestamp | None = Field(description="null: not resolved")
    agreed: JsonValue = Field(
        None, description="Live value when live and desired state last agreed; absent: they never did"
    )
    finding: PublishedFinding | None = Field(
        description="The entry in the drift report, with who and how to resolve it; null: not in the report"
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
    """Yield the route of each finding whose life is published, in the order of the ids."""
    rows, ledger = _rows(view), view.recorded.ledger
    known = {each.id: each for each in view.recorded.report.lasting}
    for identity, state in sorted(view.lives.items()):
        entry = ledger.get(identity) or entry_of(known[identity])
        yield f"{FINDINGS}/{identity}", Life(identity, state, rows.get(identity), entry)


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
    row = {"title": title_of_entry(entry), **entry_row(entry), **(life.row or {}), "path": entry.path}
    data: Row = {"id": life.id, "state": life.state, "finding": life.row}
    for name in ("key", "type", "path", "title", "severity", "first_seen", "reopened", "resolved_at"):
        data[name] = row.get(name)
    if "agreed" in row:
        data["agreed"] = row["agreed"]
    resource = view.entries.get(entry.key)
    data["links"] = {"resource": resource and resource["link"], "history": HISTORY}
    return data


def _rows(view: View) -> dict[str, Row]:
    """Return the findings as the drift report has them, by id."""
    waiting = view.report["unconfirmed"]
    assert isinstance(waiting, list)
    rows = [*waiting, *(row for rows in view.findings.values() for row in rows)]
    return {row["id"]: row for row in rows}
