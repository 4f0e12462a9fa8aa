"""`history.branch: null`: the record lies beside the user's own work."""

import errno
import re
import subprocess
import threading
import time

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.record import checked_out, history
from tests.record.parts import (
    CHECKED_OUT,
    CHECKED_OUT_PUSHED,
    MARKDOWN,
    MORE,
    at,
    commit_all,
    count,
    git,
    recorded,
    tip,
)


def write(repo, run, settings=CHECKED_OUT):
    return record.write(repo, settings, run, record.read(repo, settings), MARKDOWN)


def test_commits_land_on_the_branch_and_in_the_work_tree(repo, root):
    head = tip(root, "refs/heads/main")
    written = write(repo, recorded())
    assert tip(root, "refs/heads/main") == written.commit
    assert git(root, "rev-parse", "main~") == head
    assert (root / "reports/latest/drift.md").read_text() == MARKDOWN
    assert git(root, "status", "--porcelain") == ""


def test_what_the_user_has_staged_or_edited_stays_as_it_is(repo, root):
    write(repo, recorded())
    (root / "notes.txt").write_text("edited\n")
    (root / "staged.txt").write_text("staged\n")
    git(root, "add", "staged.txt")
    git(root, "rm", "--quiet", "--cached", "desired-state/pve/guest.yaml")
    (root / "untracked.txt").write_text("untracked\n")
    (root / "reports/README.md").write_text("mine\n")
    before = git(root, "status", "--porcelain")
    write(repo, recorded(at(1), MORE))
    assert git(root, "status", "--porcelain") == before
    assert all(
        path.startswith("reports/") for path in git(root, "show", "--format=", "--name-only").splitlines()
    )
    assert (root / "notes.txt").read_text() == "edited\n"


def test_files_that_went_out_of_the_record_leave_the_work_tree(repo, root):
    write(repo, recorded())
    write(repo, recorded(at(1), scopes=()))
    assert not (root / "reports/latest/live/pve/pool.json").exists()


def test_a_work_tree_that_fell_behind_follows_again(repo, root):
    write(repo, recorded())
    (root / "reports/latest/run.json").write_text("torn")
    git(root, "rm", "--quiet", "--cached", "reports/latest/drift.json")
    written = write(repo, recorded(at(1)))
    assert written.reason == "unchanged"
    assert git(root, "status", "--porcelain") == ""


def test_a_run_waits_for_a_lock_of_the_index_that_stays_and_names_it(repo, root, monkeypatch):
    monkeypatch.setattr(checked_out, "INDEX_WAIT", 0.1)
    write(repo, recorded())
    lock = root / ".git/index.lock"
    lock.touch()
    written = write(repo, recorded(at(1), MORE))
    assert re.search(
        r"index\.lock: another git process .*: 1 commit waits in this clone .*, remove that file",
        str(written.problems[0]),
    )
    assert (written.reason, count(root, "main")) == ("changed", 2)
    assert lock.exists(), "it is not ours"
    lock.unlink()
    again = write(repo, recorded(at(2), MORE))
    assert (again.reason, again.delivered) == ("unchanged", 1)
    assert tip(root, "refs/heads/main") == written.commit
    assert git(root, "status", "--porcelain") == ""


def test_a_commit_of_the_user_in_between_is_kept(repo, root, monkeypatch):
    """The branch moves between the look at it and the commit: the commit is made again on top."""
    real = history.advance
    mine: list[str] = []

    def advance(*arguments):
        if not mine:
            (root / "notes.txt").write_text("more\n")
            mine.append(commit_all(root, "in between"))
        return real(*arguments)

    monkeypatch.setattr(history, "advance", advance)
    write(repo, recorded())
    assert git(root, "rev-parse", "main~") == mine[0]
    assert git(root, "status", "--porcelain") == ""


def test_a_detached_head_has_nowhere_to_commit_and_can_be_read(repo, root, bare):
    write(repo, recorded())
    git(root, "push", "--quiet", "origin", "main")
    git(root, "remote", "set-head", "origin", "main")
    git(root, "checkout", "--quiet", "--detach", "HEAD~")
    for settings in (CHECKED_OUT, CHECKED_OUT_PUSHED):
        with pytest.raises(RecordError, match=r"has no branch checked out.*; git checkout BRANCH, or set"):
            record.write(repo, settings, recorded(), None, MARKDOWN)
        read = record.read(repo, settings)
        assert read is not None
        assert set(read.inventory.config) == set(recorded().inventory.config), (
            "as the remote's default branch has it"
        )
    git(root, "remote", "remove", "origin")
    assert record.read(repo, CHECKED_OUT) is None, "as HEAD has it"
    git(root, "checkout", "--quiet", "--detach", "main")
    assert record.read(repo, CHECKED_OUT) is not None


def test_what_the_user_puts_between_our_files_is_never_touched(repo, root):
    write(repo, recorded())
    mine = root / "reports/runs/incident.md"
    mine.write_text("mine")
    git(root, "add", "reports/runs/incident.md")
    (root / "reports/latest/notes.md").write_text("more")
    for run in (recorded(at(1)), recorded(at(2), MORE)):
        write(repo, run)
        assert mine.read_text() == "mine"
        assert git(root, "status", "--porcelain").splitlines() == [
            "A  reports/runs/incident.md",
            "?? reports/latest/notes.md",
        ]


def test_an_unborn_branch_has_nothing_to_add_to(tmp_path):
    git(tmp_path, "init", "--quiet", "clone")
    repo = record.open_repository(tmp_path / "clone")
    with pytest.raises(RecordError, match=r"has no commit yet.*; commit the configuration first"):
        write(repo, recorded())


def test_pushed_and_the_remote_was_ahead(repo, root, bare, tmp_path):
    """Somebody pushed to main meanwhile: the record lands on top of that, and the local branch waits."""
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    git(tmp_path / "other", "config", "user.name", "B")
    git(tmp_path / "other", "config", "user.email", "b@example.test")
    (tmp_path / "other/theirs.txt").write_text("x")
    theirs = commit_all(tmp_path / "other", "theirs")
    git(tmp_path / "other", "push", "--quiet")
    mine = tip(root, "refs/heads/main")
    written = write(repo, recorded(), CHECKED_OUT_PUSHED)
    assert tip(bare, "refs/heads/main") == written.commit
    assert git(bare, "rev-parse", "main~") == theirs
    assert tip(root, "refs/heads/main") == mine
    assert write(repo, recorded(at(1)), CHECKED_OUT_PUSHED).reason == "unchanged"
    git(root, "merge", "--quiet", "--ff-only", "origin/main")
    assert write(repo, recorded(at(2), MORE), CHECKED_OUT_PUSHED).reason == "changed"
    assert tip(root, "refs/heads/main") == tip(bare, "refs/heads/main")
    assert git(root, "status", "--porcelain") == ""


def test_commits_that_the_user_has_not_pushed_stay_unpushed(repo, root, bare):
    (root / "notes.txt").write_text("draft\n")
    draft = commit_all(root, "draft")
    write(repo, recorded(), CHECKED_OUT_PUSHED)
    assert tip(root, "refs/heads/main") == draft
    assert draft not in git(bare, "rev-list", "main")


def test_the_first_push_of_a_branch(repo, root, bare):
    git(root, "checkout", "--quiet", "-b", "lab")
    written = write(repo, recorded(), CHECKED_OUT_PUSHED)
    assert tip(bare, "refs/heads/lab") == tip(root, "refs/heads/lab") == written.commit


class BusyUser(threading.Thread):
    """Adds, commits and looks, again and again, in the checkout that runs record in."""

    def __init__(self, root):
        super().__init__()
        self._root, self._over = root, threading.Event()
        self.commits: list[str] = []
        self.refused = 0

    def run(self):
        while not self._over.is_set():
            number = len(self.commits) + self.refused
            (self._root / "mine.txt").write_text(f"{number}\n")
            for words in (("add", "mine.txt"), ("commit", "--quiet", "-m", f"mine {number}"), ("status",)):
                done = subprocess.run(["git", *words], cwd=self._root, capture_output=True, check=False)
                if done.returncode:
                    self.refused += 1
                    break
            else:
                self.commits.append(git(self._root, "rev-parse", "HEAD"))
            time.sleep(0.02)

    def end(self):
        self._over.set()
        self.join()


@pytest.mark.parametrize("settings", [CHECKED_OUT, CHECKED_OUT_PUSHED], ids=["local", "pushed"])
def test_runs_beside_a_busy_user(repo, root, bare, settings):
    """None fails, none is lost, and neither is a commit of the user."""
    user = BusyUser(root)
    user.start()
    try:
        runs = [recorded(at(number), {**MORE, "200": {"n": number}}) for number in range(12)]
        written = [write(repo, run, settings) for run in runs]
    finally:
        user.end()
    assert [each.problems for each in written] == [()] * len(runs)
    assert len(user.commits) >= 3
    branch = "refs/remotes/origin/main" if settings.push else "main"
    found = git(root, "log", "--format=%(trailers:key=Drift-Run,valueonly,separator=)", branch).split()
    assert sorted(found) == sorted(run.report.run.id for run in runs)
    git(root, "reset", "--quiet")
    assert [line for line in git(root, "status", "--porcelain").splitlines() if "mine.txt" not in line] == []
    assert set(user.commits) <= set(git(root, "rev-list", "main").split())
    git(root, "fsck", "--strict", "--no-dangling")


def test_a_lock_of_the_index_that_a_killed_run_left_is_removed(repo, root):
    write(repo, recorded())
    ours = root / ".git/reconciler-index"
    ours.touch()
    (root / ".git/index.lock").hardlink_to(ours)
    written = write(repo, recorded(at(1), MORE))
    assert (written.reason, written.problems) == ("changed", ())
    assert not (root / ".git/index.lock").exists()
    assert git(root, "status", "--porcelain") == ""


def test_a_branch_that_could_not_follow_a_push_does_so_later(repo, root, bare, monkeypatch):
    """The index stayed in use after the push: nothing is wrong with the record, and nothing waits."""
    monkeypatch.setattr(checked_out, "INDEX_WAIT", 0.1)
    write(repo, recorded(), CHECKED_OUT_PUSHED)
    (root / ".git/index.lock").touch()
    written = write(repo, recorded(at(1), MORE), CHECKED_OUT_PUSHED)
    assert (written.problems, written.pushed) == ((), True)
    assert tip(bare, "refs/heads/main") == written.commit != tip(root, "refs/heads/main")
    (root / ".git/index.lock").unlink()
    write(repo, recorded(at(2), MORE), CHECKED_OUT_PUSHED)
    assert tip(root, "refs/heads/main") == written.commit
    assert git(root, "status", "--porcelain") == ""


def test_no_hard_links_no_waiting(repo, root, monkeypatch):
    def refuse(*_arguments):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("pathlib.Path.hardlink_to", refuse)
    assert write(repo, recorded()).problems == ()
    assert git(root, "status", "--porcelain") == ""
    assert not (root / ".git/index.lock").exists()
