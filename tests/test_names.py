"""One class name stands for one thing in the whole package, and no function has a name that says nothing."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "reconciler"
LAB = PACKAGE / "lab"


def _names(tree: ast.Module) -> Iterator[str]:
    """The classes of a module, and its type aliases, which are named like classes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield node.name
    for node in tree.body:
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and not _is_type_variable(node.value):
            target = node.targets[0]
            if (
                isinstance(target, ast.Name)
                and target.id.strip("_")[:1].isupper()
                and not target.id.isupper()
            ):
                yield target.id


def _is_type_variable(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "TypeVar"


def test_no_two_classes_share_a_name():
    places: dict[str, list[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        if LAB not in file.parents:
            for name in _names(ast.parse(file.read_text())):
                places.setdefault(name, []).append(str(file.relative_to(PACKAGE)))
    assert len(places) > 200
    assert {name: files for name, files in places.items() if len(files) > 1} == {}


UNCLEAR = frozenset(
    {
        "bare",
        "because",
        "fields",
        "fill",
        "lines",
        "named",
        "names",
        "of",
        "part",
        "say",
        "shown",
        "some",
        "tell",
        "twin",
        "whole",
    }
)


def _functions(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name


def test_functions_say_what_they_return():
    """A function called `named` or `shown` says nothing where it is called, and each had several meanings.

    Only the kinds' `_names` may stay: it is the same everywhere, the names that a row goes by.
    """
    found = {
        f"{file.relative_to(PACKAGE)}: {name}"
        for file in sorted(PACKAGE.rglob("*.py"))
        if LAB not in file.parents
        for name in _functions(ast.parse(file.read_text()))
        if name.strip("_") in UNCLEAR and not (name == "_names" and "kinds" in file.parts)
    }
    assert found == set()
