"""Write desired state from the live state."""

from collections.abc import Collection, Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from reconciler.config.file import SITE, Config
from reconciler.desired import load as desired_files
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.identify import identify
from reconciler.errors import DesiredStateError, Problem
from reconciler.jobs import steps
from reconciler.kinds import kinds_of
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import Kinds
from reconciler.model.progress import Progress
from reconciler.model.snapshot import Inventory, Run, Scope
from reconciler.model.value import Row
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.declared import contradictions
from reconciler.site.seen import seen
from reconciler.site.site_model import SiteModel
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
    kinds = kinds_of(config)
    steps.refuse_unknown(only, config)
    with steps.without_cyclic_gc():
        snapshot = steps.collect(
            config, environment, progress, steps.begin(config), deadline=steps.deadline(config)
        )
        inventory = carry_forward(identify(snapshot, _declared(config), None, kinds), None, kinds)
        rows = {**inventory.config, **seen(SiteModel(inventory, config.settings.capacity))}
        places = only or {*inventory_places(inventory), *((SITE, kind.name) for kind in SITE_KINDS)}
        texts, refused = whole_files(
            config, rows, kinds, places & complete_places(inventory), partial=bool(only)
        )
    return Adoption(texts, (*left_out(inventory, places, kinds), *map(str, refused)), snapshot.run)


def inventory_places(inventory: Inventory) -> frozenset[tuple[str, str]]:
    """Return each (source, kind) that was to be read."""
    return frozenset((scope.source, scope.kind) for scope in inventory.scopes if scope.source != SITE)


def complete_places(inventory: Inventory) -> frozenset[tuple[str, str]]:
    """Return each (source, kind) whose list is complete, and those of the site."""
    read = ((scope.source, scope.kind) for scope in inventory.scopes if scope.listed == "complete")
    return frozenset({*read, *((SITE, kind.name) for kind in SITE_KINDS)})


def whole_files(
    config: Config,
    rows: Mapping[Key, Row],
    kinds: Kinds,
    places: Collection[tuple[str, str]],
    *,
    partial: bool = False,
) -> tuple[Mapping[str, str], list[Problem]]:
    """Return whole files for some (source, kind), path → text, and the rows that they cannot declare.

    `partial`: other files belong to them, so their contradictions are not checked here.
    """
    from reconciler.desired.adopt import adopt

    adopted = adopt(rows, kinds, places)
    refused = list(adopted.refused)
    while not partial and (odd := _contradicting(adopted.files, kinds, config.settings.desired_state)):
        refused += odd.values()
        rows = {key: row for key, row in rows.items() if key not in odd}
        adopted = adopt(rows, kinds, places)
    return adopted.files, list(dict.fromkeys(refused))


def left_out(inventory: Inventory, places: Collection[tuple[str, str]], kinds: Kinds) -> tuple[str, ...]:
    """Return what cannot be adopted because it could not be read, and why."""
    scopes = [scope for scope in inventory.scopes if (scope.source, scope.kind) in places]
    return (*_left_out(scopes), *_unread_fields(inventory, places, kinds))


def _contradicting(texts: Mapping[str, str], kinds: Kinds, directory: str) -> dict[Key, Problem]:
    """Return the declarations that `validate` would refuse because of another one, and why."""
    tree = {path: text.encode() for path, text in texts.items()}
    desired = desired_files.load(tree, kinds, directory=directory)
    lines: dict[str, list[tuple[int, Key]]] = {}
    for key, declared in desired.resources.items():
        file, _, line = declared.declared_at.rpartition(":")
        lines.setdefault(file, []).append((int(line), key))
    found: dict[Key, Problem] = {}
    for problem in contradictions(desired, desired.resources.keys(), kinds):
        file, line, _ = problem.subject.rsplit(":", 2)
        _, key = max(each for each in lines[file] if each[0] <= int(line))
        found[key] = Problem(str(key), f"contradicts another one: {problem.what}", problem.remedy)
    return found


def _unread_fields(inventory: Inventory, chosen: Container[tuple[str, str]], kinds: Kinds) -> Iterator[str]:
    """Yield the fields that could not be read: adopted as if they had their defaults."""
    fields: dict[tuple[str, str, str], list[str]] = {}
    for key, observed in inventory.observed.items():
        unread = observed.get("unread")
        if key[:2] not in chosen or not isinstance(unread, list | tuple):
            continue
        lacking = [name for name in unread if name in kinds[key.source][key.kind].adopted_fields]
        if lacking:
            fields.setdefault((key.source, key.kind, ", ".join(lacking)), []).append(key.id)
    for (source, kind, names), ids in fields.items():
        shown = ", ".join(sorted(ids, key=natural)[:5]) + (f" and {len(ids) - 5} more" * (len(ids) > 5))
        yield f"{source}/{kind} {shown}: {names} could not be read"


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
