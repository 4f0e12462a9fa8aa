"""Sites of the real kinds with rows written by hand, identified and compared as the job does it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import yaml

from reconciler.collectors.npm import SYSTEM as NPM
from reconciler.collectors.unifi import SYSTEM as UNIFI
from reconciler.config.settings import DriftSettings
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.identify import identify
from reconciler.model.desired import DesiredState
from reconciler.model.key import Key, first_free
from reconciler.model.kind import AnyKind
from reconciler.model.naming import RawIdentity
from reconciler.model.recorded import Recorded
from reconciler.model.references import EACH, KEYS, Reference
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Scope, Snapshot
from reconciler.model.value import Row
from reconciler.site.declared import contradictions
from tests.drift import house
from tests.problems import problem

KINDS = {system.name: {kind.name: kind for kind in system.kinds} for system in (UNIFI, NPM)}
Live = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""`source/kind` → upstream id → fields of a row; one with `unread` has only the names that it goes by."""


def place(text: str) -> tuple[str, str]:
    source, kind = text.split("/")
    return source, kind


def desired(declared: Mapping[str, Any] | None) -> DesiredState:
    """`source/kind` → id → fields, through the loader."""
    tree = {
        f"{at}.yaml": yaml.safe_dump(rows, sort_keys=False, allow_unicode=True).encode()
        for at, rows in (declared or {}).items()
    }
    checks = partial(contradictions, kinds=KINDS)
    return load(tree, KINDS, directory="wanted", contradictions=checks)


def snapshot(live: Live, *, upstream: bool = True) -> Snapshot:
    """The rows as the collectors hand them on: by their first name, and `~2` where several have it."""
    resources: dict[Key, Resource] = {}
    scopes: list[Scope] = []
    for at, rows in live.items():
        source, name = place(at)
        kind = KINDS[source][name]
        assert kind.naming is not None or not any("unread" in row for row in rows.values())
        taken: set[str] = set()
        unread: dict[str, RawIdentity] = {}
        for own_id, fields in rows.items():
            if "unread" in fields:
                names = tuple(fields["unread"])
                identity = first_free(names[0], taken)
                unread[identity] = RawIdentity(names=names, upstream_id=own_id if upstream else None)
            else:
                made = kind.model.model_validate({k: v for k, v in fields.items() if k != "id"})
                row = kind.dump({"": made})[""]
                names = tuple(kind.naming.names(row)) if kind.naming else (fields["id"],)
                identity = first_free(names[0], taken)
                if upstream:
                    made = made.model_copy(update={"upstream_id": own_id})
                resources[Key(source, name, identity)] = made
            taken.add(identity)
        scopes.append(
            Scope(
                source=source,
                kind=name,
                listed="complete",
                count=len(rows) - len(unread),
                unread={each: problem("cannot be parsed") for each in unread},
                unidentified=unread or None,
            )
        )
    return Snapshot(house.run(0, {name: {"status": "complete"} for name in KINDS}), tuple(scopes), resources)


def identified(
    live: Live, declared: DesiredState | None, previous: Recorded | None, *, upstream: bool = True
) -> Snapshot:
    return identify(snapshot(live, upstream=upstream), declared, previous, KINDS)


def keys(found: Snapshot) -> dict[str, str]:
    """Upstream id → the id of the key."""
    return {str(row.upstream_id): key.id for key, row in found.resources.items() if row.upstream_id}


def judge(found: Snapshot, declared: DesiredState, previous: Recorded | None) -> Recorded:
    """The stages after `identify`, as the job runs them, without the guard."""
    inventory = carry_forward(found, previous, KINDS)
    return house.recorded(inventory, compare(inventory, declared, previous, DriftSettings(), KINDS))


def told(recorded: Recorded) -> dict[str, str]:
    """Each finding as `source/kind/id[ path]` → verdict or rule."""
    return {
        f"{finding.key} {finding.change.path if finding.change else ''}".strip(): finding.type
        for finding in recorded.report.findings
    }


def row(kind: AnyKind, fields: Mapping[str, Any]) -> Row:
    """The row of a kind with these fields, as JSON values."""
    return kind.dump({"": kind.model.model_validate(fields)})[""]


def loosely_desired(declared: Mapping[str, Any]) -> DesiredState:
    """As `desired`, where declarations may contradict each other."""
    tree = {
        f"{at}.yaml": yaml.safe_dump(rows, sort_keys=False, allow_unicode=True).encode()
        for at, rows in declared.items()
    }
    return load(tree, KINDS, directory="wanted")


def with_reference(kind: AnyKind, reference: Reference, value: str) -> Resource:
    """A resource of a kind with a reference to a value."""
    made: Any = value
    for at, step in reversed([*enumerate(reference.path)]):
        if step == EACH and _by_name(kind, reference.path[:at]):
            made = {"/": made}
        else:
            made = [made] if step == EACH else {value: 1} if step == KEYS else {step: made}
    required = {name: "1" for name, field in kind.model.model_fields.items() if field.is_required()}
    return kind.model.model_validate({**required, **made})


def _by_name(kind: AnyKind, path: tuple[str, ...]) -> bool:
    """Whether a field has its entries by name, not in a list."""
    if len(path) != 1 or path[0] not in kind.model.model_fields:
        return False
    return "dict[" in str(kind.model.model_fields[path[0]].annotation)


def reference_values(resource: Resource, reference: Reference) -> set[str]:
    """The values at a reference of a resource."""
    found: list[Any] = [resource.model_dump(mode="json")]
    for step in reference.path:
        found = [
            inner
            for each in found
            for inner in (
                each
                if step == KEYS or isinstance(each, list)
                else (each.values() if step == EACH else [each[step]])
            )
        ]
    return set(found)


def distinct(kind: AnyKind, rows: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """The rows that a source can have together: no two are the same, and each alias is of one host."""
    assert kind.naming is not None
    found: dict[str, dict[str, Any]] = {}
    taken: set[str] = set()
    for own_id, fields in rows.items():
        names = tuple(kind.naming.names(row(kind, fields)))
        names = names[-1:] if kind.naming.siblings else names
        if taken.isdisjoint(names):
            found[own_id] = dict(fields)
            taken.update(names)
    return found
