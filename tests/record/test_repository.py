import os
import subprocess
import sys

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.record import command
from reconciler.record.command import run
from tests.record.parts import commit_all, git, make_repository


def test_a_work_tree(repo, root):
    assert (repo.root, repo.git_dir, repo.common_dir) == (root, root / ".git", root / ".git")
    assert (repo.shallow, repo.digest) == (False, "sha1")


def test_no_repository(tmp_path):
    with pytest.raises(RecordError, match=r"is not a git repository, .*; run `git init` there"):
        record.open_repository(tmp_path)


def test_a_bare_repository(bare):
    with pytest.raises(RecordError, match=r"remote\.git: is a bare repository"):
        record.open_repository(bare)


def test_a_repository_of_another_user(root, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")  # git's own tests do it so
    with pytest.raises(RecordError, match=r"another user.*; git config --global --add safe\.directory /"):
        record.open_repository(root)


def test_a_repository_that_git_cannot_read(root):
    (root / ".git/config").write_text("[core\n")
    with pytest.raises(RecordError, match=r"clone: bad config line 1"):
        record.open_repository(root)


def test_no_git(root, tmp_path):
    code = (
        "import sys, pathlib\nfrom reconciler import record\nfrom reconciler.errors import RecordError\n"
        "try: record.open_repository(pathlib.Path(sys.argv[1]))\nexcept RecordError as e: print(e)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(root)],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("git: was not found in ")
    assert done.stdout.endswith("; apt-get install git\n")


def test_the_desired_tree_is_that_of_the_commit_when_nothing_is_edited(repo, root):
    commit, tree = record.desired_identity(repo, "desired-state")
    assert commit == git(root, "rev-parse", "HEAD")
    assert tree == git(root, "rev-parse", "HEAD:desired-state")
    assert record.desired_identity(repo, "desired-state/pve")[1] == git(
        root, "rev-parse", "HEAD:desired-state/pve"
    )


def test_uncommitted_edits_count_and_leave_no_trace(repo, root):
    (root / "desired-state/pve/guest.yaml").write_text("101: {memory: 1}\n")
    (root / "desired-state/pve/pool.yaml").write_text("{}\n")
    before = (
        git(root, "count-objects"),
        git(root, "status", "--porcelain"),
        (root / ".git/index").read_bytes(),
    )
    commit, tree = record.desired_identity(repo, "desired-state")
    after = git(root, "count-objects"), git(root, "status", "--porcelain"), (root / ".git/index").read_bytes()
    assert after == before
    assert commit is None, "no commit has what lies here"
    commit_all(root, "edit")
    assert tree == git(root, "rev-parse", "HEAD:desired-state")


def test_files_that_git_ignores_do_not_count(repo, root):
    (root / ".gitignore").write_text("*.swp\n")
    before = record.desired_identity(repo, "desired-state")
    (root / "desired-state/.guest.yaml.swp").write_text("x")
    assert record.desired_identity(repo, "desired-state") == before


def test_no_desired_state(repo, root):
    assert record.desired_identity(repo, "nowhere")[1] is None
    (root / "empty").mkdir()
    assert record.desired_identity(repo, "empty")[1] is None


def test_before_the_first_commit(tmp_path):
    git(tmp_path, "init", "--quiet", "clone")
    repo = record.open_repository(tmp_path / "clone")
    (tmp_path / "clone/desired-state").mkdir()
    (tmp_path / "clone/desired-state/a.yaml").write_text("{}\n")
    commit, tree = record.desired_identity(repo, "desired-state")
    assert commit is None
    assert tree is not None


def test_a_root_below_the_top_of_the_work_tree(root):
    repo = record.open_repository(root / "desired-state")
    assert (repo.root, repo.git_dir, repo.common_dir) == (root, root / ".git", root / ".git")


def test_an_error_of_git_is_one_line_with_a_remedy(repo):
    with pytest.raises(RecordError) as caught:
        run(repo, "rev-parse", "--verify", "nothing")
    assert str(caught.value) == "git rev-parse: Needed a single revision"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            "remote: x\nfatal: unable to access 'https://bob:hunter2@git.lan:3000/a.git/': refused",
            "unable to access 'https://git.lan:3000/a.git/': refused",
        ),
        ("fatal: ssh://hunter2@git.lan/a.git is gone", "ssh://git.lan/a.git is gone"),
        ("fatal: https://a:hunter2@b@git.lan/a.git is gone", "https://git.lan/a.git is gone"),
        ("fatal: 'https://git.lan/a.git?token=hunter2' is gone", "'https://git.lan/a.git' is gone"),
        ("hunter2 of no use: https://hunter2@git.lan", "hunter2 of no use: https://git.lan"),
        ("fatal: bad\x1b[31m\u202e name", "bad [31m name"),
    ],
)
def test_no_credentials_of_a_url_are_told(text, what):
    assert command.explain(text, 128) == (what, "")
    assert command.scrubbed(text).count("hunter2") == text.count("hunter2 of")


def test_an_unreachable_remote_is_told_without_its_password(repo, root):
    with pytest.raises(RecordError) as caught:
        run(repo, "ls-remote", "http://bob:hunter2@127.0.0.1:1/a.git?token=hunter2")
    assert "127.0.0.1:1/a.git" in str(caught.value)
    assert "hunter2" not in f"{caught.value} {vars(caught.value)}"


def test_a_repository_below_another(tmp_path, root):
    inner = make_repository(root / "inner")
    assert record.open_repository(inner).root == inner
