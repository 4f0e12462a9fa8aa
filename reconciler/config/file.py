"""`config/reconciler.yaml` as values: what to read, where to write, what counts as drift.

It never contains secrets: a secret is a whole-value reference `${NAME}` to the environment, resolved only
when its source connects, so that `validate`, `review`, `publish` and `drift --snapshot` need none.
"""

import os
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from reconciler.config.duration import Duration
from reconciler.config.repository import link_within, repository_root
from reconciler.config.secret import Secret
from reconciler.config.severity import FailOn, Severity
from reconciler.errors import ConfigError, Problem, in_order
from reconciler.text import shown
from reconciler.yamlfile import validation
from reconciler.yamlfile.tree import YamlError, YamlPath, YamlTree, parse_yaml

SITE = "site"
"""The folder of desired state for what belongs to no source; a source cannot have this name."""

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


class Settings(BaseModel):
    """The base of everything in the file: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,31}$")]


class SourceSettings(Settings):
    """Settings that every source has; each system adds its own."""

    name: Annotated[Name, Field(description="Name of the source, the first part of all its keys")]
    type: Annotated[str, Field(description="System: proxmox, unifi or npm")]


class Keep(Settings):
    """How long runs stay in `reports/runs/`; git history keeps them all."""

    all: Annotated[Duration, Field(description="How long every run is kept")] = timedelta(days=7)
    daily: Annotated[Duration, Field(description="How long the last run of each day is kept")] = timedelta(
        days=90
    )


class HistorySettings(Settings):
    """Where runs are recorded."""

    directory: Annotated[Inside, Field(description="Folder on the history branch")] = "reports"
    branch: Annotated[
        Branch | None, Field(description="Branch that runs commit to; null: the checked-out branch")
    ] = "drift-state"
    pulse: Annotated[
        Branch | None, Field(description="Branch for the pulse, replaced by every run; null: no pulse")
    ] = "drift-pulse"
    push: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$")] | None,
        Field(description="Git remote to push to; null: do not push"),
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
    """Where the /v1 tree is written."""

    directory: Annotated[str, Field(description="Folder of releases/ and the symlink current")] = "public"
    keep: Annotated[int, Field(ge=1, description="Number of releases to keep")] = 10


_KIND_PATTERN = re.compile(r"(?:\*|[A-Za-z0-9._-]+)/(?:\*|[a-z0-9-]+)")


def _severity_by_kind(value: dict[str, Severity]) -> dict[str, Severity]:
    for name in value:
        if name != "default" and not _KIND_PATTERN.fullmatch(name):
            message = f"has a key {name!r}; write `default`, or source/kind such as */port-forward"
            raise ValueError(message)
    return value


UnmanagedSeverities = Annotated[dict[str, Severity], AfterValidator(_severity_by_kind)]


class SeveritySettings(Settings):
    """The severity of each verdict, and of rules by name."""

    missing: Annotated[Severity, Field(description="Declared, and confirmed not to exist")] = "error"
    drifted: Annotated[Severity, Field(description="Differs from what is declared")] = "warning"
    unmanaged: Annotated[
        Severity | UnmanagedSeverities,
        Field(description="Exists, but is not declared; may differ by kind: `default`, and source/kind"),
    ] = "info"
    unverified: Annotated[Severity, Field(description="Could not be read; never counts as drift")] = "warning"
    rules: Annotated[
        dict[str, Severity], Field(description="Rule → its severity, instead of the one in docs/rules.md")
    ] = {}

    def of_unmanaged(self, source: str, kind: str) -> Severity:
        """Return the severity of unmanaged resources of a kind: the most exact entry wins."""
        if not isinstance(self.unmanaged, dict):
            return self.unmanaged
        names = (f"{source}/{kind}", f"*/{kind}", f"{source}/*", "*/*", "default")
        return next((self.unmanaged[name] for name in names if name in self.unmanaged), "info")

    def unmatched(self, kinds: Mapping[str, Container[str]]) -> list[str]:
        """Return the entries of `unmanaged` that match no kind of these sources."""
        if not isinstance(self.unmanaged, dict):
            return []
        patterns = (name.partition("/") for name in self.unmanaged if name != "default")
        return [
            f"{source}/{kind}"
            for source, _, kind in patterns
            if not any(source in {"*", each} and (kind == "*" or kind in kinds[each]) for each in kinds)
        ]


class DriftSettings(Settings):
    """How drift is rated, and when it fails a run."""

    severity: SeveritySettings = SeveritySettings()
    fail_on: Annotated[
        FailOn,
        Field(description="Minimum severity that causes exit code 2; `never` also suppresses exit code 3"),
    ] = "warning"


class GuardSettings(Settings):
    """How much a list may lose at once before the loss is held back."""

    max_lost: Annotated[
        float, Field(gt=0, le=1, description="Share of the previous list whose loss triggers the guard")
    ] = 0.3
    min_lost: Annotated[int, Field(ge=1, description="Losses smaller than this never trigger the guard")] = 2


class CapacitySettings(Settings):
    """How far nodes may be overcommitted."""

    max_cpu_ratio: Annotated[
        float, Field(gt=0, description="Virtual CPUs of running guests per CPU thread")
    ] = 4.0
    max_memory_ratio: Annotated[
        float, Field(gt=0, description="Memory of running guests relative to the memory of the node")
    ] = 1.0


class FileSettings(Settings):
    """The whole file; the entries of `sources` are parsed by their systems."""

    site: Annotated[
        str, StringConstraints(min_length=1, max_length=100), Field(description="Name of the site")
    ]
    interval: Annotated[
        Duration, Field(description="Time between two runs; data is stale after twice that")
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
        Field(description="The key before `fingerprint_key`: keep it until its fingerprints are replaced"),
    ] = None
    sources: Annotated[list[dict[str, Any]], Field(min_length=1, description="The APIs to read")]
    drift: DriftSettings = DriftSettings()
    guard: GuardSettings = GuardSettings()
    capacity: CapacitySettings = CapacitySettings()

    @model_validator(mode="after")
    def _previous_of_a_key(self) -> Self:
        if self.fingerprint_key_previous is not None and self.fingerprint_key is None:
            message = "fingerprint_key_previous has no effect without fingerprint_key; set that too"
            raise ValueError(message)
        return self


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration, with each source's entry parsed by its system."""

    file: Path
    root: Path
    """Top of the repository; relative paths start here."""
    settings: FileSettings
    sources: tuple[SourceSettings, ...]

    @property
    def desired_directory(self) -> Path:
        """The folder of the desired state."""
        return self.root / self.settings.desired_state

    @property
    def publish_directory(self) -> Path:
        """The folder that releases are written to."""
        return self.root / self.settings.publish.directory


def read(
    file: Path, remedy: str = "pass its path with --config, or run inside its repository"
) -> tuple[YamlTree, list[Problem]]:
    """Return a file of the configuration as a tree, with the problems of its refused parts.

    Raises `ConfigError` if it cannot be read at all; `remedy` is how to fix that.
    """
    linked = link_within(Path(os.path.normpath(file.absolute())))
    if linked is not None:
        what = f"{linked.name} is a symbolic link: a pull request could expose any file of the host with it"
        raise ConfigError(Problem(str(file), what, "replace it with the file itself"))
    try:
        data = file.read_bytes()
    except OSError as error:
        what = f"cannot be read: {error.strerror}"
        raise ConfigError(Problem(str(file), what, remedy)) from error
    try:
        return parse_yaml(data, str(file)), []
    except YamlError as error:
        if error.tree is None:
            raise ConfigError(error.problems) from error
        return error.tree, [*error.problems]


def load_config(file: Path, systems: Mapping[str, type[SourceSettings]]) -> Config:
    """Read the file; `systems` maps each type of source to its settings model.

    Raises `ConfigError` with every problem as `file:line:column: subject: what is wrong`.
    """
    tree, found = read(file)
    settings: FileSettings | None = None
    try:
        settings = FileSettings.model_validate(tree.value)
    except ValidationError as error:
        found += validation.problems(error, tree, FileSettings)
    sources = _sources(tree, systems, found)
    if found or settings is None:
        raise ConfigError(in_order(found))
    return Config(file, repository_root(file), settings, sources)


def _sources(
    tree: YamlTree, systems: Mapping[str, type[SourceSettings]], found: list[Problem]
) -> tuple[SourceSettings, ...]:
    entries = tree.value.get("sources") if isinstance(tree.value, dict) else None
    sources: list[SourceSettings] = []
    names: set[object] = set()
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        at = ("sources", index)
        if not isinstance(entry, dict):
            continue  # the model of the file reports it
        name = entry.get("name")
        if isinstance(name, str) and (name in names or name == SITE):
            why = (
                "is reserved for what belongs to no source"
                if name == SITE
                else "is also the name of another source"
            )
            found.append(_problem(tree, (*at, "name"), f"{shown(name)} {why}; choose another"))
        names.add(name if isinstance(name, str) else None)
        system = entry.get("type")
        model = systems.get(system) if isinstance(system, str) else None
        if model is None:
            found.append(_problem(tree, (*at, "type"), _unknown_system(system, systems)))
            continue
        try:
            sources.append(model.model_validate(entry))
        except ValidationError as error:
            found += validation.problems(error, tree, model, at)
    return tuple(sources)


def _unknown_system(system: object, systems: Mapping[str, object]) -> str:
    if system is None:
        return f"is missing; write one of {', '.join(sorted(systems))}"
    given = f", not {shown(system)}" if isinstance(system, str) else ""
    near = validation.did_you_mean(system, systems) if isinstance(system, str) else ""
    return f"must be one of {', '.join(sorted(systems))}{given}{near}"


def _problem(tree: YamlTree, path: YamlPath, what: str) -> Problem:
    return Problem(tree.position(path), f"{validation.dotted(path)}: {what}")
