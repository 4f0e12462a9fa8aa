"""Folders that runs write to: never git's, the top, desired state, the configuration, or each other."""

import subprocess
from pathlib import Path

import pytest

from reconciler.config.file import Config, load_config
from reconciler.config.settings import SourceSettings
from reconciler.errors import ConfigError

GIT = "lies in a folder where git keeps its own files"
TOP = "is or contains the top of the repository"
HOLDS_GIT = "contains the folder where git keeps its own files"


def git(directory: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=directory, check=True, capture_output=True)


@pytest.fixture
def top(tmp_path):
    """A work tree with links to what may not be written to, and a linked work tree beside it."""
    top = tmp_path / "main" / "site"
    for folder in ("config/deep", "desired-state/pve", "deep/er", "reports"):
        (top / folder).mkdir(parents=True)
    git(top, "init", "--quiet")
    git(top, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "--quiet", "--allow-empty", "-m", "x")
    git(top, "worktree", "add", "--quiet", str(tmp_path / "linked"))
    git(top, "init", "--quiet", "--bare", str(tmp_path / "remote"))
    for name, target in {
        "to-git": ".git",
        "to-refs": ".git/refs",
        "to-desired": "desired-state",
        "to-config": "config",
        "to-top": ".",
        "to-loop": "to-loop",
    }.items():
        (top / name).symlink_to(target)
    (tmp_path / "outside").symlink_to(top)
    return top


def load(top: Path, directories: dict[str, str], desired: str = "desired-state") -> Config:
    file = top / "config" / "reconciler.yaml"
    file.parent.mkdir(exist_ok=True)
    sections = "".join(f'{name}:\n  directory: "{value}"\n' for name, value in directories.items())
    text = f"site: lan\ndesired_state: {desired}\n{sections}sources: [{{name: a, type: bare}}]\n"
    file.write_text(text)
    return load_config(file, {"bare": SourceSettings})


def refusals(top: Path, directories: dict[str, str], desired: str = "desired-state") -> list[str]:
    try:
        load(top, directories, desired)
    except ConfigError as error:
        return [str(each).removeprefix(f"{top}/config/reconciler.yaml:") for each in error.problems]
    return []


PUBLISH = {
    **dict.fromkeys((".git", "./.git", ".git/", ".git//", "deep/../.git", "no/../.git", ".GIT", ".Git"), GIT),
    **dict.fromkeys(
        (".git/x", ".git/refs/heads", "deep/.git", "deep/.git/x", ".git.", ".git ", "git~1"), GIT
    ),
    **dict.fromkeys((".g\\u200cit", ".git::$INDEX_ALLOCATION", "to-git", "to-git/x", "to-refs"), GIT),
    **dict.fromkeys(("{top}/.git", "{top}/.git/worktrees/linked", "{tmp}/remote", "{tmp}/remote/x"), GIT),
    "{tmp}/outside/.git": GIT,
    **dict.fromkeys(
        ("", ".", "./", "deep/..", "to-top", "..", "../..", "/", "{top}", "{tmp}", "{tmp}/outside"), TOP
    ),
    **dict.fromkeys(
        ("desired-state", "./desired-state/", "DESIRED-state", "to-desired"), "is or contains desired_state"
    ),
    **dict.fromkeys(("desired-state/pve", "desired-state/x", "to-desired/x"), "lies in desired_state"),
    **dict.fromkeys(
        ("config", "to-config", "{tmp}/outside/config"), "is or contains the folder of the configuration"
    ),
    **dict.fromkeys(("config/x", "to-config/deep"), "lies in the folder of the configuration"),
    **dict.fromkeys(("reports", "./reports", "REPORTS"), "is or contains history.directory"),
    "reports/public": "lies in history.directory",
    **dict.fromkeys(("a\\0b", "a\\nb", "a\\u009bb"), "contains a control character"),
}
HISTORY = {
    **dict.fromkeys((".git", "./.git", ".GIT", "deep/.git", ".git/x", "git~1", ".git.", "to-git"), GIT),
    "to-top": TOP,
    **dict.fromkeys(("desired-state", "to-desired"), "is or contains desired_state"),
    "desired-state/x": "lies in desired_state",
    "config": "is or contains the folder of the configuration",
    "config/x": "lies in the folder of the configuration",
}


@pytest.mark.parametrize("value", PUBLISH)
def test_where_nothing_is_published(top, tmp_path, value):
    written = value.format(top=top, tmp=tmp_path)
    why = f"{PUBLISH[value]}; choose another folder, such as public"
    assert refusals(top, {"publish": written}) == [f"4:3: publish.directory: {why}"]


@pytest.mark.parametrize("value", HISTORY)
def test_where_nothing_is_recorded(top, value):
    why = f"{HISTORY[value]}; choose another folder, such as reports"
    assert refusals(top, {"history": value}) == [f"4:3: history.directory: {why}"]


@pytest.mark.parametrize("value", [".", "", "/", "..", "a/../.git", "/srv/x"])
def test_history_stays_inside_the_repository(top, value):
    (line,) = refusals(top, {"history": value})
    assert line.startswith("4:3: history.directory: must be a folder inside the repository")


@pytest.mark.parametrize(
    "value",
    [
        "public",
        "deep/er/public",
        "./a/../public",
        ".github",
        "git",
        ".gitea/x",
        "{tmp}/www",
        "/srv/www",
        "to-loop",
    ],
)
def test_where_a_site_may_be_published(top, tmp_path, value):
    assert refusals(top, {"publish": value.format(tmp=tmp_path)}) == []


def test_each_other(top):
    both = refusals(top, {"publish": "out", "history": "out/x"})
    assert both == [
        "4:3: publish.directory: is or contains history.directory; choose another folder, such as public"
    ]
    assert len(refusals(top, {"publish": "config", "history": ".git"})) == 2


def test_a_default_that_collides_is_named_where_the_other_is(top):
    (line,) = refusals(top, {"history": "reports"}, desired="public")
    assert "publish.directory: is or contains desired_state" in line


def test_of_a_linked_work_tree_the_repository_is_known(top, tmp_path):
    linked = tmp_path / "linked"
    for value in (f"{top}/.git", f"{top}/.git/worktrees/linked", f"{top}/.git/x"):
        assert GIT in refusals(linked, {"publish": value})[0]
    assert HOLDS_GIT in refusals(linked, {"publish": str(top)})[0]
    assert TOP in refusals(linked, {"publish": str(linked)})[0]
    assert refusals(linked, {"publish": "public"}) == []


def test_git_s_folder_may_have_another_name(tmp_path):
    git(tmp_path, "init", "--quiet", f"--separate-git-dir={tmp_path}/apart", "site")
    for value in (f"{tmp_path}/apart", "../apart/x"):
        assert GIT in refusals(tmp_path / "site", {"publish": value})[0]


def test_a_configuration_at_the_top_allows_folders_beside_it(tmp_path):
    git(tmp_path, "init", "--quiet")
    file = tmp_path / "reconciler.yaml"
    file.write_text("site: lan\nsources: [{name: a, type: bare}]\n")
    assert load_config(file, {"bare": SourceSettings}).publish_directory == tmp_path / "public"
