"""The keys of `config/reconciler.yaml`, as models: unknown keys are errors."""

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    StringConstraints,
    model_validator,
)

from reconciler.config.addresses import Origin, PageAddress, WebAddress
from reconciler.config.base import Name, Settings
from reconciler.config.duration import Duration
from reconciler.config.gitea import GiteaSettings
from reconciler.config.kind_pattern import is_pattern, unmatched
from reconciler.config.secret import Secret
from reconciler.config.severity import FailOn, Moved, Severity
from reconciler.config.watch import HeartbeatSettings, MetricsSettings

_BRANCH = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]|/(?=[A-Za-z0-9_]))*")
_NO_BRANCH = re.compile(r"\.\.|\.(?:lock)?(?:/|$)")


def _inside(value: str) -> str:
    parts = PurePosixPath(value).parts
    if not parts or parts[0] == "/" or ".." in parts:
        message = "must be a folder inside the repository, such as desired-state"
        raise ValueError(message)
    return str(PurePosixPath(value))


def _branch(value: str) -> str:
    if value == "HEAD" or not _BRANCH.fullmatch(value) or _NO_BRANCH.search(value):
        message = "is not a valid branch name; use letters, digits, -, _, . and /, as in drift-state"
        raise ValueError(message)
    return value


Branch = Annotated[str, AfterValidator(_branch)]
"""A branch name: stricter than git-check-ref-format(1), so that no command takes it for anything else."""

Inside = Annotated[str, AfterValidator(_inside)]
"""A folder inside the repository: what is read from or written to git cannot be elsewhere."""


class SourceSettings(Settings):
    """Settings that every source has; each system adds its own."""

    name: Annotated[Name, Field(description="Name of the source; the first part of its resource keys")]
    type: Annotated[str, Field(description="System: proxmox, unifi or npm")]


class Keep(Settings):
    """How long runs stay in `reports/runs/`; git history keeps them all."""

    live: Annotated[Duration, Field(description="Retention of the live rows of every run")] = timedelta(
        days=2
    )
    all: Annotated[Duration, Field(description="Retention of every run")] = timedelta(days=7)
    daily: Annotated[Duration, Field(description="Retention of the last run of each day")] = timedelta(
        days=90
    )


class HistorySettings(Settings):
    """Where runs are recorded."""

    directory: Annotated[Inside, Field(description="Folder on the history branch")] = "reports"
    branch: Annotated[
        Branch | None, Field(description="Branch that runs commit to; null: the checked-out branch")
    ] = "drift-state"
    pulse: Annotated[
        Branch | None, Field(description="Branch for the pulse, which every run replaces; null: no pulse")
    ] = "drift-pulse"
    push: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")] | None,
        Field(description="Git remote to push to; null: do not push"),
    ] = None
    sign: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]+$")] | None,
        Field(description="SSH private key file, without passphrase, to sign commits with; null: not signed"),
    ] = None
    keep: Annotated[Keep, Field(description="Retention of runs")] = Keep()

    @model_validator(mode="after")
    def _not_nested(self) -> Self:
        names = sorted([f"{self.branch or ''}/", f"{self.pulse or ''}/"])
        if self.branch and self.pulse and names[1].startswith(names[0]):
            message = (
                f"branch {self.branch} and pulse {self.pulse} conflict: git cannot have both; rename one"
            )
            raise ValueError(message)
        return self


class PublishSettings(Settings):
    """Where the /v1 tree and the web pages are written."""

    directory: Annotated[str, Field(description="Folder for releases/ and the symlink current")] = "public"
    keep: Annotated[int, Field(ge=1, description="Number of releases to keep")] = 10
    origins: Annotated[
        list[Origin],
        Field(description="Origins whose pages may read /v1 from `serve` in a browser: https://portal.lan"),
    ] = []
    address: Annotated[
        PageAddress | None,
        Field(
            description="Web address of the published pages, for links in alarms: https://drift.lan; "
            "null: no links"
        ),
    ] = None
    repository: Annotated[
        WebAddress | None,
        Field(
            description="Web address of this repository (Gitea, Forgejo), for links to lines, history and "
            "the editor: https://gitea.lan/ops/site; null: no links"
        ),
    ] = None
    branch: Annotated[
        Branch, Field(description="Branch of that repository that is edited and that pull requests target")
    ] = "main"


def _kind_pattern(value: str) -> str:
    if value != "default" and not is_pattern(value):
        message = "is not `default` or source/kind, such as */port-forward"
        raise ValueError(message)
    return value


def _of_all_kinds(value: object) -> object:
    return {"default": value} if isinstance(value, str) else value


UnmanagedSeverities = Annotated[
    dict[Annotated[str, AfterValidator(_kind_pattern)], Severity],
    BeforeValidator(_of_all_kinds, json_schema_input_type=Severity | dict[str, Severity]),
]
"""Severities by `default` and by source/kind; a single severity is the default of all kinds."""


class SeveritySettings(Settings):
    """The severity of each verdict, and of rules by name."""

    missing: Annotated[Severity, Field(description="Declared, but confirmed not to exist")] = "error"
    drifted: Annotated[Severity, Field(description="Differs from the declared value")] = "warning"
    unmanaged: Annotated[
        UnmanagedSeverities,
        Field(
            description="Exists, but is not declared: one severity, or a mapping of `default` and "
            "source/kind (`*/port-forward`). Without an entry: info, or warning for kinds that let traffic in"
        ),
    ] = {}
    unverified: Annotated[Severity, Field(description="Could not be read; never counts as drift")] = "warning"
    moved: Annotated[
        dict[Moved, Severity],
        Field(
            description="Severity by the side that changed since live and desired state last agreed: `live`, "
            "`desired` (merged, not rolled out), `both` or `never` (never agreed); overrides "
            "missing, drifted and unmanaged"
        ),
    ] = {}
    rules: Annotated[
        dict[str, Severity], Field(description="Severity by rule, instead of the one in docs/rules.md")
    ] = {}

    def of_unmanaged(self, source: str, kind: str, otherwise: Severity) -> Severity:
        """Return the severity of unmanaged resources of a kind: the most exact entry wins."""
        names = (f"{source}/{kind}", f"*/{kind}", f"{source}/*", "*/*", "default")
        return next((self.unmanaged[name] for name in names if name in self.unmanaged), otherwise)

    def if_moved(self, moved: Moved, otherwise: Severity) -> Severity:
        """Return the severity of a finding by the side that moved."""
        return self.moved.get(moved, otherwise)

    def unmatched(self, kinds: Mapping[str, Collection[str]]) -> Iterator[tuple[str, list[str]]]:
        """Yield each entry of `unmanaged` that matches no kind of these sources, with entries that would."""
        return unmatched([name for name in self.unmanaged if name != "default"], kinds)


class DriftSettings(Settings):
    """How drift is rated, and when it fails a run."""

    severity: SeveritySettings = SeveritySettings()
    fail_on: Annotated[
        FailOn,
        Field(description="Minimum severity that causes exit code 2; `never` also suppresses exit code 3"),
    ] = "warning"
    lock_max_age: Annotated[
        Duration,
        Field(description="How long a guest lock excuses drift; an older lock is a finding (`stale-lock`)"),
    ] = timedelta(hours=24)
    ignore_unused_after: Annotated[
        Duration,
        Field(
            description="How long an ignore rule may match nothing before it is a finding "
            "(`unused-ignore-rule`)"
        ),
    ] = timedelta(days=7)


class GuardSettings(Settings):
    """How much a list may lose at once before the loss is held back."""

    max_lost: Annotated[
        float, Field(gt=0, le=1, description="Share of the previous list whose loss triggers the guard")
    ] = 0.3
    min_lost: Annotated[int, Field(ge=1, description="Losses smaller than this never trigger the guard")] = 2


class CapacitySettings(Settings):
    """How far nodes may be overcommitted."""

    max_cpu_ratio: Annotated[
        float, Field(gt=0, description="Maximum virtual CPUs of running guests per CPU thread")
    ] = 4.0
    max_memory_ratio: Annotated[
        float, Field(gt=0, description="Maximum memory of running guests, relative to the node's memory")
    ] = 1.0


class FileSettings(Settings):
    """The whole file; the entries of `sources` and `alarms` are parsed by their types."""

    site: Annotated[
        str, StringConstraints(min_length=1, max_length=100), Field(description="Name of the site")
    ]
    interval: Annotated[
        Duration,
        Field(
            description="Time between two runs. Data is stale after twice this time; reading a source "
            "may take 0.6 of it, and a run 0.9"
        ),
    ] = timedelta(minutes=15)
    desired_state: Annotated[Inside, Field(description="Folder of the desired state")] = "desired-state"
    history: HistorySettings = HistorySettings()
    publish: PublishSettings = PublishSettings()
    fingerprint_key: Annotated[
        Secret | None,
        Field(description="HMAC key used to detect changed secrets without storing them"),
    ] = None
    fingerprint_key_previous: Annotated[
        Secret | None,
        Field(description="Previous `fingerprint_key`: keep it until its fingerprints are replaced"),
    ] = None
    sources: Annotated[list[dict[str, Any]], Field(min_length=1, description="The APIs to read")]
    drift: DriftSettings = DriftSettings()
    guard: GuardSettings = GuardSettings()
    capacity: CapacitySettings = CapacitySettings()
    gitea: GiteaSettings = GiteaSettings()
    heartbeat: HeartbeatSettings = HeartbeatSettings()
    metrics: MetricsSettings = MetricsSettings()
    alarms: Annotated[
        list[dict[str, Any]],
        Field(description="Sinks that changes are sent to: webhook, email, ntfy (docs/alarms.md)"),
    ] = []

    @model_validator(mode="after")
    def _previous_of_a_key(self) -> Self:
        if self.fingerprint_key_previous is not None and self.fingerprint_key is None:
            message = "fingerprint_key_previous has no effect without fingerprint_key; set that too"
            raise ValueError(message)
        return self
