import re
from pathlib import Path
from types import ModuleType

import pytest

from reconciler.cli.main import COMMANDS
from reconciler.kinds import RULES
from tests.docs.generate import DOCS, PAGES
from tests.docs.rules import page_of

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
PROSE = [
    *(
        ROOT / name
        for name in ("README.md", "CONTRIBUTING.md", "reports/README.md", "tests/contracts/README.md")
    ),
    *sorted(DOCS.glob("**/*.md")),
]


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_in_step_with_the_code(page):
    assert (DOCS / page).read_text() == PAGES[page](), "run: make generate"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_mentions_every_command(command):
    assert f"`{command}`" in README or f"reconciler {command}" in README


def test_the_readme_lists_every_page():
    table = README.partition("## Documentation")[2]
    pages = [page.relative_to(ROOT).as_posix() for page in DOCS.glob("*.md")]
    pages += ["CONTRIBUTING.md", "docs/decisions/README.md", "reports/README.md"]
    assert [page for page in pages if f"]({page})" not in table] == []
    decisions = (DOCS / "decisions" / "README.md").read_text()
    assert [page.name for page in (DOCS / "decisions").glob("*.md") if page.name not in decisions] == [
        "README.md"
    ]


def anchors(page):
    """The anchors of a page's headings, as Gitea and GitHub make them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PROSE, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if ":" in target:
            continue
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), f"{page.name} links to {target}"
        assert not anchor or anchor in anchors(there), f"{page.name} links to {target}"


def test_each_complaint_is_held_by_a_case_that_there_is():
    text = (DOCS / "false-alarms.md").read_text()
    root = DOCS.parent
    rows = [line.split("|") for line in text.splitlines() if line.startswith("|") and "---" not in line]
    held = [row[3] for row in rows if row[3].strip() != "covered by"]
    assert len(held) > 15
    for cell in held:
        (place,) = re.findall(r"`([^`]+)`", cell)
        path, _, name = place.partition("::")
        assert (root / path).exists(), place
        source = (root / path).read_text() if (root / path).is_file() else ""
        assert f"def {name}(" in source or not name, place
        assert all(f'"{case}"' in source for case in re.findall(r'"([^"]+)"', cell)), cell


def test_every_rule_has_its_page():
    assert set(RULES) <= anchors(DOCS / "rules.md")


@pytest.mark.parametrize(
    ("docstring", "message"),
    [
        (None, "lacks `Fires:`, `Does not fire:`, `Fix:`, `Accept:`"),
        ("A rule.\n\nFires:\n    Now.\n\nFix:\n    It.\n", "lacks `Does not fire:`, `Accept:`"),
        ("A rule.\n\nFix:\n    a\n\nFires:\n    b\n\nDoes not fire:\n    c\n\nAccept:\n    d\n", "order"),
    ],
)
def test_a_docstring_that_is_not_a_page_is_an_error(docstring, message):
    with pytest.raises(AssertionError, match=message):
        page_of(ModuleType("reconciler.site.rules.odd", docstring))
