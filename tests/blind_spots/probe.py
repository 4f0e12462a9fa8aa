"""Change one key of one row at a time after adopting it, and say what the report shows of it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from reconciler.config.file import DriftSettings, GuardSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.model.desired import DesiredState
from reconciler.model.findings import DriftReport, Finding
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import differing
from reconciler.model.recorded import Recorded
from reconciler.model.snapshot import Inventory, Run, Snapshot
from tests.blind_spots.keys import ABSENT, ApiKey, with_value
from tests.blind_spots.place import Place, Raw
from tests.blind_spots.values import values
from tests.collectors.proxmox.lab_site import NOW

Shown = Literal["cause", "event", "observed", "nothing"]
RUN = Run(id="20261123T210500Z-3fa9c1", site="lan", collected_at=NOW, stale_after=NOW, version="0")


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
    """What a report shows of one change."""

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
    """What is found straight after adopt."""

    @cached_property
    def paths(self) -> set[str]:
        """The places of the causes."""
        return {cause.path for result in self.results for cause in result.causes if cause.change is not None}

    @property
    def shown(self) -> set[Shown]:
        """Where its changes show."""
        return {result.shown for result in self.results}


def states(place: Place, key: ApiKey) -> Iterator[State]:
    """Yield the states of a key: absent, and each of its values."""
    found = values(key, flags=place.flags, given=place.given)
    for value in (ABSENT, *found):
        row: Raw = with_value(place.row, key.steps, value)
        yield State(value, place.read(row))


def try_all(places: Iterable[Place]) -> list[Tried]:
    """Try every change of every key of some places, as one site of many sources."""
    tried: list[Tried] = []
    numbers = iter(range(1, 10**9))
    for place in places:
        for key in place.keys():
            one = Tried(place, key, list(states(place, key)))
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
    _compare(tried)
    return tried


def _compare(tried: list[Tried]) -> None:
    kinds = {
        change.source: {one.place.kind: one.place.of_kind} for one in tried for change in one.changes
    }
    changes = {change.source: change for one in tried for change in one.changes}
    left = carry_forward(_together(changes, "before"), None, kinds)
    desired = _adopted(left, kinds)
    first = compare(left, desired, None, DriftSettings(), kinds)
    recorded = Recorded(first, left, {})
    right = carry_forward(guard(_together(changes, "after"), recorded, GuardSettings()), recorded, kinds)
    second = compare(right, desired, recorded, DriftSettings(), kinds)
    at_once, then = _by_source(first), _by_source(second)
    events: dict[str, list[str]] = {}
    for event in second.events:
        events.setdefault(event.key.source, []).append(f"{event.what} {event.path}")
    for one in tried:
        for change in one.changes:
            one.at_once += [f"{each.type} {each.path}" for each in at_once.get(change.source, [])]
            one.results.append(
                Result(
                    change,
                    _causes(then.get(change.source, [])),
                    events.get(change.source, []),
                    _differing(change, left, right),
                )
            )


def _together(changes: Mapping[str, Change], which: Literal["before", "after"]) -> Snapshot:
    """Return the states of all changes as one snapshot, each under the name of its source."""
    resources = {}
    scopes = []
    for source, change in changes.items():
        read: Snapshot = getattr(change, which).read
        resources |= {Key(source, key.kind, key.id): each for key, each in read.resources.items()}
        scopes += [scope.model_copy(update={"source": source}) for scope in read.scopes]
    return Snapshot(RUN, tuple(scopes), resources)


def _adopted(inventory: Inventory, kinds: Mapping[str, Mapping[str, AnyKind]]) -> DesiredState:
    listed = [(scope.source, scope.kind) for scope in inventory.scopes]
    written = adopt(inventory.config, kinds, listed)
    assert written.refused == ()
    return load({path: text.encode() for path, text in written.files.items()}, kinds, directory="desired-state")


def _by_source(report: DriftReport) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.key.source, []).append(finding)
    return found


def _causes(found: list[Finding]) -> list[Finding]:
    """Return the findings that follow from no other one that is shown."""
    shown = {finding.id for finding in found}
    return [finding for finding in found if finding.cause is None or finding.cause not in shown]


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
