import ipaddress
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from reconciler.yamlfile.shapes import field_types, member_type, unwrap
from reconciler.yamlfile.tree import parse_yaml
from reconciler.yamlfile.validation import did_you_mean, dotted, first_error, problems


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Port(Strict):
    number: Annotated[int, Field(ge=1, lt=4095)]
    speed: float = 0


class Box(Strict):
    name: Annotated[str, StringConstraints(min_length=2, max_length=5)] = "ab"
    code: Annotated[str, StringConstraints(pattern=r"^[0-9]+$"), Field(description="digits alone")] = "1"
    raw: Annotated[str, StringConstraints(pattern=r"^x$")] = "x"
    described: Annotated[str, StringConstraints(pattern=r"^x$"), Field(description="an x")] | None = None
    colour: Literal["red", "green"] = "red"
    level: Literal[1, 2] = 1
    on: bool = False
    ratio: Annotated[float, Field(gt=0, le=1)] = 1
    ports: Annotated[dict[Annotated[str, StringConstraints(pattern="^p")], Port], Field(max_length=3)] = {}
    lists: Annotated[list[Port], Field(min_length=1, max_length=2)] = []
    either: int | list[int] = 0
    inner: Port | None = None


def told(text: str, shape: Any = Box, at: tuple[str | int, ...] = ()) -> list[str]:
    tree = parse_yaml(text.encode(), "f")
    value = tree.value
    for step in at:
        value = value[step]
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(shape).validate_python(value)
    return [str(problem).removeprefix("f:") for problem in problems(caught.value, tree, shape, at)]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("nam: x", "1:1: nam: unknown key (did you mean name?)"),
        ("zzzzz: x", "1:1: zzzzz: unknown key"),
        ("name: x", "1:1: name: must have 2 characters or more"),
        ("name: xxxxxx", "1:1: name: must have 5 characters or fewer"),
        ("name: [x]", "1:1: name: must be text, not a list"),
        ("name: {}", "1:1: name: must be text, not a mapping"),
        ("name:", "1:1: name: has no value; write one, or remove the key"),
        ("code: hunter2", "1:1: code: must match ^[0-9]+$ (digits alone)"),
        ("described: hunter2", "1:1: described: must match ^x$ (an x)"),
        ("raw: hunter2", "1:1: raw: must match ^x$"),
        ("colour: rde", "1:1: colour: must be 'red' or 'green', not \"rde\" (did you mean red?)"),
        ("colour: [rde]", "1:1: colour: must be 'red' or 'green', not a list"),
        ("level: 3", '1:1: level: must be 1 or 2, not "3"'),
        ("on: maybe", '1:1: on: must be true or false, not "maybe"'),
        ("on: []", "1:1: on: must be true or false, not a list"),
        ("ratio: 0", '1:1: ratio: must be greater than 0, not "0"'),
        ("ratio: 1.5", '1:1: ratio: must be at most 1, not "1.5"'),
        ("ratio: nan", '1:1: ratio: must be at most 1, not "nan"'),
        ("ratio: half", '1:1: ratio: must be a number, not "half"'),
        ("inner: {number: 9x}", '1:9: inner.number: must be a whole number, not "9x"'),
        ("inner: {number: 1.5}", '1:9: inner.number: must be a whole number, not "1.5"'),
        ("inner: {number: 0}", '1:9: inner.number: must be at least 1, not "0"'),
        ("inner: {number: 5000}", '1:9: inner.number: must be less than 4095, not "5000"'),
        (f"inner: {{number: {'9' * 5000}}}", "1:9: inner.number: must be a smaller number"),
        ("inner: {speed: 1}", "1:1: inner.number: is missing"),
        ("inner: text", "1:1: inner: must be a mapping (`key: value`), not text"),
        ("inner: {number: 1, sped: 1}", "1:20: inner.sped: unknown key (did you mean speed?)"),
        ("ports: {p1: {number: x}}", '1:14: ports.p1.number: must be a whole number, not "x"'),
        ("ports: {p1: {numbr: 1, number: 1}}", "1:14: ports.p1.numbr: unknown key (did you mean number?)"),
        ("ports: {q: {number: 1}}", "1:9: ports.q: must match ^p"),
        ("ports: []", "1:1: ports: must be a mapping (`key: value`), not a list"),
        ("lists: []", "1:1: lists: must have 1 entries or more"),
        ("lists: hunter2", "1:1: lists: must be a list, not text"),
        ("lists: [{number: 1}, {number: x}]", '1:23: lists[1].number: must be a whole number, not "x"'),
        ("lists: [{number: 1}, {}]", "1:22: lists[1].number: is missing"),
    ],
)
def test_words_and_positions(text, line):
    assert told(text) == [line]


def test_a_value_of_no_member_of_a_union_is_one_problem():
    assert told("either: x") == ['1:1: either: must be a whole number, not "x", or must be a list, not text']


def test_every_problem_and_each_once():
    assert len(told("name: x\ncolour: x\nnone: x\nports: {q: {}}")) == 5


def test_the_file_itself_can_be_wrong():
    assert told("[]") == ["1:1: must be a mapping (`key: value`), not a list"]
    assert told("") == ["1:1: is empty"]


def test_part_of_a_file():
    assert told("a: {b: [{name: [x]}]}", at=("a", "b", 0)) == ["1:10: a.b[0].name: must be text, not a list"]
    assert told("a: {b: [{}, x]}", at=("a", "b", 1)) == [
        "1:13: a.b[1]: must be a mapping (`key: value`), not text"
    ]


def test_no_more_than_a_hundred():
    found = told("\n".join(f"k{n}: 1" for n in range(150)))
    assert len(found) == 101
    assert found[-1].endswith("50 more problems after this one; fix those above first")


def test_keys_and_values_are_short_and_escaped():
    (line,) = told('"\\e[2J' + "k" * 500 + '": 1')
    assert line.isprintable()
    assert len(line) < 120
    (line,) = told('on: "\\e[2J' + "v" * 500 + '"')
    assert line == f'1:1: on: must be true or false, not "\\x1b[2J{"v" * 56}…"'


def test_messages_of_validators_are_short_and_escaped():
    def refuse(value: object) -> object:
        raise ValueError(f"bad \x1b[31m {value}")

    def custom(value: object) -> object:
        raise PydanticCustomError("odd", "odd {what}", {"what": "thing"})

    (line,) = told(f"a: {'x' * 900}", dict[str, Annotated[str, BeforeValidator(refuse)]])
    assert line.startswith(r"1:1: a: bad \x1b[31m xxx")
    assert line.endswith("x…")
    assert len(line) < 250
    assert told("a: 1", dict[str, Annotated[str, BeforeValidator(custom)]]) == ["1:1: a: odd thing"]


class Loose(TypedDict, total=False):
    __pydantic_config__ = ConfigDict(extra="forbid")  # type: ignore[misc]
    size: int


def test_typed_dicts_are_known_too():
    assert told("1: {siz: 2}", dict[str, Loose]) == ["1:5: 1.siz: unknown key (did you mean size?)"]
    assert field_types(Loose) == {"size": int}
    assert field_types(dict[str, int]) is None


def test_parts_of_types():
    assert member_type(Box, "on") is not None
    assert member_type(Box, "of") is None
    assert unwrap(member_type(member_type(Box, "ports"), "p1")) is Port
    assert unwrap(member_type(member_type(Box, "lists"), 3)) is Port
    assert member_type(str, "x") is None
    assert member_type(list[int], "x") is None
    assert unwrap(Annotated[int | None, "mark"]) is int
    assert unwrap(int | str | None) == int | str | None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("memroy", " (did you mean memory?)"),
        ("MEMORY", " (did you mean memory?)"),
        ("x", ""),
        ("c" * 9999, ""),
    ],
)
def test_did_you_mean(name, said):
    assert did_you_mean(name, ["memory", "cores"]) == said


def test_dotted():
    assert dotted(()) == ""
    assert dotted(("sources", 0, "name")) == "sources[0].name"
    assert dotted(("a\nb",)) == r"a\nb"


def test_steps_that_pydantic_adds_are_in_no_message():
    class Host(BaseModel):
        ip: Annotated[str, AfterValidator(ipaddress.ip_address)] | int | None = None

    with pytest.raises(ValidationError) as caught:
        Host.model_validate({"ip": "nowhere"})
    assert "function" in str(caught.value.errors()[0]["loc"])
    assert first_error(caught.value).startswith("ip: ")
