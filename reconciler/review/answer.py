"""The answer of a review: what a change of the desired state opens, closes and changes, as values."""

from typing import Literal

from pydantic import Field, JsonValue

from reconciler.config.severity import Severity
from reconciler.model.fix import Fix
from reconciler.model.key import KeyText
from reconciler.model.problem import ProblemValue
from reconciler.model.value import Timestamp, Value

ClosedBy = Literal["accepted", "no_longer_declared", "to_be_deleted"]
"""How a finding closes: what is live is declared, nothing is declared, or the resource is to be deleted."""


class ReviewedFinding(Value):
    """A finding that the change opens, closes, changes or leaves, with what follows from it counted."""

    id: str
    key: KeyText
    name: str | None = Field(None, description="The resource's own name; untrusted text")
    type: str
    severity: Severity
    title: str = Field(description="Title; may contain untrusted text")
    path: str = Field("", description="JSON pointer of the field; empty: the whole resource")
    before: JsonValue = Field(None, description="Desired value in base, for a finding that changes")
    desired: JsonValue = Field(None, description="Desired value; the one in head if head declares it")
    live: JsonValue = None
    declared_at: str | None = Field(None, description="file:line in the tree that the finding belongs to")
    consequences: int = Field(0, ge=0, description="Findings that follow from it")
    closed_by: ClosedBy | None = Field(None, description="Why a finding closes")
    fix: Fix | None = Field(
        None, description="Fix that brings the site to this state; only for findings that open or change"
    )
    lets_in: str | None = Field(
        None, description="Traffic that the resource lets in once it is as declared; untrusted text"
    )


class Undecided(Value):
    """A resource whose declaration changes, and of which the snapshot does not show how it is."""

    key: KeyText
    name: str | None = None
    why: str = Field(description="May contain untrusted text")


class NoLongerChecked(Value):
    """Declarations that the change removes: drift of them would not be found any more."""

    resources: int = Field(0, ge=0, description="Resources that only base declares")
    fields: int = Field(
        0, ge=0, description="Fields that only base declares, including those of such resources"
    )
    exact: int = Field(0, ge=0, description="Resources that are exact in base only")

    @property
    def any(self) -> bool:
        """Whether the change removes anything."""
        return bool(self.resources or self.fields or self.exact)


class ReviewedSide(Value):
    """One side of the comparison."""

    commit: str | None = Field(description="null: the name does not resolve to a commit")
    declared: int = Field(ge=0, description="Declared resources")
    fields: int = Field(ge=0, description="Declared fields")


class Review(Value):
    """The effect that a change of the desired state would have on drift, on one recorded snapshot."""

    site: str
    base: ReviewedSide
    head: ReviewedSide
    merged: bool = Field(description="head was merged with base first; false: compared as it stands")
    landed: bool = Field(
        default=False,
        description="head is part of base, and is compared with the commit that it branched from",
    )
    run_id: str | None = Field(description="The recorded run; null: nothing is recorded yet")
    collected_at: Timestamp | None = None
    stale_after: Timestamp | None = None
    incomplete: dict[str, str] = Field(
        default_factory=dict, description="Source that was not read completely → partial or failed"
    )
    problems: tuple[ProblemValue, ...] = Field((), description="Problems of the desired state of head")
    notes: tuple[str, ...] = Field((), description="Other notes for the reviewer")
    checked: int = Field(0, ge=0, description="Declared fields of head that the snapshot shows")
    no_longer_checked: NoLongerChecked = NoLongerChecked()
    opens: tuple[ReviewedFinding, ...] = ()
    closes: tuple[ReviewedFinding, ...] = ()
    changes: tuple[ReviewedFinding, ...] = ()
    silences: tuple[ReviewedFinding, ...] = Field(
        (),
        description="Findings silenced by an ignore rule that the change adds; the change may also open "
        "some of them",
    )
    leaves: tuple[ReviewedFinding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    breaks: tuple[ReviewedFinding, ...] = Field(
        (), description="Findings of rules that would appear once the site is as head declares it"
    )

    @property
    def outcome(self) -> Literal["invalid", "unknown", "none", "effect"]:
        """Whether there is anything to report."""
        if self.problems:
            return "invalid"
        if self.run_id is None:
            return "unknown"
        told = (self.opens, self.closes, self.changes, self.silences, self.undecided, self.breaks)
        return "effect" if any(told) or self.no_longer_checked.any else "none"
