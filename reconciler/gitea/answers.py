"""The answers of the API, as far as they are used; Gitea 1.22 and later, and Forgejo, agree on it.

From the OpenAPI documents of Gitea (`/swagger.v1.json`) and Forgejo 16. Every text is untrusted.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

State = Literal["success", "warning", "failure", "pending"]
"""The state of a commit, as Gitea 1.22 and later show it."""

GiteaText = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]
"""A text; null is an empty one (Go's `nil`)."""


class GiteaAnswer(BaseModel):
    """The base: fields that are not used are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class User(GiteaAnswer):
    """An account; the one of a workflow's token (`gitea-actions`) has the id -2."""

    id: int
    login: GiteaText = ""


class Comment(GiteaAnswer):
    """A comment on an issue or a pull request."""

    id: int
    body: GiteaText = ""
    user: User | None = None
    html_url: GiteaText = ""


class PullRequestSide(GiteaAnswer):
    """One side of a pull request."""

    sha: GiteaText = ""
    ref: GiteaText = ""


class PullRequest(GiteaAnswer):
    """A pull request."""

    number: int
    state: GiteaText = ""
    merged: bool | None = None
    head: PullRequestSide
    base: PullRequestSide


class Issue(GiteaAnswer):
    """An issue."""

    number: int
    state: GiteaText = ""
    title: GiteaText = ""
    body: GiteaText = ""
    user: User | None = None
    html_url: GiteaText = ""


class Permissions(GiteaAnswer):
    """The rights that the account of a token has in a repository."""

    admin: bool = False
    push: bool = False
    pull: bool = False


class RepositoryAnswer(GiteaAnswer):
    """The repository."""

    default_branch: GiteaText = ""
    permissions: Permissions | None = None


class WorkflowRun(GiteaAnswer):
    """A run of a workflow: of Gitea's `workflow_runs`, or of Forgejo's, whose names differ.

    `event` is what `on:` of the workflow names. Forgejo has that as `trigger_event`; its `event` is the push
    that registered the schedule.
    """

    id: int
    event: GiteaText = Field("", validation_alias=AliasChoices("trigger_event", "event"))
    status: GiteaText = ""
    conclusion: GiteaText = ""
    file: GiteaText = Field("", validation_alias=AliasChoices("path", "workflow_id"))
    commit: GiteaText = Field("", validation_alias=AliasChoices("head_sha", "commit_sha"))
    started: datetime | None = Field(None, validation_alias=AliasChoices("started_at", "started"))
    ended: datetime | None = Field(None, validation_alias=AliasChoices("completed_at", "stopped"))


class LineComment(GiteaAnswer):
    """A comment on one line of a file in a pull request."""

    path: str
    line: int
    body: str
