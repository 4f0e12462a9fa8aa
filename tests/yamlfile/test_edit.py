"""Edits of a YAML file: its other lines stay, byte for byte."""

from difflib import ndiff

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.yamlfile.edit import rewritten
from reconciler.yamlfile.text_places import as_text
from reconciler.yamlfile.tree import YamlError, parse_yaml
from tests.casefiles import cases


def named(value):
    """A value with the keys of its mappings as text."""
    if isinstance(value, dict):
        return {str(name): named(each) for name, each in value.items()}
    return [named(each) for each in value] if isinstance(value, list) else value


@cases("edits")
def test_edit(case):
    before, value = case["before"], named(yaml.safe_load(case["value"]))
    after = rewritten(before.encode(), "f", value).decode()
    assert after == case["after"]
    assert rewritten(after.encode(), "f", value).decode() == after


def test_bytes_that_are_no_text_of_lines_stay():
    before = "\ufeff# é\r\n1:\r\n  a: 1 # one\r\n  # last\r\n2: {a: 2}".encode()
    value = {"1": {"a": 2, "b": "x"}, "2": {"a": 2}, "3": {"a": 1}}
    after = rewritten(before, "f", value)
    expected = "\ufeff# é\r\n1:\r\n  a: 2 # one\r\n  b: x\r\n  # last\r\n2: {a: 2}\r\n3:\r\n  a: 1"
    assert after.decode() == expected


@pytest.mark.parametrize("text", ["a: [1\n", "a: 1\na: 2\n", "a: &x 1\n", "a: *x\n", "\t- a: 1\n"])
def test_a_file_with_a_mistake_is_refused(text):
    with pytest.raises(YamlError, match=r"^f:\d+:\d+: "):
        rewritten(text.encode(), "f", {"a": "3"})


NAMES = st.sampled_from(["a", "b", "c", "10", "d e", "*", "no", "x: y", "#h", "é"])
WORDS = st.sampled_from(["1", "no", "a # b", "x: y", "", "two\nlines", "it's", '"', "é", "[x", "null", "-"])
LEAVES = st.one_of(WORDS, st.none())
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)),
    max_leaves=8,
)
ROWS = st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=4), max_size=4)


def written(value, draw, indent=0) -> str:
    """A mapping as a person might write it: in one of several styles, with comments."""
    lines = []
    pad = " " * indent
    for name, each in value.items():
        key = f"{pad}{quoted(name)}:"
        if draw(st.booleans()):
            lines.append(f"{pad}# about {name!a}")
        if isinstance(each, dict) and each and draw(st.booleans()):
            lines.append(key + draw(st.sampled_from(["", "  # rows"])))
            lines.append(written(each, draw, indent + draw(st.sampled_from([1, 2, 4]))))
        elif isinstance(each, list) and each and draw(st.booleans()):
            lines.append(key)
            deep = " " * (indent + draw(st.sampled_from([0, 2])))
            lines += [f"{deep}-  {flow(item)}" for item in each]
        elif each is None and draw(st.booleans()):
            lines.append(key)
        else:
            lines.append(f"{key}  {flow(each)}" + draw(st.sampled_from(["", " # why"])))
        if draw(st.booleans()):
            lines.append(draw(st.sampled_from(["", f"{pad}# below", f"{pad}    # deeper"])))
    return "\n".join(lines)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def flow(value) -> str:
    if isinstance(value, dict):
        return "{" + ",  ".join(f"{quoted(name)}: {flow(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list):
        return "[ " + ",".join(map(flow, value)) + " ]"
    return "null" if value is None else quoted(value)


@settings(max_examples=400, deadline=None)
@given(st.data(), ROWS, ROWS, st.sampled_from(["\n", "\r\n"]))
def test_any_edit_reads_back_and_keeps_the_comments_of_what_stays(data, before, after, newline):
    text = written(before, data.draw).replace("\n", newline)
    new = rewritten(text.encode(), "f", after).decode()
    assert parse_yaml(new.encode(), "f").value == as_text(after) or not after
    kept = [line for line in text.split(newline) if line.strip().startswith("# about") and line[0] == "#"]
    if before.keys() & after.keys():
        assert [line for line in new.split(newline) if line in kept] == kept


@settings(max_examples=200, deadline=None)
@given(st.data(), ROWS.filter(bool), NAMES, VALUES)
def test_one_new_row_adds_lines_and_changes_none(data, before, name, value):
    text = written(before, data.draw) + "\n"
    after = {**before, name + "new": {"f": value}}
    new = rewritten(text.encode(), "f", after).decode()
    diff = [line for line in ndiff(text.splitlines(), new.splitlines()) if line[0] in "+-"]
    assert {line[0] for line in diff} == {"+"}
