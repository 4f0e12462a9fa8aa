"""The facts that a report shows beside its findings, where a job has looked them up, and how much it has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.fix import Fix


@dataclass(frozen=True, slots=True)
class Merge:
    """The commit that set a line of the desired state; its texts are untrusted."""

    commit: str
    at: datetime | None = None
    author: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class ReportContext:
    """Facts about findings, by finding id."""

    fixes: Mapping[str, Fix] = field(default_factory=dict)
    """How to set the resource back."""
    merged: Mapping[str, Merge] = field(default_factory=dict)
    """Of a finding whose desired side moved: the commit that moved it."""
    notes: tuple[str, ...] = ()
    """Lines below the first one: which part of a run the report is; untrusted text."""
    full: bool = False
    """Whether everything about each finding was asked for."""


NO_CONTEXT = ReportContext()
