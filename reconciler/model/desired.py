"""Desired state: the declared resources, and where they are declared."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from reconciler.model.key import Key
from reconciler.model.value import Row


@dataclass(frozen=True, slots=True)
class Declared:
    """One declared resource: only the fields that are written, normalised like live ones.

    In `fields`, a scalar written as `null` has the default it stands for, and a mapping entry written as
    `null` is None (it must not exist). `absent` means that the resource itself must not exist.
    """

    key: Key
    fields: Row
    declared_at: str
    """`file:line` of the resource."""
    absent: bool = False
    exact: bool = False
    """Whether undeclared fields must be at their defaults."""
    filled: Row | None = None
    """Of an exact one: the declared fields with the defaults of all others, made once; None: not made yet."""
    defaults: Row | None = None
    """The defaults in `filled` that depend on other fields."""
    planned: date | None = None
    """The day until which it need not exist yet."""
    reset_to_default: tuple[tuple[str, ...], ...] = ()
    """The paths of scalars written as `null`: the default of some depends on the live row."""


def _without_files(key: Key, path: str) -> str:
    return f"{key}{path}"


@dataclass(frozen=True, slots=True)
class DesiredState:
    """Everything that is declared."""

    resources: Mapping[Key, Declared]
    opted_in: frozenset[tuple[str, str]]
    """(source, kind) with a file that is more than policies: a live resource of it that is not declared is
    unmanaged."""
    locate: Callable[[Key, str], str]
    """Returns `file:line` of a field from a key and a JSON pointer, else of its nearest parent."""
    with_file: frozenset[tuple[str, str]] = frozenset()
    """(source, kind) with at least one file."""
    position: Callable[[Key, str], str] = _without_files
    """Returns `file:line:column`, likewise."""
