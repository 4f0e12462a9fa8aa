"""What the pages that people write name in the code exists: files, functions, classes, keys.

Named are, in code spans: paths, `name()`, `Class.member`, `module.name`, and keys of the configuration.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from mimetypes import guess_all_extensions
from pathlib import Path

import pytest

from reconciler.config.base import Settings
from reconciler.config.settings import FileSettings
from tests.docs.examples import examples
from tests.docs.generate import DOCS, PAGES

ROOT = Path(__file__).parents[2]
CODE = ROOT / "reconciler"
WRITTEN = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "reports" / "README.md",
    *(page for page in sorted(DOCS.glob("**/*.md")) if page.name not in PAGES),
]
OF_A_SITE = {"config/pve-root-ca.pem", "config/unifi-ca.pem"}
"""Files that a site has, and this repository does not."""
OF_RUNS = {"desired-state", "reports"}
"""Folders whose files people and runs write."""
FILES = frozenset("conf gz j2 json lock md pem py toml txt yaml yml".split())

_FENCE = re.compile(r"^[ \t]*```.*?^[ \t]*```[ \t]*$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)+/?")
_KEY = re.compile(r"site/(?:address|cable)/")
_DOTTED = re.compile(r"[a-z_]+(?:\.\w+)+(?:\(\))?")
_MEMBER = re.compile(r"([A-Z]\w+)\.(\w+)(?:\(\))?")
_CALL = re.compile(r"(?:\w+\.)*(\w+)\(\)")
_CALL_IN = re.compile(r"`(?:\w+\.)*(\w+)(?:\(\))?`(?: in|,) `(reconciler/[\w/]+\.py)`")


def text_of(page: Path) -> str:
    """Return a page without its code blocks; spans are not broken over lines then."""
    return re.sub(r"\s*\n\s*(?=\S)", " ", _FENCE.sub("", page.read_text()))


def spans(page: Path) -> list[str]:
    return _SPAN.findall(text_of(page))


def names_of(body: list[ast.stmt]) -> Iterator[str]:
    """Yield what a module or a class defines itself."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (target.id for target in targets if isinstance(target, ast.Name))


def own_fields(tree: ast.ClassDef) -> set[str]:
    """Return the fields and methods of a class; with what its methods set on it."""
    attributes = (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    set_later = (each.attr for each in attributes if getattr(each.value, "id", None) == "self")
    return {*names_of(tree.body), *set_later}


TREES = {
    path.relative_to(CODE).with_suffix("").as_posix(): ast.parse(path.read_text())
    for path in sorted(CODE.rglob("*.py"))
}
CLASSES: Mapping[str, set[str]] = {
    node.name: own_fields(node)
    for tree in TREES.values()
    for node in ast.walk(tree)
    if isinstance(node, ast.ClassDef)
}
MODULES: Mapping[str, set[str]] = {
    name: {
        *names_of(tree.body),
        *(each for node in tree.body if isinstance(node, ast.ClassDef) for each in names_of(node.body)),
    }
    for name, tree in TREES.items()
}
"""Module as a path below the package → the names that it and its classes define."""
TOP = {path.stem for path in CODE.iterdir() if path.is_dir() or path.suffix == ".py"} - {"__pycache__"}


def paths() -> Iterator[tuple[str, str]]:
    """Yield page and path, except for what an example of the page adds."""
    for page in WRITTEN:
        added = {file for each in examples(page.read_text()).values() for file in each.files}
        for span in spans(page):
            top = span.partition("/")[0]
            known = (top in TOP or (ROOT / top).is_dir()) and top not in OF_RUNS
            media_type = guess_all_extensions(span)
            if (
                known
                and not media_type
                and _PATH.fullmatch(span)
                and not _KEY.match(span)
                and span not in OF_A_SITE | added
            ):
                yield page.relative_to(ROOT).as_posix(), span


def exists(path: str) -> bool:
    return (ROOT / path).exists() or (CODE / path).exists()


def is_key(name: str) -> bool:
    """Whether this is a key of the configuration, with dots."""
    model: type[Settings] | None = FileSettings
    for part in name.split("."):
        if model is None:
            return True  # what is inside a mapping is the user's
        if part not in model.model_fields:
            return False
        inner = model.model_fields[part].annotation
        model = inner if isinstance(inner, type) and issubclass(inner, Settings) else None
    return True


def is_reference(name: str) -> bool:
    """Whether this is a module, or a name of one, with dots."""
    *module, last = name.removesuffix("()").split(".")
    at = "/".join(module)
    return any(
        f"/{path}".endswith((f"/{at}/{last}", f"/{at}/{last}/__init__"))
        or (f"/{path}".endswith((f"/{at}", f"/{at}/__init__")) and last in names)
        for path, names in MODULES.items()
    )


def test_named_files_and_folders_exist():
    found = list(paths())
    assert len(found) > 40
    assert [each for each in found if not exists(each[1])] == []


def test_named_modules_functions_and_keys_exist():
    found = [
        (page.name, span)
        for page in WRITTEN
        for span in spans(page)
        if _DOTTED.fullmatch(span)
        and span.partition(".")[0] in TOP | FileSettings.model_fields.keys()
        and span.rpartition(".")[2] not in FILES
    ]
    assert len(found) > 2
    assert [each for each in found if not is_key(each[1]) and not is_reference(each[1])] == []


def test_named_members_exist():
    found = [(page.name, *match) for page in WRITTEN for match in _MEMBER.findall(" ".join(spans(page)))]
    assert [
        each
        for each in found
        if each[1] in CLASSES and each[2] not in CLASSES[each[1]] and each[2] not in FILES
    ] == []
    assert {name for _, name, _ in found} & CLASSES.keys()


def test_named_functions_are_in_the_named_file():
    found = [(page.name, *match) for page in WRITTEN for match in _CALL_IN.findall(text_of(page))]
    assert len(found) > 20
    assert [
        each
        for each in found
        if each[1] not in MODULES[each[2].removeprefix("reconciler/").removesuffix(".py")]
    ] == []


def test_every_named_function_exists():
    known = {name for names in MODULES.values() for name in names}
    found = [(page.name, span) for page in WRITTEN for span in spans(page)]
    called = [(page, match[1]) for page, span in found if (match := _CALL.fullmatch(span))]
    assert len(called) > 20
    assert [each for each in called if each[1] not in known] == []


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("drift.compare.compare", True),
        ("drift.compare.compare()", True),
        ("compare.compare", True),
        ("drift.compare", True),
        ("drift.compare.compair", False),
        ("drift.fail_on", False),
    ],
)
def test_a_reference_is_told_from_a_key(name, there):
    assert is_reference(name) is there


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("drift.fail_on", True),
        ("drift.severity.rules.no-backup", True),
        ("publish.directory", True),
        ("publish.folder", False),
        ("draft.fail_on", False),
    ],
)
def test_a_key_is_told_from_other_names(name, there):
    assert is_key(name) is there
