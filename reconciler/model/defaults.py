"""The defaults of the fields of a model, as JSON values: what APIs and `adopt` leave out."""

from functools import lru_cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from reconciler.model.value import Row
from reconciler.yamlfile.validation import field_types, member_type, unwrap


@lru_cache(maxsize=4096)
def default(model: type[BaseModel], name: str) -> Any:
    """Return the default of a field as a JSON value; None if it has none."""
    info = model.model_fields[name]
    if info.is_required():
        return None
    shape: Any = (field_types(model) or {})[name]
    value = info.get_default(call_default_factory=True)
    return TypeAdapter(shape).dump_python(value, mode="json", exclude_none=True)


def with_default(row: Row, shape: Any, parts: tuple[str, ...], given: Any = None) -> Row:
    """Return a row with the field at a path at its default: the one given, else that of its model.

    A field below a missing mapping stays missing.
    """
    name, *rest = parts
    if rest:
        inner = row.get(name)
        if not isinstance(inner, dict):
            return row
        return {**row, name: with_default(inner, member_type(shape, name), tuple(rest), given)}
    value = default(unwrap(shape), name) if given is None else given
    others = {each: kept for each, kept in row.items() if each != name}
    return others if value is None else {**others, name: value}
