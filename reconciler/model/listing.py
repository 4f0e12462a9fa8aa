"""The raw rows of a kind, and how far their list can be trusted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from reconciler.errors import Problem
from reconciler.model.naming import RawIdentity

Listed = Literal["complete", "partial", "failed"]
"""How much of one kind of one source was listed. Only a complete list proves that something is absent."""


RawT = TypeVar("RawT")
ContextT = TypeVar("ContextT")


@dataclass(frozen=True, slots=True)
class Listing(Generic[RawT, ContextT]):
    """The raw rows of a kind by id, and how far the list can be trusted.

    The list is complete unless there is a `problem` with it. `unread` holds the problem of each resource that
    exists and could not be read: only such an id is unverified, and it must not be in `rows`.
    """

    rows: Mapping[str, RawT]
    context: ContextT = None  # type: ignore[assignment]  # for kinds that need none
    """The context in which `Kind.normalise` reads a row: the names behind ids, the version, a setting."""
    problem: Problem | None = None
    """Why the list is not complete."""
    unread: Mapping[str, Problem] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """id → the ids (`~2` …) under which the other rows with that id are kept."""
    identities: Mapping[str, RawIdentity] = field(default_factory=dict)
    """id → how the source knows the row, for rows whose key `Kind.naming` decides."""
    notes: tuple[str, ...] = ()
    """Oddities that do not make the list incomplete: rows without an id, and the like."""
    not_supported: tuple[str, ...] = ()
    """Fields that this release or API generation never has: they are out of the comparison, and each row
    names them in `unread` too, so that they are never taken for defaults."""
    facts: Any = None
    """Facts for other kinds, which name this kind in `Kind.needs`."""

    @property
    def listed(self) -> Listed:
        """Whether the list is complete."""
        return "complete" if self.problem is None else "partial"
