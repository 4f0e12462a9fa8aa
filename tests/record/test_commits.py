"""One log for all commits, whatever the configuration, the clocks and the state of the clone."""

import pytest

from reconciler import record
from reconciler.errors import RecordError
from reconciler.model.key import Key
from reconciler.record import history, layout, queries
from tests.record.parts import CHECKED_OUT, GUESTS, LOCAL, MARKDOWN, at, commit_all, git, recorded

WEB = Key("pve", "guest", "101")
LIVE = layout.live_path("pve", "guest")


def write(repo, run, settings=LOCAL):
    return record.write(repo, settings, run, record.read(repo, settings), MARKDOWN)


def opened(repo, settings=LOCAL):
    return queries.open_record(repo, settings, fetch=False)


def guests(memory):
    return {**GUESTS, "101": {"name": "web1", "memory": memory}}


@pytest.fixture
def three(repo):
    for hour in range(3):
        write(repo, recorded(at(hour), guests(hour)))
    return repo


ODD_CONFIGURATION = {
    "log.showRoot": "false",
    "log.showSignature": "true",
    "log.diffMerges": "combined",
    "log.follow": "true",
    "log.mailmap": "true",
    "color.ui": "always",
    "diff.renames": "copies",
    "diff.relative": "true",
    "diff.noprefix": "true",
    "diff.external": "false",
    "core.abbrev": "4",
    "core.quotePath": "true",
    "format.pretty": "%s",
    "log.date": "relative",
    "notes.displayRef": "*",
}


@pytest.mark.parametrize("name", [None, *ODD_CONFIGURATION])
def test_the_log_is_the_same_under_any_configuration(three, root, name):
    if name is not None:
        git(root, "config", name, ODD_CONFIGURATION[name])
    commits = opened(three).log([LIVE]).commits
    assert [each.at for each in commits] == [at(2), at(1), at(0)]
    assert [each.files[LIVE][0] is None for each in commits] == [False, False, True]
    assert commits[0].files[LIVE][0] == commits[1].files[LIVE][1]
    assert all(each.run and each.desired == "c" * 40 and each.version == "0.1.0" for each in commits)


def test_the_order_is_that_of_recording_when_a_clock_went_back(repo):
    for number, hour in enumerate((5, -20, 3)):
        write(repo, recorded(at(hour), guests(number)))
    assert [each.at for each in opened(repo).log([LIVE]).commits] == [at(3), at(-20), at(5)]


def test_a_commit_by_hand_has_its_author_and_no_run(three, root):
    git(root, "checkout", "--quiet", "drift-state")
    (root / "reports/latest/live/pve/guest.json").write_text("{}\n")
    git(root, "config", "user.name", "\x1b[31mEve\u202e")
    commit_all(root, "by hand\n\nDrift-Run: not-a-run\nDesired-Commit: $(id)")
    git(root, "checkout", "--quiet", "main")
    first = opened(three).log([LIVE]).commits[0]
    assert (first.run, first.desired) == (None, None)
    assert "Eve" in first.author


def test_a_time_that_no_run_can_have_is_replaced(three, root):
    git(root, "checkout", "--quiet", "drift-state")
    (root / "reports/latest/live/pve/guest.json").write_text("{}\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "-m", "x", "--date", "@99999999999 +0000")
    git(root, "checkout", "--quiet", "main")
    assert opened(three).log([LIVE]).commits[0].at.year < 2200


def test_a_merge_shows_what_its_first_parent_lacks(repo, root):
    write(repo, recorded(at(0), guests(0)), CHECKED_OUT)
    git(root, "checkout", "--quiet", "-b", "feature", "HEAD^")
    (root / "notes.txt").write_text("theirs\n")
    commit_all(root, "feature")
    git(root, "checkout", "--quiet", "main")
    git(root, "merge", "--quiet", "--no-edit", "--no-ff", "feature")
    write(repo, recorded(at(1), guests(1)), CHECKED_OUT)
    assert [each.at for each in opened(repo, CHECKED_OUT).log([LIVE]).commits] == [at(1), at(0)]


def test_of_a_shallow_clone_the_oldest_commit_is_marked_and_the_rest_named(three, root, tmp_path):
    clone = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth=2", "--branch=drift-state", f"file://{root}", str(clone))
    found = opened(record.open_repository(clone)).log([LIVE])
    assert [each.cut for each in found.commits] == [False, True]
    assert [each.remedy for each in found.problems] == ["git fetch --unshallow origin drift-state"]
    git(clone, "fetch", "--quiet", "--unshallow", "origin", "drift-state")
    found = opened(record.open_repository(clone)).log([LIVE])
    assert (len(found.commits), found.problems) == (3, ())


def test_a_damaged_commit_ends_the_log_with_a_problem(three, root):
    tip, middle = git(root, "rev-list", "drift-state").splitlines()[:2]
    path = root / ".git/objects" / middle[:2] / middle[2:]
    path.chmod(0o644)
    path.write_bytes(b"")
    found = opened(three).log([LIVE])
    assert [each.id for each in found.commits] in ([tip], [])
    assert "older history cannot be read" in str(found.problems[0])


@pytest.mark.parametrize("path", [LIVE, "latest/", "latest/live/", ""])
def test_folders_and_files_can_be_asked_about(three, path):
    assert len(opened(three).log([path]).commits) == 3


def test_before_the_first_run_there_is_nothing_to_ask(repo):
    with pytest.raises(RecordError, match="nothing is recorded on drift-state yet"):
        opened(repo)


def test_a_branch_without_a_record_has_nothing_to_ask(repo):
    with pytest.raises(RecordError, match="nothing is recorded"):
        opened(repo, CHECKED_OUT)


def test_runs_that_wait_are_part_of_the_history(three, root):
    place = history.locate(three, LOCAL)
    tip = str(history.tips(three, place).history)
    git(root, "update-ref", "refs/reconciler/waiting/drift-state", tip)
    for ref in ("refs/heads/drift-state", "refs/reconciler/seen/drift-state"):
        git(root, "update-ref", ref, f"{tip}^")
    found = opened(three)
    assert found.newest == tip
    assert len(found.log([LIVE]).commits) == 3
    assert queries.waiting_commits(found) == [tip]


def test_subjects_of_commits_that_are_not_here_are_left_out(three, root):
    head = git(root, "rev-parse", "HEAD")
    assert queries.subjects(three, [head, "f" * 40]) == {head: ("start", "Op")}
    assert queries.subjects(three, ["f" * 40]) == {}
    assert queries.subjects(three, []) == {}


def test_files_that_a_filter_left_out_are_fetched_at_once(three, root, tmp_path):
    git(root, "config", "uploadpack.allowFilter", "true")
    git(root, "config", "uploadpack.allowAnySHA1InWant", "true")
    clone = tmp_path / "partial"
    options = ("--quiet", "--filter=blob:none", "--no-checkout", "--branch=drift-state")
    git(tmp_path, "clone", *options, f"file://{root}", str(clone))
    found = opened(record.open_repository(clone))
    line = queries.timeline(found.repo, found.place, found.tips, WEB)
    assert [step.after for step in line.steps] == [guests(memory)["101"] for memory in (2, 1, 0)]
    assert line.problems == ()


def test_files_that_cannot_be_fetched_are_a_problem(three, root, tmp_path):
    git(root, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "partial"
    options = ("--quiet", "--filter=blob:none", "--no-checkout", "--branch=drift-state")
    git(tmp_path, "clone", *options, f"file://{root}", str(clone))
    found = opened(record.open_repository(clone))
    git(clone, "config", "remote.origin.url", str(tmp_path / "gone"))
    line = queries.timeline(found.repo, found.place, found.tips, WEB)
    assert "could not be fetched" in str(line.problems[0])
    assert line.steps == ()
