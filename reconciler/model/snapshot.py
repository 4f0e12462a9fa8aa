"""Snapshots: all that one run read, in the one form that `collect`, the record and `--snapshot` share."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from pydantic import Field, ValidationError

from reconciler import files
from reconciler.model.act import LogEntry
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.listing import Listed
from reconciler.model.naming import RawIdentity
from reconciler.model.problem import ProblemValue
from reconciler.model.resource import Resource
from reconciler.model.value import Row, Timestamp, Value, parse_timestamp, timestamp
from reconciler.model.web_repository import RecordedRepository
from reconciler.yamlfile.validation import first_error

_Each = TypeVar("_Each")

SCHEMA_VERSION = "1.0"
"""The version of every JSON document. Readers ignore unknown keys and refuse an unknown major version."""


NOT_CONFIGURED: Final = "not-configured"
"""The cause of the problem of a scope whose source or kind has left the configuration."""


class GuardState(Value):
    """A list with so large a loss that it is held back until further runs or the operator confirm it."""

    lost: tuple[str, ...] = Field(description="Ids that the list had before and lacks now")
    seen: int = Field(ge=1, description="Consecutive complete runs that lack the same ids")


class Scope(Value):
    """One kind of one source in one run: whether its list is complete, and which ids are unread."""

    source: str
    kind: str
    listed: Listed
    problem: ProblemValue | None = Field(None, description="Why the list is not complete")
    count: int = Field(ge=0, description="Rows read in this run")
    unread: dict[str, ProblemValue] = Field(default_factory=dict, description="id → why it could not be read")
    guard: GuardState | None = None
    ambiguous: dict[str, tuple[str, ...]] | None = Field(
        None, description="id → the ids under which other rows with the same id are kept"
    )
    not_supported: tuple[str, ...] | None = Field(
        None, description="Fields that this release or API generation does not have; they are not compared"
    )
    unsteady: dict[str, int] | None = Field(
        None,
        description="Unread API key → consecutive runs in which it changed; from 3 on, only its name is kept",
    )
    shared: dict[str, str] | None = Field(
        None, description="Declared id → other declared id of the same row, which owns it"
    )
    moved: dict[str, str] | None = Field(
        None, description="Previous id → new id of the resources whose id changed in this run"
    )
    unidentified: dict[str, RawIdentity] | None = Field(
        None, description="Names of the rows that could not be read, until each has its key"
    )
    out_of_time: bool | None = Field(
        None, description="Whether time ran out before all of the source was read"
    )
    notes: tuple[str, ...] | None = Field(None, description="Harmless oddities; untrusted text")

    @property
    def retired(self) -> bool:
        """Whether its source or kind is not configured any more, so that its rows stay only for a while."""
        return self.problem is not None and self.problem.cause == NOT_CONFIGURED


class SourceStatus(Value):
    """Read status of one source, shown in reports and used for staleness."""

    system: str
    status: Listed
    problem: ProblemValue | None = Field(
        None, description="Why it is not complete; the first of several problems"
    )
    version: str | None = None
    last_success: Timestamp | None = Field(None, description="Last time that anything could be read from it")


class WentBack(Value):
    """A history that was rewound, replaced, rewritten or deleted."""

    noticed_at: Timestamp
    problem: ProblemValue = Field(
        description="What happened, and how to restore the old tip if it still exists"
    )
    serial: int | None = Field(
        None, ge=1, description="Serial that the history had reached, if it was rewound"
    )


class Run(Value):
    """The facts of one run; the only place with a clock."""

    id: str = Field(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{6}$")
    site: str
    collected_at: Timestamp
    stale_after: Timestamp
    desired_commit: str | None = None
    desired_tree: str | None = Field(None, description="git tree id of the desired state")
    version: str = Field(description="Version of the tool")
    sources: dict[str, SourceStatus] = Field(default_factory=dict)
    went_back: WentBack | None = Field(None, description="Reported for 7 days")
    repository: RecordedRepository = Field(
        None, description="Web pages of the repository with the desired state, if configured"
    )


def moment_of(run_id: str) -> datetime:
    """Return the time of a run from its id."""
    return datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All live state that one run read."""

    run: Run
    scopes: tuple[Scope, ...]
    resources: Mapping[Key, Resource]
    as_of: Mapping[Key, datetime] = field(default_factory=dict)
    """Of a recorded snapshot: when rows that its run could not read were last read."""
    log: Mapping[str, tuple[LogEntry, ...]] = field(default_factory=dict)
    """Source → the entries of its log since it was last read; in no JSON form."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """A snapshot with the last good rows of what could not be read, as JSON values made once."""

    run: Run
    scopes: tuple[Scope, ...]
    config: Mapping[Key, Row]
    """The rows that are compared and recorded, including carried ones."""
    observed: Mapping[Key, Row]
    """The rows that are published and kept in the pulse only."""
    as_of: Mapping[Key, datetime]
    """When carried rows were last read; it has no other rows."""
    log: Mapping[str, tuple[LogEntry, ...]] = field(default_factory=dict)
    """As in the snapshot."""

    def without(self, places: Collection[tuple[str, str]]) -> "Inventory":
        """Return the inventory without the rows of some (source, kind); their scopes stay."""
        if not places:
            return self
        return replace(
            self,
            config=_without(self.config, places),
            observed=_without(self.observed, places),
            as_of=_without(self.as_of, places),
        )

    @property
    def incomplete(self) -> frozenset[tuple[str, str]]:
        """The (source, kind) whose list could not be read in full: what is not in it may exist."""
        return frozenset((scope.source, scope.kind) for scope in self.scopes if scope.listed != "complete")

    @property
    def retired(self) -> frozenset[tuple[str, str]]:
        """The (source, kind) that are not configured any more."""
        return frozenset((scope.source, scope.kind) for scope in self.scopes if scope.retired)


def _without(found: Mapping[Key, _Each], places: Collection[tuple[str, str]]) -> dict[Key, _Each]:
    return {key: value for key, value in found.items() if key[:2] not in places}


def by_kind(rows: Mapping[Key, Row]) -> dict[str, dict[str, dict[str, Row]]]:
    """Return rows as source → kind → id → row, the shape of the JSON form."""
    tree: dict[str, dict[str, dict[str, Row]]] = {}
    for key, row in rows.items():
        tree.setdefault(key.source, {}).setdefault(key.kind, {})[key.id] = row
    return tree


def from_kinds(tree: Mapping[str, Mapping[str, Mapping[str, Row]]]) -> dict[Key, Row]:
    """Return rows by key: the inverse of `by_kind`."""
    return {
        Key(source, kind, identity): row
        for source, kinds in tree.items()
        for kind, rows in kinds.items()
        for identity, row in rows.items()
    }


def dump_resources(resources: Mapping[Key, Resource], kinds: Kinds) -> dict[Key, Row]:
    """Return resources as JSON values, with one call per kind."""
    groups: dict[tuple[str, str], dict[str, Resource]] = {}
    for key, resource in resources.items():
        groups.setdefault((key.source, key.kind), {})[key.id] = resource
    return {
        Key(source, kind, identity): row
        for (source, kind), group in groups.items()
        for identity, row in kinds[source][kind].dump(group).items()
    }


def snapshot_document(
    run: Run, scopes: tuple[Scope, ...], rows: Mapping[Key, Row], as_of: Mapping[Key, datetime] | None = None
) -> Row:
    """Return the JSON form of a snapshot; `as_of` is when rows from an earlier run were last read."""
    older = {str(key): timestamp(moment) for key, moment in (as_of or {}).items()}
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run.model_dump(mode="json", exclude_none=True),
        "scopes": [scope.model_dump(mode="json", exclude_none=True) for scope in scopes],
        "resources": by_kind(rows),
        **({"as_of": older} if older else {}),
    }


def parse_snapshot(data: bytes, kinds: Kinds) -> Snapshot:
    """Return a snapshot from its JSON form, without rows of sources or kinds that are not configured.

    Raises `ValueError` with one line if the bytes are not a snapshot of a version that we read.
    """
    document = files.parse_json(data)
    check_version(document)
    try:
        return Snapshot(
            run=Run.model_validate(document["run"], extra="ignore"),
            scopes=tuple(
                Scope.model_validate(scope, extra="ignore")
                for scope in document["scopes"]
                if scope["kind"] in kinds.get(scope["source"], {})
            ),
            resources={
                Key(source, kind, identity): resource
                for source, groups in document["resources"].items()
                for kind, rows in groups.items()
                if kind in kinds.get(source, {})
                for identity, resource in kinds[source][kind]
                .adapter.validate_python(rows, extra="ignore")
                .items()
            },
            as_of={
                Key.parse(key): parse_timestamp(moment) for key, moment in document.get("as_of", {}).items()
            },
        )
    except (KeyError, TypeError, AttributeError) as error:
        message = f"is not a snapshot: {type(error).__name__} at {error}"
        raise ValueError(message) from error
    except ValidationError as error:
        message = f"is not a snapshot that this version can read: {first_error(error)}"
        raise ValueError(message) from error


def check_version(document: Any) -> None:
    """Raise `ValueError` for a document whose major version is not ours, or that has none."""
    version = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(version, str) or version.split(".")[0] != SCHEMA_VERSION.split(".", maxsplit=1)[0]:
        message = f"has schema_version {version!r}; this version reads {SCHEMA_VERSION}"
        raise ValueError(message)
