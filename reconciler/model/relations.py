"""How a resource hangs on others: what it is on or in, what its fields show of them, what it lets in."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.model.value import Row


class Shows(NamedTuple):
    """A field that shows what is set elsewhere: drift there is the cause of drift here."""

    path: str
    """JSON pointer of the field."""
    kind: str
    """That of the other resource, of the same source."""
    id: str
    other: str
    """JSON pointer of the field of the other resource."""


def items_of(row: Row, name: str) -> Iterator[str]:
    """Yield the items of a list in a row, or the one value of a field, as text; none of a field it lacks."""
    value = row.get(name)
    if isinstance(value, list | tuple):
        yield from map(str, value)
    elif value is not None:
        yield str(value)


def on_node(_id: str, row: Row) -> object:
    """Return the field `node`: the `host` of a kind that has one."""
    return row.get("node")


def on_node_of_id(identity: str, row: Row) -> object:
    """Return the field `node`, else the first part of the id `node:…`: a row that was never read has none."""
    return row.get("node") or identity.partition(":")[0]


def on_its_own(_id: str, _row: Row) -> Iterable[tuple[str, str, str]]:
    """Return no place: the default `Kind.comes_with`."""
    return ()


def with_node_of_id(identity: str, row: Row) -> Iterable[tuple[str, str, str]]:
    """Return the node that it is part of, as a whole."""
    return [("node", str(on_node_of_id(identity, row)), "")]


def in_nothing(_id: str, _row: Row) -> Iterable[tuple[str, str]]:
    """Return no resource: the default `Kind.within`."""
    return ()


def shows_nothing(_id: str, _row: Row) -> Iterable[Shows]:
    """Return no field: the default `Kind.shows`."""
    return ()


def lets_nothing_in(_id: str, _row: Row) -> None:
    """Return no traffic: the default `Kind.lets_in`."""
    return
