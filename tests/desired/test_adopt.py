from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from reconciler.desired import adopt as adopting
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.text import nfc
from reconciler.yamlfile.notation import WIDTH
from tests.desired.widgets import KINDS, WIDGET, Widget

HOSTILE = [
    "no", "Yes", "on", "y", "N", "null", "Null", "~", "", " ", "010", "0o17", "0x1F", "1.10", "1e3",
    ".5", ".inf", "1_000", "-1", "+1", "12:34:56:12:34:56", "12:30:45", "2026-11-23", "=", "<<", "- a",
    "? a", "a: b", "a:b", "a #b", "#a", "a'b", 'a"b', "\\", "&a", "*a", "!a", "|", ">", "%a", "@a",
    "`a|b`", "{a}", "[a]", "a,b", "a\nb", "\n", "a\r", "\ta", "a ", " a", "---", "...", "... a",
    "<script>", "../../etc/x", "\x1b[31m", "\x00", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "é",
    "🦊", "x" * 5000, "\x07" * 300, "${TOKEN}", "a\u00a0b", "\U000e0001", "_", ".", "/", "a=b", "é:ü",
    "1", "0", "00", "1" * 30, "9" * 5000, "1." + "0" * 200, "0x" + "a" * 90, "- " + "a" * 90,
]  # fmt: skip


def rows_of(*widgets: Widget) -> dict[Key, Row]:
    return {
        Key("shop", "widget", name): row
        for name, row in WIDGET.dump(
            {str(number): widget for number, widget in enumerate(widgets, 1)}
        ).items()
    }


def files_of(rows: dict[Key, Row]) -> dict[str, str]:
    """The files of the kinds that these rows are of."""
    listed = {key[:2] for key in rows if key.kind in KINDS.get(key.source, {})}
    return dict(adopt(rows, KINDS, listed).files)


def stream(files: dict[str, str], directory: str) -> str:
    return "\n".join(f"# ---- {directory}/{path} ----\n{text}" for path, text in files.items())


def declared(files: dict[str, str]) -> dict[Key, Row]:
    desired = load({path: text.encode() for path, text in files.items()}, KINDS, directory="d")
    return {key: dict(declaration.fields) for key, declaration in desired.resources.items()}


def without_defaults(row: Row) -> Row:
    live = TypeAdapter(Widget).validate_python(row)
    kept = live.model_dump(mode="json", exclude_defaults=True, exclude_none=True)
    dropped = {"seen", "used", "unmodelled", "pending", "unread", "health", "waiting"}
    kept = {name: value for name, value in kept.items() if name not in dropped}
    if "steps" in kept:  # loaded lists are filled with defaults
        kept["steps"] = row["steps"]
    return kept


def test_golden():
    rows: dict[Key, Row] = rows_of(
        Widget(name="web1", count=4, tags=("web", "production"), seen="now", used=3, unmodelled={"/x": None}),
        Widget.model_validate(
            {
                "name": "010",
                "parts": {
                    f"p{number}": {"size": "32G", "material": "a rather long name of some material"}
                    for number in (10, 2, 1)
                },
                "notes": {"b": "two", "a": "x" * 90, "10": "ten", "9": "no"},
                "steps": [{"do": f"step {number} of a long list", "times": 2} for number in range(4)],
                "motor": {"volts": 12},
                "engine": {},
                "waiting": ["count"],
            }
        ),
    )
    rows |= {
        Key("shop", "widget", "10"): {"name": "ten"},
        Key("shop", "dust", "1"): {},
        Key("shop", "serial", "1"): {},
        Key("gone", "widget", "1"): {},
        Key("store", "widget", "a b"): {"name": "x", "colour": "red"},
        Key("shop", "gadget", "BC:24:11:00:00:0A"): {},
    }
    assert stream(files_of(rows), "desired-state") == GOLDEN


GOLDEN = """\
# ---- desired-state/shop/gadget.yaml ----
# 1 gadget of shop, as read from the API. A field that is not written has its default, and `exact` holds
# every gadget to that; one that is not here is unmanaged.
'*': {exact: true}
BC:24:11:00:00:0A: {}

# ---- desired-state/shop/widget.yaml ----
# 3 widgets of shop, as read from the API. A field that is not written has its default, and `exact` holds
# every widget to that; one that is not here is unmanaged.
'*': {exact: true}
1:
  name: web1
  count: 4
  tags: [production, web]
2:
  name: '010'
  parts:
    p1: {size: 32G, material: a rather long name of some material}
    p2: {size: 32G, material: a rather long name of some material}
    p10: {size: 32G, material: a rather long name of some material}
  steps:
    - {do: step 0 of a long list, times: 2}
    - {do: step 1 of a long list, times: 2}
    - {do: step 2 of a long list, times: 2}
    - {do: step 3 of a long list, times: 2}
  motor: {volts: 12}
  engine: {}
  notes:
    9: 'no'
    10: ten
    a: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
    b: two
10:
  name: ten

# ---- desired-state/store/widget.yaml ----
# 1 widget of store, as read from the API. A field that is not written has its default, and `exact` holds
# every widget to that; one that is not here is unmanaged.
'*': {exact: true}
a b:
  name: x
"""


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_hostile_text_survives_ours_and_other_loaders(text):
    row: Row = {"name": text, "notes": {text: text, "k": text}, "steps": [{"do": text, "times": 1}]}
    key = Key("store", "widget", text or "empty")
    (written,) = files_of({key: row}).values()
    assert declared({"store/widget.yaml": written}) == {key: row}
    _, other = yaml.safe_load(written).values()
    assert other["name"] == text
    assert {str(name): value for name, value in other["notes"].items()} == row["notes"]
    assert written.replace("\n", "").isprintable()


def test_half_characters_are_replaced():
    (text,) = files_of({Key("store", "widget", "1"): {"name": "a\ud800b"}}).values()
    assert 'name: "a\\uFFFDb"' in text


def test_lines_keep_to_the_width_where_they_can():
    rows = rows_of(
        *(Widget(name=f"n{n}", notes={f"key {k}": "some words" for k in range(n)}) for n in range(12))
    )
    (text,) = files_of(rows).values()
    assert max(map(len, text.splitlines())) <= WIDTH


def test_what_is_too_large_for_a_file_is_split_in_order(monkeypatch):
    monkeypatch.setattr(adopting, "_FILE_BYTES", 200)
    rows = rows_of(*(Widget(name="x" * 50) for _ in range(10)))
    files = files_of(rows)
    assert list(files) == [f"shop/widget/00{number}.yaml" for number in (1, 2, 3, 4)]
    assert list(declared(files)) == list(rows)
    assert files["shop/widget/001.yaml"].startswith("# 3 widgets of shop, ")


def test_nothing_live_is_nothing_to_write():
    assert files_of({}) == {}
    assert stream({}, "d") == ""


TEXT = st.one_of(
    st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs"]), max_size=12).map(nfc)
)
PART = st.fixed_dictionaries(
    {"size": st.sampled_from(["1G", "512M", "3"])},
    optional={
        "material": TEXT,
        "spare": st.booleans(),
        "limits": st.dictionaries(TEXT, st.integers(0, 10**9), max_size=2),
    },
)
MOTOR = st.fixed_dictionaries({}, optional={"volts": st.integers(0, 400), "brand": TEXT})
WIDGETS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"name": TEXT},
    optional={
        "colour": st.sampled_from(["red", "green", "blue"]),
        "count": st.integers(1, 100),
        "weight": st.floats(allow_nan=False, allow_infinity=False),
        "on": st.booleans(),
        "mac": st.sampled_from(["BC:24:11:00:00:0A", "12:34:56:12:34:56"]),
        "label": TEXT,
        "tags": st.lists(TEXT, max_size=3),
        "parts": st.dictionaries(TEXT, PART, max_size=3),
        "ports": st.dictionaries(
            st.sampled_from(["BC:24:11:00:00:0A", "00:00:00:00:00:01"]), MOTOR, max_size=2
        ),
        "steps": st.lists(
            st.fixed_dictionaries({"do": TEXT}, optional={"times": st.integers(0, 9), "note": TEXT}),
            max_size=3,
        ),
        "motor": MOTOR,
        "engine": MOTOR,
        "notes": st.dictionaries(TEXT, TEXT, max_size=3),
        "seen": TEXT,
        "unmodelled": st.dictionaries(TEXT, st.none(), max_size=2),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(TEXT.filter(bool), WIDGETS, max_size=3))
@example({"1": {"name": "x", "weight": 1e300, "engine": {}, "parts": {"x" * 5000: {"size": "1G"}}}})
@example({"x" * 5000: {"name": "x", "steps": [{"do": "x"}], "notes": {"\n" * 400: ""}}})
def test_what_adopt_writes_loads_back_to_the_same_fields(widgets):
    live = {name: Widget.model_validate(widget) for name, widget in widgets.items()}
    rows = {Key("shop", "widget", name): row for name, row in WIDGET.dump(live).items()}
    expected = {key: without_defaults(row) for key, row in rows.items() if key.id != "*"}
    assert declared(files_of(rows)) == expected


def test_what_validate_would_refuse_is_left_out_and_named():
    rows = rows_of(Widget(name="one"), Widget(name="two"))
    one, two = rows.values()
    named = {
        Key("shop", "widget", "*"): one,
        Key("shop", "widget", "2"): two | {"count": 101},
        Key("shop", "gadget", "no-mac"): {},
        Key("shop", "gadget", "bc:24:11:00:00:0a"): {},
        Key("shop", "widget", "3"): one,
    }
    adopted = adopt(named, KINDS, {("shop", "widget"), ("shop", "gadget")})
    assert set(declared(dict(adopted.files))) == {Key("shop", "widget", "3")}
    pattern = "^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$"
    assert sorted(str(problem) for problem in adopted.refused) == [
        "shop/gadget/bc:24:11:00:00:0a: cannot be declared: its id reads back as another one",
        f"shop/gadget/no-mac: cannot be declared: its id: must match {pattern}",
        "shop/widget/*: cannot be declared: '*' stands for all rows of a file",
        "shop/widget/2: cannot be declared: count: must be at most 100",
    ]
