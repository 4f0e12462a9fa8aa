"""Give every row its key, and every reference the key of what it refers to: a pure step before `guard`.

A key is the declared id among the names that a row goes by, else the key that it had in the previous
inventory (by the id that the source gave it, else by names in common), else its first name. So an alias that
sorts first, a new protocol or a new name is a change of a field, and not a resource that is missing beside an
unknown one.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from reconciler.drift.claims import Claims, Decision, NamedRow, decide
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.naming import Naming, RawIdentity
from reconciler.model.recorded import Recorded
from reconciler.model.references import Reference, rewritten
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Inventory, Scope, Snapshot
from reconciler.model.value import Row

_Place = tuple[str, str]
"""A source and a kind."""
_Renames = Mapping[_Place, Mapping[str, str]]
"""Id in the snapshot → key, of the ids that change."""
_MAX_PASSES = 4
"""Some names hold references (`zone:zone:name`), which are final once what they refer to has its key."""


def identify(
    snapshot: Snapshot,
    desired: DesiredState | None,
    previous: Recorded | None,
    kinds: Kinds,
    *,
    recorded: bool = False,
) -> Snapshot:
    """Return the snapshot with the final keys; `recorded`: its ids are those of an earlier run."""
    groups = _groups(snapshot.resources, kinds)
    sites = [
        _Site(scope, kind, _dumped(kind, groups.get((scope.source, scope.kind), {})))
        for scope in snapshot.scopes
        if (kind := kinds.get(scope.source, {}).get(scope.kind)) is not None and kind.naming is not None
    ]
    if not any(site.rows or site.scope.unread for site in sites):
        return snapshot
    decisions = _decisions(sites, _known(sites, desired, previous, recorded=recorded))
    renames = _renames(decisions)
    return replace(
        snapshot,
        scopes=tuple(_scope(scope, decisions.get((scope.source, scope.kind))) for scope in snapshot.scopes),
        resources=_resources(snapshot.resources, renames, kinds),
        as_of=_moved(snapshot.as_of, renames),
    )


def identify_inventory(inventory: Inventory, desired: DesiredState, kinds: Kinds) -> Inventory:
    """Return a recorded inventory with the keys that this desired state gives its rows."""
    sites = [
        _Site(scope, kind, _recorded_rows(inventory, scope))
        for scope in inventory.scopes
        if (kind := kinds.get(scope.source, {}).get(scope.kind)) is not None and kind.naming is not None
    ]
    decisions = _decisions(sites, _known(sites, desired, None, recorded=True))
    renames = _renames(decisions)
    scopes = tuple(_scope(scope, decisions.get((scope.source, scope.kind))) for scope in inventory.scopes)
    return replace(
        inventory,
        scopes=scopes,
        config=_rows(inventory.config, renames, kinds),
        observed=_moved(inventory.observed, renames),
        as_of=_moved(inventory.as_of, renames),
    )


@dataclass(slots=True)
class _Site:
    """The rows of one kind of one source."""

    scope: Scope
    kind: AnyKind
    rows: Mapping[str, Row]

    @property
    def place(self) -> _Place:
        return self.scope.source, self.scope.kind

    @property
    def naming(self) -> Naming:
        assert self.kind.naming is not None
        return self.kind.naming


def _groups(resources: Mapping[Key, Resource], kinds: Kinds) -> dict[_Place, dict[str, Resource]]:
    """Return the resources of kinds that have names, by kind and id."""
    wanted = {
        (source, name)
        for source, each in kinds.items()
        for name, kind in each.items()
        if kind.naming is not None
    }
    groups: dict[_Place, dict[str, Resource]] = {place: {} for place in wanted}
    for key, resource in resources.items():
        if (group := groups.get(key[:2])) is not None:
            group[key.id] = resource
    return groups


def _dumped(kind: AnyKind, resources: Mapping[str, Resource]) -> Mapping[str, Row]:
    return kind.dump(resources) if resources else {}


def _recorded_rows(inventory: Inventory, scope: Scope) -> Mapping[str, Row]:
    place = (scope.source, scope.kind)
    rows = {key.id: row for key, row in inventory.config.items() if key[:2] == place}
    return {
        identity: {**row, **inventory.observed.get(Key(*place, identity), {})}
        for identity, row in rows.items()
    }


def _known(
    sites: list[_Site], desired: DesiredState | None, previous: Recorded | None, *, recorded: bool
) -> dict[_Place, Claims]:
    """Return what is declared and was recorded of the kinds."""
    declared: dict[_Place, list[Declared]] = {site.place: [] for site in sites}
    for key, each in (desired.resources if desired else {}).items():
        if (known := declared.get(key[:2])) is not None:
            known.append(each)
    before: dict[_Place, dict[str, Row]] = {site.place: {} for site in sites}
    for key, row in (previous.inventory.config if previous else {}).items():
        if (rows := before.get(key[:2])) is not None:
            rows[key.id] = row
    observed = previous.inventory.observed if previous else {}
    return {
        site.place: Claims(
            siblings=site.naming.siblings,
            declared={
                each.key.id: site.naming.target(each.key.id, each.fields) for each in declared[site.place]
            },
            previous={
                identity: _named_row(
                    identity,
                    row,
                    site.naming,
                    observed.get(Key(*site.place, identity), {}).get("upstream_id"),
                )
                for identity, row in before[site.place].items()
            },
            recorded=recorded,
        )
        for site in sites
    }


def _named_row(identity: str, row: Row, naming: Naming, upstream_id: object) -> NamedRow:
    names = tuple(dict.fromkeys(naming.names(row))) or (identity,)
    content = repr(sorted((name, repr(value)) for name, value in row.items() if name != "upstream_id"))
    return NamedRow(identity, names, upstream_id if isinstance(upstream_id, str) else None, content)


def _decisions(sites: list[_Site], known: Mapping[_Place, Claims]) -> dict[_Place, Decision]:
    """Return the keys of the rows; names that hold references are made of the keys that those refer to."""
    decisions: dict[_Place, Decision] = {}
    renames: _Renames = {}
    for _ in range(_MAX_PASSES):
        decisions = {site.place: decide(list(_to_name(site, renames)), known[site.place]) for site in sites}
        if (found := _renames(decisions)) == renames:
            break
        renames = found
        if not any(_references(site.kind, site.scope.source, renames) for site in sites):
            break
    return decisions


def _to_name(site: _Site, renames: _Renames) -> Iterator[NamedRow]:
    """Yield the rows of a kind, and those that exist and could not be read."""
    references = _references(site.kind, site.scope.source, renames)
    for identity, row in site.rows.items():
        yield _named_row(identity, _referring(row, references), site.naming, row.get("upstream_id"))
    unnamed = site.scope.unidentified or {}
    for identity in site.scope.unread:
        raw = unnamed.get(identity, RawIdentity())
        yield NamedRow(identity, raw.names or (identity,), raw.upstream_id)


def _renames(decisions: Mapping[_Place, Decision]) -> _Renames:
    found = {
        place: {at: key for at, key in decision.keys.items() if at != key}
        for place, decision in decisions.items()
    }
    return {place: each for place, each in found.items() if each}


def _references(kind: AnyKind, source: str, renames: _Renames) -> list[tuple[Reference, Mapping[str, str]]]:
    """Return the references of a kind to what got another key, with those keys."""
    if not renames:
        return []
    return [
        (reference, renames[source, reference.kind])
        for reference in kind.references
        if (source, reference.kind) in renames
    ]


def _referring(row: Row, references: Iterable[tuple[Reference, Mapping[str, str]]]) -> Row:
    for reference, keys in references:
        row = rewritten(row, reference.path, keys)
    return row


def _scope(scope: Scope, decision: Decision | None) -> Scope:
    """Return a scope whose ids are the final keys."""
    if decision is None:
        return scope
    return scope.model_copy(
        update={
            "unread": {decision.keys[identity]: problem for identity, problem in scope.unread.items()},
            "ambiguous": {name: tuple(sorted(keys)) for name, keys in sorted(decision.ambiguous.items())}
            or None,
            "shared": dict(sorted(decision.shared.items())) or None,
            "moved": dict(sorted(decision.moved.items())) or None,
            "unidentified": None,
        }
    )


def _moved(values: Mapping[Key, Any], renames: _Renames) -> dict[Key, Any]:
    if not renames:
        return dict(values)
    return {_key(key, renames): value for key, value in values.items()}


def _key(key: Key, renames: _Renames) -> Key:
    keys = renames.get(key[:2])
    return key if keys is None or key.id not in keys else key._replace(id=keys[key.id])


def _resources(resources: Mapping[Key, Resource], renames: _Renames, kinds: Kinds) -> Mapping[Key, Resource]:
    """Return the resources by their keys, with references to keys."""
    if not renames:
        return resources
    tables = _tables(renames, kinds)
    found: dict[Key, Resource] = {}
    for key, resource in resources.items():
        references = tables.get(key[:2])
        made = _refers(resource, references) if references else resource
        found[_key(key, renames)] = made
    return found


def _refers(resource: Resource, references: Iterable[tuple[Reference, Mapping[str, str]]]) -> Resource:
    row: Row = resource.model_dump(mode="json", exclude_none=True)
    changed = _referring(row, references)
    return resource if changed is row else type(resource).model_validate(changed)


def _rows(rows: Mapping[Key, Row], renames: _Renames, kinds: Kinds) -> dict[Key, Row]:
    """Return the rows of class config by their keys, with references to keys."""
    tables = _tables(renames, kinds)
    found: dict[Key, Row] = {}
    for key, row in rows.items():
        changed = _referring(row, tables.get(key[:2], ()))
        if changed is not row:
            kind = kinds[key.source][key.kind]
            made = kind.adapter.validate_python({key.id: changed}, extra="ignore")
            changed = kind.split(kind.dump(made)[key.id])[0]
        found[_key(key, renames)] = changed
    return found


def _tables(renames: _Renames, kinds: Kinds) -> dict[_Place, list[tuple[Reference, Mapping[str, str]]]]:
    """Return the references of every kind to what got another key."""
    found = {
        (source, name): _references(kind, source, renames)
        for source in {place[0] for place in renames}
        for name, kind in kinds.get(source, {}).items()
    }
    return {place: each for place, each in found.items() if each}
