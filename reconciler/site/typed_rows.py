"""Typed views of rows, which are JSON dicts: cheap to make, and a misspelt field is a type error."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Generic, Protocol, TypeVar, overload

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory

JsonRow = Mapping[str, object]


class TypedRow:
    """A view of one row; a class of it declares the fields that are read, as annotations.

    A field reads as the default that is given there where the row does not have it; without a default, every
    row has it.
    """

    __slots__ = ("_values",)
    defaults: ClassVar[Mapping[str, object]]
    """Field → what it reads as where a row does not have it."""
    own_only: ClassVar[frozenset[str]] = frozenset()
    """The fields that matter only to their own resource: others are judged without them."""

    def __init__(self, values: JsonRow) -> None:
        self._values = values

    def __init_subclass__(cls) -> None:
        own = [name for name in cls.__annotations__ if name != "own_only"]
        cls.defaults = {name: vars(cls)[name] for name in own if name in vars(cls)}
        for name in own:
            setattr(cls, name, property(_getter(name, cls.defaults)))


def _getter(name: str, defaults: Mapping[str, object]) -> Callable[["TypedRow"], object]:
    """Return the getter of a field."""
    if name not in defaults:
        return lambda row: row._values[name]
    default = defaults[name]
    return lambda row: row._values.get(name, default)


RowT = TypeVar("RowT", bound=TypedRow)


class HasRows(Protocol):
    """An object with the rows of an inventory, and the keys of each kind in order."""

    inventory: Inventory
    config_keys: Mapping[str, list[Key]]
    observed_keys: Mapping[str, list[Key]]


class TypedRows(Generic[RowT]):
    """The typed rows of one kind, as an attribute of `SiteInputs`: made when it is first read, then kept."""

    def __init__(self, kind: str, row: type[RowT], *, observed: bool = False) -> None:
        self.kind = kind
        self.row = row
        self.observed = observed

    def __set_name__(self, _owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, inputs: None, owner: type) -> "TypedRows[RowT]": ...
    @overload
    def __get__(self, inputs: HasRows, owner: type) -> Mapping[Key, RowT]: ...
    def __get__(self, inputs: HasRows | None, owner: type) -> "TypedRows[RowT] | Mapping[Key, RowT]":
        if inputs is None:
            return self
        rows = inputs.inventory.observed if self.observed else inputs.inventory.config
        keys = (inputs.observed_keys if self.observed else inputs.config_keys).get(self.kind, [])
        made = dict(zip(keys, map(self.row, map(rows.__getitem__, keys)), strict=True))
        vars(inputs)[self._name] = made  # found before this descriptor from now on
        return made
