"""Typed views of rows, which are JSON dicts: cheap to make, and a misspelt field is a type error."""

from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar, overload

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory

JsonRow = Mapping[str, object]


class TypedRow(tuple[Any, ...]):
    """The fields of one row that are read; a class of it declares them, as annotations with defaults.

    A field reads as its default where the row does not have it. The values are taken out of the row at once,
    as most are read several times.
    """

    __slots__ = ()
    defaults: ClassVar[Mapping[str, object]] = {}
    """Field → what it reads as where a row does not have it."""
    own_only: ClassVar[frozenset[str]] = frozenset()
    """The fields that matter only to their own resource: others are judged without them."""

    def __new__(cls, row: JsonRow) -> Self:
        """Return the fields of a row."""
        return next(cls.of_rows([row]))

    @classmethod
    def of_rows(cls, rows: Iterable[JsonRow]) -> Iterator[Self]:
        """Yield the fields of rows."""
        new, names, defaults = super().__new__, tuple(cls.defaults), tuple(cls.defaults.values())
        return (new(cls, map(row.get, names, defaults)) for row in rows)

    def __init_subclass__(cls) -> None:
        own = [name for name in cls.__annotations__ if name != "own_only"]
        cls.defaults = {name: vars(cls)[name] for name in own}
        for position, name in enumerate(own):
            setattr(cls, name, property(itemgetter(position)))


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
        made = dict(zip(keys, self.row.of_rows(map(rows.__getitem__, keys)), strict=True))
        vars(inputs)[self._name] = made  # found before this descriptor from now on
        return made
