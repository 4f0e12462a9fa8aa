"""Straight after adopt nothing drifts, on every row that is recorded here: no default is a false alarm."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.config.settings import DriftSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.identify import identify
from reconciler.kinds import SYSTEMS
from reconciler.model.key import Key
from reconciler.model.kind import AnyKind
from reconciler.model.resource import Resource
from reconciler.model.snapshot import Scope, Snapshot
from tests.blind_spots.place import RUN
from tests.collectors.proxmox.test_declaring import guest
from tests.collectors.raws import normalise
from tests.collectors.test_normalise import _keys, _read

CASES = Path(__file__).resolve().parents[1] / "cases"
KINDS = {f"{name}.{kind.name}": kind for name, system in SYSTEMS.items() for kind in system.kinds}
WITHOUT_ZONES = {"firewall-order"}
"""Kinds whose cases lack what names the row: it comes from the list."""
VERSIONS = ("8.4.5", "9.2")
Row = tuple[AnyKind, str, Any, dict[str, Any]]


def of_cases() -> Iterator[tuple[str, Row]]:
    for file in sorted((CASES / "normalise").glob("*/*.json")):
        case = json.loads(file.read_text())
        kind = KINDS[file.parent.name]
        if "error" in case or not kind.can_be_declared or kind.name in WITHOUT_ZONES:
            continue
        for number, raw in enumerate([case["raw"], *case.get("same", [])]):
            row = kind, case["id"], _read(file.parent.name, raw), case.get("context") or {}
            yield f"{file.parent.name}/{file.stem} {number}", row


def of_complaints() -> Iterator[tuple[str, Row]]:
    for file in sorted((CASES / "noise").glob("*.yaml")):
        case = yaml.safe_load(file.read_text())
        system = case["system"] if case.get("system") in {"unifi", "npm"} else "proxmox"
        raw = guest(case["system"], **case["live"]) if case["kind"] == "guest" else case["live"]
        identity = str(case.get("id") or ("a:b" if case["kind"] == "node-network" else "101"))
        yield (
            f"noise/{file.stem}",
            (KINDS[f"{system}.{case['kind']}"], identity, raw, case.get("context") or {}),
        )


def of_files() -> Iterator[tuple[str, Row]]:
    for system in ("qemu", "lxc"):
        for file in sorted((CASES / "configurations" / system).glob("*.conf")):
            raw = {"type": system, "node": "a", "power": "stopped", "config": _keys(file.read_text())}
            yield f"{system}/{file.stem}", (KINDS["proxmox.guest"], "100", raw, {})


ROWS = dict([*of_cases(), *of_complaints(), *of_files()])


def findings_after_adopt(kind: AnyKind, identity: str, resource: Resource) -> tuple[list[str], bool]:
    """Return the findings straight after adopting a resource, and whether it could be adopted."""
    kinds = {"s": {kind.name: kind}}
    scope = Scope(source="s", kind=kind.name, listed="complete", count=1)
    snapshot = Snapshot(RUN, (scope,), {Key("s", kind.name, identity): resource})
    inventory = carry_forward(snapshot, None, kinds)
    written = adopt(inventory.config, kinds, [("s", kind.name)])
    desired = load({path: text.encode() for path, text in written.files.items()}, kinds, directory="d")
    again = carry_forward(identify(snapshot, desired, None, kinds), None, kinds)
    report = compare(again, desired, None, DriftSettings(), kinds)
    drift = ("drifted", "missing", "unmanaged")
    return [f"{each.type} {each.path}" for each in report.findings if each.type in drift], not written.refused


@pytest.mark.parametrize("name", ROWS)
def test_nothing_drifts_straight_after_adopt(name):
    kind, identity, raw, context = ROWS[name]
    for version in VERSIONS if name.startswith(("proxmox", "noise", "qemu", "lxc")) else ("",):
        known = (
            {**context, "version": version} if version and "proxmox" in kind.normalise.__module__ else context
        )
        found, adopted = findings_after_adopt(kind, identity, normalise(kind, identity, raw, known))
        assert found == [] or not adopted


def test_most_rows_can_be_adopted():
    refused = [
        name
        for name, (kind, identity, raw, context) in ROWS.items()
        if not findings_after_adopt(kind, identity, normalise(kind, identity, raw, context))[1]
    ]
    assert len(ROWS) > 250
    assert len(refused) < len(ROWS) / 10, refused
