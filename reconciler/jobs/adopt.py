"""Write desired state from the live state."""

from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from reconciler import files
from reconciler.config.file import SITE, Config
from reconciler.desired import load as desired_files
from reconciler.desired.load import SUFFIX
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
    from reconciler.desired.adopt import adopt

    kinds = kinds_of(config)
    steps.refuse_unknown(only, config)
    with steps.without_cyclic_gc():
        snapshot = steps.collect(
            config, environment, progress, steps.begin(config), deadline=steps.deadline(config)
        )
        inventory = carry_forward(identify(snapshot, _declared(config), None, kinds), None, kinds)
        model = SiteModel(inventory, config.settings.capacity)
        complete = {(scope.source, scope.kind) for scope in inventory.scopes if scope.listed == "complete"}
        chosen = [
            at for at in (*complete, *((SITE, kind.name) for kind in SITE_KINDS)) if not only or at in only
        ]
        rows = {**inventory.config, **seen(model)}
        adopted = adopt(rows, kinds, chosen)
        refused = list(adopted.refused)
        while not only and (odd := _contradicting(adopted.files, kinds, config.settings.desired_state)):
            refused += odd.values()
            rows = {key: row for key, row in rows.items() if key not in odd}
            adopted = adopt(rows, kinds, chosen)
    scopes = [scope for scope in inventory.scopes if not only or (scope.source, scope.kind) in only]
    left_out = (
        *_left_out(scopes),
        *_unread_fields(inventory, chosen, kinds),
        *map(str, dict.fromkeys(refused)),
    )
    return Adoption(adopted.files, left_out, snapshot.run)


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


def write_new(config: Config, texts: Mapping[str, str]) -> int:
    """Write desired-state files, each whole, and return how many; raises if one of them exists."""
    folder = config.desired_directory
    name = config.settings.desired_state
    taken = [path for path in texts if _exists(folder, path)]
    if taken:
        remedy = "move it away first, or name other kinds with --only"
        raise DesiredStateError(Problem(f"{name}/{path}", "exists already", remedy) for path in taken)
    for path, text in texts.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        files.write_atomically(file, text.encode())
    return len(texts)


def _exists(folder: Path, path: str) -> bool:
    """Return whether a kind has a file, in either layout."""
    stem = folder.joinpath(*path.removesuffix(SUFFIX).split("/")[:2])
    return stem.with_name(stem.name + SUFFIX).exists() or stem.is_dir()


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
