"""Text for people: untrusted text stays one short line that a terminal can show."""

import pytest

from reconciler.text import clean, natural, printable, quoted, visible


def test_what_a_terminal_would_not_print_is_escaped():
    assert printable("büro") == "büro"
    assert printable("a\x1b[2Jb\u202e") == r"a\x1b[2Jb\u202e"


def test_a_text_in_a_message_is_quoted_and_short():
    assert quoted("x\n") == r'"x\n"'
    assert quoted("x" * 61) == f'"{"x" * 60}…"'


def test_a_clean_line_has_no_secret_and_no_control():
    assert clean(" the key\n hunter2 \x1b is wrong ", "hunter2", "") == "the key *** is wrong"
    assert clean("x" * 201) == "x" * 200 + "…"


@pytest.mark.parametrize(
    ("text", "longest", "expected"), [("web", 3, "web"), ("webs", 3, "we…"), ("\u200b", 9, r"\u200b")]
)
def test_what_is_invisible_is_written_out(text, longest, expected):
    assert visible(text, longest) == expected


def test_names_are_in_the_order_in_which_people_count():
    assert sorted(["net10", "net2", "net"], key=natural) == ["net", "net2", "net10"]
