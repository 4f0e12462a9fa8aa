"""The desired state of a git ref, read without a checkout."""

import subprocess

import pytest

from reconciler.errors import DesiredStateError, RecordError
from reconciler.jobs.desired_ref import desired_at
from tests.jobs.past import Past
from tests.record.parts import commit_all, git


@pytest.fixture
def past(tmp_path) -> Past:
    return Past(tmp_path / "site")


def declare(past, text, path="desired-state/pve/guest.yaml"):
    (past.root / path).parent.mkdir(parents=True, exist_ok=True)
    (past.root / path).write_text(text)


def test_the_work_tree_does_not_matter_and_stays_as_it_is(past):
    declare(past, "101: {memory: 1}\n")
    first = commit_all(past.root, "one")
    past.git("tag", "--annotate", "--message", "x", "v1")
    declare(past, "101: {memory: 2}\n")
    commit_all(past.root, "two")
    declare(past, "101: {memory: 3}\n")
    for ref in (first, first[:10], "v1", "HEAD~1", "main^"):
        found = desired_at(past.config, ref)
        assert found.files == {"pve/guest.yaml": b"101: {memory: 1}\n"}, ref
        assert found.commit == first
        assert found.tree == past.git("rev-parse", f"{first}:desired-state")
    assert past.git("status", "--porcelain") == "M desired-state/pve/guest.yaml"


@pytest.mark.parametrize("ref", ["nope", "--all", "-h", "HEAD:notes.txt", "", "a b", "\x1b", "main..main"])
def test_what_is_no_commit_is_an_error(past, ref):
    with pytest.raises(RecordError, match="is neither a branch, nor a tag, nor a commit") as raised:
        desired_at(past.config, ref)
    assert "\x1b" not in str(raised.value)


def test_a_ref_without_desired_state_is_an_error(past):
    past.git("rm", "-r", "--quiet", "desired-state")
    commit_all(past.root, "none")
    with pytest.raises(DesiredStateError, match="HEAD:desired-state: does not exist"):
        desired_at(past.config, "HEAD")
    (past.root / "desired-state").write_text("a file\n")
    commit_all(past.root, "a file")
    with pytest.raises(DesiredStateError, match="HEAD:desired-state: is not a folder"):
        desired_at(past.config, "HEAD")


def test_links_submodules_pointers_and_odd_names_are_errors_all_at_once(past):
    desired = past.root / "desired-state"
    (desired / "pve/link.yaml").symlink_to("/etc/passwd")
    (desired / "pve/a\x1bb.yaml").write_text("{}\n")
    git(past.root.parent, "init", "--quiet", str(desired / "sub"))
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"],
        cwd=desired / "sub",
        check=True,
    )
    commit_all(past.root, "odd")
    with pytest.raises(DesiredStateError) as raised:
        desired_at(past.config, "HEAD")
    assert sorted(str(problem).partition(";")[0] for problem in raised.value.problems) == [
        "desired-state/pve/a\\x1bb.yaml: has a name with unprintable characters",
        "desired-state/pve/link.yaml: is a symbolic link",
        "desired-state/sub: is a submodule",
    ]


def test_a_pointer_of_git_lfs_is_an_error(past):
    declare(past, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    commit_all(past.root, "lfs")
    with pytest.raises(DesiredStateError, match=r"guest\.yaml: is a Git LFS pointer"):
        desired_at(past.config, "HEAD")


def test_filters_and_line_ends_of_the_work_tree_do_not_matter(past):
    declare(past, "101: {memory: 1}\n")
    declare(past, "* text eol=crlf\n", ".gitattributes")
    past.git("config", "core.autocrlf", "true")
    commit_all(past.root, "crlf")
    assert desired_at(past.config, "HEAD").files["pve/guest.yaml"] == b"101: {memory: 1}\n"


def test_files_that_are_passed_over_are_not_read(past):
    declare(past, "x", "desired-state/README.md")
    declare(past, "x", "desired-state/.hidden/file.yaml")
    commit_all(past.root, "more")
    assert list(desired_at(past.config, "HEAD").files) == ["pve/guest.yaml"]
