"""Write desired state from the live state."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from reconciler.config.file import Config
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.identify import identify
from reconciler.errors import DesiredStateError, Problem
from reconciler.jobs import steps
from reconciler.kinds import kinds_of
from reconciler.model.desired import DesiredState
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Run, Scope
from reconciler.text import natural


@dataclass(frozen=True, slots=True)
class Adoption:
    """Desired state written from the live state."""

    files: Mapping[str, str]
    """Path below the desired-state folder → YAML."""
    left_out: tuple[str, ...]
    """The resources that could not be read, and why."""
    run: Run


def adopt_live(
    config: Config,
    environment: Mapping[str, str],
    progress: Progress,
    only: frozenset[tuple[str, str]] = frozenset(),
) -> Adoption:
    """Write desired state for the live state: of every declarable kind, or of those in `only`."""
    from reconciler.desired.adopt import adopt

    kinds = kinds_of(config)
    steps.refuse_unknown(only, config)
    with steps.without_cyclic_gc():
        snapshot = steps.collect(config, environment, progress, steps.begin(config))
        inventory = carry_forward(identify(snapshot, _declared(config), None, kinds), None, kinds)
    rows = {key: row for key, row in inventory.config.items() if not only or key[:2] in only}
    scopes = [scope for scope in inventory.scopes if not only or (scope.source, scope.kind) in only]
    return Adoption(adopt(rows, kinds), tuple(_left_out(scopes)), snapshot.run)


def _declared(config: Config) -> DesiredState | None:
    """Return the desired state, so that what is declared keeps its id; None where it has problems."""
    with suppress(DesiredStateError):
        return steps.load_desired(config)
    return None


def _left_out(scopes: Iterable[Scope]) -> Iterator[str]:
    for scope in scopes:
        if scope.listed != "complete":
            yield f"{scope.source}/{scope.kind}: the list is {scope.listed}: {scope.problem}"
        together: dict[Problem, list[str]] = {}
        for identity in sorted(scope.unread, key=natural):
            together.setdefault(scope.unread[identity], []).append(identity)
        for problem, ids in together.items():
            yield f"{scope.source}/{scope.kind} {', '.join(ids)}: {problem}"
