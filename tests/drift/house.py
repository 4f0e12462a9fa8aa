"""A small synthetic system for tests: a hall with lamps (declared) and bulbs (inventory)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from reconciler.config.settings import DriftSettings, GuardSettings
from reconciler.desired.declaration_type import RESERVED
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.guard import guard
from reconciler.drift.ignore import Ignore, IgnoreRule
from reconciler.model.change_words import ChangeWord
from reconciler.model.desired import Declared, DesiredState
from reconciler.model.fields.numbers import Moment
from reconciler.model.fields.text import Tags
from reconciler.model.findings import DriftReport
from reconciler.model.fingerprint import NONE, SecretFingerprint, SecretFingerprints
from reconciler.model.gate import Gate
from reconciler.model.judgement import Judgement
from reconciler.model.key import Key
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.recorded import Recorded
from reconciler.model.resource import DERIVED, METRIC, OBSERVED, POLICY, FieldClass, Resource
from reconciler.model.snapshot import Inventory, Run, Scope, Snapshot, SourceStatus
from reconciler.model.value import Row, Value
from tests.problems import problem, with_problems


class Socket(Value):
    fuse: int | None = None
    tag: int = 1
    ports: tuple[str, ...] = ()


class Lamp(Resource):
    name: str | None = None
    watts: int = 40
    lit: bool = False
    tags: Tags = ()
    sockets: dict[str, Socket] = Field(default_factory=dict)
    timer: Socket | None = None
    note: str | None = None
    lock: Annotated[str | None, OBSERVED] = None
    locked_since: Annotated[Moment | None, OBSERVED] = None
    seen: Annotated[tuple[str, ...], OBSERVED] = ()
    room: str | None = None
    rooms: Annotated[tuple[str, ...] | None, POLICY] = None
    made: str | None = None
    heat: Annotated[int | None, METRIC] = None
    dimmed: bool | None = None
    level: int | None = None
    shade: str | None = None
    carried: Annotated[tuple[str, ...] | None, DERIVED] = None
    code: SecretFingerprint = NONE
    codes: dict[str, SecretFingerprint] | None = Field(default_factory=dict)
    keys: dict[str, SecretFingerprints] | None = Field(default_factory=dict)


class Bulb(Resource):
    name: str | None = None


class Moth(Resource):
    name: str | None = None


class Room(Resource):
    expected: Annotated[str | None, POLICY] = None
    status: str = "open"
    size: int | None = None


def judge_lamp(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    del observed, now
    rooms = declared.get("rooms")
    if isinstance(rooms, list) and row.get("room") is None:
        yield Judgement("/rooms", problem=problem("nobody knows where it is"))
    elif isinstance(rooms, list) and row["room"] not in rooms:
        yield Judgement("/rooms", rooms, str(row["room"]), "it is in the wrong room")


def lamp_events(before: Row, now: Row) -> Iterator[tuple[ChangeWord, str]]:
    if before.get("made") != now.get("made"):
        yield "replaced", "/made"
    elif before.get("room") != now.get("room"):
        yield "moved", "/room"


def judge_room(declared: Row, row: Row, observed: Row, now: datetime) -> Iterator[Judgement]:
    del observed, now
    if row["status"] == "locked" and declared.get("expected") != "locked":
        yield Judgement("/status", problem=problem("it is locked"))


def room_away(declared: Row, row: Row) -> bool:
    return declared.get("expected") == row.get("status") == "locked"


def _kind(name: str, model: type[Resource], **options: Any) -> Kind:
    return Kind(
        name,
        f"{name}s",
        model,
        lambda _api, _shared: Listing({}),
        lambda _id, raw, _context: model.model_validate(raw),
        **options,
    )


LAMP = _kind(
    "lamp",
    Lamp,
    judge=judge_lamp,
    events=lamp_events,
    host=lambda _id, row: row.get("room"),
    locked=lambda observed, path: None if path == "/lit" else observed.get("lock"),
    gates=(Gate("/dimmed", ("/level", "/shade")),),
)
ROOM = _kind("room", Room, judge=judge_room, away=room_away)
BULB = _kind("bulb", Bulb, declarable=False)
MOTH = _kind("moth", Moth, declarable=False, field_class=FieldClass.OBSERVED)
KINDS = {"hall": {"lamp": LAMP, "bulb": BULB, "moth": MOTH, "room": ROOM}, "barn": {"lamp": LAMP}}
START = datetime(2026, 11, 23, 21, 5, tzinfo=UTC)
DIRECTORY = "desired-state"


def key(text: str) -> Key:
    """`1` is hall/lamp/1, `bulb/1` is hall/bulb/1; a whole key is itself."""
    parts = text.split("/", 2)
    return Key(*(("hall", "lamp", "")[: 3 - len(parts)]), *parts)


def rows(resources: dict[str, dict[str, Any] | None]) -> dict[Key, Resource]:
    return {
        key(str(at)): KINDS[key(str(at)).source][key(str(at)).kind].model.model_validate(row or {})
        for at, row in resources.items()
    }


def scope(text: str, given: Any = "complete", count: int = 0) -> Scope:
    """`hall/lamp` with a word, or a mapping of what the scope says."""
    source, kind = text.split("/")
    fields = given if isinstance(given, dict) else {"listed": given}
    fields = {"listed": "complete", "count": count} | with_problems(fields)
    return Scope(source=source, kind=kind, **fields)


def run(number: int = 0, sources: dict[str, Any] | None = None, version: str = "0.1.0") -> Run:
    at = START + timedelta(minutes=15 * number)
    return Run(
        id=f"{at:%Y%m%dT%H%M%SZ}-3fa9c1",
        site="house",
        collected_at=at,
        stale_after=at + timedelta(minutes=30),
        version=version,
        sources={
            name: SourceStatus(system="house", **with_problems(status))
            for name, status in (sources or {"hall": {"status": "complete"}}).items()
        },
    )


def snapshot(
    live: dict[str, Any],
    scopes: dict[str, Any] | None = None,
    number: int = 0,
    sources: Any = None,
    version: str = "0.1.0",
) -> Snapshot:
    resources = rows(live)
    given = {"hall/lamp": "complete"} | (scopes or {})
    counts = {at: sum(f"{k.source}/{k.kind}" == at for k in resources) for at in given}
    return Snapshot(
        run(number, sources, version),
        tuple(scope(at, what, counts[at]) for at, what in given.items()),
        resources,
    )


def desired(declared: dict[str, Any], opted_in: set[tuple[str, str]] | None = None) -> DesiredState:
    """Each resource on a line of its own by its place, each field on the one after by its place."""
    resources: dict[Key, Declared] = {}
    lines: dict[tuple[Key, str], int] = {}
    line = 0
    for at, written in declared.items():
        line += 1
        about = {name: (written or {})[name] for name in RESERVED if name in (written or {})}
        fields: Row = {name: value for name, value in (written or {}).items() if name not in about}
        where = key(str(at))
        file = f"{DIRECTORY}/{where.source}/{where.kind}.yaml"
        resources[where] = Declared(where, fields, f"{file}:{line}", **about)
        lines[where, ""] = line
        for name in fields:
            line += 1
            lines[where, name] = line

    def locate(where: Key, path: str) -> str:
        name = path.split("/")[1] if path else ""
        line = f":{lines.get((where, name), lines[where, ''])}" if where in resources else ""
        return f"{DIRECTORY}/{where.source}/{where.kind}.yaml{line}"

    files = {(where.source, where.kind) for where in resources} | (opted_in or set())
    return DesiredState(resources, frozenset(files), locate, frozenset(files))


def ignore_rules(written: Iterable[dict[str, Any]]) -> tuple[Ignore, ...]:
    """Rules as the file has them, each on a line of its own."""
    return tuple(
        Ignore(IgnoreRule.model_validate(rule), f"config/ignore.yaml:{line}")
        for line, rule in enumerate(written, start=1)
    )


def recorded(inventory: Inventory, report: DriftReport) -> Recorded:
    return Recorded(report, inventory, {})


def judge(
    live: Snapshot,
    declared: DesiredState,
    previous: Recorded | None = None,
    *,
    settings: DriftSettings | None = None,
    accepted: frozenset[tuple[str, str]] = frozenset(),
    ignores: Sequence[Ignore] = (),
) -> Recorded:
    """The stages between collecting and rendering, as the job runs them."""
    inventory = carry_forward(guard(live, previous, GuardSettings(), accepted), previous, KINDS)
    report = compare(inventory, declared, previous, settings or DriftSettings(), KINDS, ignores)
    return recorded(inventory, report)
