"""`review --comment` and `review-open` as the workflows call them, against a Gitea that remembers."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from reconciler.cli.main import run
from reconciler.gitea.marker import find_marker
from tests.gitea.fake import Fake, serve
from tests.review.test_review import GUESTS, appended, in_guest

GOLDEN = Path(__file__).parent.parent / "golden" / "comment.md"
FORWARD = "\nwan:tcp:2222:\n  name: ssh\n  fwd: 192.168.11.115\n  fwd_port: ['22']\n  dst_port: ['2222']\n"
CHANGE = {
    GUESTS: lambda text: in_guest(113, "memory: 32768", "memory: 16384")(
        in_guest(111, "memory: 8192", "memory: 65536")(text)
    ),
    "desired-state/unifi/port-forward.yaml": appended(FORWARD),
}


@pytest.fixture
def gitea(monkeypatch):
    with serve() as served:
        monkeypatch.setenv("GITHUB_SERVER_URL", served.server)
        monkeypatch.setenv("GITHUB_REPOSITORY", "ops/site")
        monkeypatch.setenv("GITEA_TOKEN", "job-token")
        yield served


@pytest.fixture
def pull(site, gitea, tmp_path):
    """Open a pull request with edits, also as the remote has it; return its head."""
    remote = tmp_path / "remote.git"
    site.repository.git("clone", "--quiet", "--bare", str(site.repository.root), str(remote))
    site.repository.git("remote", "add", "origin", str(remote))

    def open_pull(edits, number=41, base="main"):
        site.change(edits)
        head = str(site.repository.git("rev-parse", "change")).strip()
        site.repository.git("push", "--quiet", "--force", "origin", f"change:refs/pull/{number}/head")
        gitea.state.pull(number, head, base)
        return head

    yield open_pull
    site.repository.git("remote", "remove", "origin")


def body_of(gitea: Fake, number: int = 41) -> str:
    (comment,) = gitea.state.of(number)
    return comment["body"]


def test_the_comment_that_a_reviewer_gets(pull, gitea, capsys):
    """Kept as a file to look at, but for what each run has of its own: commits, times, addresses."""
    head = pull(CHANGE)
    assert run(["review", "--base", "main", "--head", head, "--comment", "41"]) == 0
    assert "pull request 41: commented" in capsys.readouterr().err
    body = body_of(gitea)
    shown = _without_clocks(body)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(shown)
    assert shown == GOLDEN.read_text()
    (status,) = gitea.state.statuses
    assert status["sha"] == head
    assert status["status"] in {"success", "warning"}


def _without_clocks(body):
    shown = re.sub(r"(?<=^<!-- reconciler:review ).*(?= -->)", "…", body)
    shown = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d UTC", "2026-11-25 12:53 UTC", shown)
    shown = re.sub(r"Base \w+, head \w+", "Base 4f2c1ab00, head 9d03e7700", shown)
    return re.sub(r"expires on [\d-]+", "expires on 2026-12-01", shown)


def test_the_second_push_updates_the_comment_and_the_merge_names_what_it_closed(pull, gitea, site):
    first = pull(CHANGE)
    run(["review", "--base", "main", "--head", first, "--comment", "41"])
    second = pull({GUESTS: in_guest(113, "memory: 32768", "memory: 16384")})
    assert run(["review", "--base", "main", "--head", second, "--comment", "41"]) == 0
    assert body_of(gitea).splitlines()[1] == "### Drift if merged: opens 0 · closes 1 · changes 0 · leaves 7"
    marker = find_marker(body_of(gitea))
    assert marker is not None
    assert marker.head == second
    assert run(["review", "--base", "main", "--head", second, "--comment", "41", "--merged"]) == 0
    merged = body_of(gitea)
    assert merged.splitlines()[1].startswith("### Merged: opens 0 · closes 1 ")
    assert "closes ✓ | `pve/guest/113`" in merged


def test_an_invalid_change_fails_the_status_and_is_named_at_its_lines(pull, gitea):
    head = pull({GUESTS: in_guest(111, "memory: 8192", "memroy: 8192")})
    assert run(["review", "--base", "main", "--head", head, "--comment", "41"]) == 1
    (status,) = gitea.state.statuses
    assert status["status"] == "failure"
    (review,) = gitea.state.reviews
    (comment,) = review["comments"]
    assert comment["path"] == GUESTS
    line = subprocess.run(["git", "show", f"{head}:{GUESTS}"], capture_output=True, text=True, check=True)
    assert "memroy" in line.stdout.splitlines()[comment["new_position"] - 1]


def test_every_open_pull_request_is_reviewed_without_being_checked_out(pull, gitea, site, capsys):
    """One is fine, one is invalid, one goes elsewhere, one has no commits any more."""
    pull(CHANGE, 41)
    pull({GUESTS: in_guest(111, "memory: 8192", "memroy: 8192")}, 42)
    pull(CHANGE, 43, base="other")
    gitea.state.pull(44, "0" * 40)
    before = site.repository.git("status", "--porcelain", "--branch")
    assert run(["review-open"]) == 1
    assert site.repository.git("status", "--porcelain", "--branch") == before
    errors = capsys.readouterr().err
    assert "pull request 41: commented" in errors
    assert "pull request 42: commented" in errors
    assert "43" not in errors
    assert "origin: has no commits of pull request 44" in errors
    assert "### The desired state is not valid" in body_of(gitea, 42)
    run(["review-open"])
    assert "pull request 41: the comment is as it was" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("GITEA_TOKEN", "", "gitea.token: the environment variable GITEA_TOKEN is not set"),
        ("GITHUB_REPOSITORY", "", "gitea.repository: names no repository"),
        ("GITHUB_SERVER_URL", "http://127.0.0.1:9", "127.0.0.1:9: cannot read pull request 41"),
        ("GITHUB_REPOSITORY", "a b/../c", "do not make the address of a repository"),
        ("GITEA_TOKEN", "wrong", "401, the token is not accepted"),
    ],
)
def test_what_is_missing_for_a_comment_is_named_after_the_review(
    name, value, message, pull, gitea, monkeypatch, capsys
):
    head = pull(CHANGE)
    monkeypatch.setenv(name, value)
    code = run(["review", "--base", "main", "--head", head, "--comment", "41"])
    shown = capsys.readouterr()
    assert shown.out.startswith("This change opens 2, closes 1")
    assert message in shown.err
    assert code == 1
    assert "Traceback" not in shown.err


def test_a_merge_that_does_not_show_where_it_began_is_named(pull, site, capsys):
    head = pull(CHANGE)
    site.repository.git("checkout", "--quiet", "-B", "after", head)
    assert run(["review", "--base", head, "--head", "main", "--merged"]) == 1
    assert "name the commit from before the merge" in capsys.readouterr().err
