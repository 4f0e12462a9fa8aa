"""Real bare remotes: races, refusals, shallow clones."""

import os
import re
import shutil
from dataclasses import replace

import pytest

from reconciler import record
from reconciler.config.settings import HistorySettings
from reconciler.errors import RecordError
from reconciler.model.key import Key
from reconciler.record import pulse, writing
from reconciler.record import remote as remotes
from tests.record.parts import (
    CHECKED_OUT_PUSHED,
    GUESTS,
    MARKDOWN,
    MORE,
    NOON,
    OTHER,
    PUSHED,
    at,
    count,
    git,
    recorded,
    run_in,
    tip,
)

WEB = Key("pve", "guest", "101")
BRANCH = "refs/heads/drift-state"
PULSE = "refs/heads/drift-pulse"


def write(repo, run, settings=PUSHED):
    previous = record.read(repo, settings)
    run = replace(run, changed_at=record.changed_at(previous, run))
    return record.write(repo, settings, run, previous, MARKDOWN)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    for module in (writing, pulse):
        monkeypatch.setattr(module, "pause", lambda attempt: 0.001 * attempt)


@pytest.fixture
def other(bare, tmp_path):
    """A second clone of the same remote."""
    git(tmp_path, "clone", "--quiet", str(bare), "other")
    return record.open_repository(tmp_path / "other")


def hook(bare, name, text):
    path = bare / "hooks" / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_history_and_pulse_are_pushed_and_no_local_branch_is_made(repo, root, bare):
    run = recorded()
    written = write(repo, run)
    assert (written.reason, written.pushed) == ("first", True)
    assert tip(bare, BRANCH) == tip(root, "refs/remotes/origin/drift-state") == written.commit
    assert tip(bare, PULSE) == tip(root, "refs/remotes/origin/drift-pulse")
    assert run_in(bare, PULSE) == run.report.run.id
    assert git(root, "for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"
    assert git(root, "status", "--porcelain") == ""


def test_another_clone_goes_on_from_there(repo, other, bare):
    first = write(repo, recorded())
    second = write(other, recorded(at(1), MORE))
    assert git(bare, "rev-parse", "drift-state~") == first.commit
    read = record.read(repo, PUSHED)
    assert read is not None
    assert (read.commit, read.report.run.collected_at) == (second.commit, at(1))
    assert count(bare, "drift-pulse") == 1


def test_two_that_read_the_same_tip_are_both_recorded(repo, other, bare):
    write(repo, recorded())
    previous = record.read(repo, PUSHED)
    mine = recorded(at(2), OTHER)
    write(other, recorded(at(1), MORE))
    written = record.write(
        repo, PUSHED, replace(mine, changed_at=record.changed_at(previous, mine)), previous, MARKDOWN
    )
    assert written.reason == "changed"
    assert count(bare, "drift-state") == 3
    read = record.read(other, PUSHED)
    assert read is not None
    assert set(read.inventory.config) == set(mine.inventory.config)
    assert read.changed_at[Key("pve", "guest", "101")] == NOON
    assert read.changed_at[Key("pve", "guest", "104")] == at(2)
    for run in (recorded(), recorded(at(1)), mine):
        assert record.read_run(other, PUSHED, run.report.run.id)


def test_the_newer_of_two_wins_and_the_older_is_kept_beside_it(repo, other, bare):
    write(repo, recorded())
    previous = record.read(repo, PUSHED)
    write(other, recorded(at(2), MORE))
    pulse = tip(bare, PULSE)
    written = record.write(repo, PUSHED, recorded(at(1), OTHER), previous, MARKDOWN)
    assert written.reason == "superseded"
    assert tip(bare, PULSE) == pulse
    touched = git(bare, "diff", "--name-only", "drift-state~", "drift-state").splitlines()
    assert len(touched) == 7
    assert all(path.startswith("reports/runs/2026/11/23/T13") for path in touched)
    read = record.read(repo, PUSHED)
    assert read is not None
    assert read.report.run.collected_at == at(2)


def test_a_run_that_an_unchanged_one_overtook_is_kept_beside_it(repo, other, bare):
    """It read the site before the other did: what it found is not how the site is."""
    write(repo, recorded())
    previous = record.read(repo, PUSHED)
    unchanged = write(other, recorded(at(2)))
    assert unchanged.commit is None
    pulse = tip(bare, PULSE)
    written = record.write(repo, PUSHED, recorded(at(1), OTHER), previous, MARKDOWN)
    assert written.reason == "superseded"
    assert tip(bare, PULSE) == pulse
    read = record.read(repo, PUSHED)
    assert read is not None
    assert (read.report.run.collected_at, set(read.inventory.config)) == (
        at(2),
        set(recorded().inventory.config),
    )


def test_who_lost_the_race_with_the_same_news_has_nothing_to_add(repo, other, bare):
    previous = record.read(repo, PUSHED)
    write(other, recorded())
    written = record.write(repo, PUSHED, recorded(at(1)), previous, MARKDOWN)
    assert (written.reason, written.commit) == ("unchanged", None)
    assert count(bare, "drift-state") == 1


def test_both_on_the_checked_out_branch(repo, other, bare):
    previous = record.read(repo, CHECKED_OUT_PUSHED)
    write(other, recorded(), CHECKED_OUT_PUSHED)
    written = record.write(repo, CHECKED_OUT_PUSHED, recorded(at(1), MORE), previous, MARKDOWN)
    assert (written.reason, tip(bare, "refs/heads/main")) == ("changed", written.commit)
    assert count(bare, "main") == 3


def test_a_remote_that_lets_nothing_be_replaced_is_no_race(repo, bare, monkeypatch):
    write(repo, recorded())
    git(bare, "config", "receive.denyNonFastForwards", "true")
    monkeypatch.setattr("reconciler.record.pulse.pause", lambda attempt: pytest.fail("it is tried again"))
    written = write(repo, recorded(at(1), MORE))
    (problem,) = map(str, written.problems)
    assert re.search(r"^origin: refuses to replace drift-pulse .*history\.pulse: null", problem)
    assert count(bare, "drift-state") == 2


@pytest.mark.parametrize("known", [True, False], ids=["with a history", "before the first run"])
def test_a_branch_that_is_no_pulse_is_never_replaced(repo, bare, known):
    if known:
        write(repo, recorded())
    before = tip(bare, "refs/heads/main")
    settings = PUSHED.model_copy(update={"pulse": "main"})
    with pytest.raises(
        RecordError, match=r"history\.pulse: main: has no run\.json.*name a branch that nothing"
    ):
        write(repo, recorded(at(1), MORE), settings)
    assert tip(bare, "refs/heads/main") == before
    assert count(bare, "drift-state") == int(known) if known else tip(bare, BRANCH) is None


def test_a_race_inside_the_remote_is_a_race(repo, bare):
    """The other push holds the ref's lock on the server at that very moment."""
    write(repo, recorded())
    lock = bare / "refs/heads/drift-state.lock"
    hook(bare, "update", f'[ -e "$PWD/once" ] && rm -f "{lock}" || touch "$PWD/once" "{lock}"')
    assert write(repo, recorded(at(1), MORE)).reason == "changed"
    assert count(bare, "drift-state") == 2


@pytest.mark.parametrize("settings", [PUSHED, HistorySettings(push="origin", pulse=None)])
def test_a_hook_that_refuses_is_loud_at_once(repo, root, bare, settings):
    write(repo, recorded())
    before = tip(bare, BRANCH), tip(bare, PULSE)
    hook(bare, "pre-receive", "echo x >>calls; echo 'Not allowed: \033[31mprotected\033[0m'; exit 1")
    written = write(repo, recorded(at(1), MORE), settings)
    (problem,) = map(str, written.problems)
    assert problem == (
        "origin: refuses the push to drift-state: [remote rejected] (pre-receive hook declined): "
        "Not allowed: [31mprotected [0m: 1 commit waits in this clone until a run can push; "
        "allow the job's user to push to that branch"
    )
    assert (written.pushed, written.waiting) == (False, 1)
    assert (bare / "calls").read_text() == "x\n"
    assert (tip(bare, BRANCH), tip(bare, PULSE)) == before
    (bare / "hooks/pre-receive").unlink()
    again = write(repo, recorded(at(2), MORE), settings)
    assert (again.reason, again.delivered, again.problems) == ("unchanged", 1, ())
    assert tip(bare, BRANCH) == written.commit


def test_a_pulse_that_is_refused_is_loud_and_the_history_is_there(repo, bare):
    hook(bare, "update", '[ "$1" != refs/heads/drift-pulse ]')
    written = write(repo, recorded(observed={WEB: {"ips": []}}))
    (problem,) = map(str, written.problems)
    assert re.search(r"^origin: refuses the push to drift-pulse: .*hook declined", problem)
    assert (written.pushed, written.waiting, count(bare, "drift-state")) == (True, 0, 1)
    read = record.read(repo, PUSHED)
    assert read is not None
    assert read.inventory.observed == {WEB: {"ips": []}}, "it stays in this clone"
    (bare / "hooks/update").unlink()
    assert write(repo, recorded(at(1))).problems == ()
    assert run_in(bare, PULSE) == recorded(at(1)).report.run.id
    assert git(repo.root, "for-each-ref", "refs/reconciler/waiting") == ""


def test_a_race_that_never_ends_is_given_up(repo, bare, monkeypatch):
    monkeypatch.setattr(remotes, "_push", lambda *_: False)
    written = write(repo, recorded())
    assert "drift-state: could not be moved 8 times in a row, and no other run moved it" in str(
        written.problems[0]
    )
    assert (tip(bare, BRANCH), written.waiting) == (None, 1)


def test_a_pulse_race_that_never_ends_is_given_up(repo, bare, monkeypatch):
    monkeypatch.setattr(remotes, "replace", lambda *_: False)
    written = write(repo, recorded())
    assert "drift-pulse: could not be moved 8 times in a row" in str(written.problems[0])
    assert (written.pushed, count(bare, "drift-state")) == (True, 1)


def test_a_pulse_that_was_replaced_meanwhile_is_replaced_when_older(repo, other, bare):
    write(repo, recorded())
    previous = record.read(repo, PUSHED)
    write(other, recorded(at(1)))
    last = recorded(at(2))
    record.write(repo, PUSHED, last, previous, MARKDOWN)
    assert run_in(bare, PULSE) == last.report.run.id


def test_a_remote_that_is_gone(repo, bare):
    previous = record.read(repo, PUSHED)
    shutil.rmtree(bare)
    with pytest.raises(RecordError, match=r"^origin: cannot be reached: .*; check its URL") as caught:
        record.read(repo, PUSHED)
    assert "\n" not in str(caught.value)
    written = record.write(repo, PUSHED, recorded(), previous, MARKDOWN)
    assert str(written.problems[0]).startswith("origin: cannot be reached: ")


def test_a_fetch_that_fails_after_the_listing(repo, other, bare, monkeypatch):
    write(other, recorded())
    real = remotes.branches

    def branches(*arguments):
        found = real(*arguments)
        shutil.rmtree(bare)
        return found

    monkeypatch.setattr(remotes, "branches", branches)
    with pytest.raises(RecordError, match=r"^origin: cannot be reached: "):
        record.read(repo, PUSHED)


def test_the_token_in_a_url_is_never_shown(repo, root):
    git(root, "remote", "add", "origin", "http://robot:s3cret-t0ken@127.0.0.1:9/site.git")
    with pytest.raises(RecordError, match=r"^origin: cannot be reached: .*127\.0\.0\.1") as caught:
        record.read(repo, PUSHED)
    chain: BaseException | None = caught.value
    while chain is not None:
        assert "s3cret" not in f"{chain} {chain.args} {getattr(chain, 'text', '')}"
        chain = chain.__cause__


@pytest.mark.parametrize("settings", [PUSHED, CHECKED_OUT_PUSHED])
def test_a_shallow_clone_reads_and_writes(repo, bare, tmp_path, settings):
    for hour in range(3):
        write(repo, recorded(at(hour), {**GUESTS, "105": {"cores": hour}}), settings)
    commits = count(bare, settings.branch or "main")
    git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=main", f"file://{bare}", "shallow")
    shallow = record.open_repository(tmp_path / "shallow")
    assert shallow.shallow
    read = record.read(shallow, settings)
    assert read is not None
    assert read.report.run.collected_at == at(2)
    assert write(shallow, recorded(at(3), MORE), settings).reason == "changed"
    write(repo, recorded(at(4), OTHER), settings)
    assert write(shallow, recorded(at(5), MORE), settings).reason == "changed"
    assert count(bare, settings.branch or "main") == commits + 3
    assert count(tmp_path / "shallow", f"refs/remotes/origin/{settings.branch or 'main'}") < commits + 3
    git(bare, "fsck", "--strict")


def test_a_single_branch_clone_knows_what_it_pushed(repo, bare, tmp_path):
    """Its fetch refspec covers main alone, so git itself would not follow."""
    git(tmp_path, "clone", "--quiet", "--single-branch", str(bare), "single")
    single = record.open_repository(tmp_path / "single")
    written = write(single, recorded())
    read = record.read(single, PUSHED, fetch=False)
    assert read is not None
    assert (read.commit, written.pushed) == (written.commit, True)


def test_a_history_that_was_deleted_on_the_remote_starts_anew(repo, root, bare):
    write(repo, recorded())
    git(bare, "update-ref", "-d", BRANCH)
    assert record.read(repo, PUSHED) is None
    assert write(repo, recorded(at(1))).reason == "first"


def test_a_history_that_was_squashed_on_the_remote_is_taken_as_it_is(repo, bare):
    write(repo, recorded())
    write(repo, recorded(at(1), MORE))
    squashed = git(
        bare, "-c", "user.name=a", "-c", "user.email=a", "commit-tree", "drift-state^{tree}", "-m", "squashed"
    )
    git(bare, "update-ref", BRANCH, squashed)
    assert write(repo, recorded(at(2), MORE)).reason == "unchanged"
    assert write(repo, recorded(at(3), OTHER)).reason == "changed"
    assert count(bare, "drift-state") == 2


def test_who_pushes_sees_no_prompt(repo, root, bare, monkeypatch, tmp_path):
    """A remote that asks for a password fails instead of waiting for one."""
    program = tmp_path / "git-remote-ask"
    program.write_text('#!/bin/sh\nprintf "url=https://ask.test\\n\\n" | git credential fill >&2\nexit 1\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    git(root, "remote", "set-url", "origin", "ask::somewhere")
    git(root, "config", "protocol.ask.allow", "always")
    with pytest.raises(RecordError, match=r"could not read Username .*terminal prompts disabled"):
        record.read(repo, PUSHED)


def test_a_branch_that_is_not_as_it_was_seen_is_not_replaced(repo, root, bare):
    write(repo, recorded())
    pulse_tip, history = tip(bare, "refs/heads/drift-pulse"), tip(bare, "refs/heads/drift-state")
    assert pulse_tip is not None
    assert history is not None
    for seen in (history, None):
        assert remotes.replace(repo, "origin", history, "drift-pulse", seen) is False
        assert tip(bare, "refs/heads/drift-pulse") == pulse_tip
    assert remotes.replace(repo, "origin", history, "drift-pulse", pulse_tip) is True
    assert tip(bare, "refs/heads/drift-pulse") == history


DENIALS = [
    "ERROR: The key you are authenticating with has been marked as read only.",
    "Gitea: Deploy Key: 3:ci is not authorized to write to site/infra.",
    "remote: You are not allowed to push code to this project.",
    "fatal: unable to access 'https://bot:secret@git.lan/site.git/': The requested URL returned error: 403",
    "fatal: Authentication failed for 'https://git.lan/site.git/'",
    "fatal: could not read Username for 'https://git.lan': terminal prompts disabled",
    "git@git.lan: Permission denied (publickey).",
    "remote: Permission to site/infra.git denied to bot.",
]


@pytest.mark.parametrize("text", DENIALS)
def test_a_remote_that_can_be_read_and_not_pushed_to_names_the_right_that_is_missing(
    repo, root, bare, tmp_path, monkeypatch, text
):
    script = tmp_path / "ssh"
    script.write_text(
        "#!/bin/sh\n"
        'case "$*" in *git-upload-pack*) exec git-upload-pack "' + str(bare) + '";; esac\n'
        "cat >&2 <<'END'\n" + text + "\nEND\n"
        "exit 1\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("GIT_SSH_COMMAND", f"{script} -p 1")
    git(root, "remote", "set-url", "origin", f"ssh://git@git.lan{bare}")
    written = write(repo, recorded())
    history, *_ = written.problems
    assert history.what.startswith("can be read, but refuses the push to drift-state: ")
    assert history.remedy == "give the job's user or key the right to push to drift-state"
    assert "secret" not in str(history)
    assert written.waiting == 1
