"""How resources hang together: what each is on or in, and what is on or in it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from reconciler.errors import Problem
from reconciler.isolation import isolated
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


def relations(
    rows: Mapping[Key, Row], kind_of: KindOf
) -> tuple[Mapping[Key, Relations], tuple[Problem, ...]]:
    """Return the relations of every resource that has any; `rows` are config and observed fields together.

    Only resources that have a row are named. Return also the problems of the kinds whose code fails: their
    resources are then on and in nothing.
    """
    within: dict[Key, tuple[Key, ...]] = {}
    holds: dict[Key, list[Key]] = {}
    failed: dict[str, Problem] = {}
    in_order = sorted(rows)
    for key in in_order:
        place = f"kind {key.source}/{key.kind}"
        found = isolated(place, partial(_existing, key, rows, kind_of))
        if isinstance(found, Problem):
            failed.setdefault(place, found)
            continue
        if found:
            within[key] = found
        for other in found:
            holds.setdefault(other, []).append(key)
    made = {
        key: Relations(within.get(key, ()), tuple(holds.get(key, ())))
        for key in in_order
        if key in within or key in holds
    }
    return made, tuple(failed.values())


def _existing(key: Key, rows: Mapping[Key, Row], kind_of: KindOf) -> tuple[Key, ...]:
    """Return what a resource is on, in, or refers to, and has a row, each once."""
    return tuple(place for place in dict.fromkeys(_places(key, rows[key], kind_of)) if place in rows)


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
