"""Read every source, all at once, into one snapshot. What cannot be read is data: the others go on."""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from reconciler import __version__
from reconciler.config.file import Config, SourceSettings
from reconciler.config.secret import Secret
from reconciler.errors import SourceError
from reconciler.model.check import Check
from reconciler.model.fingerprint import Seal
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, AnySystem, Listed, Resource, Surroundings
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Run, Scope, Snapshot, SourceStatus


def begin(config: Config, now: datetime, *, commit: str | None = None, tree: str | None = None) -> Run:
    """The facts of a run that starts now; `commit` and `tree` are git's ids of the desired state."""
    return Run(
        id=f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}",
        site=config.settings.site,
        collected_at=now,
        stale_after=now + 2 * config.settings.interval,
        desired_commit=commit,
        desired_tree=tree,
        version=__version__,
    )


_NONSENSE = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What reading a row may raise: `ValueError` on purpose, the others when an API has another shape."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a run knows beforehand of what it will read."""

    keys: frozenset[Key] = frozenset()
    """Declared, or read last time: a list that lacks one is asked whether it only hides it."""
    empty: frozenset[tuple[str, str]] = frozenset()
    """(source, kind) of which the last record proves, or a person says, that there are none."""


NOTHING_EXPECTED = Expected()


@dataclass
class _Read:
    """What one source gave."""

    system: str
    scopes: list[Scope] = field(default_factory=list)
    resources: dict[Key, Resource] = field(default_factory=dict)
    version: str | None = None


def collect(
    config: Config,
    systems: Mapping[str, AnySystem],
    environment: Mapping[str, str],
    progress: Progress,
    run: Run,
    expected: Expected = NOTHING_EXPECTED,
    checks: Mapping[str, list[Check]] | None = None,
) -> Snapshot:
    """The live state of every configured source, read in parallel; the snapshot's run tells how each went.

    Never raises for a source: one that fails has failed scopes and a reason. A row that makes no sense is
    unread and the rest of its list stands. What the connections can tell `doctor` is added to `checks`, by
    name of the source.
    """
    ids: dict[str, dict[str, set[str]]] = {}
    for key in expected.keys:
        ids.setdefault(key.source, {}).setdefault(key.kind, set()).add(key.id)

    def read(source: SourceSettings) -> _Read:
        known = {kind: frozenset(each) for kind, each in ids.get(source.name, {}).items()}
        none = frozenset(kind for name, kind in expected.empty if name == source.name)
        around = Surroundings(environment, config.root, progress, known, empty=none)
        told = (checks or {}).get(source.name)
        return _read(source, systems[source.type], around, config.settings.fingerprint_key, told)

    pool = ThreadPoolExecutor(len(config.sources), thread_name_prefix="source")
    try:
        reads = list(pool.map(read, config.sources))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C must not wait for a node that hangs
    named = {source.name: each for source, each in zip(config.sources, reads, strict=True)}
    return Snapshot(
        run=run.model_copy(update={"sources": {name: _status(each, run) for name, each in named.items()}}),
        scopes=tuple(scope for each in reads for scope in each.scopes),
        resources={key: resource for each in reads for key, resource in each.resources.items()},
    )


def _read(
    source: SourceSettings,
    system: AnySystem,
    around: Surroundings,
    key: Secret | None,
    told: list[Check] | None,
) -> _Read:
    read = _Read(system.name)
    around.progress.step(f"reading {source.name}")
    try:
        if key is not None:
            seal = Seal(key.resolve(around.environment, "fingerprint_key"))
            around = replace(around, seal=seal)
        with system.connect(source, around) as api:
            survey = system.survey(api)
            read.version = system.version(survey)
            if told is not None:
                told += system.diagnose(api, survey)
            for done, kind in enumerate(system.kinds, 1):
                _read_kind(read, source.name, kind, api, survey)
                around.progress.count(f"kinds of {source.name}", done, len(system.kinds))
    except SourceError as error:
        read.scopes = [_failed(source.name, kind, str(error)) for kind in system.kinds]
    except _NONSENSE as error:
        reason = f"what it answers makes no sense: {_why(error)}"
        read.scopes = [_failed(source.name, kind, reason) for kind in system.kinds]
    return read


def _read_kind(read: _Read, source: str, kind: AnyKind, api: Any, survey: Any) -> None:
    try:
        listing = kind.fetch(api, survey)
    except SourceError as error:
        read.scopes.append(_failed(source, kind, str(error)))
        return
    except _NONSENSE as error:
        read.scopes.append(_failed(source, kind, f"its list makes no sense: {_why(error)}"))
        return
    unread = dict(listing.unread)
    before = len(read.resources)
    for identity, raw in listing.rows.items():
        try:
            read.resources[Key(source, kind.name, identity)] = kind.normalise(identity, raw)
        except _NONSENSE as error:
            unread[identity] = f"its data make no sense: {_why(error)}"
    read.scopes.append(
        Scope(
            source=source,
            kind=kind.name,
            listed=listing.listed,
            reason=listing.reason,
            count=len(read.resources) - before,
            unread=unread,
            ambiguous=dict(listing.ambiguous) or None,
            notes=listing.notes or None,
        )
    )


def _failed(source: str, kind: AnyKind, reason: str) -> Scope:
    reason = "; ".join(reason.splitlines())
    return Scope(source=source, kind=kind.name, listed="failed", reason=reason, count=0)


def _why(error: Exception) -> str:
    """The first thing that is wrong with a row, without any value of it: one may be a secret."""
    if not isinstance(error, ValidationError):
        return (
            str(error)
            if type(error) is ValueError
            else f"a part of it is of another type than it should be ({type(error).__name__})"
        )
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {first['msg'].removeprefix('Value error, ')}"


def _status(read: _Read, run: Run) -> SourceStatus:
    """Complete when every list is and every row could be read; failed when nothing could."""
    short = [scope for scope in read.scopes if scope.listed != "complete" or scope.unread]
    failed = all(scope.listed == "failed" for scope in read.scopes)
    listed: Listed = "failed" if failed else "partial" if short else "complete"
    return SourceStatus(
        system=read.system,
        status=listed,
        reason=_reason(short, failed=failed),
        version=read.version,
        last_success=None if failed else run.collected_at,
    )


def _reason(short: list[Scope], *, failed: bool) -> str | None:
    """One line: the first cause, and which other kinds lack something; every scope has its own reason."""
    if not short:
        return None
    first = short[0]
    cause = first.reason or f"{len(first.unread)} unread: {min(first.unread.values())}"
    if failed:
        return cause
    others = ", ".join(scope.kind for scope in short[1:])
    return f"{first.kind}: {cause}" + (f" (also incomplete: {others})" if others else "")
