"""The results of a comparison: verdicts, findings, and the report that contains them."""

import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Literal

from pydantic import Field, JsonValue

from reconciler.config.severity import Moved, Severity
from reconciler.model.act import Act
from reconciler.model.change_words import ChangeWord
from reconciler.model.key import Key, KeyText
from reconciler.model.problem import ProblemValue
from reconciler.model.snapshot import Run, Scope
from reconciler.model.summary import Summary, Verdict
from reconciler.model.value import Timestamp, Value

INTERNAL = "internal"
"""The type of findings about parts of this program that failed; they never count as drift."""

PLANNED = "planned"
"""The type of findings about resources that are declared for later."""

OF_COMPARISON = ("missing", "drifted", "unmanaged", "unverified", PLANNED)
"""The types of findings that are not a rule's, in the order in which they are counted."""

FindingState = Literal["open", "resolved", "unconfirmed"]
"""Whether a finding stands, is gone, or waits until a run can confirm or resolve it."""


class ItemChange(Value):
    """An item of a list that was added, removed, changed or moved."""

    what: Literal["added", "removed", "changed", "moved"] = Field(
        description="added: live has it and desired does not; removed: the reverse"
    )
    desired: JsonValue = Field(None, description="The declared item")
    live: JsonValue = Field(None, description="The live item")
    desired_index: int | None = Field(None, description="Position in the declared list, from 0")
    live_index: int | None = Field(None, description="Position in the live list, from 0")


class FieldChange(Value):
    """A field whose live value differs from the desired one."""

    path: str = Field(description="JSON pointer (RFC 6901) into the resource: /nics/net0/tag")
    desired: JsonValue = Field(None, description="Desired value; null: none, or the entry must not exist")
    live: JsonValue = Field(None, description="Configured value; null if there is none")
    running: JsonValue = Field(
        None, description="Value in effect until the configured one is active, if different"
    )
    items: tuple[ItemChange, ...] = Field((), description="For a list: the items that differ")
    declared: bool = Field(
        default=True, description="false: not declared; an exact resource must have the default"
    )
    declared_at: str | None = Field(
        None, description="file:line of the field, or of its parent if it is not declared"
    )


class PendingChange(Value):
    """A field whose configured value is not active yet."""

    path: str = Field(description="JSON pointer (RFC 6901) into the resource")
    configured: JsonValue = Field(None, description="Value from the next restart on; null if there is none")
    running: JsonValue = Field(None, description="Value in effect until then; null if there is none")


class Finding(Value):
    """A result that needs attention: its address, its cause and the next step."""

    id: str = Field(description="Stable id, derived from key and path (or type), never from values")
    type: str = Field(
        description="missing, drifted, unmanaged, unverified, planned, internal, or the name of a rule"
    )
    key: KeyText
    name: str | None = Field(None, description="The resource's own name, for display; untrusted text")
    title: str = Field(description="The finding in one sentence; may contain untrusted text")
    severity: Severity
    change: FieldChange | None = Field(None, description="For a drifted field: both values")
    pending: PendingChange | None = Field(None, description="For `pending-change`: both values")
    agreed: JsonValue = Field(
        None, description="Live value when the field last matched the declaration; absent if `moved` is never"
    )
    moved: Moved | None = Field(
        None, description="Side that differs from `agreed`; never: they never matched. Absent for rules"
    )
    reason: str | None = Field(None, description="Reason, if the values do not show it: locked, a policy")
    related: tuple[KeyText, ...] = ()
    used_by: tuple[KeyText, ...] = Field(
        (), description="For a missing or drifted resource: the live resources that refer to it, at most 100"
    )
    cause: str | None = Field(None, description="Id of the finding that it follows from")
    problem: ProblemValue | None = Field(
        None, description="Why it is unverified, or the failure of a part of this program"
    )
    docs: str | None = Field(None, description="Documentation page for this type of finding")
    declared_at: str | None = Field(None, description="file:line of the resource's declaration")
    first_read_by: str | None = Field(
        None, description="Version that first read the field, if an upgrade revealed the finding"
    )
    first_seen: Timestamp
    reopened: Timestamp | None = Field(
        None, description="When it came back, less than 90 days after it was resolved"
    )
    who: tuple[Act, ...] = Field((), description="Log entries of the source that may explain it")
    ignored_by: str | None = None

    @property
    def of_rule(self) -> bool:
        """Whether a rule made it."""
        return self.type not in OF_COMPARISON

    @property
    def path(self) -> str:
        """The field that it is about; empty: the whole resource."""
        either = self.change or self.pending
        return either.path if either is not None else ""

    @property
    def opened_at(self) -> datetime:
        """When it was first seen, or came back: the time of the run in which it is new."""
        return self.reopened or self.first_seen

    @property
    def where(self) -> str | None:
        """The most exact place of what declares it: that of the field, else of the resource."""
        of_field = self.change.declared_at if self.change is not None else None
        return of_field or self.declared_at


def finding_id(key: Key, aspect: str) -> str:
    """Return the id of a finding: 12 hex digits of a hash of its key and its path or type."""
    return hashlib.sha256(f"{key}\0{aspect}".encode("utf-8", "surrogatepass")).hexdigest()[:12]


def split_ignored(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    """Return the findings that are active, and those that are ignored."""
    groups: tuple[list[Finding], list[Finding]] = ([], [])
    for finding in findings:
        groups[finding.ignored_by is not None].append(finding)
    return tuple(groups[0]), tuple(groups[1])


class GroupedFindings(Value):
    """Many findings of one rule in one entry; they differ only in their resource."""

    state: Literal["open", "resolved", "unconfirmed"] = Field(description="List that they belong to")
    type: str = Field(description="Name of the rule")
    source: str
    kind: str
    title: str = Field(description="Title of the first one; may contain untrusted text")
    severity: Severity
    cause: str | None = Field(None, description="Id of the finding that each of them follows from")
    docs: str | None = Field(None, description="Documentation page for this type of finding")
    first_seen: Timestamp
    ignored_by: str | None = None
    count: int = Field(ge=1)
    ids: tuple[str, ...] = Field(description="The resources, in the order of the findings")

    def findings(self) -> Iterator[Finding]:
        """Yield the findings, one for each resource, with what is known of them."""
        shared = self.model_dump(exclude={"state", "source", "kind", "count", "ids"})
        for identity in self.ids:
            key = Key(self.source, self.kind, identity)
            yield Finding(id=finding_id(key, self.type), key=key, **shared)


class Event(Value):
    """A change since the last run that did not open, change or close a finding; reported only once."""

    key: KeyText = Field(description="Key; for several resources with the same change, that of the first")
    name: str | None = None
    what: ChangeWord
    path: str = Field(
        description="JSON pointer of the change; empty for the resource as a whole; for `unread-changed` "
        "in the API answer"
    )
    old: JsonValue = Field(None, description="Old value; absent for a secret and for several resources")
    new: JsonValue = None
    count: int = Field(1, ge=1, description="Number of resources with this change")
    ids: tuple[str, ...] = Field((), description="First ids, if there are several resources")
    who: tuple[Act, ...] = Field((), description="Log entries of the source that may explain it")

    @property
    def has_values(self) -> bool:
        """Whether it shows what the value was and is: of one field that is read, of one resource."""
        return self.count == 1 and bool(self.path) and self.what != "unread-changed"


class IgnoreUse(Value):
    """An ignore rule and its effect in a run."""

    where: str = Field(description="config/ignore.yaml:LINE, as in `ignored_by` of a finding")
    about: str = Field(description="Scope of the rule: source/kind/pattern and path")
    reason: str
    owner: str | None = None
    expires: str = Field(description="Last day on which it applies")
    hits: int = Field(ge=0, description="Number of findings that it covers")
    unused_since: Timestamp | None = Field(None, description="When it last stopped covering any finding")


class RunOutcome(Value):
    """The outcome of a run, without the facts of the run itself."""

    summary: Summary
    findings: tuple[Finding, ...]
    grouped: tuple[GroupedFindings, ...] = Field(
        (), description="Findings of rules with more than 5,000 findings; they are in no other list"
    )
    scopes: tuple[Scope, ...]
    verdicts: dict[str, Verdict] = Field(
        description="key → verdict; a resource without a verdict is inventory"
    )
    resolved: tuple[Finding, ...] = Field((), description="Findings of the previous report that are gone")
    unconfirmed: tuple[Finding, ...] = Field(
        (), description="Earlier findings that this run could neither confirm nor resolve"
    )
    events: tuple[Event, ...] = Field((), description="Changes since the last report that no finding shows")
    ignores: tuple[IgnoreUse, ...] = Field((), description="The ignore rules")
    hints: dict[str, str] = Field(
        default_factory=dict, description="Rule → how to fix or accept its findings"
    )
    unchecked: dict[str, str] = Field(
        default_factory=dict, description="Rule → why it could not be fully checked"
    )
    degraded: dict[str, str] = Field(
        default_factory=dict, description="key → why it is not healthy, for the resources that this run read"
    )

    def of_groups(self, *states: str) -> Iterator[Finding]:
        """Yield the findings in the groups of some lists, one for each resource."""
        for group in self.grouped:
            if group.state in states:
                yield from group.findings()

    @property
    def every(self) -> tuple[Finding, ...]:
        """The findings of this run, those in groups too."""
        return (*self.findings, *self.of_groups("open"))

    @property
    def lasting(self) -> tuple[Finding, ...]:
        """The findings that the next run knows: those of this run, and those that wait to be confirmed."""
        return (*self.findings, *self.unconfirmed, *self.of_groups("open", "unconfirmed"))

    @property
    def active(self) -> tuple[Finding, ...]:
        """The findings that are not silenced."""
        return split_ignored(self.every)[0]

    @property
    def ignored(self) -> tuple[Finding, ...]:
        """The findings that an ignore rule or an expected-offline node silences."""
        return split_ignored(self.every)[1]


class DriftReport(RunOutcome):
    """The outcome of a run."""

    run: Run
