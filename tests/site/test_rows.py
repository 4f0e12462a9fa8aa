"""Every field of a typed row is a field of its kind's model, under that name and of a compatible type."""

import types
from collections.abc import Mapping
from typing import (
    Any,
    Literal,
    Required,
    TypedDict,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import pytest
from pydantic import BaseModel

from reconciler.kinds import SYSTEMS
from reconciler.model.kind import AnyKind
from reconciler.model.resource import FieldClass, class_of
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.inputs import SiteInputs
from reconciler.site.outage.rows import OutageRows
from reconciler.site.rows import KindName, NodeRow
from reconciler.site.rules import SITE_RULES
from reconciler.site.typed_rows import TypedRow, TypedRows

KINDS: Mapping[str, AnyKind] = {
    kind.name: kind
    for kinds in (*(system.kinds for system in SYSTEMS.values()), SITE_KINDS)
    for kind in kinds
}
ROWS = {name: rows for name, rows in vars(SiteInputs).items() if isinstance(rows, TypedRows)}
OF_OUTAGES = {
    f"outage.{name}": rows for name, rows in vars(OutageRows).items() if isinstance(rows, TypedRows)
}


def without_none(hint: Any) -> tuple[Any, bool]:
    """A type without `None` and `Annotated`, and whether `None` was in it."""
    hint = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    options = [each for each in get_args(hint) if each is not type(None)]
    if get_origin(hint) in {Union, types.UnionType} and len(options) < len(get_args(hint)):
        return without_none(options[0] if len(options) == 1 else Union[tuple(options)])[0], True  # noqa: UP007
    return hint, False


def compatible(row: Any, model: Any) -> bool:
    """Whether what the model dumps as JSON is what the type of the row promises."""
    (row, may_lack), (model, is_optional) = without_none(row), without_none(model)
    if may_lack != is_optional:
        return False
    if is_typeddict(row):
        return issubclass(model, BaseModel) and not mismatches(row, model)
    if get_origin(row) is Mapping:
        return get_origin(model) is dict and compatible(get_args(row)[1], get_args(model)[1])
    if get_origin(row) is tuple:
        return get_origin(model) is tuple and compatible(get_args(row)[0], get_args(model)[0])
    if get_origin(model) is Literal:
        return set(get_args(model)) == set(get_args(row)) or row is str
    if get_origin(model) in {Union, types.UnionType}:
        return all(compatible(row, each) for each in get_args(model))
    return bool(row is model)


def mismatches(row: Any, model: type[BaseModel]) -> list[str]:
    """The fields of a row type that the model does not have, or has in another way."""
    return [name for name in fields_of(row) if not _fits(row, name, get_type_hints(row)[name], model)]


def fields_of(row: type) -> list[str]:
    return [name for name in get_type_hints(row) if name not in get_type_hints(TypedRow)]


def _fits(row: Any, name: str, hint: Any, model: type[BaseModel]) -> bool:
    field = model.model_fields.get(name)
    if field is None:
        return False
    default = field.get_default(call_default_factory=True)
    if is_typeddict(row):  # a key that may be missing is one whose value may be None
        return compatible(hint if name in row.__required_keys__ else hint | None, field.annotation)
    if isinstance(default, BaseModel):
        default = default.model_dump(mode="json", include=set(get_type_hints(hint)), exclude_none=True)
    unread = default if not field.is_required() else ""  # a required field that a run could not read
    same_default = row.defaults.get(name, ...) == unread
    return compatible(hint, field.annotation) and same_default


@pytest.mark.parametrize("name", [*ROWS, *OF_OUTAGES])
def test_the_fields_of_a_row_are_those_of_its_kind(name):
    rows = (ROWS | OF_OUTAGES)[name]
    kind = KINDS[rows.kind]
    assert mismatches(rows.row, kind.model) == []
    classes = {class_of(kind.model.model_fields[field]) for field in fields_of(rows.row)}
    if kind.field_class is FieldClass.CONFIG:
        assert all((each is FieldClass.CONFIG) != rows.observed for each in classes)
    else:
        assert rows.observed


def test_every_kind_that_rules_may_name_is_one_that_is_read():
    assert set(get_args(KindName)) == {rows.kind for rows in ROWS.values()} <= set(KINDS)
    named = {kind for rule in SITE_RULES for kind in (*rule.reads, *rule.needs, *rule.needs_one_of)}
    assert named <= set(get_args(KindName))


def test_a_field_that_is_misspelt_or_of_another_type_is_found():
    class Wrong(TypedRow):
        thread: int | None = None
        memory: str | None = None
        status: int = 1
        threads: int = 0
        address: str | None = ""

    class WrongSettings(TypedDict, total=False):
        ipp: str
        gateway: Required[str]

    node, settings = KINDS["node"].model, KINDS["device"].model.model_fields["ip_settings"].annotation
    assert mismatches(Wrong, node) == fields_of(Wrong)
    assert mismatches(NodeRow, node) == []
    assert settings is not None
    assert mismatches(WrongSettings, settings) == ["ipp", "gateway"]


def test_a_row_reads_as_its_default_what_it_does_not_have():
    row = NodeRow({"memory": 1024})
    assert (row.memory, row.threads, row.status) == (1024, None, "online")
