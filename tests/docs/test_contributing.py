"""CONTRIBUTING.md is true: what its examples add to a copy of the repository passes its tests there."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.docs.examples import Edit, apply, examples

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLES = examples(PAGE)
BOUND = 500.0
"""Seconds for each command, far above what they take: a machine may be busy."""

NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", ".*cache", ".hypothesis", "public", "build", "*.egg-info", "*.pyc.*"
)
"""The last ones are written just now, and have another name in a moment."""

GENERATE: tuple[tuple[str, ...], ...] = (
    ("-m", "tests.blind_spots.limits"),
    ("-m", "tests.docs.generate"),
    ("-m", "pytest", "-q", "tests/report/test_golden.py", "tests/publish/test_documents.py"),
    ("-m", "pytest", "-q", "tests/review/test_on_gitea.py::test_the_comment_that_a_reviewer_gets"),
)
"""The commands of `make generate`, after `python`."""

MINE = "not test_{} or certificate-unused or device-tag or rewrite"
"""The tests of a module with many that are about an addition."""

PYTHON = sorted({edit.file for each in EXAMPLES.values() for edit in each.edits if edit.file.endswith(".py")})

CHECKS: Mapping[str, tuple[str, ...]] = {
    "format": ("-m", "ruff", "format", "--check", *PYTHON),
    "lint": ("-m", "ruff", "check", *PYTHON),
    "layers": ("-c", "from importlinter.cli import lint_imports_command as lint; lint()", "--no-logo"),
    "words": ("-m", "tests.docs.words"),
    "tests": (
        *("-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"),
        *("tests/docs/check_additions.py", "tests/docs/test_docs.py", "tests/test_kinds.py"),
        *("tests/collectors/adguard", "tests/collectors/test_normalise.py"),
        "tests/collectors/unifi/test_source.py::test_everything_is_read",
        *("tests/publish/test_documents.py", "tests/cli/test_sources.py", "tests/cli/test_main.py"),
        "tests/site/test_rules.py",
        *("-k", f"({MINE.format('rules')} or named_like) and ({MINE.format('normalise')} or has_cases)"),
    ),
}
"""What is run in the copy, after `python`: the checks, and the tests of the folders that were touched."""


OWN_ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
"""The environment of the tests in the copy: nothing that this pytest sets for itself."""


class Cost(NamedTuple):
    """How many files an addition takes."""

    new: int
    edited: int
    generated: int
    """Files that `make generate` changes."""


def costs() -> Mapping[str, Cost]:
    """Return the table of the page, by the heading of the example."""
    rows = re.findall(r"^\| (an? \w+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, flags=re.MULTILINE)
    return {f"{name[0].upper()}{name[1:]}": Cost(*map(int, numbers)) for name, *numbers in rows}


def run(copy: Path, *arguments: str, **environment: str) -> str:
    """Run Python in the copy, on the copy's own modules; return what it prints."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=copy,
        env={**OWN_ENVIRONMENT, "PYTHONPATH": str(copy), **environment},
        capture_output=True,
        text=True,
        timeout=BOUND,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    return done.stdout


def contents(copy: Path) -> dict[str, bytes]:
    """Return the files of a copy that people or `make generate` write: path → bytes."""
    files = (Path(folder) / name for folder, _, names in os.walk(copy) for name in names)
    return {
        path.relative_to(copy).as_posix(): path.read_bytes()
        for path in files
        if not {"__pycache__", ".hypothesis", ".pytest_cache"} & {*path.parts}
    }


def changed(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> tuple[set[str], set[str]]:
    """Return the files that are new, and those that are others than before."""
    assert before.keys() <= after.keys()
    return set(after.keys() - before.keys()), {path for path in before if before[path] != after[path]}


def test_each_line_of_the_table_has_its_example():
    assert list(costs()) == list(EXAMPLES) == ["A kind", "A rule", "A document", "A system", "A command"]


def test_make_generate_runs_what_is_run_here():
    recipe = re.search(r"^generate:.*\n((?:\t.+\n)+)", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    assert recipe is not None
    lines = [line.partition("python ")[2].split() for line in recipe[1].splitlines()]
    assert lines == [list(command) for command in GENERATE]


def test_every_command_of_the_page_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z]+)(?:`|  )", PAGE, flags=re.MULTILINE)) <= targets
    ((file, word),) = re.findall(r"-m pytest (\S+\.py) -k (\w+)`", PAGE)
    assert re.search(rf"^def test_\w*{word}", (ROOT / file).read_text(), flags=re.MULTILINE)


@pytest.mark.parametrize("text", ["a\nb\na\nb\n", "b\nc\n"], ids=["twice", "not there"])
def test_a_change_that_does_not_fit_is_refused(tmp_path, text):
    (tmp_path / "f").write_text(text)
    with pytest.raises(ValueError, match="f does not have these lines exactly once"):
        apply(Edit("f", True, " a\n+new\n b\n"), tmp_path)
    with pytest.raises(ValueError, match="f exists already"):
        apply(Edit("f", False, "new"), tmp_path)


@pytest.mark.timeout(1500)
def test_one_of_each_is_added_as_the_page_says(tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(ROOT, copy, ignore=NOT_COPIED)
    found = {}
    for heading, example in EXAMPLES.items():
        before = contents(copy)
        for edit in example.edits:
            apply(edit, copy)
        new, edited = changed(before, contents(copy))
        found[heading] = Cost(len(new), len(edited), 0)
    by_hand = contents(copy)
    for command in GENERATE:
        run(copy, *command, UPDATE_GOLDEN="1")
    new, regenerated = changed(by_hand, contents(copy))
    named = set[str]()
    for heading, example in EXAMPLES.items():
        files = example.generated
        added, by_code, _ = found[heading]
        found[heading] = Cost(added + len(files & new), by_code, len(files & regenerated))
        named |= files
    assert found == costs()
    assert named == new | regenerated
    for command in CHECKS.values():
        run(copy, *command, UPDATE_GOLDEN="")
