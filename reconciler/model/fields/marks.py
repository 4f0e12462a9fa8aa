"""Marks of field types: how their values are declared and compared, and when they count as not set."""

from collections.abc import Callable
from dataclasses import dataclass

from pydantic import AfterValidator, BaseModel


@dataclass(frozen=True, slots=True)
class AsWritten:
    """Marks a type whose values people write in other ways than the API: `check` sees only desired state.

    It returns the form that the type takes, and raises `ValueError` for what cannot be.
    """

    check: Callable[[object], object]


class RelativeOrder:
    """Marks a list of names as an order: only the order of those that are both declared and live counts."""


def unless(default: object) -> AfterValidator:
    """Take a value at its default as not set."""
    return AfterValidator(lambda value: None if value == default else value)


def unless_names(usual: str) -> AfterValidator:
    """Take a set of names at its default, written with a space between them, as an empty one."""
    return AfterValidator(lambda names: () if set(names) == set(usual.split()) else names)


def _in_one_order(values: tuple[BaseModel, ...]) -> tuple[BaseModel, ...]:
    return tuple(sorted(values, key=lambda value: value.model_dump_json()))


InOneOrder = AfterValidator(_in_one_order)
"""Marks a list of objects whose order means nothing: it is kept in one that does not depend on the API's."""
