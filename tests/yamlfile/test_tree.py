import gc
import tracemalloc

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from reconciler.yamlfile.syntax import MAX_BYTES
from reconciler.yamlfile.tree import YamlError, parse_yaml
from tests.casefiles import cases


def problems(data: bytes) -> list[str]:
    with pytest.raises(YamlError) as caught:
        parse_yaml(data, "f.yaml")
    return list(map(str, caught.value.problems))


@cases("yaml")
def test_case(case):
    data = case["text"].encode()
    if "problems" in case:
        assert problems(data) == case["problems"]
    else:
        assert parse_yaml(data, "f.yaml").value == with_nulls(case["value"])


def with_nulls(value):
    if isinstance(value, dict):
        return {key: with_nulls(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [with_nulls(entry) for entry in value]
    return None if value == "<null>" else value


TEXT = b"""\
# comment
101:
  name: web
  nics: {net0: {tag: 11}, net1: null}
  tags:
    - a
    - {b: c}
"""


@pytest.mark.parametrize(
    ("path", "position"),
    [
        ((), "1:1"),
        (("101",), "2:1"),
        (("101", "name"), "3:3"),
        (("101", "nics", "net0", "tag"), "4:17"),
        (("101", "nics", "net1"), "4:27"),
        (("101", "tags", 0), "6:7"),
        (("101", "tags", 1, "b"), "7:8"),
        (("101", "tags", 2), "5:3"),
        (("101", "tags", "1"), "5:3"),
        (("101", "nics", "net2", "tag"), "4:3"),
        (("101", "name", "x"), "3:3"),
        (("102",), "1:1"),
    ],
)
def test_positions(path, position):
    tree = parse_yaml(TEXT, "f.yaml")
    assert tree.position(path) == f"f.yaml:{position}"
    assert tree.line(path) == f"f.yaml:{position.split(':')[0]}"


def test_lines_of_the_root():
    assert parse_yaml(b"a: 1\n\nb: {}\n", "f").entry_places() == ["f:1", "f:3"]
    assert parse_yaml(b"[a, b]", "f").entry_places() == ["f:1", "f:1"]
    assert parse_yaml(b"text", "f").entry_places() == []


def test_nulls_are_counted():
    assert parse_yaml(TEXT, "f").nulls == 1
    assert parse_yaml(b"a: [~, ]\nb:\nc: 'null'", "f").nulls == 2


def test_a_byte_order_mark_and_windows_line_ends_are_nothing():
    tree = parse_yaml(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n", "f")
    assert tree.value == {"a": "1", "b": "2"}
    assert tree.position(("b",)) == "f:2:1"


def test_not_utf8():
    assert problems("ä: 1\nb: ü".encode("latin-1")) == ["f.yaml:1:1: is not UTF-8; save the file as UTF-8"]
    assert problems(b"a: 1\nb: \xc3\xa4\xff") == ["f.yaml:2:5: is not UTF-8; save the file as UTF-8"]
    assert problems("a: 1".encode("utf-16")) == ["f.yaml:1:1: is not UTF-8; save the file as UTF-8"]


@pytest.mark.parametrize("char", ["\x00", "\x07", "\x1b", "\x7f", "\x85", "\u2028", "\ufeff"])
def test_control_characters(char):
    found = problems(f"a: 1\nb: x{char}y{char}\n".encode())
    assert [line.split(" is not")[0] for line in found] == [
        f"f.yaml:2:5: the character U+{ord(char):04X}",
        f"f.yaml:2:7: the character U+{ord(char):04X}",
    ]


def test_characters_of_every_language_are_text():
    assert parse_yaml("a: Größe 漢字 🦊".encode(), "f").value == {"a": "Größe 漢字 🦊"}


def test_too_large():
    fits = b"a: " + b"x" * (MAX_BYTES - 3)
    assert len(parse_yaml(fits, "f").value["a"]) == MAX_BYTES - 3
    (line,) = problems(fits + b"y")
    assert line.startswith("f.yaml: is larger than 1,048,576 bytes (1 MiB); split it")
    assert problems(b"x" * 2_000_000) == [line]


@pytest.mark.parametrize("data", [b"[" * 100_000, b"{a: " * 100_000, b"- " * 100_000])
def test_a_bomb_of_brackets_stops_at_the_cap(data):
    (line,) = problems(data)
    assert "nested deeper than 20 levels" in line


def test_depth_cap_is_exact():
    assert parse_yaml(b"[" * 20 + b"]" * 20, "f").value
    assert "nested deeper" in problems(b"[" * 21 + b"]" * 21)[0]


def test_a_bomb_of_aliases_costs_no_memory():
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    gc.collect()
    tracemalloc.start()
    try:
        found = problems("\n".join(lines).encode())
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert found[-1].endswith("40: more than 100 problems; fix those above first")
    assert len(found) == 101


def test_many_control_characters_are_a_hundred_lines():
    assert len(problems(b"\x01" * 5000)) == 100


def test_key_text_in_messages_is_short_and_escaped():
    (line,) = problems(b'"\\e[31m' + b"x" * 500 + b'": 1\n"\\e[31m' + b"x" * 500 + b'": 2\n')
    assert "\x1b" not in line
    assert line.startswith(r'f.yaml:2:1: a second key "\x1b[31mxxx')
    assert len(line) < 200


def test_without_libyaml(monkeypatch):
    monkeypatch.delattr(yaml, "CSafeLoader")
    (line,) = problems(b"a: 1")
    assert line.startswith("f.yaml: cannot be read: this PyYAML was built without libyaml; install")


PIECES = st.one_of(
    st.sampled_from(
        "a|b: |- |\n|\n  |[|]|{|}|, |? |&x |*x|!t |<<: |'|#|---|...|%|\t|~|\u2028|\x00|é|:".split("|")
    ),
    st.sampled_from(['"', "|", ">", "9" * 500, "- a: 1\n"]),
)


@settings(max_examples=300, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200), st.lists(PIECES, max_size=30).map(lambda parts: "".join(parts).encode())
    )
)
@example(b"%YAML 1.3\n---\na")
@example(b"%TAG ! tag:x,2000:\n---\na: 1")
@example(b"a: 1\n...\nb")
@example(b"!<x")
@example(b"*")
def test_any_bytes_are_values_or_problems(data):
    found, tree = [], None
    try:
        tree = parse_yaml(data, "f")
    except YamlError as error:
        found = list(map(str, error.problems))
    assert bool(found) == (tree is None)
    assert tree is None or isinstance(tree.value, (dict, list, str, type(None)))
    assert all(line.isprintable() and line.startswith("f:") for line in found)


VALUES = st.recursive(
    st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=10), inner, max_size=4),
    ),
    max_leaves=15,
)


@settings(max_examples=200, deadline=None)
@given(VALUES)
def test_what_a_yaml_tool_writes_is_read_back(value):
    text = yaml.safe_dump(value, default_style='"') if not isinstance(value, str) else yaml.safe_dump([value])
    plain_nulls = text.replace('!!null "null"', "null")
    expected = [value] if isinstance(value, str) else value
    assert parse_yaml(plain_nulls.encode(), "f").value == expected
