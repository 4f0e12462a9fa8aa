"""How resources hang together: what each is on or in, and what is on or in it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.kind import KindOf
from reconciler.model.references import EACH, Reference, referred
from reconciler.model.value import Row


class Relations(NamedTuple):
    """The place of one resource among the others of its source."""

    within: tuple[Key, ...] = ()
    """The resources that it is on or in: its node first, then storages, pools and the like."""
    holds: tuple[Key, ...] = ()
    """The resources on or in it, in order of the keys."""


NO_RELATIONS = Relations()

_ALSO: Mapping[str, tuple[Reference, ...]] = {
    "guest": (Reference(("disks", EACH, "storage"), "storage"),),
}
"""Kind → places of its rows that hold ids of another kind, and are not marked as references."""


def relations(rows: Mapping[Key, Row], kind_of: KindOf) -> dict[Key, Relations]:
    """Return the relations of every resource that has any; `rows` are config and observed fields together.

    Only resources that have a row are named.
    """
    within: dict[Key, tuple[Key, ...]] = {}
    holds: dict[Key, list[Key]] = {}
    in_order = sorted(rows)
    for key in in_order:
        places = tuple(place for place in dict.fromkeys(_places(key, rows[key], kind_of)) if place in rows)
        if places:
            within[key] = places
        for place in places:
            holds.setdefault(place, []).append(key)
    return {
        key: Relations(within.get(key, ()), tuple(holds.get(key, ())))
        for key in in_order
        if key in within or key in holds
    }


def _places(key: Key, row: Row, kind_of: KindOf) -> Iterator[Key]:
    """Yield what a resource is on, in, or refers to."""
    kind = kind_of(key.source, key.kind)
    if kind is None:
        return
    host = kind.host(key.id, row) if kind.host is not None else None
    if isinstance(host, str) and host:
        yield Key(key.source, "node", host)
        for nic in _members(row, "nics"):
            if isinstance(nic, Mapping) and isinstance(nic.get("bridge"), str):
                yield Key(key.source, "node-network", f"{host}:{nic['bridge']}")
    for other, identity in kind.within(key.id, row):
        yield Key(key.source, other, identity)
    for path, other in (*kind.references, *_ALSO.get(key.kind, ())):
        for identity in referred(row, path):
            yield Key(key.source, other, identity)


def _members(row: Row, field: str) -> Iterable[object]:
    value = row.get(field)
    return value.values() if isinstance(value, Mapping) else ()
