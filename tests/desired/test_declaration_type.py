import json
from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError, field_validator, model_validator

from reconciler.desired import declaration_type
from reconciler.model.defaults import default
from reconciler.model.fields.numbers import Count
from reconciler.model.resource import Resource
from reconciler.model.value import Value
from tests.desired.widgets import Part, Step, Widget


def parsed(row: Any, model: Any = Widget) -> Any:
    adapter = declaration_type.adapter(model)
    value: Any = adapter.dump_python(adapter.validate_python({"1": row}), mode="json")["1"]
    list(declaration_type.apply_defaults(value, model))
    return value


def test_declaration_types_are_made_once():
    assert declaration_type.declaration_type(Widget) is declaration_type.declaration_type(Widget)
    assert declaration_type.adapter(Widget) is declaration_type.adapter(Widget)


def test_what_is_not_written_is_not_there():
    assert parsed({}) == {}
    assert parsed({"parts": {}}) == {"parts": {}}
    assert parsed({"parts": {"p": {}}, "motor": {}}) == {"parts": {"p": {}}, "motor": {}}


def test_items_of_lists_are_strict_and_filled():
    assert parsed({"steps": [{"do": "x"}]}) == {"steps": [{"do": "x", "times": 1}]}
    with pytest.raises(ValidationError):
        parsed({"steps": [{"times": "1"}]})


def test_live_rows_are_their_own_declaration():
    live = Widget(
        name="a", parts={"p": Part(size="1G")}, steps=(Step(do="x"),), tags=("b", "A"), notes={"k": "v"}
    )
    row = live.model_dump(mode="json", exclude_none=True, exclude={"unmodelled"})
    assert parsed(row) == row


@pytest.mark.parametrize(
    ("row", "filled"),
    [
        ({"count": None}, {"count": 1}),
        ({"motor": None}, {"motor": {"volts": 230}}),
        ({"engine": {"brand": None}}, {"engine": {"brand": None}}),
        ({"ports": {"bc:24:11:00:00:0a": {"volts": None}}}, {"ports": {"BC:24:11:00:00:0A": {"volts": 230}}}),
        (
            {"parts": {"p": {"material": None, "limits": {"x": None}}}},
            {"parts": {"p": {"material": "steel", "limits": {"x": None}}}},
        ),
    ],
)
def test_null_stands_for_the_default_or_for_no_entry(row, filled):
    assert parsed(row) == filled


def test_unions_become_unions_of_declaration_types():
    class Left(Value):
        left: Count
        more: Count = 0

    class Right(Value):
        right: Count

    class Either(Resource):
        side: Left | Right | None = None
        flagged: Annotated[Left | None, Field(description="one")] = None

    assert parsed({"side": {"left": "1"}, "flagged": {"more": "3"}}, Either) == {
        "side": {"left": 1},
        "flagged": {"more": 3},
    }
    assert parsed({"side": {}}, Either) == {"side": {}}


def test_a_default_of_what_is_required_is_none():
    assert default(Widget, "name") is None
    assert default(Widget, "motor") == {"volts": 230}
    assert default(Widget, "parts") == {}


def test_what_would_not_carry_over_is_refused():
    class Checked(Resource):
        a: str = ""

        @field_validator("a")
        @classmethod
        def check(cls, value: str) -> str:
            return value

    class Whole(Resource):
        a: str = ""

        @model_validator(mode="after")
        def check(self) -> "Whole":
            return self

    class Aliased(Resource):
        a: Annotated[str, Field(alias="b")] = ""

    class Taken(Resource):
        absent: bool = False

    for model, word in ((Checked, "check"), (Whole, "check"), (Aliased, "a"), (Taken, "absent")):
        with pytest.raises(TypeError, match=f"{model.__name__}: {word} cannot carry over"):
            declaration_type.declaration_type(model)


def test_the_schema_offers_what_can_be_declared():
    schema = declaration_type.adapter(Widget).json_schema()
    members = schema["$defs"]["WidgetDeclared"]
    assert members["additionalProperties"] is False
    assert "required" not in members
    assert {"name", "parts", "absent"} <= members["properties"].keys()
    assert not {"seen", "used", "unmodelled"} & members["properties"].keys()
    assert "Paint" in json.dumps(members)


@pytest.mark.parametrize(
    ("value", "true"), [("true", True), ("yes", True), ("false", False), ("x", False), ([], False)]
)
def test_is_true(value, true):
    assert declaration_type.is_true(value) is true
