"""The differences between declared and live fields, one by one where a person can read them.

Both sides are JSON values of the same field types, so equality is exact. Only what is declared is compared;
of an exact resource, every field that `adopt` may write: an undeclared one must have its default.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from reconciler.drift.list_items import list_items
from reconciler.model.defaults import default
from reconciler.model.findings import FieldChange
from reconciler.model.pointer import pointer
from reconciler.model.value import Row
from reconciler.yamlfile.shapes import field_types, member_type, unwrap

_MAX_LEVELS = 24
_MAX_MEMBERS = 5000
"""Mappings with more levels or members than these are reported as one value, not line by line."""

_NO_DEFAULTS: Row = {}


def differences(
    declared: Mapping[str, object],
    live: Mapping[str, object],
    model: Any = None,
    undeclared: Collection[str] = (),
    defaults: Row = _NO_DEFAULTS,
    *,
    exact: bool = False,
) -> Iterator[FieldChange]:
    """Yield the fields that are not as declared, and the `undeclared` ones that are not at their default.

    `undeclared` are the top-level fields that an exact resource compares too.
    `defaults` are those that depend on the live row, and win over those of the model. A mapping is compared
    by its declared entries (`{}`: it has none), a declared entry of None must not exist, and an undeclared
    one of an exact resource is one change; a missing nested model has its defaults; a list is one value.
    """
    shapes = field_types(model) or {}
    walk = _Walk(exact=exact)
    for name, wanted in declared.items():
        have = live.get(name)
        if wanted == have or (not exact and _holds(have, wanted)):
            continue
        if _readable(wanted) and _readable(have):
            yield from walk.value((name,), shapes.get(name), wanted, have, defaults.get(name))
        else:
            yield change((name,), wanted, _narrowed(have, wanted))
    for name in undeclared:
        if name not in declared and live.get(name) is not None:
            yield from walk.undeclared((name,), model, live[name], defaults.get(name))


def with_same_order(orders: Collection[str], declared: Row, live: Row) -> Row:
    """Return a live row in which lists that are orders are as declared where their relative order is.

    Only the order of what is both declared and live counts: a list that is not declared has none.
    """
    for name in orders:
        wanted, have = declared.get(name) or [], live.get(name) or []
        if wanted != have and isinstance(wanted, list) and isinstance(have, list):
            both = set(wanted) & set(have)
            if [each for each in wanted if each in both] == [each for each in have if each in both]:
                live = {**live, name: wanted}
    return live


def _holds(have: object, wanted: object) -> bool:
    """Return whether a mapping certainly has all that is declared of it, whatever its type is."""
    if not wanted or not isinstance(wanted, dict) or not isinstance(have, dict):
        return False
    return all(value == have.get(name) or _holds(have.get(name), value) for name, value in wanted.items())


@dataclass(frozen=True, slots=True)
class _Walk:
    """A walk through the values of one resource; `at` is the path of a value, `defaults` are of the row."""

    exact: bool

    def value(
        self, at: tuple[str, ...], shape: Any, wanted: Any, have: Any, defaults: Any
    ) -> Iterator[FieldChange]:
        """Yield the differences of one declared value."""
        if wanted == have:
            return
        shape = unwrap(shape)
        inner = defaults if isinstance(defaults, dict) else _NO_DEFAULTS
        if not isinstance(wanted, dict) or not isinstance(have, dict | None):
            yield change(at, wanted, have)
        elif _is_model(shape):
            yield from self.nested_fields(at, shape, wanted, have, inner)
        elif have is None and not _is_mapping(shape):
            yield change(at, wanted, have)
        else:
            yield from self.entries(at, shape, wanted, have or {}, inner)

    def nested_fields(
        self, at: tuple[str, ...], model: type[BaseModel], wanted: Row, have: Row | None, defaults: Row
    ) -> Iterator[FieldChange]:
        """Yield the differences of a nested model; one that is missing has its defaults."""
        for name, shape in (field_types(model) or {}).items():
            live = (have or {}).get(name)
            if name in wanted:
                if have is None:
                    live = defaults.get(name, default(model, name))
                want = default(model, name) if wanted[name] is None else wanted[name]
                yield from self.value((*at, name), shape, want, live, defaults.get(name))
            elif self.exact and live is not None:
                yield from self.undeclared((*at, name), model, live, defaults.get(name))

    def entries(
        self, at: tuple[str, ...], shape: Any, wanted: Row, have: Row, defaults: Row
    ) -> Iterator[FieldChange]:
        """Yield the differences of a mapping by its entries."""
        for name, value in wanted.items():
            live = have.get(name)
            if value is not None and live is not None:
                yield from self.value((*at, name), member_type(shape, name), value, live, defaults.get(name))
            elif value is not live and not (live is None and _is_nothing(value, member_type(shape, name))):
                yield change((*at, name), value, live)
        if self.exact or not wanted:
            for name in have.keys() - wanted.keys():
                if have[name] is not None and have[name] != defaults.get(name):
                    yield change((*at, name), None, have[name], declared=not wanted)

    def undeclared(
        self, at: tuple[str, ...], model: type[BaseModel], have: Any, given: Any
    ) -> Iterator[FieldChange]:
        """Yield where an undeclared field is not at its default; one that has none can have any value."""
        name = at[-1]
        normal = default(model, name) if given is None else given
        if have == normal or (len(at) == 1 and given is None and model.model_fields[name].is_required()):
            return
        shape = unwrap((field_types(model) or {})[name])
        inner = normal if isinstance(normal, dict) else _NO_DEFAULTS
        if not isinstance(have, dict) or not _readable(have):
            yield change(at, normal, have, declared=False)
        elif _is_model(shape):
            for each in field_types(shape) or {}:
                if have.get(each) is not None:
                    yield from self.undeclared((*at, each), shape, have[each], inner.get(each))
        else:
            for each, value in have.items():
                if value is not None and value != inner.get(each):
                    yield change((*at, each), inner.get(each), value, declared=False)


def change(at: tuple[str, ...], wanted: Any, have: Any, *, declared: bool = True) -> FieldChange:
    """Return one difference; of two lists, with the items that differ."""
    lists = isinstance(wanted, list) and isinstance(have, list)
    return FieldChange(
        path=pointer(*at),
        desired=wanted,
        live=have,
        items=list_items(wanted, have) if lists else (),
        declared=declared,
    )


def _is_model(shape: Any) -> bool:
    return isinstance(shape, type) and issubclass(shape, BaseModel)


def _is_nothing(value: Any, shape: Any) -> bool:
    """Return whether a declared entry that is a mapping itself has nothing in it, as one that is missing."""
    return _is_mapping(unwrap(shape)) and isinstance(value, dict) and set(value.values()) <= {None}


def _is_mapping(shape: Any) -> bool:
    origin = get_origin(shape)
    return isinstance(origin, type) and issubclass(origin, Mapping) and bool(get_args(shape))


def _narrowed(have: object, wanted: object) -> object:
    """Return a live mapping without what is not declared."""
    if not isinstance(have, dict) or not isinstance(wanted, dict):
        return have
    return {name: _narrowed(have[name], value) for name, value in wanted.items() if name in have}


def _readable(value: object, level: int = 0) -> bool:
    """Return whether a value is small and shallow enough to report its differences one by one."""
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if level > _MAX_LEVELS or len(members) > _MAX_MEMBERS:
        return False
    return all(_readable(member, level + 1) for member in members)
