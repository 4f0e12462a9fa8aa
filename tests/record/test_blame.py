"""Which commit wrote a line of the desired state."""

import pytest

from reconciler import record
from reconciler.record.blame import MOST_LINES, line_commits
from tests.record.parts import commit_all, git

FILE = "desired-state/pve/guest.yaml"


@pytest.fixture
def changed(repo, root):
    """The file with a second line from another commit."""
    first = git(root, "rev-parse", "HEAD")
    (root / FILE).write_text("101: {memory: 4096}\n102: {memory: 512}\n\n# end\n")
    git(root, "config", "user.name", "Ann \x1b[2J")
    second = commit_all(root, "feat: more\n\nwith a body")
    return first, second


def test_each_line_has_its_own_commit(repo, root, changed):
    first, second = changed
    found = line_commits(repo, second, [f"{FILE}:1", f"{FILE}:2", f"{FILE}:4"])
    assert {place: each.commit for place, each in found.items()} == {
        f"{FILE}:1": first,
        f"{FILE}:2": second,
        f"{FILE}:4": second,
    }
    assert found[f"{FILE}:2"].subject == "feat: more"
    assert found[f"{FILE}:1"].author == "Op"
    assert found[f"{FILE}:2"].at.year >= 2026


@pytest.mark.parametrize(
    "place",
    [f"{FILE}:99", f"{FILE}:0", "nowhere.yaml:1", "no place", "", f"{FILE}:x", "--output=x:1", f"{FILE}:-1"],
)
def test_what_git_cannot_show_is_left_out(repo, root, changed, place):
    assert line_commits(repo, changed[1], [place]) == {}
    assert list(line_commits(repo, changed[1], ["notes.txt:1", place])) == ["notes.txt:1"]


def test_a_shallow_clone_knows_only_its_own_commits(repo, root, changed, tmp_path):
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{root}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    assert line_commits(shallow, changed[1], [f"{FILE}:1", f"{FILE}:2"]) == {}


def test_a_commit_that_does_not_exist_has_none(repo, root):
    assert line_commits(repo, "0" * 40, [f"{FILE}:1"]) == {}
    assert line_commits(repo, "nothing", [f"{FILE}:1"]) == {}


def test_so_many_lines_are_looked_up(repo, root):
    many = MOST_LINES + 20
    (root / FILE).write_text("".join(f"{number}: {{}}\n" for number in range(many)))
    head = commit_all(root, "many")
    assert len(line_commits(repo, head, [f"{FILE}:{number + 1}" for number in range(many)])) == MOST_LINES
