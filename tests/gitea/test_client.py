"""Each method of the client, against the fake: shapes, pages, retries, and the error of every fault."""

import time

import pytest

from reconciler.config.gitea import GiteaSettings
from reconciler.gitea.answers import LineComment
from reconciler.gitea.client import Gitea
from reconciler.gitea.errors import GiteaError
from reconciler.gitea.place import HostedPlace
from tests.gitea.conftest import HEAD
from tests.gitea.fake import serve

CALLS = {
    "get_version": lambda gitea: gitea.get_version(),
    "get_repository": lambda gitea: gitea.get_repository(),
    "get_pull_request": lambda gitea: gitea.get_pull_request(41),
    "list_open_pull_requests": lambda gitea: gitea.list_open_pull_requests(),
    "list_comments": lambda gitea: gitea.list_comments(41),
    "add_comment": lambda gitea: gitea.add_comment(41, "text"),
    "edit_comment": lambda gitea: gitea.edit_comment(101, "text"),
    "delete_comment": lambda gitea: gitea.delete_comment(101),
    "set_status": lambda gitea: gitea.set_status(HEAD, "reconciler/review", "success", "fine"),
    "comment_on_lines": lambda gitea: gitea.comment_on_lines(
        41, HEAD, "not valid", [LineComment(path="desired-state/pve/guest.yaml", line=3, body="text")]
    ),
    "list_issues": lambda gitea: gitea.list_issues(),
    "add_issue": lambda gitea: gitea.add_issue("Current drift", "text"),
    "edit_issue": lambda gitea: gitea.edit_issue(201, state="closed"),
    "list_scheduled_runs": lambda gitea: gitea.list_scheduled_runs(),
}
"""Every method that asks the server; `get_user` has a test of its own."""


def test_every_method_that_asks_is_in_the_table():
    methods = {name for name, value in vars(Gitea).items() if callable(value) and not name.startswith("_")}
    assert methods == {*CALLS, "get_user"}


@pytest.fixture
def filled(fake):
    fake.state.comment(41, "earlier", "job")
    fake.state.issues[201] = {
        "id": 201,
        "number": 201,
        "state": "open",
        "title": "x",
        "body": "",
        "user": None,
    }
    return fake


@pytest.mark.parametrize("name", CALLS)
def test_a_method_does_what_it_says(name, filled, client):
    with client() as gitea:
        CALLS[name](gitea)
    method, path = filled.state.requests[-1]
    assert path.startswith("/api/v1/")
    assert (method == "GET") == name.startswith(("get_", "list_"))


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 423, 500])
@pytest.mark.parametrize("name", CALLS)
def test_every_fault_is_one_line_with_a_remedy(name, status, filled, client):
    filled.state.fault = lambda _method, _path: status
    if (name, status) in {("list_scheduled_runs", 404), ("delete_comment", 404)}:
        with client() as gitea:
            assert CALLS[name](gitea) is None
        return
    with client() as gitea, pytest.raises(GiteaError) as raised:
        CALLS[name](gitea)
    problem = raised.value.problem
    assert raised.value.status == status
    assert str(status) in problem.what
    assert "made to fail" in problem.what
    assert problem.remedy
    assert "job-token" not in str(problem)
    assert "\n" not in str(problem)
    if status == 403 and name != "get_version":
        assert ":" in problem.remedy.rpartition("scope ")[2]


def test_a_missing_scope_is_the_one_that_gitea_names(filled, client):
    with client("narrow-token") as gitea, pytest.raises(GiteaError) as raised:
        gitea.get_user()
    assert raised.value.problem.remedy.startswith("give it the scope read:user;")
    assert raised.value.lacks_scope


def test_a_token_that_may_not_see_its_account_has_none(filled, client):
    filled.state.shows_user = False
    with client() as gitea:
        assert gitea.get_user() is None
    filled.state.shows_user = True
    with client("bot-token") as gitea:
        assert gitea.get_user().id == 7


def test_a_server_that_is_down_is_named_with_its_host(client, fake, tmp_path):
    with serve() as gone:
        place = HostedPlace(gone.server, "", "ops", "site")
    with Gitea(place, "job-token", GiteaSettings(), tmp_path) as gitea, pytest.raises(GiteaError) as raised:
        gitea.add_comment(41, "text")
    assert raised.value.problem.cause == "unreachable"
    assert raised.value.status is None
    assert gone.server.removeprefix("http://") == raised.value.problem.subject


def test_a_slow_server_is_given_up(client, fake):
    fake.state.delay = 3
    began = time.monotonic()
    with client(seconds=0.2) as gitea, pytest.raises(GiteaError) as raised:
        gitea.add_comment(41, "text")
    assert raised.value.problem.cause == "timeout"
    assert time.monotonic() - began < 3
    assert len(fake.state.requests) == 1


def failing(status, times):
    left = [times]

    def fault(_method, _path):
        left[0] -= 1
        return status if left[0] >= 0 else None

    return fault


@pytest.mark.parametrize(
    ("name", "status", "attempts"),
    [
        ("list_comments", 503, 2),
        ("edit_comment", 503, 2),
        ("delete_comment", 502, 2),
        ("add_comment", 429, 2),
        ("add_comment", 503, 1),
        ("set_status", 500, 1),
    ],
)
def test_only_what_is_safe_to_make_twice_is_made_again(name, status, attempts, filled, client):
    """A POST that a server may have carried out is never sent again: there would be two comments."""
    filled.state.fault = failing(status, 1)
    with client() as gitea:
        if attempts == 1:
            with pytest.raises(GiteaError):
                CALLS[name](gitea)
        else:
            CALLS[name](gitea)
    assert len(filled.state.requests) == attempts


@pytest.mark.parametrize("size", [50, 7])
def test_lists_that_have_pages_are_read_to_their_end(size, fake, client):
    fake.state.page_size = size
    for number in range(100, 223):
        fake.state.pull(number, HEAD)
        fake.state.issues[number] = {"id": number, "number": number, "state": "open", "user": None}
    with client() as gitea:
        assert len(gitea.list_open_pull_requests()) == 124
        assert len(gitea.list_issues()) == 123


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>", b'{"id": "x"}', b'{"number": 1}', b"null", b'"text"', b"\xff"]
)
def test_an_answer_of_another_form_is_an_error_without_a_traceback(body, client, fake, monkeypatch):
    monkeypatch.setattr("tests.gitea.fake.encoded", lambda _value: body)
    with client() as gitea:
        for name in ("get_pull_request", "add_comment", "list_scheduled_runs"):
            with pytest.raises(GiteaError) as raised:
                CALLS[name](gitea)
            assert raised.value.problem.cause == "bad-answer"


def test_runs_are_read_in_the_shape_of_either_server(fake, client):
    of_gitea = {
        "id": 1,
        "event": "schedule",
        "status": "completed",
        "conclusion": "success",
        "path": "reconcile.yml@refs/heads/main",
        "head_sha": HEAD,
        "started_at": "2026-11-23T21:05:00Z",
        "completed_at": "2026-11-23T21:05:30Z",
    }
    of_forgejo = {
        "id": 2,
        "event": "schedule",
        "status": "success",
        "workflow_id": "reconcile.yml",
        "commit_sha": HEAD,
        "started": "2026-11-23T21:05:00Z",
        "stopped": "2026-11-23T21:05:30Z",
    }
    fake.state.runs = [of_gitea, of_forgejo]
    with client() as gitea:
        second, first = gitea.list_scheduled_runs()
    assert (first.commit, first.started, first.ended) == (second.commit, second.started, second.ended)
    assert (first.conclusion, second.status) == ("success", "success")
    assert first.file.startswith(second.file)


def test_runs_of_a_schedule_are_found_whatever_registered_it(fake, client):
    def run(number, event, **of_forgejo):
        return {"id": number, "event": event, "status": "success", "workflow_id": "a.yml", **of_forgejo}

    fake.state.runs = [
        run(4, "push", trigger_event="schedule"),
        run(3, "push", trigger_event="push"),
        run(2, "schedule", trigger_event="schedule"),
        run(1, "workflow_dispatch"),
        run(5, "schedule"),
    ]
    with client() as gitea:
        assert [each.id for each in gitea.list_scheduled_runs()] == [5, 4, 2]


def test_tls_below_a_path_with_a_ca_of_its_own(tmp_path):
    with serve(tmp_path / "tls", prefix="/git") as fake:
        fake.state.pull(41, HEAD)
        place = HostedPlace(fake.server.removesuffix("/git"), "/git", "ops", "site")
        with Gitea(place, "job-token", GiteaSettings(ca_file=str(fake.ca_file)), tmp_path) as gitea:
            assert gitea.get_pull_request(41).head.sha == HEAD
        with Gitea(place, "job-token", GiteaSettings(), tmp_path) as gitea:
            with pytest.raises(GiteaError) as raised:
                gitea.get_version()
            assert raised.value.problem.cause == "untrusted-certificate"
            assert "gitea.ca_file" in raised.value.problem.remedy
