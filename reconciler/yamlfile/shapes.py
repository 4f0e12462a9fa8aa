"""The shapes of models, as the types of their fields: what stands at a path, and how it is described."""

from collections.abc import Mapping
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field
from pydantic.fields import FieldInfo
from typing_extensions import is_typeddict


def unwrap(shape: Any) -> Any:
    """Return a type without `Annotated` and without `| None`; a union of several types stays a union."""
    if isinstance(shape, type):
        return shape
    while True:
        if get_origin(shape) is Annotated:
            shape = get_args(shape)[0]
        elif get_origin(shape) in {Union, UnionType}:
            options = [option for option in get_args(shape) if option is not type(None)]
            if len(options) != 1:
                return shape
            shape = options[0]
        else:
            return shape


def member_type(shape: Any, step: str | int) -> Any:
    """Return the type of the member with this field name, key or index; None if it is not known."""
    shape = unwrap(shape)
    members = field_types(shape)
    if members is not None:
        return members.get(str(step))
    arguments = get_args(shape)
    if isinstance(get_origin(shape), type) and issubclass(get_origin(shape), Mapping):
        return arguments[1]
    return arguments[0] if arguments and isinstance(step, int) else None


def field_types(shape: Any) -> Mapping[str, Any] | None:
    """Return field name → type, of a model or a TypedDict; None for any other type."""
    shape = unwrap(shape)
    return _field_types(shape) if isinstance(shape, type) else None


@lru_cache(maxsize=1024)
def _field_types(shape: Any) -> Mapping[str, Any] | None:
    if is_typeddict(shape):
        return get_type_hints(shape, include_extras=True)
    if issubclass(shape, BaseModel):
        return {info.alias or name: _annotation(info) for name, info in shape.model_fields.items()}
    return None


def _annotation(info: FieldInfo) -> Any:
    """Return the type of a model's field with the marks that pydantic removed."""
    shape: Any = info.annotation
    for mark in (*info.metadata, Field(description=info.description)):
        shape = Annotated[shape, mark]
    return shape


def description(shape: Any) -> str | None:
    """Return the description of a field, else that of its type; None without any."""
    while get_origin(shape) in {Annotated, Union, UnionType}:
        for mark in getattr(shape, "__metadata__", ()):
            if isinstance(mark, FieldInfo) and mark.description:
                return mark.description
        shape = get_args(shape)[0]
    return None
