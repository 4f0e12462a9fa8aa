"""A field that leaves or takes its default is found at its own path, though no other one is set."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, get_args, get_origin

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from reconciler.config.settings import DriftSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.kinds import SYSTEMS
from reconciler.model.defaults import default
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import parts_of, pointer
from reconciler.model.snapshot import Inventory, Scope, Snapshot
from reconciler.yamlfile.shapes import field_types, member_type, unwrap
from tests.blind_spots.place import RUN

CANDIDATES: tuple[Any, ...] = (
    True, False, "word", 7, 1, "192.0.2.1", "192.0.2.1/24", "BC:24:11:00:00:01", "32G", "none", "set",
    "2026-12-01T00:00:00Z", ["word"], ["7"], [7], ["192.0.2.1"], ["BC:24:11:00:00:01"], ["set"],
    {"word": "word"}, {"word": "set"}, {"word": ["set"]}, {"shared": "1"}, {"vga": {"type": "qxl"}},
    [{"type": "in", "action": "DROP"}], "qemu", "lxc", "running", "stopped", "corporate",
)  # fmt: skip
"""Values of which each field takes one."""
NAMES = "scsi0 mp0 net0 ipconfig0 hostpci0 usb0 vga 192.0.2.0/24 /a 2g word 7".split()
"""Names of entries of mappings."""
IDS = (
    "word", "100", "guest:100", "cluster", "pci:word", "n:vmbr0", "BC:24:11:00:00:01", "BC:24:11:00:00:01:2",
    "wan:tcp:80", "80/tcp", "site", "A:web.example.org", "internal:external", "vm:100", "a:b:c",
    "web.example.org",
)  # fmt: skip
KINDS = {
    f"{name} {kind.name}": replace(kind, limits={})
    for name, system in SYSTEMS.items()
    for kind in system.kinds
    if kind.can_be_declared
}
"""Without limits: the candidates are of the right type, whatever else the field may have."""


def leaves(shape: Any, at: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all fields, those in entries of mappings as well; a list is one."""
    shape = unwrap(shape)
    fields = field_types(shape)
    arguments = get_args(shape)
    if fields is not None:
        for name, inner in fields.items():
            yield from leaves(inner, (*at, name))
    elif get_origin(shape) is dict and field_types(arguments[1]) is not None:
        names = TypeAdapter(arguments[0])
        name = next(each for each in NAMES if is_valid(names, each))
        yield from leaves(arguments[1], (*at, name))
    else:
        yield at


def id_of(kind: AnyKind) -> str:
    adapter = TypeAdapter(kind.identity)
    return next(each for each in IDS if is_valid(adapter, each) and adapter.validate_python(each) == each)


def is_valid(adapter: TypeAdapter[Any], value: Any) -> bool:
    try:
        return adapter.validate_python(value) is not None
    except ValidationError:
        return False


def nested(parts: tuple[str, ...], value: Any) -> dict[str, Any]:
    name, *rest = parts
    return {name: nested(tuple(rest), value) if rest else value}


def merged(row: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **row,
        **{
            name: merged(row[name], value)
            if isinstance(value, dict) and isinstance(row.get(name), dict)
            else value
            for name, value in other.items()
        },
    }


def made(kind: AnyKind, row: Mapping[str, Any]) -> dict[str, Any] | None:
    """A row in normal form with what it cannot be without; None where it is not valid."""
    model: type[BaseModel] = kind.model
    full = dict(row)
    for _ in range(9):
        try:
            return kind.dump({"x": kind.adapter.validate_python({"x": full})["x"]})["x"]
        except ValidationError as error:
            lacking = [each for each in error.errors() if each["type"] == "missing"]
            if not lacking or any(isinstance(step, int) for each in lacking for step in each["loc"]):
                return None
            for each in lacking:
                where = tuple(map(str, each["loc"][1:]))
                full = merged(full, nested(where, needed(kind, where)))
    raise AssertionError(model)


def needed(kind: AnyKind, where: tuple[str, ...]) -> Any:
    """A value of a required field."""
    shape: Any = kind.model
    for name in where:
        shape = (field_types(shape) or {}).get(name) or get_args(unwrap(shape))[1]
    adapter = TypeAdapter(shape)
    return next(each for each in CANDIDATES if not isinstance(each, bool) and is_valid(adapter, each))


def opened(kind: AnyKind, path: str) -> dict[str, Any]:
    """The flags that the field counts with."""
    row: dict[str, Any] = {}
    for gate in reversed(kind.gates):
        if path in gate.fields or any(pointer(*at) in gate.fields for at in _prefixes(path)):
            value = next(iter(sorted(gate.opened_by, key=repr))) if gate.closed_by is None else "word"
            if gate.closed_by is not None and gate.flag == "/nosmurfs":
                value = True
            row = merged(merged(row, opened(kind, gate.flag)), nested(parts_of(gate.flag), value))
    return row


def _prefixes(path: str) -> Iterator[tuple[str, ...]]:
    parts = parts_of(path)
    yield from (parts[:end] for end in range(1, len(parts)))


def inventory(kind: AnyKind, identity: str, row: dict[str, Any]) -> Inventory:
    resource = kind.adapter.validate_python({identity: row})[identity]
    scope = Scope(source="s", kind=kind.name, listed="complete", count=1)
    snapshot = Snapshot(RUN, (scope,), {Key("s", kind.name, identity): resource})
    return carry_forward(snapshot, None, {"s": {kind.name: kind}})


def paths(kind: AnyKind, identity: str, old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    """Where the difference is found after adopting a row."""
    kinds = {"s": {kind.name: kind}}
    written = adopt(inventory(kind, identity, old).config, kinds, [("s", kind.name)])
    assert written.refused == ()
    desired = load({path: text.encode() for path, text in written.files.items()}, kinds, directory="d")
    report = compare(inventory(kind, identity, new), desired, None, DriftSettings(), kinds)
    return {finding.path for finding in report.findings if finding.cause is None}


@pytest.mark.parametrize("name", KINDS)
def test_a_field_of_its_own_is_found_at_its_own_path(name):
    kind = KINDS[name]
    identity = id_of(kind)
    named = kind.naming.of_id(identity, {}) if kind.naming else {}
    tried, wrong = 0, []
    for parts in leaves(kind.model):
        if parts[0] not in kind.adopted_fields or parts[0] in named or parts[0] in kind.orders:
            continue
        path = pointer(*parts)
        around = merged(opened(kind, path), named)
        bare = made(kind, merged(around, nested(parts[:-1], {}) if parts[:-1] else {}))
        assert bare is not None, (path, around)
        around = merged(kind.defaults(bare), around)
        plain = made(kind, around)
        assert plain is not None, (path, around)
        for value in CANDIDATES:
            changed = made(kind, merged(around, nested(parts, value)))
            if changed is not None and is_change(kind, parts, plain, changed):
                entry = any(isinstance(get_in(changed, parts[:end]), dict) for end in range(1, len(parts)))
                tried += 1
                both = (paths(kind, identity, plain, changed), paths(kind, identity, changed, plain))
                wrong += [(path, value, found) for found in both if not is_alone(found, path, entry=entry)]
                break
    assert wrong == []
    assert tried or not set(kind.adopted_fields) - named.keys() - set(kind.orders)


def is_change(kind: AnyKind, parts: tuple[str, ...], plain: dict[str, Any], changed: dict[str, Any]) -> bool:
    """Whether a value is not the default, in a row whose other defaults are the same."""
    shape: Any = kind.model
    for name in parts[:-1]:
        shape = unwrap(member_type(shape, name))
    return (
        changed != plain
        and get_in(changed, parts) != default(shape, parts[-1])
        and kind.defaults(changed) == kind.defaults(plain)
    )


def get_in(row: Any, parts: tuple[str, ...]) -> Any:
    for part in parts:
        row = row.get(part) if isinstance(row, dict) else None
    return row


def is_alone(found: set[str], path: str, *, entry: bool) -> bool:
    """Whether the one finding is at the field, at an entry of the mapping that it is, or the entry around."""
    (first, *others) = found or {""}
    at = first == path or first.startswith(f"{path}/") or (entry and path.startswith(f"{first}/"))
    return at and bool(first) and not others
