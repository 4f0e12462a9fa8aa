"""What a kind is: a model, how to fetch it and how to normalise it; and what a system is: its kinds."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, TypeVar

from pydantic import Field, JsonValue, TypeAdapter
from pydantic.fields import FieldInfo

from reconciler.errors import Problem
from reconciler.model.check import Check
from reconciler.model.fingerprint import FINGERPRINT, SecretFingerprinter
from reconciler.model.progress import Progress
from reconciler.model.value import Row, Value

Listed = Literal["complete", "partial", "failed"]
"""What the list of one kind of one source proves. Only a complete list proves that something is not there."""


class FieldClass(Enum):
    """What is done with a field. A mark in `Annotated` on a top-level field; no mark is `config`."""

    CONFIG = "config"
    """Compared and recorded in history."""
    OBSERVED = "observed"
    """Published and joined, kept in the pulse, never in history (an agent's addresses)."""
    METRIC = "metric"
    """Published, of no worth a day later (used memory)."""
    POLICY = "policy"
    """Only declared, and judged by the kind (`Kind.judge`): where a guest may be, how old its backup."""


OBSERVED = FieldClass.OBSERVED
METRIC = FieldClass.METRIC
POLICY = FieldClass.POLICY


@dataclass(frozen=True, slots=True)
class Judgement:
    """The result of judging a declared policy: it is not met, or cannot be judged in this run."""

    path: str
    """JSON pointer of the declared field."""
    desired: JsonValue = None
    live: JsonValue = None
    reason: str | None = None
    problem: Problem | None = None
    """Why the declared field cannot be judged; None when it was."""


class Health(Value):
    """How a resource is, apart from whether it is as declared."""

    state: Literal["healthy", "degraded", "stopped", "unknown"]
    reason: Annotated[str | None, Field(description="Why, unless it is healthy")] = None


class Resource(Value):
    """One thing that a source has: normalised by its field types, without any secret."""

    unmodelled: Annotated[
        tuple[str, ...], Field(description="Keys of the API that this version does not read")
    ] = ()
    pending: Annotated[
        dict[str, JsonValue] | None,
        Field(description="JSON pointer of each field whose change is not active yet → what runs until then"),
    ] = None
    unread: Annotated[
        tuple[str, ...] | None, OBSERVED, Field(description="Fields that the last run could not read")
    ] = None
    health: Annotated[
        Health | None, OBSERVED, Field(description="Its health; none: the kind has none, or it was not read")
    ] = None


@dataclass(frozen=True, slots=True)
class Listing:
    """What a kind's fetch brought back: raw rows by id, and how far they can be trusted.

    `unread` holds the problem of each resource that exists and could not be read: such an id alone is
    unverified, and it must not be in `rows`.
    """

    rows: Mapping[str, Mapping[str, Any]]
    listed: Listed = "complete"
    problem: Problem | None = None
    """Why the list is not complete."""
    unread: Mapping[str, Problem] = field(default_factory=dict)
    ambiguous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """id → the ids (`~2` …) under which the other rows are kept that have it too."""
    notes: tuple[str, ...] = ()
    """What was odd and changes nothing that the list proves: rows that are none, and the like."""


ApiT = TypeVar("ApiT")
SharedT = TypeVar("SharedT")
ResourceT = TypeVar("ResourceT", bound=Resource)


def class_of(field: FieldInfo) -> FieldClass:
    """The class that a field is marked with."""
    return next((mark for mark in field.metadata if isinstance(mark, FieldClass)), FieldClass.CONFIG)


def on_node(_id: str, row: Row) -> object:
    """The `host` of a kind that has it as the field `node`."""
    return row.get("node")


def _no_diagnosis(_api: object, _shared: object) -> tuple[Check, ...]:
    return ()


def _no_defaults(_row: Row) -> Row:
    return {}


@dataclass(frozen=True)
class Kind(Generic[ApiT, SharedT, ResourceT]):
    """One kind of resource of one system; a kind file ends with such a value."""

    name: str
    """As in keys: `node-network`."""
    plural: str
    """As in routes: `node-networks`."""
    model: type[ResourceT]
    fetch: Callable[[ApiT, SharedT], Listing]
    """Reads the rows; raises `SourceError` or returns a failed listing, never a short one called complete."""
    normalise: Callable[[str, Mapping[str, Any]], ResourceT]
    """Makes a resource of an id and its raw row; raises `ValueError` for a row that cannot be understood."""
    declarable: bool = True
    """Whether desired state may declare it; other kinds are inventory."""
    field_class: FieldClass = FieldClass.CONFIG
    """The class of a whole kind; `OBSERVED` keeps all of it out of history."""
    identity: Any = str
    """The type of an id as desired state writes it: normalises it (`Mac`), refuses what can be no id."""
    defaults: Callable[[Row], Row] = _no_defaults
    """The defaults of fields of a live row that depend on others: a container's swap, a mount's backup."""
    not_adopted: frozenset[str] = frozenset()
    """Fields that may be declared, but that `adopt` leaves out: true today and no wish (power, a version)."""
    notes: str | None = None
    """The field of free text that is read only where the source has `store_descriptions`."""
    judge: Callable[[Row, Row, Row, datetime], Iterable[Judgement]] | None = None
    """What is not as a declared policy has it, from declared fields, the live row, what was observed of it,
    and the time of the run."""
    events: Callable[[Row, Row], Iterable[tuple[str, str]]] | None = None
    """What happened between two recorded rows of one id that is no drift, as (word, pointer of the field)."""
    host: Callable[[str, Row], object] | None = None
    """The id of the `node` that it is on, from id and row: what is away with its node, is expected to be."""
    away: Callable[[Row, Row], bool] | None = None
    """Of a `node`: whether declared fields expect it to be away, and the live row says that it is."""

    @cached_property
    def adapter(self) -> TypeAdapter[dict[str, ResourceT]]:
        """Validates id → resource in one call; built once."""
        model: Any = self.model
        return TypeAdapter(dict[str, model])

    @cached_property
    def not_config(self) -> frozenset[str]:
        """The top-level fields that are recorded nowhere in history."""
        return frozenset(
            name for name in self.model.model_fields if self._class(name) is not FieldClass.CONFIG
        )

    @cached_property
    def policies(self) -> frozenset[str]:
        """The top-level fields that are only declared."""
        return frozenset(name for name in self.model.model_fields if self._class(name) is FieldClass.POLICY)

    @cached_property
    def fingerprints(self) -> frozenset[str]:
        """The top-level fields that stand for a secret."""
        return frozenset(
            name for name, each in self.model.model_fields.items() if FINGERPRINT in each.metadata
        )

    def _class(self, name: str) -> FieldClass:
        return class_of(self.model.model_fields[name])

    def dump(self, resources: Mapping[str, ResourceT]) -> dict[str, Row]:
        """Resources as JSON values, defaults included and nulls left out: made once, used everywhere."""
        rows: dict[str, Row] = self.adapter.dump_python(dict(resources), mode="json", exclude_none=True)
        return rows

    def split(self, row: Row) -> tuple[Row, Row]:
        """A dumped row as (config, the rest)."""
        if self.field_class is not FieldClass.CONFIG:
            return {}, row
        if not self.not_config:
            return row, {}
        rest = {name: row[name] for name in self.not_config if name in row}
        return {name: value for name, value in row.items() if name not in rest}, rest


AnyKind = Kind[Any, Any, Any]
"""A kind of any system: what layers below the collectors see."""

Kinds = Mapping[str, Mapping[str, AnyKind]]
"""Source name → kind name → kind, for the sources that are configured."""


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What a source's client takes from outside its settings."""

    environment: Mapping[str, str]
    """Where secrets are: `os.environ`."""
    root: Path
    """Top of the repository; relative paths of the settings start here."""
    progress: Progress
    expected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kind → ids that are declared or were there last time: when a list lacks one, it may only be hidden."""
    fingerprinter: SecretFingerprinter | None = None
    """Makes fingerprints of secrets; None: the site has no `fingerprint_key`."""
    empty: frozenset[str] = frozenset()
    """Kinds of which the last record proves, or a person says, that there are none."""


@dataclass(frozen=True)
class System(Generic[ApiT, SharedT]):
    """A type of source: its settings, its client, what its kinds share, and its kinds."""

    name: str
    settings: type[Any]
    """The pydantic model of its entry under `sources:`."""
    connect: Callable[[Any, SourceContext], AbstractContextManager[ApiT]]
    """Opens the client from settings and context; raises `SourceError` with host, cause and remedy."""
    read_shared: Callable[[ApiT], SharedT]
    """Reads once what several kinds share; raises `SourceError` when nothing can be read."""
    version: Callable[[SharedT], str | None]
    kinds: tuple[AnyKind, ...]
    preflight: Callable[[Any, SourceContext], Iterable[Check]]
    """What `doctor` tells of a source, from settings and context; raises nothing."""
    diagnose: Callable[[ApiT, SharedT], Iterable[Check]] = _no_diagnosis
    """What `doctor` tells of a source besides, from the connection that reads it: a login is dear."""


AnySystem = System[Any, Any]
