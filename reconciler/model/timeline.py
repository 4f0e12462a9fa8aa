"""Answers about the past: the runs, and what changed about one resource, when and by whom."""

from typing import Literal

from pydantic import Field, JsonValue

from reconciler.model.act import Act
from reconciler.model.change_words import ChangeWord
from reconciler.model.key import KeyText
from reconciler.model.problem import ProblemValue
from reconciler.model.value import Timestamp, Value

ChangeWhat = (
    ChangeWord
    | Literal[
        "finding-changed", "finding-closed", "finding-opened", "first-read", "first-recorded", "renamed"
    ]
)
"""A change in the history of a resource. `first-recorded`: it was there when its kind was first recorded;
`first-read`: of a field that a new version of this program reads."""


class RecordedRun(Value):
    """A run in the history."""

    id: str | None = Field(description="null if the record was edited by hand")
    at: Timestamp = Field(description="When the run read the site")
    commit: str | None = Field(None, description="Commit in the history; null if the run changed nothing")
    reason: Literal["changed", "heartbeat", "superseded", "unchanged", "not-here", "by-hand"] = Field(
        description="superseded: a newer run was recorded before it; unchanged: it made no commit; "
        "not-here: if it made one, this shallow clone does not have it"
    )
    waiting: bool = Field(default=False, description="true while its commit waits in this clone to be pushed")
    desired_commit: str | None = None
    verdict: str | None = Field(None, description="in_sync, drifted or incomplete; null if unknown")
    findings: dict[str, int] = Field(default_factory=dict, description="Severity → active findings")
    resources: int | None = None
    opened: int | None = Field(None, description="Findings that were opened or reopened in the run")
    resolved: int | None = Field(None, description="Findings of the previous run that were resolved")
    failed_sources: tuple[str, ...] = ()


class Change(Value):
    """A change of a resource or of its findings."""

    at: Timestamp = Field(description="When the run that recorded it read the site")
    run: str | None = Field(None, description="Id of the run; null if the record was edited by hand")
    commit: str
    what: ChangeWhat
    path: str = Field("", description="JSON pointer of the field; empty for the resource as a whole")
    old: JsonValue = Field(None, description="Old value, never of a secret; for a finding the desired value")
    new: JsonValue = Field(None, description="New value, never of a secret; for a finding the live value")
    title: str | None = Field(None, description="For a finding: its title; untrusted text")
    finding: str | None = Field(None, description="Id of the finding that was opened, changed or closed")
    effect: Literal["opens drift", "closes drift"] | None = Field(
        None, description="For a changed field: the effect on the finding"
    )
    who: tuple[Act, ...] = Field((), description="Log entries of the source that may explain it")
    desired_commit: str | None = Field(
        None, description="Commit of the desired state, if it differs from the previous run"
    )
    desired_subject: str | None = Field(None, description="First line of the commit message; untrusted text")
    desired_author: str | None = Field(None, description="Author of the commit; untrusted text")
    by_hand: str | None = Field(
        None, description="Author of a commit that was not made by a run; untrusted text"
    )


class Answer(Value):
    """Fields that every answer has."""

    site: str
    collected_at: Timestamp = Field(description="When the site was last read, according to this record")
    run_id: str
    problems: tuple[ProblemValue, ...] = Field((), description="Why the answer may be incomplete")


class RunsAnswer(Answer):
    """The runs of a site, newest first."""

    total: int = Field(ge=0, description="Number of recorded runs; `runs` may have fewer")
    runs: tuple[RecordedRun, ...]


class ChangesAnswer(Answer):
    """The history of one resource, newest first."""

    key: KeyText
    name: str | None = Field(None, description="Current or last name; untrusted text")
    exists: bool = Field(description="Whether the resource is in the last record")
    total: int = Field(ge=0, description="Number of known changes; `changes` may have fewer")
    changes: tuple[Change, ...]


class ResourceAnswer(Answer):
    """A resource as it was recorded at a time."""

    key: KeyText
    name: str | None = None
    as_of: Timestamp = Field(description="When the record's run read the site")
    commit: str
    until: Timestamp | None = Field(None, description="When the next run was recorded; null for the last one")
    carried_from: Timestamp | None = Field(
        None, description="When the row was last read, if that run could not read it"
    )
    unchanged_since: Timestamp | None = Field(
        None, description="Last change of the resource up to that record"
    )
    verdict: str | None = None
    resource: dict[str, JsonValue] = Field(description="The recorded fields")
    observed: dict[str, JsonValue] = Field(
        default_factory=dict, description="Observed fields, which are kept only for the last run"
    )
    findings: tuple[dict[str, JsonValue], ...] = ()
