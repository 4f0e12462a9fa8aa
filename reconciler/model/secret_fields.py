"""The fields of a model that stand for secrets, at any depth outside of lists."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from reconciler.model.fingerprint import FINGERPRINT, NONE, current, same_secret
from reconciler.model.value import Row
from reconciler.yamlfile.shapes import field_types, unwrap

ANY = "*"
"""Stands for the name of any entry of a mapping."""


@lru_cache(maxsize=256)
def secret_paths(model: Any) -> frozenset[tuple[str, ...]]:
    """Return the path of each field of a model that stands for a secret, or for a set of them."""
    return frozenset(_paths(model, ()))


def is_secret(model: Any, parts: tuple[str, ...]) -> bool:
    """Return whether the member of a row at a path stands for a secret, or is a mapping of them."""
    return bool(_pattern(model, parts) or _pattern(model, (*parts, ANY)))


def same(model: Any, parts: tuple[str, ...], one: object, other: object) -> bool | None:
    """Return whether two different values at a path of a model are the same secret; None if not known.

    A mapping of secrets that is null is not shown; an entry that it lacks stands for `none`.
    """
    if _pattern(model, (*parts, ANY)):
        return None if one is None or other is None else False
    if ANY in _pattern(model, parts)[-1:]:
        one, other = _entry(one, other), _entry(other, one)
    return same_secret(one, other)


def with_current_secrets(model: Any, row: Row) -> Row:
    """Return a row whose secrets have no fingerprint of the previous key: the form to declare."""
    for path in secret_paths(model):
        row = _replaced(row, path)
    return row


def _replaced(value: Any, path: tuple[str, ...]) -> Any:
    if not path:
        if isinstance(value, list):
            return [current(str(each)) for each in value]
        return current(value) if isinstance(value, str) else value
    if not isinstance(value, dict):
        return value
    names = value if path[0] == ANY else value.keys() & {path[0]}
    return {**value, **{name: _replaced(value[name], path[1:]) for name in names}}


def _pattern(model: Any, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return the path of the field that stands for the secret at a path; empty if none does."""
    for known in secret_paths(model):
        if len(known) == len(parts) and all(map(_fits, known, parts)):
            return known
    return ()


def _fits(name: str, part: str) -> bool:
    return name in {ANY, part}


def _entry(value: object, other: object) -> object:
    """Return the value of an entry of a mapping; that of no secret where there is no such entry."""
    if value is not None:
        return value
    return () if isinstance(other, list | tuple) else NONE


def _paths(shape: Any, at: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    if _is_marked(shape):
        yield at
        return
    shape = unwrap(shape)
    origin, arguments = get_origin(shape), get_args(shape)
    for name, member in (field_types(shape) or {}).items():
        yield from _paths(member, (*at, name))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _paths(arguments[1], (*at, ANY))


def _is_marked(shape: Any) -> bool:
    if get_origin(shape) is Annotated:
        return FINGERPRINT in shape.__metadata__ or _is_marked(get_args(shape)[0])
    if get_origin(shape) in {Union, UnionType}:
        return any(map(_is_marked, get_args(shape)))
    return False
