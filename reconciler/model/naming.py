"""The names that rows go by: which of them is the id, and what an id declares of its row by itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from reconciler.model.value import Row, Value


class RawIdentity(Value):
    """How the source identifies a row that could not be parsed."""

    names: tuple[str, ...] = Field((), description="Names of the row, best first")
    upstream_id: str | None = Field(None, description="Id assigned by the source")


def _nothing(_id: str, _row: Row) -> Row:
    return {}


@dataclass(frozen=True, slots=True)
class Naming:
    """The names of a kind whose rows can be renamed, or go by several names."""

    names: Callable[[Row], Iterable[str]]
    """Returns the names that a row goes by, best first, each in the form of an id."""
    siblings: bool = False
    """Whether the source allows several rows of one name. The names of a row then become more specific: the
    plain one, and the same with a second fact as suffix."""
    of_id: Callable[[str, Row], Row] = _nothing
    """Returns the fields that an id declares by itself, from the id and the row, or the declared fields: a
    network declared as `IoT` is declared to have that name. They are compared like declared ones, are the
    default of these fields, and `adopt` leaves them out."""

    def target(self, identity: str, fields: Row) -> tuple[str, ...]:
        """Return the names that a resource goes by if it is as declared."""
        names = tuple(self.names(layered(self.of_id(identity, fields), fields)))
        return names or (identity,)


def layered(below: Row, above: Row) -> Row:
    """Return a row with the members of two, also of nested mappings; `above` wins."""
    if not below:
        return above
    merged: dict[str, Any] = {**below, **above}
    for name in below.keys() & above.keys():
        under, over = below[name], above[name]
        if isinstance(under, Mapping) and isinstance(over, Mapping):
            merged[name] = layered(dict(under), dict(over))
    return merged


def named(row: Row) -> Iterable[str]:
    """Return the name of a row whose name is its id."""
    name = row.get("name")
    return (name,) if isinstance(name, str) and name else ()


def name_of_id(identity: str, _row: Row) -> Row:
    """Return the name that an id declares."""
    return {"name": identity}


NAMED = Naming(named, of_id=name_of_id)
"""Of a kind whose id is the name of its rows, in the field `name`."""
