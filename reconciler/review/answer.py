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
    title: str = Field(description="In one sentence; may contain untrusted text")
    path: str = Field("", description="JSON pointer of the field; empty: the whole resource")
    before: JsonValue = Field(None, description="The desired value in base, of a finding that changes")
    desired: JsonValue = Field(None, description="The desired value, in head where head declares it")
    live: JsonValue = None
    declared_at: str | None = Field(None, description="file:line in the tree whose finding it is")
    consequences: int = Field(0, ge=0, description="Findings that follow from it")
    closed_by: ClosedBy | None = Field(None, description="How a finding that closes does so")
    fix: Fix | None = Field(None, description="The way to make the site so; only of what opens or changes")
    lets_in: str | None = Field(
        None, description="The traffic that the resource lets in once it is as declared; untrusted text"
    )


class Undecided(Value):
    """A resource whose declaration changes, and of which the snapshot does not show how it is."""

    key: KeyText
    name: str | None = None
    why: str = Field(description="May contain untrusted text")


class NoLongerChecked(Value):
    """Declarations that the change removes: drift of them would not be found any more."""

    resources: int = Field(0, ge=0, description="Resources that only base declares")
    fields: int = Field(0, ge=0, description="Fields that only base declares, those of such resources too")
    exact: int = Field(0, ge=0, description="Resources that are exact in base only")

    @property
    def any(self) -> bool:
        """Whether the change removes anything."""
        return bool(self.resources or self.fields or self.exact)


class ReviewedSide(Value):
    """One side of the comparison."""

    commit: str | None = Field(description="null: the name leads to no commit")
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
        description="head is in base already, and is compared with the commit that it began from",
    )
    run_id: str | None = Field(description="The recorded run; null: nothing is recorded yet")
    collected_at: Timestamp | None = None
    stale_after: Timestamp | None = None
    incomplete: dict[str, str] = Field(
        default_factory=dict, description="Source that was not read in full → partial or failed"
    )
    problems: tuple[ProblemValue, ...] = Field((), description="Why the desired state of head is not valid")
    notes: tuple[str, ...] = Field((), description="What else a reviewer should know")
    checked: int = Field(0, ge=0, description="Declared fields of head that the snapshot shows")
    no_longer_checked: NoLongerChecked = NoLongerChecked()
    opens: tuple[ReviewedFinding, ...] = ()
    closes: tuple[ReviewedFinding, ...] = ()
    changes: tuple[ReviewedFinding, ...] = ()
    silences: tuple[ReviewedFinding, ...] = Field(
        (), description="By an ignore rule that the change adds; some of them the change also opens"
    )
    leaves: tuple[ReviewedFinding, ...] = ()
    undecided: tuple[Undecided, ...] = ()
    breaks: tuple[ReviewedFinding, ...] = Field(
        (), description="Findings of rules that would come once the site is as head declares it"
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
