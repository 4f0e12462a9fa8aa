"""References: fields whose value is the id of a resource of another kind of the same source.

`Annotated[Text, RefTo("network")]` marks one; on a set, a list or the values of a mapping it marks all of
them, and on the key type of a mapping its keys. A source refers by its own ids, collectors put the name in
place of each, and `drift/identify.py` the final key.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from reconciler.yamlfile.shapes import field_types

EACH = "*"
"""Step of a path into every item of a list, or every value of a mapping."""
KEYS = "<keys>"
"""Step of a path to the keys of a mapping."""


@dataclass(frozen=True, slots=True)
class RefTo:
    """Marks a field that holds ids of a kind."""

    kind: str


class Reference(NamedTuple):
    """A place of a model that holds ids of a kind."""

    path: tuple[str, ...]
    kind: str


def references_of(shape: Any, path: tuple[str, ...] = (), kind: str | None = None) -> Iterator[Reference]:
    """Yield the references in a type; `kind` is what the marks around it name."""
    if get_origin(shape) is Annotated:
        inner, *marks = get_args(shape)
        kind = next((mark.kind for mark in marks if isinstance(mark, RefTo)), kind)
        yield from references_of(inner, path, kind)
        return
    fields = field_types(shape)
    if fields is not None:
        for name, each in fields.items():
            yield from references_of(each, (*path, name))
        return
    origin, arguments = get_origin(shape), get_args(shape)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        yield from references_of(arguments[0], (*path, KEYS))
        yield from references_of(arguments[1], (*path, EACH), kind)
    elif isinstance(origin, type) and origin is not UnionType:
        found = {
            each for one in arguments if one is not ... for each in references_of(one, (*path, EACH), kind)
        }
        yield from sorted(found)
    elif arguments:  # a union
        found = {each for one in arguments for each in references_of(one, path, kind)}
        yield from sorted(found)
    elif shape is str and kind is not None:
        yield Reference(path, kind)


def referred(value: Any, path: tuple[str, ...]) -> list[str]:
    """Return the ids at a path of a JSON value."""
    here = [value]
    for step in path:
        if step == EACH:
            here = [each for one in here for each in _members(one)]
        elif step == KEYS:
            here = [name for one in here if isinstance(one, Mapping) for name in one]
        else:
            here = [one[step] for one in here if isinstance(one, Mapping) and step in one]
        if not here:
            break
    return [each for each in here if isinstance(each, str)]


def _members(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def rewritten(value: Any, path: tuple[str, ...], keys: Mapping[str, str]) -> Any:
    """Return a JSON value with the ids at a path replaced; the value itself where none of them is."""
    if not path:
        return keys.get(value, value) if isinstance(value, str) else value
    step, *rest = path
    if isinstance(value, Mapping):
        return _in_mapping(value, step, tuple(rest), keys)
    if step == EACH and isinstance(value, list | tuple):
        items = [rewritten(item, tuple(rest), keys) for item in value]
        return items if any(new is not old for new, old in zip(items, value, strict=True)) else value
    return value


def _in_mapping(
    value: Mapping[str, Any], step: str, rest: tuple[str, ...], keys: Mapping[str, str]
) -> Mapping[str, Any]:
    if step == KEYS:
        return (
            value
            if value.keys().isdisjoint(keys)
            else {keys.get(key, key): each for key, each in value.items()}
        )
    names = value if step == EACH else (step,) if step in value else ()
    changed = {name: new for name in names if (new := rewritten(value[name], rest, keys)) is not value[name]}
    return {**value, **changed} if changed else value
