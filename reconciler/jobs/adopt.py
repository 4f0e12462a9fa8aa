"""Write desired state from the live state."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from reconciler.collectors.collect import begin
from reconciler.config.file import Config
from reconciler.drift.carry_forward import carry_forward
from reconciler.jobs.steps import (
    collect_now,
    now,
    refuse_unknown,
    without_cyclic_gc,
)
from reconciler.kinds import kinds_of
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Run, Scope
from reconciler.text import natural


@dataclass(frozen=True, slots=True)
class Adoption:
    """Desired state written from what is live."""

    files: Mapping[str, str]
    """Path below the desired-state folder → YAML."""
    left_out: tuple[str, ...]
    """What is not in it because it could not be read, and why."""
    run: Run


def adopt_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    only: frozenset[tuple[str, str]] = frozenset(),
) -> Adoption:
    """Desired state for what is live now, of every declarable kind or `only` of some (source, kind)."""
    from reconciler.desired.adopt import adopt

    kinds = kinds_of(config)
    refuse_unknown(only, config)
    with without_cyclic_gc():
        snapshot = collect_now(config, environment, progress, begin(config, now()))
        inventory = carry_forward(snapshot, None, kinds)
    wanted = {key: row for key, row in inventory.config.items() if not only or (key.source, key.kind) in only}
    scopes = [scope for scope in inventory.scopes if not only or (scope.source, scope.kind) in only]
    return Adoption(adopt(wanted, kinds), tuple(_left_out(scopes)), snapshot.run)


def _left_out(scopes: Iterable[Scope]) -> Iterator[str]:
    for scope in scopes:
        if scope.listed != "complete":
            yield f"{scope.source}/{scope.kind}: the list is {scope.listed}: {scope.reason}"
        together: dict[str, list[str]] = {}
        for identity in sorted(scope.unread, key=natural):
            together.setdefault(scope.unread[identity], []).append(identity)
        for reason, ids in together.items():
            yield f"{scope.source}/{scope.kind} {', '.join(ids)}: {reason}"
