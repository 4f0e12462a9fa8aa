"""The changes that one run found: recorded beside its report, and published as they are.

Every list is bounded, so that a run with thousands of new findings costs later runs no more than any other.
"""

from collections.abc import Iterator

from pydantic import Field

from reconciler.config.severity import Moved, Severity
from reconciler.model.act import Act
from reconciler.model.findings import Event
from reconciler.model.key import Key, KeyText
from reconciler.model.listing import Listed
from reconciler.model.problem import ProblemValue
from reconciler.model.value import Timestamp, Value


class ChangedFinding(Value):
    """A finding that was opened, reopened, changed or resolved in a run."""

    id: str
    key: KeyText
    name: str | None = Field(None, description="The resource's own name, for display; untrusted text")
    type: str = Field(description="missing, drifted, unmanaged, unverified … or the name of a rule")
    severity: Severity
    path: str = Field("", description="JSON pointer of the field; empty for the resource as a whole")
    title: str = Field(description="The finding in one sentence; may contain untrusted text")
    cause: str | None = Field(None, description="Id of the active finding that it follows from")
    moved: Moved | None = Field(None, description="Side that differs from the last agreed value")
    who: tuple[Act, ...] = Field((), description="Log entries of the source that may explain it")


class FindingChanges(Value):
    """Findings with the same type of change, worst first."""

    count: int = Field(0, ge=0)
    findings: tuple[ChangedFinding, ...] = Field((), description="At most 100 of the findings")


class SourceChange(Value):
    """A source that was read less or more completely than in the previous recorded run."""

    source: str
    before: Listed
    now: Listed
    problem: ProblemValue | None = Field(None, description="Why it is not complete")


class RunChanges(Value):
    """A run with changes, compared with the previous recorded run, without silenced findings."""

    id: str = Field(description="Id of the run")
    collected_at: Timestamp = Field(description="When the run read the site")
    version: str = Field(description="Version of the program")
    desired_commit: str | None = Field(
        None, description="Commit of the desired state that the run compared with"
    )
    subject: str = Field(
        description="Short summary of the changes, as in the subject of its commit; untrusted text"
    )
    headline: str = Field(description="The run in one line, without its verdict")
    verdict: str = Field(description="in_sync, drifted or incomplete")
    findings: dict[Severity, int] = Field(description="Severity → findings that are not silenced")
    causes: dict[Severity, int] = Field(description="Severity → findings that do not follow from another one")
    resources: int = Field(ge=0)
    sources: dict[str, Listed] = Field(description="Source → how completely it was read")
    source_changes: tuple[SourceChange, ...] = Field((), description="Sources that were lost or are back")
    new: FindingChanges = FindingChanges()
    reopened: FindingChanges = Field(
        FindingChanges(), description="Findings that came back within 90 days after they were resolved"
    )
    changed: FindingChanges = Field(
        FindingChanges(), description="Earlier findings with other values or another severity"
    )
    resolved: FindingChanges = FindingChanges()
    unverified: FindingChanges = Field(
        FindingChanges(), description="Resources that could be verified before and not in this run"
    )
    verified_again: int = Field(0, ge=0, description="Resources that could be verified again")
    events: tuple[Event, ...] = Field((), description="Changes that no finding shows; at most 100")
    event_count: int = Field(0, ge=0)

    @property
    def lists(self) -> tuple[FindingChanges, ...]:
        """The findings that came, came back, changed, went, or could not be verified."""
        return self.new, self.reopened, self.changed, self.resolved, self.unverified

    @property
    def mentioned(self) -> Iterator[Key]:
        """Every key in it."""
        for changes in self.lists:
            yield from (finding.key for finding in changes.findings)
        for event in self.events:
            yield event.key
            yield from (event.key._replace(id=identity) for identity in event.ids)

    @property
    def matters(self) -> bool:
        """Whether a finding or a source changed in it, and not only something that no finding shows."""
        return bool(self.source_changes or self.verified_again or any(each.count for each in self.lists))
