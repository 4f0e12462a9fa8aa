"""The defaults of every field of every kind, as their model writes them."""

import pytest
from pydantic import TypeAdapter

from reconciler.kinds import SYSTEMS
from reconciler.model.defaults import default
from reconciler.site import KINDS
from reconciler.yamlfile.shapes import field_types

ALL = [*(kind for system in SYSTEMS.values() for kind in system.kinds), *KINDS]


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_a_default_is_what_the_model_writes(kind):
    for name, shape in (field_types(kind.model) or {}).items():
        info = kind.model.model_fields[name]
        if info.is_required():
            assert default(kind.model, name) is None
            continue
        value = info.get_default(call_default_factory=True)
        written = TypeAdapter(shape).dump_python(value, mode="json", exclude_none=True)
        found = default(kind.model, name)
        assert (type(found), found) == (type(written), written), name


def types(schema):
    """The JSON types of each place of a schema that takes several."""
    if isinstance(schema, dict):
        options = [each.get("type") for each in schema.get("anyOf", ()) if isinstance(each, dict)]
        yield {option for option in options if isinstance(option, str)}
        for each in schema.values():
            yield from types(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from types(each)


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.name)
def test_values_that_python_takes_for_equal_are_equal_in_json(kind):
    alike = {"boolean", "integer", "number"}
    assert [found for found in types(kind.model.model_json_schema()) if len(found & alike) > 1] == []
