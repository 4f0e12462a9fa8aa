"""A strict client that was generated from Gitea's own OpenAPI document, against our fake, and beside ours.

It refuses any answer of another shape, so that the fake is not only what we believe of Gitea. No real server
is tried here: neither Gitea nor Forgejo can be installed from the registries that the tests use.
"""

import asyncio
import logging

import pytest
from gitea_api_client import ApiClient, Configuration
from gitea_api_client.api import IssueApi, MiscellaneousApi, RepositoryApi, UserApi
from gitea_api_client.models import (
    CreateIssueCommentOption,
    CreateIssueOption,
    CreatePullReviewComment,
    CreatePullReviewOptions,
    CreateStatusOption,
    EditIssueCommentOption,
    EditIssueOption,
)

from tests.gitea.conftest import HEAD

SITE = ("ops", "site")
RUN = {
    "id": 1,
    "event": "schedule",
    "status": "completed",
    "conclusion": "success",
    "path": "reconcile.yml",
    "head_sha": HEAD,
    "started_at": "2026-11-23T21:05:00Z",
    "completed_at": "2026-11-23T21:05:30Z",
}


@pytest.fixture
def strictly(fake):
    """Run a coroutine with the strict client."""
    logging.getLogger("httpx").setLevel(logging.WARNING)

    def run(work, token="job-token"):
        async def inside():
            settings = Configuration(
                host=f"{fake.server}/api/v1",
                api_key={"AuthorizationHeaderToken": token},
                api_key_prefix={"AuthorizationHeaderToken": "token"},
            )
            async with ApiClient(settings) as api:
                return await work(api)

        return asyncio.run(inside())

    return run


async def _everything(api):
    issues, repository = IssueApi(api), RepositoryApi(api)
    comment = await issues.issue_create_comment(*SITE, 41, CreateIssueCommentOption(body="text"))
    yield comment
    yield await issues.issue_edit_comment(*SITE, comment.id or 0, EditIssueCommentOption(body="other"))
    yield (await issues.issue_get_comments(*SITE, 41))[0]
    await issues.issue_delete_comment(*SITE, comment.id or 0)
    issue = await issues.issue_create_issue(*SITE, CreateIssueOption(title="Current drift", body="text"))
    yield issue
    yield await issues.issue_edit_issue(*SITE, issue.number or 0, EditIssueOption(state="closed"))
    yield (await issues.issue_list_issues(*SITE, state="all", type="issues", page=1, limit=50))[0]
    yield await repository.repo_get_pull_request(*SITE, 41)
    yield (await repository.repo_list_pull_requests(*SITE, state="open", page=1, limit=50))[0]
    status = CreateStatusOption(context="reconciler/review", state="success", description="x", target_url="")
    yield await repository.repo_create_status(*SITE, HEAD, status)
    on_line = CreatePullReviewComment(path="desired-state/pve/guest.yaml", new_position=3, body="text")
    options = CreatePullReviewOptions(event="COMMENT", body="x", commit_id=HEAD, comments=[on_line])
    yield await repository.repo_create_pull_review(*SITE, 41, options)
    yield await repository.repo_get(*SITE)
    yield await repository.get_workflow_runs(*SITE, event="schedule")
    yield await MiscellaneousApi(api).get_version()
    yield await UserApi(api).user_get_current()


def test_every_answer_of_the_fake_has_the_shape_of_gitea(strictly, fake):
    fake.state.runs = [RUN]

    async def work(api):
        return [answer async for answer in _everything(api)]

    answers = strictly(work)
    asked = {(method, _shape(path)) for method, path in fake.state.requests}
    assert len(answers) == 14
    assert None not in answers
    assert answers[1].body == "other"
    assert len(asked) == 15


def test_ours_reads_what_the_strict_client_wrote_and_the_other_way_round(strictly, client, fake):
    async def write(api):
        return await IssueApi(api).issue_create_comment(*SITE, 41, CreateIssueCommentOption(body="theirs"))

    theirs = strictly(write)
    with client() as gitea:
        gitea.add_comment(41, "ours")
        gitea.edit_comment(theirs.id, "edited by us")
        assert [each.body for each in gitea.list_comments(41)] == ["edited by us", "ours"]

    async def read(api):
        return await IssueApi(api).issue_get_comments(*SITE, 41)

    assert [each.body for each in strictly(read)] == ["edited by us", "ours"]


def test_ours_asks_for_nothing_that_the_strict_client_has_not_tried(strictly, client, fake):
    """Each request of ours is one that the generated client makes too: same method, same path."""
    from tests.gitea.test_client import CALLS

    fake.state.runs = [RUN]

    async def work(api):
        return [answer async for answer in _everything(api)]

    strictly(work)
    theirs = {(method, _shape(path)) for method, path in fake.state.requests}
    fake.state.requests.clear()
    fake.state.comment(41, "text", "job")
    with client() as gitea:
        gitea.get_user()
        for call in CALLS.values():
            call(gitea)
    assert {(method, _shape(path)) for method, path in fake.state.requests} <= theirs


def _shape(path):
    parts = path.partition("?")[0].split("/")
    return "/".join("N" if part.isdigit() or part == HEAD else part for part in parts)
