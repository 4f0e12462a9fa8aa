"""Events: changes between two recorded runs that no finding shows.

A change is shown once: as the finding that it opens, changes or closes, else as an event. Only a row that
this run read has any: one that could not be read may not have changed. More than 20 of one field of one kind
are one event.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from reconciler.config.file import SITE
from reconciler.drift.differences import with_same_order
from reconciler.drift.unread_keys import changed_keys, demoted_keys
from reconciler.model.change_words import ChangeWord
from reconciler.model.findings import PLANNED, Event, Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind, Kinds
from reconciler.model.pointer import differing, member, parts_of
from reconciler.model.recorded import Recorded
from reconciler.model.rule import Place
from reconciler.model.snapshot import Inventory, Scope
from reconciler.model.value import Row
from reconciler.text import natural

FOLD_ABOVE = 20
"""So many events of one field of one kind are shown one by one."""
_IDS = 5
_WHOLE = frozenset({"missing", "unmanaged", PLANNED})
_NO_FIELDS = frozenset({"pending", "unmodelled"})
"""Fields with findings or events of their own."""


def events(
    inventory: Inventory,
    previous: Recorded | None,
    kinds: Kinds,
    findings: Iterable[Finding],
    opened: Iterable[Place] = (),
) -> tuple[Event, ...]:
    """Return the changes since the last record that neither these findings nor its own show.

    `opened` are the fields because of which rules have fired since then: a guest that stopped, with a name.
    A record of another version has none: that version may read other fields.
    """
    if previous is None or previous.report.run.version != inventory.run.version:
        return ()
    shown = _Shown((*findings, *previous.report.findings), opened)
    found = [
        event
        for event in _changes(inventory, previous, kinds)
        if not shown.has(event)
        and not shown.has_whole_of(event, _parts_of(event, inventory, previous, kinds))
    ]
    found += _retired(inventory, previous, kinds)
    found.sort(key=lambda event: (event.key.source, event.key.kind, natural(event.key.id), event.path))
    return tuple(_folded(found))


def _changes(inventory: Inventory, previous: Recorded, kinds: Kinds) -> Iterator[Event]:
    rows, before = inventory.config, previous.inventory.config
    scopes, earlier = _by_kind(inventory.scopes), _by_kind(previous.inventory.scopes)
    for key, row in rows.items():
        if key in inventory.as_of:
            continue
        old = before.get(key)
        if old is None:
            if _proves_absence(earlier, key):
                yield _event(key, row, "created")
        elif old != row:
            scope = scopes[key.source, key.kind]
            never_before = _not_supported(earlier, key)
            before_unread = _unread(previous.inventory, key) | never_before
            unread = _unread(inventory, key) | (before_unread - old.keys())
            unsteady = demoted_keys(scope)
            if never_before != _not_supported(scopes, key):  # another API, which has other keys
                unsteady |= {*changed_keys(old, row)}
            yield from row_events(kinds[key.source][key.kind], key, old, row, unread, unsteady)
    for key, old in before.items():
        if key not in rows and _proves_absence(scopes, key):
            yield _event(key, old, "deleted")


def _parts_of(event: Event, inventory: Inventory, previous: Recorded, kinds: Kinds) -> Iterator[Key]:
    """Yield the resources with which the one of an event comes and goes, as a whole."""
    key = event.key
    row = inventory.config.get(key) or previous.inventory.config.get(key, {})
    for other, identity, pointer in kinds[key.source][key.kind].comes_with(key.id, row):
        if not pointer:
            yield Key(key.source, other, identity)


def _retired(inventory: Inventory, previous: Recorded, kinds: Kinds) -> Iterator[Event]:
    """Yield the sources, and the kinds of other sources, that have left the configuration since then."""
    left = sorted(
        (scope.source, scope.kind)
        for scope in previous.inventory.scopes
        if scope.source != SITE and not scope.retired and scope.kind not in kinds.get(scope.source, {})
    )
    for source in sorted({source for source, _ in left} - kinds.keys()):
        yield Event(key=Key(SITE, "source", source), what="not-configured", path="")
    for source, kind in left:
        if source in kinds:
            yield Event(key=Key(SITE, "kind", f"{source}/{kind}"), what="not-configured", path="")


def row_events(
    kind: AnyKind, key: Key, old: Row, row: Row, unread: AbstractSet[str], unsteady: frozenset[str]
) -> Iterator[Event]:
    """Yield the changes of a row; of one that replaced another, only that."""
    words = {path: word for word, path in kind.events(old, row)} if kind.events else {}
    for path, word in words.items():
        if word == "replaced":
            yield _event(key, row, word, path, member(old, parts_of(path)), member(row, parts_of(path)))
            return
    aside = unread | _NO_FIELDS
    now = with_same_order(kind.orders, old, row)
    left, right = ({name: each[name] for name in each.keys() - aside} for each in (old, now))
    changes = differing(left, right)
    for path, new in changes.items():
        if not changes.keys().isdisjoint(kind.texts.get(path, ())):
            continue
        before = member(left, parts_of(path))
        if not kind.is_secret(path):
            yield _event(key, row, words.get(path, "changed"), path, before, new)
        elif kind.same_secret(path, before, new) is False:
            yield _event(key, row, "secret-changed", path, before, new)
    for path in changed_keys(old, row):
        if path not in unsteady:
            yield _event(key, row, "unread-changed", path)


def _event(
    key: Key, row: Row, what: ChangeWord, path: str = "", old: object = None, new: object = None
) -> Event:
    name = row.get("name")
    return Event(
        key=key,
        name=name if isinstance(name, str) else None,
        what=what,
        path=path,
        old=old,
        new=new,
    )


class _Shown:
    """The places of findings, at which a change needs no event, and the nodes that are offline."""

    def __init__(self, findings: Iterable[Finding], opened: Iterable[Place]) -> None:
        self._paths: dict[Key, set[str]] = {}
        self._offline: set[Key] = set()
        self._values: dict[Key, list[object]] = {}
        self._whole: set[Key] = set()
        for finding in findings:
            if finding.change is not None or finding.pending is not None:
                self._paths.setdefault(finding.key, set()).add(finding.path)
            elif finding.type in _WHOLE:
                self._whole.add(finding.key)
            elif finding.problem is not None and finding.problem.cause == "node-offline":
                self._offline.add(finding.key)
            if finding.change is not None:
                self._values.setdefault(finding.key, []).append(finding.change.live)
        for key, path in opened:
            if path:
                self._paths.setdefault(key, set()).add(path)

    def has(self, event: Event) -> bool:
        """Return whether a finding stands at the place of an event, above it or below it.

        Where something may be is judged as a policy, so a move is also shown by a finding with its node.
        """
        values = self._values.get(event.key, ()) if event.what == "moved" else ()
        if event.key in self._offline or event.old in values or event.new in values:
            return True
        if event.what in {"created", "deleted"}:
            return event.key in self._whole or "" in self._paths.get(event.key, ())
        if event.what == "unread-changed":
            return False
        paths = self._paths.get(event.key, ())
        return any(_is_within(event.path, path) or _is_within(path, event.path) for path in paths)

    def has_whole_of(self, event: Event, others: Iterable[Key]) -> bool:
        """Return whether a finding shows that what a resource comes and goes with did."""
        return event.what in {"created", "deleted"} and any(key in self._whole for key in others)


def _is_within(path: str, above: str) -> bool:
    return f"{path}/".startswith(f"{above}/")


def _folded(events: list[Event]) -> Iterator[Event]:
    """Yield the events; those of many resources of one kind with one path as one, in place of the first."""
    groups: dict[tuple[str, str, str, str], list[Event]] = {}
    for event in events:
        groups.setdefault((event.key.source, event.key.kind, event.what, event.path), []).append(event)
    for event in events:
        group = groups[event.key.source, event.key.kind, event.what, event.path]
        if len(group) <= FOLD_ABOVE:
            yield event
        elif event is group[0]:
            ids = tuple(each.key.id for each in group[:_IDS])
            yield event.model_copy(
                update={"name": None, "old": None, "new": None, "count": len(group), "ids": ids}
            )


def _by_kind(scopes: Iterable[Scope]) -> Mapping[tuple[str, str], Scope]:
    return {(scope.source, scope.kind): scope for scope in scopes}


def _proves_absence(scopes: Mapping[tuple[str, str], Scope], key: Key) -> bool:
    """Return whether a run would have listed a resource if there had been one."""
    scope = scopes.get((key.source, key.kind))
    return scope is not None and scope.listed == "complete" and key.id not in scope.unread


def _not_supported(scopes: Mapping[tuple[str, str], Scope], key: Key) -> frozenset[str]:
    scope = scopes.get((key.source, key.kind))
    return frozenset((scope.not_supported if scope is not None else None) or ())


def _unread(inventory: Inventory, key: Key) -> frozenset[str]:
    """Return the fields of a resource that a run could not read."""
    unread = inventory.observed.get(key, {}).get("unread")
    return frozenset(map(str, unread)) if isinstance(unread, list | tuple) else frozenset()
