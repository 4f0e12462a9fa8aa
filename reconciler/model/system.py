"""A system: how a source of its type is connected, what its kinds share, and its kinds."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

from reconciler.model.act import LogEntry
from reconciler.model.check import Check
from reconciler.model.deadline import Budget
from reconciler.model.fingerprint import SecretFingerprinter
from reconciler.model.kind import AnyKind
from reconciler.model.progress import Progress

ApiT = TypeVar("ApiT")
SharedT = TypeVar("SharedT")


@dataclass(frozen=True, slots=True)
class SourceContext:
    """The things that a source's client takes from outside its settings."""

    environment: Mapping[str, str]
    """Where secrets are: `os.environ`."""
    root: Path
    """Top of the repository; relative paths of the settings start here."""
    progress: Progress
    expected: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kind → ids that are declared or were listed last time: one that is not listed may only be hidden."""
    fingerprinter: SecretFingerprinter | None = None
    """Makes fingerprints of secrets; None: the site has no `fingerprint_key`."""
    empty: frozenset[str] = frozenset()
    """Kinds that may list nothing: the last record proves them empty, or the operator accepts it."""
    first: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Kinds that ran out of time in the last run → their ids that were not read then; read in this order."""
    budget: Budget = field(default_factory=Budget)
    """The time for reading the source."""
    since: datetime | None = None
    """When the source was last read; None: there is nothing to compare with."""
    declared: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Kind → those of the expected ids that are declared."""


def _never(_client: object) -> bool:
    return False


def _no_diagnosis(_api: object, _shared: object) -> tuple[Check, ...]:
    return ()


def _no_log(_api: object, _shared: object, _since: datetime) -> tuple[LogEntry, ...]:
    return ()


@dataclass(frozen=True)
class System(Generic[ApiT, SharedT]):
    """A type of source."""

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
    """Checks a source for `doctor` before anything logs in; raises nothing."""
    diagnose: Callable[[ApiT, SharedT], Iterable[Check]] = _no_diagnosis
    """Checks a source for `doctor` over the connection that reads it: a login is expensive."""
    title: str = ""
    """The name of such a server in a sentence; empty: `init` does not offer it."""
    recognise: Callable[[Any], bool] = _never
    """Returns whether a server is of this type, from requests that need no login; raises as its client."""
    read_log: Callable[[ApiT, SharedT, datetime], Iterable[LogEntry]] = _no_log
    """Reads who did what since a time; raises `SourceError` where the account or the release has no log."""


AnySystem = System[Any, Any]
