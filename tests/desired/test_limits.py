"""No value outside the limits of the published schemas can be declared, and each one inside can."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from reconciler.desired.limits import beyond_limits
from reconciler.desired.load import load
from reconciler.errors import DesiredStateError
from reconciler.kinds import SYSTEMS
from reconciler.model.kind import AnyKind
from tests.blind_spots.limits import PACKAGE, limits

ENTRIES = {
    "disks": "scsi0",
    "ipconfig": "ipconfig0",
    "locations": "/",
    "nics": "net0",
    "subnets": "192.0.2.0/24",
}
"""Names of entries that stand for all of their mapping."""
IDS = {
    "device": "74:AC:B9:00:00:02",
    "firewall": "cluster",
    "guest": "101",
    "node-network": "a:vmbr0",
    "port-forward": "wan:tcp:443",
    "reservation": "74:AC:B9:00:00:02",
    "static-dns": "A:web",
    "stream": "443/tcp",
    "switch-port": "74:AC:B9:00:00:02:1",
}
DEFAULTS = {("guest", "options/vcpus", 0)}
"""Values outside that stand for the default, and are read as not set."""
KINDS = {(name, kind.name): kind for name, system in SYSTEMS.items() for kind in system.kinds}


def tables() -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    for system in SYSTEMS:
        table = json.loads((PACKAGE / system / "limits.json").read_bytes())
        for kind, fields in table.items():
            for path, limit in fields.items():
                yield system, kind, path, limit


TABLE = list(tables())
NAMES = ["/".join(each[:3]) for each in TABLE]


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_table_is_that_of_the_schemas(system):
    assert json.loads((PACKAGE / system / "limits.json").read_bytes()) == limits(system)


def test_most_of_what_is_published_is_held():
    assert len(TABLE) > 250


def outside(limit: dict[str, Any]) -> list[Any]:
    if "ip" in limit:
        return ["2001:db8::1", "2001:db8::1/64"] if limit["ip"] == 4 else ["192.0.2.1", "192.0.2.1/24"]
    if "one_of" in limit:
        numbers = [each for each in limit["one_of"] if isinstance(each, int)]
        return [max(numbers) + 1, -1] if numbers else ["none-such"]
    found = [limit["least"] - 1] if "least" in limit else []
    return [*found, *([limit["most"] + 1] if "most" in limit else [])]


def inside(limit: dict[str, Any]) -> list[Any]:
    if "ip" in limit:
        return ["192.0.2.1"] if limit["ip"] == 4 else ["2001:db8::1"]
    return limit.get("one_of") or [limit[end] for end in ("least", "most") if end in limit]


def row(path: str, value: Any) -> dict[str, Any]:
    steps, found = path.split("/"), value
    for at in range(len(steps) - 1, -1, -1):
        entry = ENTRIES.get(steps[at - 1]) if steps[at] == "*" else steps[at].replace("[n]", "0")
        found = [found] if entry is None else {entry: found}
    return found


@pytest.mark.parametrize(("system", "kind", "path", "limit"), TABLE, ids=NAMES)
def test_a_value_outside_is_refused_once_and_one_inside_is_not(system, kind, path, limit):
    of_kind: AnyKind = KINDS[system, kind]
    for value in outside(limit):
        for written in (value, str(value)):
            found = list(beyond_limits(of_kind, row(path, written)))
            assert [what.split(",")[0][:7] for _, what in found] == ["must be"]
            assert found[0][1].count(str(value)) >= 1
    for value in inside(limit):
        assert list(beyond_limits(of_kind, row(path, value))) == []


@pytest.mark.parametrize(("system", "kind", "path", "limit"), TABLE, ids=NAMES)
def test_validate_refuses_it_with_its_place(system, kind, path, limit):
    """Whether the model, or the table alone refuses it: one problem, at the line of the field."""
    if "*" in path.removeprefix("nics/*").removeprefix("disks/*").removeprefix("locations/*"):
        return  # the items of lists have other fields that are required
    for value in (each for each in outside(limit) if (kind, path, each) not in DEFAULTS):
        text = json.dumps({IDS.get(kind, "192.0.2.9"): row(path, value)}, indent=1)
        with pytest.raises(DesiredStateError) as caught:
            load({f"s/{kind}.yaml": text.encode()}, {"s": {kind: KINDS[system, kind]}}, directory="d")
        (problem,) = caught.value.problems
        assert problem.subject.startswith("d/s/")
        assert problem.subject.split(":")[1:2] == [str(text.count("\n", 0, text.rindex(str(value))) + 1)]
