"""What a live value becomes in a file that someone wrote, in every form that such a file may have."""

import pytest

from reconciler.desired.load import load
from reconciler.desired.merge import Accepted, merge
from reconciler.model.key import Key
from reconciler.model.pointer import parts_of
from tests.desired.widgets import KINDS, WIDGET, Widget

EXACT = "'*': {exact: true}\n"


def merged(files, rows, *accepted):
    """The files after live rows (id → fields) were taken over: `id`, or `id/path` of a field."""
    tree = {f"shop/{name}.yaml": text.encode() for name, text in files.items()}
    live = WIDGET.dump({name: Widget.model_validate({"name": name} | row) for name, row in rows.items()})
    keyed = {Key("shop", "widget", name): row for name, row in live.items()}
    wanted = []
    for text in accepted:
        identity, slash, path = text.partition("/")
        wanted.append(Accepted(Key("shop", "widget", identity), parts_of(slash + path)))
    desired = load(tree, KINDS, directory="d")
    changed = merge(tree, "d", desired, KINDS, keyed, wanted)
    load({**tree, **changed}, KINDS, directory="d")
    return {path.removeprefix("shop/").removesuffix(".yaml"): data.decode() for path, data in changed.items()}


@pytest.mark.parametrize(
    ("text", "row", "path", "after"),
    [
        ("1: {name: '1', count: 4}   # c\n", {"count": 5}, "count", "1: {name: '1', count: 5}   # c\n"),
        (EXACT + "1: {name: '1', count: 4}\n", {}, "count", EXACT + "1: {name: '1'}\n"),
        ("1: {name: '1', count: 4}\n", {}, "count", "1: {name: '1', count: 1}\n"),
        ("1: {count: 4}\n", {}, "count", "1: {count: 1}\n"),
        ("1: {exact: true, count: 4}\n", {}, "count", "1: {exact: true}\n"),
        ("1: {label: x}\n", {}, "label", "1: {label: ''}\n"),
        ("1: {mac: BC-24-11-00-00-01}\n", {}, "mac", "1: {mac: null}\n"),
        (EXACT + "1: {count: null}\n", {"count": 2}, "count", EXACT + "1: {count: 2}\n"),
        ("1: {waiting: [a]}\n", {"waiting": ["b"]}, "waiting", "1: {waiting: [b]}\n"),
        ("1: {motor: {volts: 12, brand: x}}\n", {}, "motor/volts", "1: {motor: {volts: 230, brand: x}}\n"),
        (EXACT + "1: {motor: {volts: 12}}\n", {}, "motor/volts", EXACT + "1: {}\n"),
        (EXACT + "1: {}\n", {"motor": {"volts": 5}}, "motor/volts", EXACT + "1: {motor: {volts: 5}}\n"),
        ("1: {parts: {a: {size: 1G}, b: {size: 1G}}}\n", {"parts": {"b": {"size": "1G"}}}, "parts/a",
         "1: {parts: {b: {size: 1G}}}\n"),
        ("1: {parts: {a: {size: 1G}}}\n", {"parts": {"b": {"size": "1G"}}}, "parts/a", "1: {}\n"),
        ("1: {parts: {a: null}}\n", {"parts": {"a": {"size": "2G"}}}, "parts/a",
         "1: {parts: {a: {size: 2G}}}\n"),
        ("1: {parts: {}}\n", {"parts": {"a": {"size": "2G"}}}, "parts/a", "1: {parts: {a: {size: 2G}}}\n"),
        ("1: {tags: [web, db]}\n", {"tags": ["db", "web", "x"]}, "tags", "1: {tags: [web, db, x]}\n"),
        ("1:\n  tags:\n  - web   # w\n  - db\n", {"tags": ["web"]}, "tags", "1:\n  tags:\n  - web   # w\n"),
        ("1: {tags: []}\n", {"tags": ["a"]}, "tags", "1: {tags: [a]}\n"),
        ("1:\n  steps:\n    - {do: a, times: 1}   # first\n    - {do: b}\n",
         {"steps": [{"do": "b"}, {"do": "a"}, {"do": "c", "times": 2}]}, "steps",
         "1:\n  steps:\n    - {do: b}\n    - {do: a, times: 1}   # first\n    - {do: c, times: 2}\n"),
        ("1: {absent: true}\n", {"count": 2}, "", "1: {exact: true, name: '1', count: 2}\n"),
    ],
)  # fmt: skip
def test_a_field(text, row, path, after):
    expected = {"widget": after}
    assert merged({"widget": text}, {"1": row}, f"1/{path}" if path else "1") == expected


def test_what_is_common_to_a_file():
    common = "'*': {exact: true, count: 4, parts: {a: {size: 1G}}, shelf: top}\n1: {}\n"
    live = {"1": {"count": 1, "parts": {"a": {"size": "2G"}}}, "2": {"count": 4}}
    assert merged({"widget": common}, live, "1/count")["widget"].endswith("\n1: {count: null}\n")
    assert merged({"widget": common}, live, "1/parts/a/size")["widget"].endswith(
        "\n1: {parts: {a: {size: 2G}}}\n"
    )
    assert merged({"widget": common}, live, "2")["widget"].endswith(
        "\n1: {}\n2:\n  name: '2'\n  count: 4\n  parts: {}\n"
    )


def test_a_new_row_goes_to_its_nearest_neighbour():
    files = {"widget/a": "2: {}\n10: {}\n", "widget/b": EXACT + "20:\n    name: x\n30: {}\n"}
    live = {name: {"count": 2} for name in ("1", "3", "25", "40")}
    assert merged(files, live, "1", "3", "25", "40") == {
        "widget/a": "1:\n  exact: true\n  name: '1'\n  count: 2\n2: {}\n3:\n  exact: true\n  name: '3'\n"
        "  count: 2\n10: {}\n",
        "widget/b": EXACT
        + "20:\n    name: x\n25:\n    name: '25'\n    count: 2\n30: {}\n40:\n    name: '40'\n"
        "    count: 2\n",
    }


@pytest.mark.parametrize("text", ["{}\n", "# none yet\n{}\n", EXACT, "# none\n" + EXACT + "# end\n"])
def test_the_first_row_of_a_file(text):
    after = merged({"widget": text}, {"1": {}}, "1")["widget"]
    assert after.startswith(text.replace("{}\n", "").replace("# end\n", ""))
    assert after.endswith(
        "1:\n  exact: true\n  name: '1'\n"
        if "{}" in text
        else "1:\n  name: '1'\n# end\n"[: None if "# end" in text else -6]
    )


def test_a_kind_without_a_file():
    assert merged({"gadget": "{}\n"}, {"1": {}}, "1") == {"widget": "1:\n  exact: true\n  name: '1'\n"}


def test_a_row_that_is_gone_goes():
    text = "# one\n1:   # first\n  name: a\n  # inside\n\n# two\n2: {}\n"
    assert merged({"widget": text}, {"2": {}}, "1") == {"widget": "# one\n\n# two\n2: {}\n"}
    assert merged({"widget": "1: {}\n"}, {}, "1") == {"widget": "{}\n"}


def test_exact_is_written_once_where_every_row_becomes_so():
    text = "# w\n1:\n  count: 1\n2: {}\n"
    keys = [Key("shop", "widget", name) for name in "12"]
    tree = {"shop/widget.yaml": text.encode()}
    desired = load(tree, KINDS, directory="d")
    both = [Accepted(key, only_exact=True) for key in keys]
    one = [Accepted(keys[0], only_exact=True)]
    for accepted, after in (
        (both, "# w\n'*':\n  exact: true\n1:\n  count: 1\n2: {}\n"),
        (one, "# w\n1:\n  exact: true\n  count: 1\n2: {}\n"),
    ):
        changed = merge(tree, "d", desired, KINDS, {}, accepted)
        assert changed["shop/widget.yaml"].decode() == after
