import json
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.desired.load import emptied, load
from reconciler.errors import DesiredStateError
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.site.address import KIND as ADDRESS
from tests.casefiles import cases
from tests.desired.widgets import KINDS


def loaded(files: dict[str, str]) -> DesiredState:
    return load({path: text.encode() for path, text in files.items()}, KINDS, directory="wanted")


def problems(files: dict[str, str]) -> list[str]:
    with pytest.raises(DesiredStateError) as caught:
        loaded(files)
    return list(map(str, caught.value.problems))


@cases("desired")
def test_bad_files(case):
    assert problems(case["files"]) == case["problems"]


WIDGETS = """\
# widgets of the shop
1:
  name: 010
  count: "7"
  on: yes
  mac: bc:24:11:00:00:01
  tags: [B, a]
  parts:
    p1: {size: 1024M}
    p2: null
  ports:
    bc:24:11:00:00:02: {volts: 12}
  steps: [{do: cut}, {do: no, times: 2}]
  motor: {volts: null}
two: {}
three: {absent: yes}
four: {absent: false, colour: null, weight: null, tags: null, mac: null, motor: null, engine: null}
"""


def test_only_what_is_written_is_declared_normalised_like_live():
    desired = loaded({"shop/widget.yaml": WIDGETS})
    first = desired.resources[Key("shop", "widget", "1")]
    assert first.fields == {
        "name": "010",
        "count": 7,
        "on": True,
        "mac": "BC:24:11:00:00:01",
        "tags": ["a", "b"],
        "parts": {"p1": {"size": "1G"}, "p2": None},
        "ports": {"BC:24:11:00:00:02": {"volts": 12}},
        "steps": [{"do": "cut", "times": 1}, {"do": "no", "times": 2}],
        "motor": {"volts": 230},
    }
    assert first.declared_at == "wanted/shop/widget.yaml:2"
    assert not first.absent


def test_nothing_more_absent_and_null():
    desired = loaded({"shop/widget.yaml": WIDGETS})
    two, three, four = (desired.resources[Key("shop", "widget", name)] for name in ("two", "three", "four"))
    assert (two.fields, two.absent) == ({}, False)
    assert (three.fields, three.absent) == ({}, True)
    assert three.declared_at == "wanted/shop/widget.yaml:16"
    assert not four.absent
    assert four.fields == {
        "colour": "red",
        "weight": 0,
        "tags": [],
        "mac": None,
        "motor": {"volts": 230},
        "engine": None,
    }


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 2),
        ("/mac", 6),
        ("/parts/p1", 9),
        ("/parts/p1/size", 9),
        ("/parts/p9", 8),
        ("/steps/1/do", 13),
        ("/nothing/here", 2),
    ],
)
def test_locate(pointer, line):
    desired = loaded({"shop/widget.yaml": WIDGETS})
    assert desired.locate(Key("shop", "widget", "1"), pointer) == f"wanted/shop/widget.yaml:{line}"


def test_locate_what_is_not_declared_names_where_it_would_be():
    desired = loaded({"shop/widget/a.yaml": "1: {}"})
    assert desired.locate(Key("shop", "widget", "9"), "") == "wanted/shop/widget.yaml"


def test_pointers_are_unescaped():
    desired = loaded({"shop/widget.yaml": "1:\n  notes:\n    a/b: x\n    c~d: y\n"})
    assert desired.locate(Key("shop", "widget", "1"), "/notes/a~1b") == "wanted/shop/widget.yaml:3"
    assert desired.locate(Key("shop", "widget", "1"), "/notes/c~0d") == "wanted/shop/widget.yaml:4"


def test_files_of_a_kind_are_one_set_and_ids_are_normalised():
    desired = loaded(
        {
            "shop/widget.yaml": "1: {}",
            "shop/widget/more.yaml": "2: {}",
            "shop/gadget/rack.one.yaml": "bc:24:11:00:00:0a: {owner: me}",
            "store/widget.yaml": "1: {}",
        }
    )
    assert set(desired.resources) == {
        Key("shop", "widget", "1"),
        Key("shop", "widget", "2"),
        Key("shop", "gadget", "BC:24:11:00:00:0A"),
        Key("store", "widget", "1"),
    }
    gadget = Key("shop", "gadget", "BC:24:11:00:00:0A")
    assert desired.locate(gadget, "/owner") == "wanted/shop/gadget/rack.one.yaml:1"


def test_an_empty_mapping_opts_in():
    desired = loaded({"shop/widget.yaml": "{}", "shop/README.md": "# words", ".hidden/x": "", "shop/.x": "?"})
    assert not desired.resources
    assert desired.opted_in == {("shop", "widget")}
    assert loaded({}).opted_in == frozenset()


def test_a_declared_set_that_falls_to_nothing():
    nothing, opted_in, something = (
        loaded({}),
        loaded({"shop/widget.yaml": "{}"}),
        loaded({"shop/widget.yaml": "1: {}"}),
    )
    (problem,) = emptied(
        {"shop/widget/1": "in_sync", "shop/widget/2": "missing", "x/y/z": "unmanaged"}, nothing
    )
    assert "nothing is declared any more; the last run had 2 declared resources" in str(problem)
    assert emptied({"shop/widget/1": "drifted"}, opted_in) == []
    assert emptied({"shop/widget/1": "drifted"}, something) == []
    assert emptied({"shop/widget/1": "unmanaged"}, nothing) == []
    assert emptied({}, nothing) == []


NAMES = st.sampled_from(
    ["name", "count", "weight", "mac", "tags", "parts", "size", "steps", "ports", "motor", "absent", "x"]
)
SCALARS = st.one_of(
    st.none(),
    st.sampled_from(
        ["1", "yes", "1G", "-1", "nan", "inf", "1e999", "9" * 400, "9" * 5000, "bc:24:11:00:00:0a", "٣"]
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["1", "2", "bc:24:11:00:00:0a"]), ANYTHING, max_size=3))
@example({"1": {"parts": {"p": {"size": "9" * 400}}}})
@example({"1": {"parts": {"p": {"size": "9" * 400 + ".5T"}}}})
def test_any_values_are_declared_or_problems(rows):
    text = json.dumps(rows, ensure_ascii=True).encode()  # JSON is YAML
    with suppress(DesiredStateError):
        desired = load({"shop/widget.yaml": text}, KINDS, directory="wanted")
        assert {key.id for key in desired.resources} == set(rows)


@pytest.mark.parametrize("written", ["hello", "null"])
def test_what_is_not_read_cannot_be_declared(written):
    files = {"shop/widget.yaml": f"1: {{}}\n2:\n  label: {written}\n".encode()}
    files["store/widget.yaml"] = b"1: {label: hello}"
    with pytest.raises(DesiredStateError) as caught:
        load(files, KINDS, directory="wanted", withheld={("shop", "widget"): "label"})
    (problem,) = caught.value.problems
    assert (problem.subject, problem.what) == (
        "wanted/shop/widget.yaml:3:3",
        "2.label: is not read from shop",
    )
    assert "store_descriptions: true" in problem.remedy


def test_what_may_not_be_there_hides_no_other_mistake():
    text = (
        "1: {name: a}\n1: {name: b}\n2: {nmae: c}\n<<: {x: y}\n3: &x {count: z}\n4: *x\n"
        "5: {tags: [*x], steps: [*x, {dou: 1}]}\n{a: b}: {}\n"
    )
    assert "\n".join(problems({"f": text, "shop/widget.yaml": text})).replace(
        "wanted/shop/widget.yaml:", ""
    ) == (
        "wanted/f: is not a desired-state file; "
        "desired state is read from <source>/<kind>.yaml or <source>/<kind>/*.yaml\n"
        '2:1: a second key "1" is not allowed here; it is already declared on line 1; keep one\n'
        "3:5: 2.nmae: unknown key (did you mean name?)\n"
        "4:1: the merge key << is not allowed here; write the fields out\n"
        "5:4: the anchor &x is not allowed here; write each value out\n"
        '5:8: 3.count: must be a whole number, not "z"\n'
        "6:4: the alias *x is not allowed here; write the value out\n"
        "7:12: the alias *x is not allowed here; write the value out\n"
        "7:25: the alias *x is not allowed here; write the value out\n"
        "7:29: 5.steps[0].do: is missing\n"
        "7:30: 5.steps[0].dou: unknown key (did you mean do?)\n"
        "8:1: a key that is not plain text is not allowed here; put keys with braces in quotes"
    )


def test_one_odd_file_hides_no_mistake_of_another():
    files = {"shop/widget/a.yaml": "1: [", "shop/widget/b.yaml": "1: {nmae: c}\n", "shop/x.yaml": "{}"}
    assert [one.split(": ")[0] for one in problems(files)] == [
        "wanted/shop/widget/a.yaml:2:1",
        "wanted/shop/widget/b.yaml:1:5",
        "wanted/shop/x.yaml",
    ]


def test_what_is_common_to_the_rows_of_a_file():
    state = loaded(
        {
            "shop/widget/a.yaml": (
                "'*': {exact: true, colour: green, tags: [x], motor: {volts: 12}}\n"
                "1: {name: one}\n"
                "2: {name: two, exact: false, colour: blue, tags: null, motor: {brand: acme}, "
                "planned: 2026-12-05}\n"
                "3: {absent: true}\n"
            ),
            "shop/widget/b.yaml": "4: {name: four}\n5: {name: five, exact: true}\n",
        }
    ).resources
    one, two, three, four, five = (state[Key("shop", "widget", str(n))] for n in range(1, 6))
    assert one.fields == {"name": "one", "colour": "green", "tags": ["x"], "motor": {"volts": 12}}
    assert two.fields == {"name": "two", "colour": "blue", "tags": [], "motor": {"brand": "acme"}}
    assert three.absent
    assert not three.fields
    assert four.fields == {"name": "four"}
    assert [each.exact for each in (one, two, three, four, five)] == [True, False, False, False, True]
    assert (one.planned, two.planned) == (None, date(2026, 12, 5))


def test_a_common_field_is_declared_where_it_is_written():
    text = "'*':\n  exact: true\n  colour: green\n1:\n  name: one\n"
    state = loaded({"shop/widget.yaml": text})
    places = {
        path: state.locate(Key("shop", "widget", "1"), path) for path in ("/name", "/colour", "/count", "")
    }
    assert places == {
        "/name": "wanted/shop/widget.yaml:5",
        "/colour": "wanted/shop/widget.yaml:3",
        "/count": "wanted/shop/widget.yaml:4",
        "": "wanted/shop/widget.yaml:4",
    }


@pytest.mark.parametrize(
    ("text", "opted_in"),
    [
        ("'*': {exact: true}\n", True),
        ("{}\n", True),
        ("1: {}\n", True),
        ("1: {shelf: a}\n", False),
        ("1: {shelf: a}\n2: {name: x}\n", True),
        ("1: {shelf: a, exact: true}\n", True),
        ("1: {absent: true}\n", True),
    ],
)
def test_a_file_of_policies_alone_declares_no_kind(text, opted_in):
    state = loaded({"shop/widget.yaml": text})
    assert (("shop", "widget") in state.opted_in) is opted_in
    assert ("shop", "widget") in state.with_file


@pytest.mark.parametrize("row", ["'*'", "192.168.1.1"])
@pytest.mark.parametrize(
    ("name", "value", "remedy"),
    [
        ("exact", "true", "remove it: no source has fields that could differ"),
        ("planned", "2027-01-31", "remove it: no source has one that could be missing"),
    ],
)
def test_what_is_only_declared_has_no_key_about_its_live_resource(row, name, value, remedy):
    with pytest.raises(DesiredStateError) as refused:
        load(
            {"site/address.yaml": f"{row}: {{{name}: {value}}}\n".encode()},
            {"site": {"address": ADDRESS}},
            directory="wanted",
        )
    (problem,) = refused.value.problems
    assert f".{name}: addresses are only declared; {remedy}" in str(problem)
