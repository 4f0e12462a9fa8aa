"""The facts that checks need of the Gitea or Forgejo that holds the repository, whoever reads them.

Shapes follow `/swagger.v1.json` of each server: `Repository.permissions`, and of runs `ActionWorkflowRun` of
Gitea (`event`, `status`, `conclusion`, `path`, `head_sha`, `started_at`, `completed_at`) or `ActionRun` of
Forgejo (`workflow_id`, `status`, `started`). Every text is untrusted.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class TokenRights(Protocol):
    """The rights of a token's account in the repository."""

    @property
    def admin(self) -> bool:
        """Whether it may change settings and secrets."""

    @property
    def push(self) -> bool:
        """Whether it may write."""

    @property
    def pull(self) -> bool:
        """Whether it may read."""


class HostedRepository(Protocol):
    """The repository."""

    @property
    def permissions(self) -> TokenRights | None:
        """The rights of the token; None where the server does not show them."""


class ScheduledRun(Protocol):
    """A run of a workflow that its schedule began."""

    @property
    def status(self) -> str:
        """The state: of Gitea `queued`, `in_progress`, `completed`; of Forgejo the outcome too."""

    @property
    def conclusion(self) -> str:
        """The outcome, of Gitea only."""

    @property
    def file(self) -> str:
        """Name or path of the workflow, of Gitea with `@` and the ref."""

    @property
    def started(self) -> datetime | None:
        """When a runner took it; None, or a moment long ago, before that."""


class CodeHost(Protocol):
    """One repository on a server. Every method raises `ReconcilerError`."""

    @property
    def host(self) -> str:
        """Host and port, as messages name it."""

    def get_version(self) -> str:
        """Return the version: `1.24.3`, of Forgejo `16.0.1+gitea-1.22.0`."""

    def get_repository(self) -> HostedRepository:
        """Return the repository."""

    def list_scheduled_runs(self) -> Sequence[ScheduledRun] | None:
        """Return the newest runs that a schedule began, newest first; None where they are not shown."""
