"""Modules and functions stay short enough to be read at once."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "reconciler"
MODULES = {
    str(path.relative_to(PACKAGE)): path.read_text()
    for path in sorted(PACKAGE.rglob("*.py"))
    if "lab" not in path.relative_to(PACKAGE).parts
}
MODULE_LINES = 300
FUNCTION_LINES = 60


def test_modules_are_short():
    long = {name: count for name, text in MODULES.items() if (count := text.count("\n")) >= MODULE_LINES}
    assert long == {}


def test_functions_fit_on_a_screen():
    functions = (
        (f"{name}: {each.name}", (each.end_lineno or 0) - each.lineno + 1)
        for name, text in MODULES.items()
        for each in ast.walk(ast.parse(text))
        if isinstance(each, ast.FunctionDef)
    )
    assert [function for function in functions if function[1] > FUNCTION_LINES] == []
