"""The defaults of the fields of a model, as JSON values: what APIs and `adopt` leave out."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from reconciler.model.value import Row
from reconciler.yamlfile.shapes import field_types, member_type, unwrap

_Fill = Callable[[Any], Any]
_PLAIN = frozenset({type(None), bool, str})
"""Types of values that every model writes as they are: no serializer is made for them."""


@lru_cache(maxsize=4096)
def default(model: type[BaseModel], name: str) -> Any:
    """Return the default of a field as a JSON value; None if it has none."""
    info = model.model_fields[name]
    if info.is_required():
        return None
    value = info.get_default(call_default_factory=True)
    if type(value) in _PLAIN:
        return value
    shape: Any = (field_types(model) or {})[name]
    return TypeAdapter(shape).dump_python(value, mode="json", exclude_none=True)


def with_default(row: Row, shape: Any, parts: tuple[str, ...], given: Any = None) -> Row:
    """Return a row with the field at a path at its default: the one given, else that of its model.

    A field below a missing mapping stays missing.
    """
    row = {**row}
    put_default(row, shape, parts, given)
    return row


def put_default(row: Row, shape: Any, parts: tuple[str, ...], given: Any = None) -> None:
    """Do the same to a row of one's own; the mappings in it are not changed, but replaced."""
    name = parts[0]
    if len(parts) > 1:
        inner = row.get(name)
        if isinstance(inner, dict):
            row[name] = with_default(inner, member_type(shape, name), parts[1:], given)
        return
    value = default(unwrap(shape), name) if given is None else given
    row.pop(name, None)
    if value is not None:
        row[name] = value


def with_defaults(model: type[BaseModel], declared: Row, defaults: Mapping[str, Any]) -> Row:
    """Return declared fields with the defaults of all others; first those that depend on the live row."""
    template, nested = _plan(model)
    filled = {**template, **declared}
    for name, fill in nested:
        value = declared.get(name)
        if value:
            filled[name] = fill(value)
    for name, given in defaults.items():
        if name not in declared:
            filled[name] = given
        elif isinstance(given, dict) and isinstance(declared[name], dict):
            filled[name] = _below(filled[name], declared[name], given)
    return filled


def _below(filled: Any, declared: Any, defaults: Mapping[str, Any]) -> Any:
    """Return a nested value with the defaults that depend on the row where nothing is declared."""
    result = dict(filled)
    for name, given in defaults.items():
        if isinstance(given, dict):
            if isinstance(declared.get(name), dict):
                result[name] = _below(result[name], declared[name], given)
        elif name not in declared:
            result[name] = given
    return result


@lru_cache(maxsize=512)
def _plan(model: type[BaseModel]) -> tuple[Row, tuple[tuple[str, _Fill], ...]]:
    """Return the defaults of a model that are values, and how its nested fields are filled."""
    template: Row = {}
    nested: list[tuple[str, _Fill]] = []
    for name, shape in (field_types(model) or {}).items():
        value = default(model, name)
        if value is not None:
            template[name] = value
        fill = _filler(shape)
        if fill is not None:
            nested.append((name, fill))
    return template, tuple(nested)


def _filler(shape: Any) -> _Fill | None:
    """Return what fills a value of a type: that of a model, or a mapping of models; None for any other."""
    of_model = _model_filler(shape)
    if of_model is not None:
        return of_model
    of_entry = _model_filler(member_type(shape, ""))
    if of_entry is None:
        return None
    return lambda rows: {name: of_entry(row) for name, row in rows.items()}


def _model_filler(shape: Any) -> _Fill | None:
    model = unwrap(shape)
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return None
    return lambda row: with_defaults(model, row, {}) if isinstance(row, dict) else row
