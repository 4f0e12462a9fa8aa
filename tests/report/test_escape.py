import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from reconciler.report import escape
from reconciler.text import visible
from tests.report import samples

TEXT = st.text(st.characters(codec=None), max_size=200) | st.text(st.sampled_from("`|\\ <[]()!@:#*\n\u202ea"))


def test_nothing_invisible_is_left():
    hidden = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
    ]
    assert len(hidden) > 2000
    assert [character for character in hidden if visible(character) == character] == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("web1", "web1"),
        ("büro → 日本", "büro → 日本"),
        ("a\nb", "a\\u000ab"),
        ("\x1b[31m", "\\u001b[31m"),
        ("\u202egnp", "\\u202egnp"),
        ("\U000e0041", "\\U000e0041"),
        ("\ud800", "\\ud800"),
        ("x" * 128, "x" * 128),
        ("x" * 129, "x" * 127 + "…"),
        ("x" * 125 + "\n\n", "x" * 125 + "…"),
        ("x" * 121 + "\n\n", "x" * 121 + "\\u000a…"),
        ("C:\\x", "C:\\x"),
    ],
)
def test_what_acts_is_shown(text, shown):
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::set-output name=a::b", ":\\u003aset-output name=a::b"),
        ("x::add-mask::y", "x:\\u003aadd-mask:\\u003ay"),
        ("##[error]x", "#\\u0023[error]x"),
        ("fd00::1", "fd00::1"),
        ("fe80::abcd:1/64", "fe80::abcd:1/64"),
        ("::", "::"),
        ("# ## [x]", "# ## [x]"),
    ],
)
def test_no_runner_is_commanded(text, shown):
    assert escape.escape_terminal(text) == shown


@given(TEXT)
def test_a_terminal_line_stays_one_line_of_bounded_length(text):
    shown = escape.escape_terminal(text)
    assert len(shown) <= 4 * escape.MAX_CHARS
    assert not set(shown) & set("\x1b\r\n\u202e\u2028\ud800")
    assert not re.search(r"::[a-z]+[-g-z]|##\[", shown)
    shown.encode()


def _inline(markdown, *, table):
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    source = f"| a | b |\n|---|---|\n| {markdown} | end |\n" if table else f"{markdown}\n"
    return [
        child for token in parser.parse(source) if token.type == "inline" for child in token.children or []
    ]


@given(TEXT)
def test_a_code_span_shows_the_text_and_nothing_else(text):
    shown = visible(text)
    tokens = _inline(escape.escape_markdown_code(text), table=True)
    assert [(token.type, token.content) for token in (*tokens[:2], tokens[-1])] == [
        ("text", "a"),
        ("text", "b"),
        ("text", "end"),
    ]
    assert len(tokens) == 4
    assert tokens[2].type == "code_inline"
    content = tokens[2].content.replace("\\\\u007c", "\\|")
    assert content in {shown.replace("\\\\u007c", "\\|"), f'"{shown}"'}


@given(TEXT)
def test_prose_has_no_markup(text):
    assert {token.type for token in _inline(f"x {escape.escape_markdown(text)}", table=False)} == {"text"} | (
        {"text_special"} & {token.type for token in _inline(f"x {escape.escape_markdown(text)}", table=False)}
    )


@pytest.mark.parametrize("text", samples.HOSTILE.values())
def test_hostile_names_are_one_code_span(text):
    assert [token.type for token in _inline(escape.escape_markdown_code(text), table=True)][2:-1] == [
        "code_inline"
    ]
