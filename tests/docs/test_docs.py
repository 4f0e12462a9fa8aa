import re
from pathlib import Path

import pytest

from reconciler.cli.main import COMMANDS
from reconciler.kinds import RULES
from tests.docs.generate import DOCS, PAGES

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


COMMON = "What holds for all"
"""The one section of docs/rules.md that is about no rule."""


def sections(page):
    """Heading → text of each `##` section of a page."""
    parts = re.split(r"^## (.+)$", (DOCS / page).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_rule_has_its_section_and_no_section_is_of_another():
    headings = re.findall(r"^## (.+)$", (DOCS / "rules.md").read_text(), flags=re.MULTILINE)
    assert sorted(headings) == sorted([*RULES, COMMON])


@pytest.mark.parametrize("rule", RULES)
def test_the_section_of_a_rule_states_its_severity_and_what_to_do(rule):
    text = sections("rules.md")[rule]
    assert re.findall(r"^Severity: `(\w+)`\.", text, flags=re.MULTILINE) == [RULES[rule].severity]
    assert all(f"- **{part}**" in text for part in ("Fires", "Fix", "Accept"))


@pytest.mark.parametrize("rule", RULES)
def test_the_contents_of_the_rules_lead_to_each(rule):
    contents = (DOCS / "rules.md").read_text().partition(f"## {COMMON}")[0]
    assert f"[{rule}](#{rule})" in contents
