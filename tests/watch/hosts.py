"""A code host as checks see it, whose answers a test decides."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from reconciler.errors import Problem, ReconcilerError

NOW = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
ZERO = datetime(1, 1, 1, tzinfo=UTC)
"""What Go writes for a time that is not set."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class StubRights:
    admin: bool = False
    push: bool = True
    pull: bool = True


@dataclass(frozen=True)
class StubRepository:
    permissions: StubRights | None = field(default_factory=StubRights)


@dataclass(frozen=True)
class StubRun:
    status: str
    conclusion: str = ""
    file: str = "reconcile.yml"
    started: datetime | None = None


def of_gitea(minutes: float, outcome: str = "success", file: str = "reconcile.yml") -> StubRun:
    """A run as Gitea 1.25 lists it, begun so long ago."""
    path = f".gitea/workflows/{file}@refs/heads/main"
    if outcome in {"queued", "waiting", "in_progress"}:
        begun = NOW - timedelta(minutes=minutes) if outcome == "in_progress" else EPOCH
        return StubRun(outcome, "", path, begun)
    return StubRun("completed", outcome, path, NOW - timedelta(minutes=minutes))


def of_forgejo(minutes: float, outcome: str = "success", file: str = "reconcile.yml") -> StubRun:
    """A run as Forgejo 16 lists it."""
    status = {"queued": "waiting", "in_progress": "running"}.get(outcome, outcome)
    waits = status in {"waiting", "blocked"}
    return StubRun(status, "", file, ZERO if waits else NOW - timedelta(minutes=minutes))


@dataclass
class StubHost:
    host: str = "gitea.lan"
    version: str = "1.27.3"
    repository: StubRepository = field(default_factory=StubRepository)
    runs: Sequence[StubRun] | None = (of_gitea(4),)
    refuses: tuple[str, ...] = ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to close."""

    def get_version(self) -> str:
        self._refuse("version")
        return self.version

    def get_repository(self) -> StubRepository:
        self._refuse("repository")
        return self.repository

    def list_scheduled_runs(self) -> Sequence[StubRun] | None:
        self._refuse("runs")
        return self.runs

    def _refuse(self, what: str) -> None:
        if what in self.refuses:
            raise ReconcilerError(Problem(self.host, f"cannot read {what}: 403", "give it a scope"))
