"""Filters of git touch nothing that is recorded or hashed, wherever they are configured."""

from pathlib import Path

import pytest

from reconciler import record
from reconciler.errors import RecordError
from tests.record.parts import CHECKED_OUT, LOCAL, MARKDOWN, MORE, PUSHED, at, commit_all, git, recorded

LFS = {
    "filter.lfs.clean": "sed s/^/pointer-/",
    "filter.lfs.smudge": "git-lfs-that-is-not-installed smudge -- %f",
    "filter.lfs.process": "git-lfs-that-is-not-installed filter-process",
    "filter.lfs.required": "true",
}
ROT = {"filter.rot.clean": "tr a-z b-za", "filter.rot.smudge": "tr b-za a-z", "filter.rot.required": "true"}
FAILING = {"filter.no.clean": "false", "filter.no.smudge": "false", "filter.no.required": "true"}
FILTERS = {
    "lfs": (LFS, "*.json filter=lfs diff=lfs merge=lfs -text"),
    "lfs of all": (LFS, "* filter=lfs"),
    "clean and smudge": (ROT, "*.json filter=rot\n*.md filter=rot"),
    "failing": (FAILING, "reports/** filter=no"),
    "line endings": ({"core.autocrlf": "true", "core.safecrlf": "true"}, ""),
    "line endings of input": ({"core.autocrlf": "input", "core.eol": "crlf"}, "* text=auto"),
    "eol": ({}, "* text eol=crlf"),
    "encoding": ({}, "*.json working-tree-encoding=UTF-16LE-BOM text"),
    "ident": ({}, "* ident"),
    "export": ({}, "* export-ignore binary merge=ours"),
}


PLACES = ["in the tree", "info", "global"]


@pytest.fixture
def attributes(place, root, tmp_path):
    """Write attributes where git finds them."""

    def put(text: str) -> None:
        if place == "in the tree":
            (root / ".gitattributes").write_text(f"{text}\n")
            commit_all(root, "attributes")
        elif place == "info":
            (root / ".git/info").mkdir(exist_ok=True)
            (root / ".git/info/attributes").write_text(f"{text}\n")
        else:
            (tmp_path / "attributes").write_text(f"{text}\n")
            git(root, "config", "core.attributesFile", str(tmp_path / "attributes"))

    return put


def write(repo, run, settings):
    return record.write(repo, settings, run, record.read(repo, settings), MARKDOWN)


def content(root: Path, ref: str) -> dict[str, str]:
    paths = git(root, "ls-tree", "-r", "--name-only", ref, "reports/").splitlines()
    return {path: git(root, "show", f"{ref}:{path}") for path in paths if "run.json" not in path}


@pytest.fixture
def plain(tmp_path, start) -> dict[str, str]:
    """The record of the same runs in a repository without filters."""
    import shutil

    root = shutil.copytree(start / "clone", tmp_path / "plain")
    repo = record.open_repository(root)
    write(repo, recorded(), LOCAL)
    write(repo, recorded(at(1), MORE), LOCAL)
    return content(root, "drift-state")


@pytest.mark.parametrize("name", FILTERS)
@pytest.mark.parametrize(
    ("settings", "place"),
    [(LOCAL, "info"), (PUSHED, "global"), *((CHECKED_OUT, place) for place in PLACES)],
    ids=["own", "pushed", *PLACES],
)
def test_what_is_recorded_is_the_same_with_any_filter(repo, root, bare, attributes, plain, name, settings):
    configured, text = FILTERS[name]
    attributes(text)
    for option, value in configured.items():
        git(root, "config", option, value)
    assert write(repo, recorded(), settings).reason == "first"
    assert write(repo, recorded(at(1), MORE), settings).reason == "changed"
    assert write(repo, recorded(at(2), MORE), settings).reason == "unchanged"
    ref = {LOCAL: "drift-state", CHECKED_OUT: "main"}.get(settings, "origin/drift-state")
    assert content(root, ref) == plain
    found = record.read(repo, settings)
    assert found is not None
    assert found.problems == ()
    assert git(root, "diff", "--cached", "--name-only") == ""


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_of_the_record_on_the_checked_out_branch_is_named_with_the_line_that_exempts_it(
    repo, root, attributes, name
):
    configured, text = FILTERS[name]
    attributes(text)
    problem = record.filtered(repo, CHECKED_OUT)
    assert (problem is not None) == ("filter=" in text)
    assert record.filtered(repo, LOCAL) is None
    if problem is not None:
        attributes(f"{text}\n{problem.remedy.partition(': ')[2]}")
        assert record.filtered(repo, CHECKED_OUT) is None
    del configured


@pytest.mark.parametrize("place", ["in the tree", "global"])
@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("name", ["line endings", "line endings of input", "eol", "export", "ident"])
def test_the_desired_state_of_a_clean_work_tree_is_that_of_head(repo, root, attributes, name, ending):
    (root / "desired-state/pve/guest.yaml").write_bytes(f"101: {{memory: 8192}}{ending}".encode())
    commit_all(root, "written on another machine")
    configured, text = FILTERS[name]
    for option, value in configured.items():
        git(root, "config", option, value)
    if text and ending == "\n":
        attributes(text)
    commit, tree = record.desired_identity(repo, "desired-state")
    assert tree == git(root, "rev-parse", "HEAD:desired-state")
    assert commit == git(root, "rev-parse", "HEAD")
    (root / "desired-state/pve/guest.yaml").write_text("101: {memory: 1}\n")
    assert record.desired_identity(repo, "desired-state")[0] is None


def test_a_filter_of_the_desired_state_that_fails_is_one_line_with_the_remedy(repo, root):
    (root / ".gitattributes").write_text("*.yaml filter=no\n")
    commit_all(root, "attributes")
    for option, value in FAILING.items():
        git(root, "config", option, value)
    with pytest.raises(RecordError) as caught:
        record.desired_identity(repo, "desired-state")
    assert len(str(caught.value).splitlines()) == 1
    assert "exempt the file in .gitattributes" in str(caught.value)
