import re
from pathlib import Path
from types import ModuleType

import pytest

from reconciler.cli.main import COMMANDS
from reconciler.kinds import RULES
from tests.docs.generate import DOCS, PAGES
from tests.docs.rules import page_of

ROOT = Path(__file__).parents[2]
PROSE = [ROOT / "README.md", *sorted(DOCS.glob("*.md")), ROOT / "reports" / "README.md"]


@pytest.mark.parametrize("page", PAGES)
def test_a_generated_page_is_in_step_with_the_code(page):
    assert (DOCS / page).read_text() == PAGES[page](), "run: python -m tests.docs.generate"


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_mentions_every_command(command):
    assert (
        f"`{command}`" in (ROOT / "README.md").read_text()
        or f"reconciler {command}" in (ROOT / "README.md").read_text()
    )


@pytest.mark.parametrize("page", PROSE, ids=lambda path: path.name)
def test_links_and_named_files_exist(page):
    text = page.read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
    for name in re.findall(r"`((?:reconciler|tests|config|docs|\.gitea)/[\w./-]+\.\w+)`", text):
        assert (ROOT / name).exists() or name == "config/pve-root-ca.pem", f"{page.name} names {name}"


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


def test_links_to_a_rule_lead_to_its_page():
    headings = re.findall(r"^## (.+)$", (DOCS / "rules.md").read_text(), flags=re.MULTILINE)
    assert set(RULES) <= set(headings)
    for page in PROSE:
        inside = r"|\]\(#([^)]+)\)" if page.name == "rules.md" else ""
        for found in re.findall(rf"\]\((?:[\w./]*)rules\.md#([^)]+)\){inside}", page.read_text()):
            name = found if isinstance(found, str) else "".join(found)
            assert name in headings, f"{page.name} links to the rule {name}"


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
