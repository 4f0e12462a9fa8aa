"""review.yml as a runner runs it: the head is only read, and the base decides how."""

import re

import pytest

from reconciler.cli.demo import secrets_of
from reconciler.lab import Lab
from tests.workflows.act import WORKFLOWS
from tests.workflows.forge import OF_A_FORK, PULL, ROOT, forge_at

TRUST = ROOT / "docs" / "secrets.md"
RE_FLAGS = re.MULTILINE | re.DOTALL
CHECKOUT = "Check out the base branch, fetch the head"
REVIEW = "Compare both sides on the last recorded snapshot, and comment"


STAND_IN = """\
#!/bin/sh
{{ printf '%s\\n' "$@"; ls; env; }} >{calls}
exit {code}
"""


def stand_in(forge, code=0):
    """Put a program in the place of the tool; it notes its arguments, the files it sees and its variables."""
    forge.script("reconciler", STAND_IN.format(calls=forge.calls, code=code))


def given(forge, option):
    """The value of an option that the stand-in was called with."""
    words = forge.calls.read_text().splitlines()
    return words[words.index(option) + 1]


@pytest.fixture(scope="module")
def once(tmp_path_factory):
    """A code host on which the site was recorded once."""
    with Lab() as lab, forge_at(tmp_path_factory.mktemp("once"), lab) as forge:
        job = forge.reconcile()
        assert job.green, job.log
        yield forge


@pytest.fixture
def recorded(tmp_path, once):
    """A copy of it."""
    with forge_at(tmp_path, once.lab, copy=once) as forge:
        yield forge


def propose(forge, name="desired-state/pve/pool.yaml", data=b"nowhere: {}\n"):
    """Push a branch with one more change, and return its commit."""
    forge.write(name, data)
    return forge.push("topic")


def kept(forge):
    """The workspace as it was when the tool had run."""
    (folder,) = forge.kept.iterdir()
    return folder


def test_a_pull_request_shows_its_effect_and_the_head_is_only_read(recorded):
    forge = recorded
    forge.kept.mkdir()
    asked, refs = forge.lab.requests.total(), forge.branches()
    for number in range(3):
        forge.write("notes.bin", bytes([number]) * 4096)
        forge.push("main")
    forge.write("reconciler/__init__.py", b"raise SystemExit('executed')\n")
    head = propose(forge)
    forge.server.requests.clear()
    job = forge.review(head)
    assert job.green, job.log
    assert job.steps[0] == CHECKOUT
    assert job.steps[-1] == REVIEW
    assert "pve/pool/nowhere" in job.log
    assert forge.lab.requests.total() == asked
    assert forge.branches() == [*refs, "topic"]
    (call,) = forge.calls.read_text().splitlines()
    assert f"review --base refs/remotes/origin/main --head {head} --comment {PULL} " in f"{call} "

    there = kept(forge)
    assert not (there / "reconciler").exists()
    assert not (there / "desired-state/pve/pool.yaml").read_bytes().startswith(b"nowhere")
    assert forge.git(there, "rev-list", "--count", "origin/drift-state") == "1"
    missing = forge.git(there, "rev-list", "--objects", "--missing=print", "refs/remotes/origin/main")
    assert len([line for line in missing.splitlines() if line.startswith("?")]) == 2, "past files stay there"
    assert len(forge.server.requests) < 30, "files are fetched together"


@pytest.mark.parametrize("partial", [True, False], ids=["partial clones", "a server without them"])
def test_both_sides_are_merged_where_main_moved_on(recorded, partial):
    """A file that both changed is merged, which needs the commit that both come from."""
    forge = recorded
    forge.git(forge.remote, "config", "uploadpack.allowFilter", str(partial).lower())
    base = forge.tip()
    text = (forge.clone / "desired-state/pve/guest.yaml").read_bytes()
    forge.write("desired-state/pve/guest.yaml", text + b"# the end of main\n")
    forge.push("main")
    forge.git(forge.clone, "checkout", "--quiet", "--detach", base)
    forge.write("desired-state/pve/guest.yaml", b"# the beginning of topic\n" + text)
    job = forge.review(propose(forge))
    assert job.green, job.log
    assert "pve/pool/nowhere" in job.log
    assert "head is compared as it stands" not in job.log
    assert ("filtering not recognized" in job.log) is not partial


def test_the_record_may_be_on_the_branch_that_it_goes_to(forge):
    config = forge.config().replace(b"origin}", b"origin, branch: null}")
    forge.write("config/reconciler.yaml", config)
    forge.push("main")
    assert forge.reconcile().green
    job = forge.review(propose(forge))
    assert job.green, job.log
    assert "pve/pool/nowhere" in job.log
    assert "nothing is recorded" not in job.log


def test_a_mistake_is_red_and_has_its_place(forge):
    job = forge.review(propose(forge, "desired-state/pve/guest.yaml", b"101:\n  memroy: 4096\n"))
    assert not job.green
    assert "desired-state/pve/guest.yaml:2:3" in job.log
    assert "did you mean memory" in job.log


def test_a_tag_that_is_called_like_the_branch_is_not_the_branch(forge):
    stand_in(forge)
    forge.write("reconciler.txt", b"not reviewed")
    forge.git(forge.remote, "tag", "main", forge.push("topic"))
    assert forge.review(forge.tip()).green
    assert "desired-state" in forge.calls.read_text().splitlines()
    assert "reconciler.txt" not in forge.calls.read_text()


@pytest.mark.parametrize("name", ["$(touch executed)", "a;touch executed;#", "-x", "ü'\"b"])
def test_the_name_of_a_branch_is_not_code(forge, name):
    base = f"{name}/x" if name == "-x" else name
    base = base.replace(" ", "${IFS}")
    forge.git(forge.remote, "update-ref", f"refs/heads/{base}", forge.tip())
    forge.script("reconciler", f'#!/bin/sh\nprintf "%s\\n" "$@" >{forge.calls}\nls >>{forge.calls}\n')
    job = forge.review(propose(forge), pull={"base": {"ref": base}})
    assert job.green, job.log
    words = forge.calls.read_text().splitlines()
    assert words[words.index("--base") + 1] == f"refs/remotes/origin/{base}"
    assert "executed" not in words


def test_a_job_that_comes_late_reviews_the_latest_head(forge):
    stand_in(forge)
    old = propose(forge)
    forge.write("desired-state/pve/pool.yaml", b"elsewhere: {}\n")
    forge.git(forge.clone, "add", "--all")
    forge.git(forge.clone, "commit", "--quiet", "--amend", "--message", "forced")
    latest = forge.push("topic")
    job = forge.review(latest, pull={"head": {"sha": old}})
    assert job.green, job.log
    assert "the pull request has newer commits: its latest head is reviewed" in job.output
    assert given(forge, "--head") == latest


def test_a_fork_gets_its_answer_in_the_log(recorded):
    job = recorded.review(propose(recorded), secrets={"GITHUB_TOKEN": OF_A_FORK})
    assert job.green, job.log
    assert "pve/pool/nowhere" in job.log
    assert any(line.startswith("warning: ") for line in job.output)
    assert f"pull request {PULL}: not commented: the token may not" in job.output
    assert not recorded.server.state.comments


def test_one_comment_follows_a_pull_request_until_it_is_merged(recorded):
    """Opened, pushed to, merged: the comment has what each head does, and at last what was done."""
    forge, state = recorded, recorded.server.state
    began = forge.tip()
    forge.git(forge.clone, "checkout", "--quiet", "--detach")
    first = propose(forge)
    assert forge.review(first).green
    first_id, text = only(state)
    assert "pve/pool/nowhere" in text
    second = propose(forge, data=b"elsewhere: {}\n")
    assert forge.review(second, "synchronize").green
    same_id, text = only(state)
    assert same_id == first_id
    assert "pve/pool/elsewhere" in text
    assert "nowhere" not in text
    statuses = [(each["sha"], each["context"], each["status"]) for each in state.statuses]
    assert statuses == [(each, "reconciler/review", "warning") for each in (first, second)]

    forge.git(forge.clone, "checkout", "--quiet", "main")
    forge.git(forge.clone, "merge", "--quiet", "--no-ff", "--message", "merged", second)
    forge.git(forge.clone, "push", "--quiet", "origin", "main")
    job = forge.review(second, "closed", pull={"merged": True, "merge_base": began})
    assert job.green, job.log
    same_id, text = only(state)
    assert same_id == first_id
    assert "### Merged: opens" in text


def test_the_scheduled_job_comments_where_a_fork_may_not(recorded, tmp_path):
    """With the step that docs/secrets.md has; main moved on since the pull request began."""
    forge = recorded
    base = forge.tip()
    forge.write("notes.txt", b"main moved on")
    forge.push("main")
    forge.git(forge.clone, "checkout", "--quiet", "--detach", base)
    head = propose(forge)
    forge.git(forge.remote, "update-ref", f"refs/pull/{PULL}/head", head)
    forge.server.state.pull(PULL, head)
    (step,) = re.findall(r"^```yaml\n( {6}- name: Review open.*?)^```$", TRUST.read_text(), flags=RE_FLAGS)
    workflow = tmp_path / "reconcile.yml"
    workflow.write_text((WORKFLOWS / "reconcile.yml").read_text() + step)
    real = (forge.path / "bin/reconciler").read_text()
    forge.script("reconciler", real.replace("#!/bin/sh\n", '#!/bin/sh\n[ "$1" != run ] || exit 0\n'))
    job = forge.reconcile(workflow=workflow)
    assert job.green, job.log
    _, text = only(forge.server.state)
    assert "pve/pool/nowhere" in text
    assert "compared as it stands" not in text


def only(state):
    """The id and the text of the one comment."""
    (comment,) = state.of(PULL)
    return comment["id"], comment["body"]


def test_a_pull_request_that_is_closed_without_a_merge_needs_no_job(forge):
    stand_in(forge)
    assert forge.review(propose(forge), "closed").green
    assert not forge.calls.exists()


@pytest.mark.parametrize("code", [1, 3, 64, 143])
def test_whatever_the_tool_cannot_answer_is_red(forge, code):
    stand_in(forge, code)
    assert not forge.review(propose(forge)).green


def test_no_secret_of_the_site_is_given(forge):
    stand_in(forge)
    assert forge.review(propose(forge), secrets=secrets_of(forge.lab)).green
    got = forge.calls.read_text()
    assert not [value for value in secrets_of(forge.lab).values() if value in got]


def test_the_answer_is_also_the_summary_of_the_job_where_there_is_one(forge):
    stand_in(forge)
    older = forge.path / "older-server"
    older.write_text("unset GITHUB_STEP_SUMMARY\n")
    head = propose(forge)
    assert forge.review(head).green
    assert given(forge, "--output").startswith("markdown:/")
    assert forge.review(head, "synchronize", BASH_ENV=str(older)).green
    assert "--output" not in forge.calls.read_text()
