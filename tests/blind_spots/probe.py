"""Change one key of one row at a time after adopting it, and say what the report shows of it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from reconciler.collectors.ignored_fields import ignored_fields, names_of
from reconciler.config.settings import DriftSettings, GuardSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.drift.identify import identify
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import differing, parts_of
from reconciler.model.recorded import Recorded
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Inventory, Snapshot
from tests.blind_spots.keys import ABSENT, ApiKey, with_value
from tests.blind_spots.place import RUN, Place, Raw

_ID = re.compile(r"\bthe id\b")
"""In the reason of a key that is read as (a part of) the id."""
_OF_ENTRIES = frozenset(
    "cidr locations[].path locations[].location_type private_preshared_keys[].networkconf_id"
    " radio_table[].radio outlet_overrides[].index sae_psk[].id sae_psk[].mac sae_psk[].vlan".split()
)
"""The keys by which a list becomes a mapping."""
Shown = Literal["cause", "event", "observed", "nothing"]


@dataclass(frozen=True)
class State:
    """A row with one value of the key, as one run reads it."""

    value: Any
    read: Snapshot

    @property
    def exists(self) -> bool:
        """Whether the row became one resource."""
        return len(self.read.resources) == 1

    @property
    def key(self) -> Key:
        """The key of the resource."""
        (key,) = self.read.resources
        return key


@dataclass(frozen=True)
class Change:
    """One change of one key, from an adopted state to another."""

    before: State
    after: State
    source: str
    """The name under which both are read: each change is a site of its own."""


@dataclass
class Result:
    """One change, and the part of a report that shows it."""

    change: Change
    causes: list[Finding]
    events: list[str]
    fields: dict[str, set[str]]
    """`config` and `rest` → the pointers of what differs in the row."""

    @property
    def shown(self) -> Shown:
        """Where the change shows; the paths are apart."""
        if self.causes:
            return "cause"
        if self.events:
            return "event"
        return "observed" if self.fields["config"] or self.fields["rest"] else "nothing"

    @property
    def values(self) -> tuple[Any, Any]:
        """The values before and after."""
        return self.change.before.value, self.change.after.value

    @property
    def is_unmodelled(self) -> bool:
        """Whether no model reads the key, so that its default is not known either."""
        return any(each.startswith("unread-changed") for each in self.events)

    @property
    def is_another_resource(self) -> bool:
        """Whether the key is (a part of) the id."""
        return self.change.before.key != self.change.after.key

    @property
    def is_lost(self) -> bool:
        """Whether config differs, other than by what waits to be active, and nothing shows it."""
        return self.shown == "observed" and any(not at.startswith("/pending") for at in self.fields["config"])

    def adopted(self, kind: AnyKind) -> set[str]:
        """Return the pointers of what differs in fields that an exact resource compares.

        A field that live has no value for any more is not one: its API may not have it.
        """
        if not kind.can_be_declared or self.is_another_resource:
            return set()
        now = self.change.after.read.resources[self.change.after.key]
        fields = {name for name in kind.adopted_fields if getattr(now, name) is not None}
        return {at for at in self.fields["config"] if parts_of(at)[0] in fields}

    @property
    def text(self) -> str:
        """The change and what shows of it, for a failed assertion."""
        values = " → ".join(repr(each.value) for each in (self.change.before, self.change.after))
        causes = [f"{each.type} {each.path}" for each in self.causes]
        return f"{values}: causes {causes}, events {self.events}, fields {self.fields}"


@dataclass
class Tried:
    """A key of a place, and what its changes showed."""

    place: Place
    key: ApiKey
    states: list[State] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    unparsed: list[str] = field(default_factory=list)
    """The values that the kind refuses."""
    at_once: list[str] = field(default_factory=list)
    """The findings straight after adopt."""

    @property
    def reason(self) -> str | None:
        """Why no model reads the key, from the table of ignored ones."""
        place = self.place
        reasons = ignored_fields(place.system, place.section).reasons
        name = f"{place.inside}.{self.key.name}" if place.inside else self.key.name
        known = [(written, names_of([written])) for written in reasons]
        while name:
            for written, names in known:
                if name.replace("[n]", "0") in names:
                    return reasons[written]
            name = name.rpartition(".")[0].removesuffix("[]")
        return None

    @property
    def is_in_the_id(self) -> bool:
        """Whether another value makes another resource."""
        return self.key.name == "_id" or bool(_ID.search(self.reason or ""))

    @property
    def is_of_an_id(self) -> bool:
        """Whether the id of a resource, or of an entry in it, is made of the key."""
        return self.key.name in _OF_ENTRIES or self.is_in_the_id

    @property
    def is_constant(self) -> bool:
        """Whether it has one value, which means the same as none."""
        return (
            len(self.states) <= 2 and len(self.place.values(self.key)) == 1 and "parts" not in self.key.fact
        )

    @property
    def sees(self) -> bool:
        """Whether any of its changes shows."""
        return bool(self.shown - {"nothing"})

    def faults(self) -> Iterator[str]:
        """Yield what must not be, whatever another place shows of the key."""
        yield from (f"is refused: {each}" for each in self.unparsed)
        yield from (f"drift straight after adopt: {each}" for each in self.at_once)
        if not (self.is_of_an_id or _one_place(self.paths, self.place.of_kind)):
            yield f"several places: {sorted(self.paths)}"
        for result in self.results:
            if len(result.causes) > 1 and not (self.is_in_the_id or result.is_another_resource):
                yield f"several causes: {result.text}"
            if result.shown == "event" and (held := result.adopted(self.place.of_kind)):
                yield f"adopted, and only an event: {sorted(held)} in {result.text}"
            if result.is_lost:
                yield f"recorded, and neither drift nor event: {result.text}"
        yield from self._of_defaults()

    def _of_defaults(self) -> Iterator[str]:
        silent = [each for each in self.results if each.shown == "nothing"]
        default = self.key.fact.get("default", ABSENT)
        if not self.sees or self.place.status or any(each.is_unmodelled for each in self.results):
            return
        same = {repr(value) for each in silent for value in each.values if value is not ABSENT}
        for each in silent:
            if ABSENT not in each.values:
                yield f"two values that mean the same: {each.text}"
        if len(same) > 1:
            yield f"several values that mean absent: {sorted(same)}"
        for each in self.results:
            of_default = default is not ABSENT and ABSENT in each.values and default in each.values
            if of_default and each.shown != "nothing":
                yield f"the default is not that of the schema: {each.text}"

    @cached_property
    def paths(self) -> set[str]:
        """The places of the causes."""
        return {cause.path for result in self.results for cause in result.causes if cause.change is not None}

    @property
    def shown(self) -> set[Shown]:
        """Where its changes show."""
        return {result.shown for result in self.results}


def states(place: Place, key: ApiKey, read: dict[str, Snapshot]) -> Iterator[State]:
    """Yield the states of a key: absent, and each of its values; `read` has the rows that were read."""
    nothing = () if key.is_required or key.name in place.required else (ABSENT,)
    for value in (*nothing, *place.values(key)):
        row: Raw = with_value(place.row_of(key), key.steps, value)
        name = repr(row)
        if name not in read:
            read[name] = place.read(row)
        yield State(value, read[name])


def try_all(places: Iterable[Place]) -> list[Tried]:
    """Try every change of every key of some places, as one site of many sources."""
    every = list(places)
    tried = _tried(place for place in every if not place.only_the_rest)
    for place in every:
        if place.only_the_rest:
            shown = {one.key.name for one in tried if one.place.list == place.list and one.sees}
            tried += _tried([place], shown)
    return tried


def _tried(places: Iterable[Place], but: Collection[str] = ()) -> list[Tried]:
    tried: list[Tried] = []
    numbers = iter(range(1, 10**9))
    for place in places:
        read: dict[str, Snapshot] = {}
        for key in place.keys.values():
            if key.name in but:
                continue
            one = Tried(place, key, list(states(place, key, read)))
            one.unparsed = [
                f"{state.value!r}: {problem}"
                for state in one.states
                for scope in state.read.scopes
                for problem in (*scope.unread.values(), *filter(None, [scope.problem]))
                if state.value is not ABSENT
            ]
            alive = [state for state in one.states if state.exists]
            after = [*alive[1:], alive[0]] if len(alive) > 1 else []
            one.changes = [
                Change(left, right, f"s{next(numbers)}") for left, right in zip(alive, after, strict=False)
            ]
            tried.append(one)
    compare_all(tried)
    return tried


def compare_all(tried: list[Tried]) -> None:
    kinds = {change.source: {one.place.kind: one.place.of_kind} for one in tried for change in one.changes}
    changes = {change.source: change for one in tried for change in one.changes}
    left = carry_forward(identify(_together(changes, "before"), None, None, kinds), None, kinds)
    desired = _adopted(left, kinds)
    first = compare(left, desired, None, DriftSettings(), kinds)
    recorded = Recorded(first, left, {})
    after = identify(_together(changes, "after"), desired, recorded, kinds)
    right = carry_forward(guard(after, recorded, GuardSettings()), recorded, kinds)
    second = compare(right, desired, recorded, DriftSettings(), kinds)
    at_once, then = _by_source(first), _by_source(second)
    events: dict[str, list[str]] = {}
    for event in second.events:
        events.setdefault(event.key.source, []).append(f"{event.what} {event.path}")
    for one in tried:
        for change in one.changes:
            found = at_once.get(change.source, [])
            one.at_once += [f"{each.type} {each.path}" for each in found if each.pending is None]
            one.results.append(
                Result(
                    change,
                    _causes(
                        then.get(change.source, []), {each.id for each in at_once.get(change.source, [])}
                    ),
                    events.get(change.source, []),
                    _differing(change, left, right),
                )
            )


def _together(changes: Mapping[str, Change], which: Literal["before", "after"]) -> Snapshot:
    """Return the states of all changes as one snapshot, each under the name of its source."""
    resources: dict[Key, Resource] = {}
    scopes = []
    for source, change in changes.items():
        read: Snapshot = getattr(change, which).read
        resources |= {Key(source, key.kind, key.id): each for key, each in read.resources.items()}
        scopes += [scope.model_copy(update={"source": source}) for scope in read.scopes]
    return Snapshot(RUN, tuple(scopes), resources)


def _adopted(inventory: Inventory, kinds: Mapping[str, Mapping[str, AnyKind]]) -> DesiredState:
    listed = [(scope.source, scope.kind) for scope in inventory.scopes]
    written = adopt(inventory.config, kinds, listed)
    assert written.refused == (), written.refused[:40]
    return load(
        {path: text.encode() for path, text in written.files.items()}, kinds, directory="desired-state"
    )


def _by_source(report: DriftReport) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.key.source, []).append(finding)
    return found


def _causes(found: list[Finding], before: set[str]) -> list[Finding]:
    """Return the new findings that follow from no other one that is shown."""
    shown = {finding.id for finding in found}
    return [
        finding
        for finding in found
        if finding.id not in before and (finding.cause is None or finding.cause not in shown)
    ]


def _one_place(paths: set[str], kind: AnyKind) -> bool:
    """Return whether pointers are one: an entry of a mapping and what is in it, a flag and what it rules."""
    flags = {path: gate.flag for gate in kind.gates if gate.flag in paths for path in gate.fields}
    found = {flags.get(path) or kind.follows(path) or path for path in paths}
    shortest = min(found, key=len, default="")
    return all(path == shortest or path.startswith(f"{shortest}/") for path in found)


def _differing(change: Change, left: Inventory, right: Inventory) -> dict[str, set[str]]:
    old, new = (
        [
            {str(name): value for name, value in rows.get(Key(change.source, *state.key[1:]), {}).items()}
            for rows in (inventory.config, inventory.observed)
        ]
        for inventory, state in ((left, change.before), (right, change.after))
    )
    return {
        name: {*differing(one, other), *differing(other, one)}
        for name, one, other in zip(("config", "rest"), old, new, strict=True)
    }
