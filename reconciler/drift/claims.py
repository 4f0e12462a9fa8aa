"""Which row gets which key: rows claim keys in the order of their own preference, and the best claim wins.

Rows propose and keys choose, as in the stable matching of Gale and Shapley: the result is the same in
whatever order the rows come.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from reconciler.model.key import first_free


@dataclass(frozen=True, slots=True)
class NamedRow:
    """A row whose key is to be decided."""

    at: str
    """Its id in the snapshot."""
    names: tuple[str, ...]
    """The names that it goes by, best first."""
    upstream_id: str | None = None
    content: str = ""
    """All of its fields: orders rows that are otherwise alike."""

    @property
    def age(self) -> tuple[bool, str, str]:
        """A sort key: the oldest first; ids of a source rise with time."""
        return self.upstream_id is None, f"{self.upstream_id or '':0>40}", self.content


@dataclass(frozen=True, slots=True)
class Claims:
    """The declared and earlier keys of one kind of one source."""

    siblings: bool
    declared: Mapping[str, tuple[str, ...]]
    """Declared id → the names that its row goes by if it is as declared; in the order of the files."""
    previous: Mapping[str, NamedRow]
    """Key of the previous inventory → its row."""
    recorded: bool
    """Whether the ids of the rows are keys already."""


@dataclass(slots=True)
class Decision:
    """The keys of the rows of one kind of one source."""

    keys: dict[str, str] = field(default_factory=dict)
    """Id in the snapshot → key."""
    ambiguous: dict[str, list[str]] = field(default_factory=dict)
    """Name that only one row can have → the keys of the others."""
    shared: dict[str, str] = field(default_factory=dict)
    """Declared id → the declared id that owns the row which it names too."""
    moved: dict[str, str] = field(default_factory=dict)
    """Key in the previous inventory → the key that its row has now, where it is another."""


def decide(rows: Sequence[NamedRow], claims: Claims) -> Decision:
    """Return the key of every row."""
    before = _matched(rows, claims)
    targets = _by_target(claims)
    wishes = {row.at: list(dict.fromkeys(_wishes(row, before, claims, targets))) for row in rows}
    holders = _allotted(rows, wishes, before, claims)
    decision = Decision({row.at: key for key, row in holders.items()})
    for row in sorted(rows, key=lambda row: row.age):
        if row.at not in decision.keys:
            name = row.names[-1] if claims.siblings else row.names[0]
            key = decision.keys[row.at] = first_free(name, holders)
            holders[key] = row
            decision.ambiguous.setdefault(name, []).append(key)
        elif not claims.siblings:
            _note_lost(row, wishes[row.at], holders, decision)
    decision.moved = {before[at]: key for at, key in decision.keys.items() if before.get(at, key) != key}
    if not claims.siblings:
        decision.shared = _shared(rows, decision.keys, holders, claims.declared)
    return decision


def _note_lost(
    row: NamedRow, wishes: Sequence[str], holders: Mapping[str, NamedRow], decision: Decision
) -> None:
    """Note the first name of a row that another one has, which goes by it too."""
    key = decision.keys[row.at]
    for wish in wishes[: wishes.index(key)]:
        if wish in row.names and wish in holders and wish in holders[wish].names:
            decision.ambiguous.setdefault(wish, []).append(key)
            return


def _shared(
    rows: Iterable[NamedRow],
    keys: Mapping[str, str],
    holders: Mapping[str, NamedRow],
    declared: Mapping[str, object],
) -> dict[str, str]:
    """Return the declared ids without a row that are names of a row which another declared id owns."""
    return {
        name: keys[row.at]
        for row in rows
        for name in row.names
        if name in declared and name not in holders and keys[row.at] in declared
    }


def _wishes(
    row: NamedRow, before: Mapping[str, str], claims: Claims, targets: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yield the keys that a row may have, best first."""
    earlier = before.get(row.at)
    yield from _declared(row, earlier, claims, targets)
    if earlier is not None:
        yield earlier
    if claims.recorded or row.at in row.names:
        yield row.at
    yield from row.names


def _declared(
    row: NamedRow, earlier: str | None, claims: Claims, targets: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """Yield the declared ids that mean a row, best first: the most specific, else the first of the files."""
    found: dict[str, tuple[int, bool]] = {}
    for place, name in enumerate(row.names):
        rank = -place if claims.siblings else 0
        if name in claims.declared:
            found[name] = min(found.get(name, (0, True)), (rank, False))
        for identity in targets.get(name, ()):
            found[identity] = min(found.get(identity, (0, True)), (rank, name != identity))
    order = {identity: number for number, identity in enumerate(claims.declared)} if len(found) > 1 else {}
    for identity in sorted(found, key=lambda each: (*found[each], order.get(each, 0))):
        if earlier is None or not _of_sibling(identity, -found[identity][0], earlier, claims):
            yield identity


def _of_sibling(identity: str, place: int, earlier: str, claims: Claims) -> bool:
    """Return whether a declared id means a sibling, which may be gone: it does not pass on to this row.

    It does if the key that the row had is declared and still one of its names, or more specific although the
    row went by both.
    """
    names = claims.previous[earlier].names
    if not claims.siblings or identity not in names:
        return False
    if earlier not in names:  # the second of two rows that differ in no name has a number
        return earlier.rpartition("~")[0] == names[-1]
    return (identity != earlier and earlier in claims.declared) or place < names.index(earlier)


def _by_target(claims: Claims) -> dict[str, list[str]]:
    """Return name → the declared ids whose row goes by it if it is as declared.

    Where rows may share a name, only the most specific one means a row.
    """
    found: dict[str, list[str]] = {}
    for identity, names in claims.declared.items():
        for name in names[-1:] if claims.siblings else names:
            found.setdefault(name, []).append(identity)
    return found


def _allotted(
    rows: Sequence[NamedRow], wishes: Mapping[str, Sequence[str]], before: Mapping[str, str], claims: Claims
) -> dict[str, NamedRow]:
    """Return key → the row that holds it, of rows that get one of their wishes."""
    holders: dict[str, NamedRow] = {}
    tried = dict.fromkeys(wishes, 0)
    waiting = list(rows)
    while waiting:
        row = waiting.pop()
        for number in range(tried[row.at], len(wishes[row.at])):
            key = wishes[row.at][number]
            other = holders.get(key)
            tried[row.at] = number + 1
            if other is None or _rank(row, key, before, claims) < _rank(other, key, before, claims):
                holders[key] = row
                waiting += [other] if other is not None else []
                break
    return holders


def _rank(row: NamedRow, key: str, before: Mapping[str, str], claims: Claims) -> tuple[object, ...]:
    """Return a sort key of claims to a key: more names in common, then who had it, then the older row."""
    known = {*claims.declared.get(key, (key,))}
    if key in claims.previous:
        known |= {*claims.previous[key].names}
    return -len(known.intersection(row.names)), before.get(row.at) != key, row.age, row.at


def _matched(rows: Sequence[NamedRow], claims: Claims) -> dict[str, str]:
    """Return id in the snapshot → the key that the row had: by its upstream id, else by names in common."""
    upstream = {row.upstream_id: key for key, row in claims.previous.items() if row.upstream_id}
    found = {row.at: upstream[row.upstream_id] for row in rows if row.upstream_id in upstream}
    taken = set(found.values())
    by_name: dict[str, set[str]] = {}
    for key, row in claims.previous.items():
        if key not in taken:
            for name in (key, *(row.names[-1:] if claims.siblings else row.names)):
                by_name.setdefault(name, set()).add(key)
    pairs = sorted(
        (*_closeness(row, key, claims.previous[key].names), row.age, key, row.at)
        for row in rows
        if row.at not in found
        for key in _named_by(row, by_name)
    )
    for *_, key, at in pairs:
        if at not in found and key not in taken:
            found[at] = key
            taken.add(key)
    return found


def _named_by(row: NamedRow, by_name: Mapping[str, AbstractSet[str]]) -> set[str]:
    return {key for name in row.names for key in by_name.get(name, ())}


def _closeness(row: NamedRow, key: str, names: Iterable[str]) -> tuple[int, bool]:
    return -len({*names}.intersection(row.names)), key not in row.names
