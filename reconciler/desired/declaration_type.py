"""The all-optional form of a strict live model: what desired state may declare of a resource.

A declaration type is a TypedDict, so that fields which are not written stay absent, and those which are get
parsed by the very types of the live model: constraints and normalisation carry over. Nested models and the
values of mappings become declaration types too; items of lists stay strict. `null` is allowed where it has a
meaning: on a field with a default (it stands for the default) and on an entry of a mapping (it must not
exist).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from functools import lru_cache, reduce
from operator import or_
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapSerializer,
    WrapValidator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import SkipJsonSchema
from typing_extensions import TypedDict

from reconciler.model.defaults import default
from reconciler.model.fields.marks import AsWritten
from reconciler.model.resource import DECLARABLE, Resource, class_of
from reconciler.yamlfile.shapes import field_types, member_type, unwrap
from reconciler.yamlfile.validation import NOT_OFFERED

_not_in_schema: Any = SkipJsonSchema  # for type checkers an alias of Annotated
_flag = TypeAdapter(bool)
_REPORTED_ONLY = {
    "unmodelled": "lists what this version does not read",
    "pending": "shows what is not active yet",
}
ABSENT = "absent"
"""The key that declares that a resource must not exist."""
EXACT = "exact"
"""The key that declares that undeclared fields have their defaults."""
PLANNED_FOR = "planned"
"""The key with the day until which a resource need not exist."""
RESERVED = (ABSENT, EXACT, PLANNED_FOR)


def _day(value: object) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        with suppress(ValueError):
            return date.fromisoformat(value)
    message = "is not a date; write it as 2027-01-31"
    raise ValueError(message)


_OF_RESOURCES: dict[str, Any] = {
    ABSENT: Annotated[bool, Field(description="true: the resource must not exist; allows no other fields")],
    EXACT: Annotated[bool, Field(description="true: every undeclared field must have its default")],
    PLANNED_FOR: Annotated[
        date,
        BeforeValidator(_day),
        Field(description="Day from which the resource must exist: 2027-01-31", examples=["2027-01-31"]),
    ],
}


@lru_cache(maxsize=256)
def adapter(model: Any) -> TypeAdapter[dict[str, Any]]:
    """Return the parser of id → declared fields of one kind, for all ids in one call."""
    declared: Any = declaration_type(model)
    return TypeAdapter(dict[str, declared])


@lru_cache(maxsize=256)
def declaration_type(model: Any) -> Any:
    """Return the TypedDict of what may be declared of a model.

    Raises `TypeError` for a model whose rules would not carry over: validators of the model or its fields
    (normalise in field types instead), or aliases.
    """
    decorators = model.__pydantic_decorators__
    odd = [*decorators.field_validators, *decorators.model_validators, *decorators.validators]
    odd += [name for name, info in model.model_fields.items() if info.validation_alias or info.alias]
    odd += [name for name in RESERVED if name in model.model_fields]
    if odd:
        message = f"{model.__name__}: {', '.join(map(str, odd))} cannot carry over to desired state"
        raise TypeError(message)
    shapes = field_types(model) or {}
    members = {name: _member(model, name, info, shapes[name]) for name, info in model.model_fields.items()}
    if issubclass(model, Resource):
        members |= _OF_RESOURCES
    make: Any = TypedDict  # built from data: no checker can follow
    made = make(f"{model.__name__}Declared", members, total=False)
    made.__pydantic_config__ = {**model.model_config, "extra": "forbid"}
    return made


def is_true(value: Any) -> bool:
    """Return whether a written value means true; a value that is not a flag is left to the parser."""
    try:
        return _flag.validate_python(value)
    except ValidationError:
        return False


def apply_defaults(
    declared: dict[str, Any], shape: Any, at: tuple[str, ...] = ()
) -> Iterator[tuple[str, ...]]:
    """Replace each `null` that stands for a default by that of the strict type; yields their paths."""
    model = unwrap(shape)
    for name, value in declared.items():
        if isinstance(value, dict):
            yield from apply_defaults(value, member_type(model, name), (*at, name))
        elif value is None and field_types(model) is not None:
            declared[name] = default(model, name)
            yield (*at, name)


def _member(model: type[BaseModel], name: str, info: FieldInfo, shape: Any) -> Any:
    """Return the type of one field of a declaration type."""
    if class_of(info) not in DECLARABLE:
        return _undeclarable("is only observed, never compared; remove it")
    if name in _REPORTED_ONLY and issubclass(model, Resource):
        return _undeclarable(f"{_REPORTED_ONLY[name]}; remove it")
    optional = _optional(shape)
    if info.is_required() or _is_mapping(unwrap(shape)):
        return optional
    return optional | None


def _undeclarable(why: str) -> Any:
    def refuse(value: object) -> object:
        raise ValueError(why)

    return Annotated[Any, _not_in_schema(), NOT_OFFERED, AfterValidator(refuse)]


def _optional(shape: Any) -> Any:
    """Return a type with every model in it replaced by its declaration type; list items stay strict."""
    origin, arguments = get_origin(shape), get_args(shape)
    if origin is Annotated:
        optional = _optional(arguments[0])
        for mark in shape.__metadata__:
            optional = Annotated[
                optional, BeforeValidator(mark.check) if isinstance(mark, AsWritten) else mark
            ]
        return optional
    if origin in {Union, UnionType}:
        return reduce(or_, (_optional(option) for option in arguments))
    if isinstance(shape, type) and issubclass(shape, BaseModel):
        return declaration_type(shape)
    if _is_mapping(shape):
        generic: Any = dict
        key = as_written(arguments[0])
        entries = generic[key, _optional(arguments[1]) | None]
        return entries if key is str else Annotated[entries, WrapValidator(_distinct(key))]
    return Annotated[shape, WrapSerializer(_without_nulls)] if any(map(_has_fields, arguments)) else shape


def as_written(shape: Any) -> Any:
    """Return a type without models, such as that of an id, as desired state writes it."""
    return _optional(shape)


def _has_fields(shape: Any) -> bool:
    shape = unwrap(shape)
    return field_types(shape) is not None or any(map(_has_fields, get_args(shape)))


def _is_mapping(shape: Any) -> bool:
    origin = get_origin(shape)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _distinct(key: Any) -> Callable[[Any, ValidatorFunctionWrapHandler], Any]:
    """Return a validator that refuses two keys that are the same once normalised."""

    def check(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
        parsed = handler(value)
        if len(parsed) != len(value):
            normalise = TypeAdapter(key).validate_python
            first: dict[Any, str] = {}
            for written in value:
                other = first.setdefault(normalise(written), written)
                if other != written:
                    message = f"the keys {other} and {written} mean the same; keep one"
                    raise ValueError(message)
        return parsed

    return check


def _without_nulls(value: Any, handler: SerializerFunctionWrapHandler) -> Any:
    """Serialise the items of a list as live rows have them: with defaults and without nulls."""
    return _pruned(handler(value))


def _pruned(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _pruned(entry) for name, entry in value.items() if entry is not None}
    return [_pruned(entry) for entry in value] if isinstance(value, list) else value
