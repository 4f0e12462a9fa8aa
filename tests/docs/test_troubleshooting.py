"""docs/troubleshooting.md quotes messages that the code or a workflow has, and every exit code."""

import ast
import re
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path

import pytest

from reconciler import errors
from reconciler.cli import main
from tests.docs.generate import DOCS

CODE = Path(__file__).parents[2] / "reconciler"
PAGE = (DOCS / "troubleshooting.md").read_text()
MESSAGES = re.findall(r"^\| `([^`]+)` \|", PAGE, flags=re.MULTILINE)
VALUE = "\0"
"""Stands for a value of an f-string."""


def literals() -> Iterator[str]:
    """Yield the texts of the code, with a placeholder for each value."""
    for path in CODE.rglob("*.py"):
        if "lab" in path.relative_to(CODE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                yield "".join(
                    str(part.value) if isinstance(part, ast.Constant) else VALUE for part in node.values
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


LITERALS = "\n".join(
    [text.replace("\n", " ") for text in literals()]
    + [path.read_text() for path in sorted(CODE.parent.glob(".gitea/workflows/*.yml"))]
)


def parts(message: str) -> list[str]:
    """Return what subject, problem and remedy of a message are."""
    return re.split(r": |; ", message)


def is_in_the_code(part: str) -> bool:
    """Whether a text is in one literal; `…` stands for one value or more."""
    pattern = "[^\n]*".join(re.escape(fragment) for fragment in part.split("…"))
    return re.search(pattern, LITERALS) is not None


@pytest.mark.parametrize("message", MESSAGES)
def test_the_code_has_each_message(message):
    there = is_in_the_code(message) or all(map(is_in_the_code, parts(message)))
    assert there, f"the nearest is {get_close_matches(message, LITERALS.splitlines(), n=1, cutoff=0.3)}"


def test_messages_are_quoted_once():
    assert len(MESSAGES) > 40
    assert len(set(MESSAGES)) == len(MESSAGES)


def raised(file: Path) -> Iterator[str]:
    """Yield the texts of the errors that a file of the HTTP client makes."""
    for node in ast.walk(ast.parse(file.read_text())):
        made: list[ast.expr] = []
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "message":
            made = [node.value]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS:
            made = node.args
        for text in made:
            if isinstance(text, ast.Constant) and " " in str(text.value):
                yield str(text.value)
            elif isinstance(text, ast.JoinedStr):
                yield "".join(
                    str(each.value) if isinstance(each, ast.Constant) else "1" for each in text.values
                )


ERRORS = {"BadAnswerError", "HostUnreachable", "IncompleteResponse"}
RAISED = {
    text
    for file in (CODE / "collectors/http").glob("*.py")
    if file.name != "settings.py"
    for text in raised(file)
}


@pytest.mark.parametrize("text", sorted(RAISED))
def test_each_message_of_the_http_client_has_an_entry(text):
    patterns = [".*".join(map(re.escape, message.split("…"))) for message in MESSAGES]
    assert any(re.fullmatch(pattern, text) for pattern in patterns), "add it to docs/troubleshooting.md"


def test_the_messages_of_the_http_client_are_found():
    assert {"the connection broke off", "its name does not resolve"} <= RAISED
    assert len(RAISED) > 15


def test_every_exit_code_has_its_section():
    codes = {value for name, value in {**vars(errors), **vars(main)}.items() if name.startswith("EXIT_")}
    section = PAGE.partition("## Exit codes")[2].partition("\n## ")[0]
    assert [int(code) for code in re.findall(r"^### (\d+): ", section, flags=re.MULTILINE)] == sorted(codes)


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("the token is refused (401 …)", True),
        ("the token is refused (402 …)", False),
        ("is refused … because it rains", False),
    ],
)
def test_a_message_that_is_not_in_the_code_is_found_out(text, there):
    assert is_in_the_code(text) is there
