"""Answers about the past: the runs, and what changed about one resource, when and by whom."""

from typing import Literal

from pydantic import Field, JsonValue

from reconciler.model.act import Act
from reconciler.model.key import KeyText
from reconciler.model.kind import What
from reconciler.model.problem import ProblemValue
from reconciler.model.value import Timestamp, Value

ChangeWhat = (
    What
    | Literal[
        "finding-changed", "finding-closed", "finding-opened", "first-read", "first-recorded", "renamed"
    ]
)
"""A change in the history of a resource. `first-recorded`: it was there when its kind was first recorded;
`first-read`: of a field that a new version of this program reads."""


class RecordedRun(Value):
    """A run of the history."""

    id: str | None = Field(description="null: a person changed the record by hand")
    at: Timestamp = Field(description="When it read the site")
    commit: str | None = Field(None, description="Its commit in the history; null if it changed nothing")
    reason: Literal["changed", "heartbeat", "superseded", "unchanged", "not-here", "by-hand"] = Field(
        description="superseded: a newer run was recorded before it; unchanged: it made no commit; "
        "not-here: if it made one, this shallow clone does not have it"
    )
    waiting: bool = Field(default=False, description="It waits in this clone until it can be pushed")
    desired_commit: str | None = None
    verdict: str | None = Field(None, description="in_sync, drifted or incomplete; null if it is not known")
    findings: dict[str, int] = Field(default_factory=dict, description="Severity → active findings")
    resources: int | None = None
    opened: int | None = Field(None, description="Findings that came or came back in it")
    resolved: int | None = Field(None, description="Findings of the run before that were gone")
    failed_sources: tuple[str, ...] = ()


class Change(Value):
    """One change of a resource, or of what was found about it."""

    at: Timestamp = Field(description="When the run read the site that recorded it")
    run: str | None = Field(None, description="The run; null: a person changed the record by hand")
    commit: str
    what: ChangeWhat
    path: str = Field("", description="JSON pointer of the field; empty for the resource as a whole")
    old: JsonValue = Field(None, description="Never of a secret. Of a finding: the desired value")
    new: JsonValue = Field(None, description="Never of a secret. Of a finding: the live value")
    title: str | None = Field(None, description="Of a finding, in one sentence; untrusted text")
    finding: str | None = Field(None, description="Id of the finding that it opened, changed or closed")
    effect: Literal["opens drift", "closes drift"] | None = Field(
        None, description="Of a changed field: the effect on the finding"
    )
    who: tuple[Act, ...] = Field((), description="Entries of the source's log that may explain it")
    desired_commit: str | None = Field(
        None, description="The commit of the desired state, where it is another than in the run before"
    )
    desired_subject: str | None = Field(None, description="First line of its message; untrusted text")
    desired_author: str | None = Field(None, description="Untrusted text")
    by_hand: str | None = Field(None, description="Author of a commit that no run made; untrusted text")


class Answer(Value):
    """The part that all answers have."""

    site: str
    collected_at: Timestamp = Field(description="When the site was last read, as far as it is recorded here")
    run_id: str
    problems: tuple[ProblemValue, ...] = Field((), description="Why the answer may lack something")


class RunsAnswer(Answer):
    """The runs of a site, newest first."""

    total: int = Field(ge=0, description="Runs that are recorded; `runs` may have fewer")
    runs: tuple[RecordedRun, ...]


class ChangesAnswer(Answer):
    """The history of one resource, newest first."""

    key: KeyText
    name: str | None = Field(None, description="Its name now, or its last one; untrusted text")
    exists: bool = Field(description="Whether it is in the last record")
    total: int = Field(ge=0, description="Changes that are known; `changes` may have fewer")
    changes: tuple[Change, ...]


class ResourceAnswer(Answer):
    """A resource as it was recorded at a time."""

    key: KeyText
    name: str | None = None
    as_of: Timestamp = Field(description="When the run read the site whose record this is")
    commit: str
    until: Timestamp | None = Field(None, description="When the next run was recorded; null for the last one")
    carried_from: Timestamp | None = Field(
        None, description="When the row was last read, where that run could not read it"
    )
    unchanged_since: Timestamp | None = Field(None, description="Last change of the resource until then")
    verdict: str | None = None
    resource: dict[str, JsonValue] = Field(description="The recorded fields")
    observed: dict[str, JsonValue] = Field(
        default_factory=dict, description="Observed fields, which are kept of the last run only"
    )
    findings: tuple[dict[str, JsonValue], ...] = ()
