"""Kinds of no real system, with every shape of field that a kind may have."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from reconciler.model.fields.ethernet import Mac
from reconciler.model.fields.numbers import Count, Flag, Size
from reconciler.model.fields.text import Tags, Text
from reconciler.model.kind import Kind, Kinds
from reconciler.model.resource import METRIC, OBSERVED, POLICY, FieldClass, Resource
from reconciler.model.value import Value


class Part(Value):
    size: Size
    material: str = "steel"
    spare: Flag = False
    limits: dict[str, Count] = Field(default_factory=dict)


class Step(Value):
    do: str
    times: Count = 1
    note: str | None = None


class Motor(Value):
    volts: Count = 230
    brand: str | None = None


class Widget(Resource):
    name: Text
    colour: Annotated[Literal["red", "green", "blue"], Field(description="Paint")] = "red"
    count: Annotated[int, Field(ge=1, le=100)] = 1
    weight: float = 0
    on: Flag = False
    mac: Mac | None = None
    label: Annotated[str, StringConstraints(max_length=5000)] = ""
    tags: Tags = ()
    parts: dict[str, Part] = Field(default_factory=dict, description="By slot")
    ports: dict[Mac, Motor] = Field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    motor: Motor = Motor()
    engine: Motor | None = None
    notes: dict[str, str] = Field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    seen: Annotated[str | None, OBSERVED] = None
    shelf: Annotated[str | None, POLICY, Field(description="Where it may lie")] = None
    used: Annotated[int | None, METRIC] = None


class Gadget(Resource):
    owner: str | None = None


def never(*_: Any) -> Any:
    raise AssertionError("desired state fetches and normalises nothing")


WIDGET = Kind(
    name="widget",
    plural="widgets",
    model=Widget,
    fetch=never,
    normalise=never,
    not_adopted=frozenset({"waiting"}),
)
GADGET = Kind(name="gadget", plural="gadgets", model=Gadget, fetch=never, normalise=never, identity=Mac)
DUST = Kind(
    name="dust", plural="dusts", model=Gadget, fetch=never, normalise=never, field_class=FieldClass.OBSERVED
)
SERIAL = Kind(name="serial", plural="serials", model=Gadget, fetch=never, normalise=never, declarable=False)
KINDS: Kinds = {
    "shop": {kind.name: kind for kind in (WIDGET, GADGET, DUST, SERIAL)},
    "store": {"widget": WIDGET},
}
