"""Gates of every kind: they name fields that exist, and drop stale values and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.kinds import SYSTEMS
from reconciler.model.defaults import default
from reconciler.model.gate import Gate
from reconciler.model.kind import AnyKind
from reconciler.model.pointer import member, parts_of
from reconciler.yamlfile.shapes import field_types, member_type, unwrap

GATES = [
    pytest.param(kind, gate, id=f"{system.name} {kind.name}{gate.flag} {'|'.join(gate.fields)}")
    for system in SYSTEMS.values()
    for kind in system.kinds
    for gate in kind.gates
]


def model_of(kind: AnyKind, parts: tuple[str, ...]) -> Any:
    """The model that has the last of some names."""
    shape: Any = kind.model
    for name in parts[:-1]:
        shape = unwrap(member_type(shape, name))
    return unwrap(shape)


def with_value(parts: tuple[str, ...], value: object) -> dict[str, Any]:
    name, *rest = parts
    return {name: with_value(tuple(rest), value) if rest else value}


def merged(row: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the members of another one."""
    return row | {
        name: merged(row[name], value)
        if isinstance(value, dict) and isinstance(row.get(name), dict)
        else value
        for name, value in other.items()
    }


def values(gate: Gate) -> tuple[object, object]:
    """A value of the flag with which its fields count, and one with which they do not."""
    if gate.closed_by is not None:
        return "something else", min(gate.closed_by, key=repr)
    return min(gate.opened_by, key=repr), "something else"


@pytest.mark.parametrize(("kind", "gate"), GATES)
def test_a_gate_names_fields_of_its_kind(kind, gate):
    for path in (gate.flag, *gate.fields):
        parts = parts_of(path)
        assert parts[-1] in (field_types(model_of(kind, parts)) or {}), path
    assert gate.flag not in gate.fields


def opened(kind: AnyKind, gate: Gate) -> dict[str, Any]:
    """A row in which every flag but that of a gate is open."""
    row: dict[str, Any] = {}
    for each in kind.gates:
        if each.flag != gate.flag:
            row = merged(row, with_value(parts_of(each.flag), values(each)[0]))
    return row


@pytest.mark.parametrize(("kind", "gate"), GATES)
def test_stale_values_are_dropped_while_the_flag_is_closed_and_no_others(kind, gate):
    open_value, closed_value = values(gate)
    for path in gate.fields:
        parts = parts_of(path)
        row = merged(opened(kind, gate), with_value(parts, "stale"))
        row = merged(row, with_value(parts_of(gate.flag), open_value))
        if all(each.is_open(row) for each in kind.gates if path in each.fields):
            assert member(kind.without_stale(row), parts) == "stale", path
        row = merged(row, with_value(parts_of(gate.flag), closed_value))
        expected = default(model_of(kind, parts), parts[-1])
        given = member(kind.defaults(row), parts)
        assert member(kind.without_stale(row), parts) == (expected if given is None else given), path


@pytest.mark.parametrize(("kind", "gate"), GATES)
def test_a_flag_that_could_not_be_read_closes_nothing(kind, gate):
    for path in gate.fields:
        row = merged(opened(kind, gate), with_value(parts_of(path), "kept"))
        row["unread"] = [parts_of(each.flag)[0] for each in kind.gates]
        assert kind.without_stale(row) == row


def test_a_flag_that_is_ruled_stands_after_its_own():
    for system in SYSTEMS.values():
        for kind in system.kinds:
            for place, gate in enumerate(kind.gates):
                for later in kind.gates[place + 1 :]:
                    assert gate.flag not in later.fields, f"{kind.name}: {later.flag} rules {gate.flag}"


def test_the_kinds_with_flags_have_gates():
    assert len(GATES) > 60
