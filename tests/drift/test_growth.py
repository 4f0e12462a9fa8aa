"""The cost of a comparison: twice the findings take twice the steps, whatever they follow from."""

from dataclasses import replace
from functools import partial
from typing import Any

from reconciler.config.settings import DriftSettings
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.model.findings import DriftReport
from reconciler.model.relations import Shows
from tests.drift import house
from tests.steps import steps

LAMP = replace(
    house.LAMP,
    renamable=True,
    shows=lambda _id, row: [Shows("/lit", "room", str(row.get("room")), "/size")],
    comes_with=lambda _id, row: [("room", str(row.get("room")), "")],
)
KINDS = {"hall": {"lamp": LAMP, "room": house.ROOM}}


def report(size: int) -> DriftReport:
    """Compare rooms with pending changes, that lamps show which differ, and lamps under other names."""
    live: dict[str, Any] = {}
    declared: dict[str, Any] = {}
    for number in range(size):
        room = {"size": 4}
        declared |= {f"room/r{number}": room, f"{number}": {"watts": 40}, f"old{number}": {"watts": number}}
        live |= {
            f"room/r{number}": room | {"pending": {"/size": 3}},
            f"{number}": {"watts": 41, "lit": True, "room": f"r{number}"},
            f"new{number}": {"watts": number},
        }
    snapshot = house.snapshot(live, {"hall/room": "complete"})
    inventory = carry_forward(snapshot, None, KINDS)
    return compare(inventory, house.desired(declared), None, DriftSettings(), KINDS)


def test_twice_the_findings_take_twice_the_steps():
    report(160)  # what is imported
    taken = [steps(partial(report, size)) for size in (40, 80, 160)]
    assert taken[2] - taken[1] <= 2.3 * (taken[1] - taken[0])


def test_what_they_follow_from():
    causes = {(each.key.id, each.type): each.cause is not None for each in report(3).findings}
    for number in range(3):
        assert causes[f"r{number}", "pending-change"]
        assert causes[f"new{number}", "unmanaged"]
        assert not causes[f"{number}", "drifted"]
        assert not causes[f"old{number}", "missing"]
