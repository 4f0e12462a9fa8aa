"""Read one source, kind by kind. What cannot be read is data: the rest of the source goes on."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from reconciler.collectors.reading_order import kinds_in_order
from reconciler.config.settings import FileSettings, SourceSettings
from reconciler.errors import Problem, SourceError, combined
from reconciler.isolation import isolated
from reconciler.model.act import LogEntry
from reconciler.model.check import Check
from reconciler.model.deadline import Deadline
from reconciler.model.fingerprint import RowContext, RowFingerprinter, SecretFingerprinter
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.listing import Listing
from reconciler.model.naming import RawIdentity
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Scope
from reconciler.model.system import AnySystem, SourceContext
from reconciler.model.unread import why_unparsed

SHORTEST_KEY = 32
"""Characters of `fingerprint_key`: of hexadecimal digits 128 bits, as many as a fingerprint has."""

_UNPARSABLE = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""Raised while a list is read: `ValueError` on purpose, the others when an API has another shape."""


@dataclass
class SourceReading:
    """The scopes and resources of one source."""

    system: str
    scopes: list[Scope] = field(default_factory=list)
    resources: dict[Key, Resource] = field(default_factory=dict)
    version: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    """Kind → the facts of its listing, for the kinds that need them."""
    fingerprinter: SecretFingerprinter | None = None
    log: tuple[LogEntry, ...] = ()
    """Who did what since the source was last read."""
    out_of_time: Problem | None = None
    """Why requests were not made, or not waited for: the time for the source was over."""


def read_source(
    source: SourceSettings,
    system: AnySystem,
    context: SourceContext,
    settings: FileSettings,
    checks: list[Check] | None,
) -> SourceReading:
    """Read every kind of a source; the diagnosis of its connection is added to `checks`.

    Never raises for a source: one that fails has failed scopes with the problem. A row that cannot be parsed
    is unread, and the rest of its list stands.
    """
    read = SourceReading(system.name)
    context.progress.step(f"reading {source.name}")
    problem = isolated(
        f"source {source.name}", partial(_read, read, source, system, context, settings, checks)
    )
    if problem is not None:
        read.scopes = [_failed(source.name, kind, problem) for kind in system.kinds]
    return read


def _read(
    read: SourceReading,
    source: SourceSettings,
    system: AnySystem,
    context: SourceContext,
    settings: FileSettings,
    checks: list[Check] | None,
) -> Problem | None:
    """Read every kind of a source; return why it failed as a whole."""
    try:
        read.fingerprinter = fingerprinter(settings, context.environment)
        context = replace(context, fingerprinter=read.fingerprinter)
        with system.connect(source, context) as api:
            shared = system.read_shared(api)
            read.version = system.version(shared)
            if checks is not None:
                checks += system.diagnose(api, shared)
            _read_kinds(read, source.name, system, context, api, shared)
            if context.since is not None:
                read.log = _read_log(source.name, system, api, shared, context.since)
    except SourceError as error:
        return combined(error.problems)
    except _UNPARSABLE as error:
        return Problem("", f"its answers cannot be parsed: {why_unparsed(error)}", cause="bad-answer")
    return None


def not_ended(source: SourceSettings, system: AnySystem, deadline: Deadline) -> SourceReading:
    """Return the reading of a source that hangs where no budget ends it: in a name that does not resolve."""
    problem = deadline.problem
    return SourceReading(system.name, [_failed(source.name, kind, problem) for kind in system.kinds])


def _read_kinds(
    read: SourceReading, source: str, system: AnySystem, context: SourceContext, api: Any, shared: Any
) -> None:
    """Read every kind; those that ran out of time in the last run come first, and each gets some time."""
    budget, waiting = context.budget, set(context.first)
    for done, kind in enumerate(kinds_in_order(system.kinds, context.first), 1):
        waiting.discard(kind.name)
        refused = budget.refused
        with budget.limit_turn(others_wait=bool(waiting)):
            _read_kind(read, source, kind, api, shared)
        if budget.refused > refused or _for_time(read.scopes[-1]) or _lacks_time(read.scopes, kind.needs):
            read.scopes[-1] = read.scopes[-1].model_copy(update={"out_of_time": True})
            read.out_of_time = budget.problem
        context.progress.count(f"kinds of {source}", done, len(system.kinds))


def _read_log(source: str, system: AnySystem, api: Any, shared: Any, since: datetime) -> tuple[LogEntry, ...]:
    """Return who did what since a time; nothing where that cannot be read, for it is only evidence."""

    def read() -> tuple[LogEntry, ...]:
        try:
            return tuple(system.read_log(api, shared, since))
        except (SourceError, *_UNPARSABLE):
            return ()

    found = isolated(f"log of {source}", read)
    return () if isinstance(found, Problem) else found


def _lacks_time(scopes: Sequence[Scope], needs: Collection[str]) -> bool:
    """Return whether the last kind is short of rows because one that it needs ran out of time."""
    *before, last = scopes
    return last.listed != "complete" and any(each.out_of_time for each in before if each.kind in needs)


def _for_time(scope: Scope) -> bool:
    problems = (scope.problem, *scope.unread.values())
    return any(each is not None and each.cause == "no-time-left" for each in problems)


def fingerprinter(settings: FileSettings, environment: Mapping[str, str]) -> SecretFingerprinter | None:
    """Return what makes the fingerprints of a site; raises `SourceError` for a key that is unset or short."""
    key, previous = settings.fingerprint_key, settings.fingerprint_key_previous
    if key is None:
        return None
    older = None if previous is None else previous.resolve(environment, "fingerprint_key_previous")
    value = key.resolve(environment, "fingerprint_key")
    if len(value) < SHORTEST_KEY:
        what = f"{key.variable} has fewer than {SHORTEST_KEY} characters: its fingerprints could be guessed"
        remedy = "make one with `openssl rand -hex 32`"
        raise SourceError(Problem("fingerprint_key", what, remedy, "misconfigured"))
    return SecretFingerprinter(value, older)


def _read_kind(read: SourceReading, source: str, kind: AnyKind, api: Any, shared: Any) -> None:
    place = f"kind {source}/{kind.name}"
    listing = isolated(place, partial(_fetch, read, kind, api, shared))
    if isinstance(listing, Problem):
        read.scopes.append(_failed(source, kind, listing))
        return
    read.facts[kind.name] = listing.facts
    unread = dict(listing.unread)
    before = len(read.resources)
    for identity, raw in listing.rows.items():
        known = listing.identities.get(identity) if kind.naming is not None else None
        row = _row_fingerprinter(kind, identity, known, read.fingerprinter)
        made = isolated(place, partial(_normalise, kind, identity, raw, _in_row(listing.context, row)))
        if isinstance(made, Problem):
            unread[identity] = made
            continue
        if known is not None:
            made = made.model_copy(update={"upstream_id": known.upstream_id})
        read.resources[Key(source, kind.name, identity)] = made
    read.scopes.append(
        Scope(
            source=source,
            kind=kind.name,
            listed=listing.listed,
            problem=listing.problem,
            count=len(read.resources) - before,
            unread=unread,
            ambiguous=dict(listing.ambiguous) or None,
            not_supported=tuple(sorted(listing.not_supported)) or None,
            unidentified=_unidentified(kind, unread, listing.identities),
            notes=listing.notes or None,
        )
    )


def _fetch(read: SourceReading, kind: AnyKind, api: Any, shared: Any) -> Listing[Any, Any] | Problem:
    """Return the list of a kind; a problem if it cannot be read or parsed."""
    assert kind.fetch is not None
    try:
        return kind.fetch(api, shared, *map(read.facts.get, kind.needs))
    except SourceError as error:
        return combined(error.problems)
    except _UNPARSABLE as error:
        return Problem("", f"its list cannot be parsed: {why_unparsed(error)}", cause="bad-answer")


def _row_fingerprinter(
    kind: AnyKind, identity: str, known: RawIdentity | None, fingerprinter: SecretFingerprinter | None
) -> RowFingerprinter:
    """Return what makes the fingerprints of a row, by the source's own id: they outlive a rename."""
    own = known.upstream_id if known is not None and known.upstream_id else identity
    return RowFingerprinter(f"{kind.name}/{own}", fingerprinter)


def _in_row(context: Any, row: RowFingerprinter) -> Any:
    """Return the context of a listing with what makes the fingerprints of one of its rows."""
    return replace(context, fingerprints=row) if isinstance(context, RowContext) else context


def _unidentified(
    kind: AnyKind, unread: Iterable[str], identities: Mapping[str, RawIdentity]
) -> dict[str, RawIdentity] | None:
    """Return the names of rows that could not be read, of a kind whose rows have names."""
    if kind.naming is None:
        return None
    return {identity: identities[identity] for identity in unread if identity in identities} or None


def _normalise(kind: AnyKind, identity: str, raw: Any, context: Any) -> Resource | Problem:
    """Return the resource of a row; a problem if the row cannot be parsed."""
    assert kind.normalise is not None
    try:
        resource: Resource = kind.normalise(identity, raw, context)
    except ValueError as error:
        return Problem("", f"cannot be parsed: {why_unparsed(error)}", cause="unreadable-row")
    return resource


def _failed(source: str, kind: AnyKind, problem: Problem) -> Scope:
    late = True if problem.cause == "no-time-left" else None
    return Scope(source=source, kind=kind.name, listed="failed", problem=problem, count=0, out_of_time=late)
