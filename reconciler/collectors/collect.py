"""Read every source, all at once, into one snapshot. What cannot be read is data: the others go on."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime

from reconciler import __version__
from reconciler.collectors.reading_order import LeftOver
from reconciler.collectors.source import SourceReading, not_ended, read_source
from reconciler.config.file import Config
from reconciler.config.settings import SourceSettings
from reconciler.errors import Problem
from reconciler.model.check import Check
from reconciler.model.deadline import NEVER, Deadline, source_budget
from reconciler.model.key import Key
from reconciler.model.listing import Listed
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Run, Scope, Snapshot, SourceStatus
from reconciler.model.system import AnySystem, SourceContext


def begin(config: Config, now: datetime, *, commit: str | None = None, tree: str | None = None) -> Run:
    """Return the facts of a run that starts now; `commit` and `tree` are git's ids of the desired state."""
    return Run(
        id=f"{now:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}",
        site=config.settings.site,
        collected_at=now,
        stale_after=now + 2 * config.settings.interval,
        desired_commit=commit,
        desired_tree=tree,
        version=__version__,
    )


@dataclass(frozen=True, slots=True)
class Expected:
    """The resources that a run expects to read."""

    keys: frozenset[Key] = frozenset()
    """Declared, or read last time: one that a list lacks may only be hidden."""
    empty: frozenset[tuple[str, str]] = frozenset()
    """(source, kind) that may list nothing: the last record proves it, or the operator accepts it."""
    first: LeftOver = field(default_factory=dict)
    """The kinds that ran out of time in the last run, and their ids."""
    deadline: Deadline = NEVER
    """By when the reading has to end."""
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Source → when it was last read."""
    declared: frozenset[Key] = frozenset()
    """Those of the keys that are declared."""


def _ids(keys: Iterable[Key]) -> dict[str, dict[str, frozenset[str]]]:
    """Return resources as source → kind → ids."""
    found: dict[str, dict[str, set[str]]] = {}
    for key in keys:
        found.setdefault(key.source, {}).setdefault(key.kind, set()).add(key.id)
    return {
        source: {kind: frozenset(each) for kind, each in kinds.items()} for source, kinds in found.items()
    }


NOTHING_EXPECTED = Expected()


def collect(
    config: Config,
    systems: Mapping[str, AnySystem],
    environment: Mapping[str, str],
    progress: Progress,
    run: Run,
    expected: Expected = NOTHING_EXPECTED,
    checks: Mapping[str, list[Check]] | None = None,
) -> Snapshot:
    """Read the live state of every configured source in parallel; the snapshot's run has the status of each.

    Each has its own budget, and none is waited for after the deadline. Never raises for a source, as
    `read_source`. The diagnosis of each connection is added to `checks`, by name of the source.
    """
    ids, declared = _ids(expected.keys), _ids(expected.declared)

    def read(source: SourceSettings) -> SourceReading:
        budget = source_budget(config.settings.interval, expected.deadline)
        name = source.name
        context = SourceContext(
            environment,
            config.root,
            progress,
            ids.get(name, {}),
            empty=frozenset(kind for of, kind in expected.empty if of == name),
            first={kind: each for (of, kind), each in expected.first.items() if of == name},
            budget=budget,
            since=expected.since.get(name),
            declared=declared.get(name, {}),
        )
        found = (checks or {}).get(name)
        return read_source(source, systems[source.type], context, config.settings, found)

    reads = _all_at_once(config.sources, systems, read, expected.deadline)
    named = {source.name: each for source, each in zip(config.sources, reads, strict=True)}
    snapshot = Snapshot(
        run=run.model_copy(update={"sources": {name: _status(each, run) for name, each in named.items()}}),
        scopes=tuple(scope for each in reads for scope in each.scopes),
        resources={key: resource for each in reads for key, resource in each.resources.items()},
        log={name: each.log for name, each in named.items() if each.log},
    )
    for each in reads:  # a failure that was kept as a value keeps its frames, and they keep the reading
        each.resources.clear()
    return snapshot


def _all_at_once(
    sources: Sequence[SourceSettings],
    systems: Mapping[str, AnySystem],
    read: Callable[[SourceSettings], SourceReading],
    deadline: Deadline,
) -> list[SourceReading]:
    """Return the readings of sources, in their order; none is waited for after the deadline."""
    pool = ThreadPoolExecutor(len(sources), thread_name_prefix="source")
    try:
        begun = [pool.submit(read, source) for source in sources]
        done, _ = wait(begun, None if deadline is NEVER else deadline.left)
        return [
            each.result() if each in done else not_ended(source, systems[source.type], deadline)
            for source, each in zip(sources, begun, strict=True)
        ]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)  # Ctrl-C must not wait for a node that hangs


def _status(read: SourceReading, run: Run) -> SourceStatus:
    """Return the status: complete when all lists and rows could be read, failed when none could."""
    short = [scope for scope in read.scopes if scope.listed != "complete" or scope.unread]
    failed = all(scope.listed == "failed" for scope in read.scopes)
    listed: Listed = "failed" if failed else "partial" if short or read.out_of_time else "complete"
    problem = _first_problem(short[0]) if short else None
    return SourceStatus(
        system=read.system,
        status=listed,
        problem=problem if failed else read.out_of_time or problem,
        version=read.version,
        last_success=None if failed else run.collected_at,
    )


def _first_problem(scope: Scope) -> Problem | None:
    return scope.problem or min(scope.unread.values(), default=None)
