"""A device that is declared to be offline, with its ports."""

from typing import Any

import pytest

from reconciler.collectors.unifi.kinds.device import KIND as DEVICE
from reconciler.collectors.unifi.kinds.device import away, judge
from reconciler.config.settings import DriftSettings
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.drift.identify import identify
from reconciler.kinds import kinds_of
from reconciler.model.findings import DriftReport
from tests.collectors.proxmox.lab_site import NOW
from tests.collectors.sources import config, read, unifi

SHED = "74:AC:B9:00:00:06"
PORT = f"'{SHED}:1': {{name: pump}}\n"


def report(lab: Any, device: str) -> DriftReport:
    source = unifi(lab)
    kinds = kinds_of(config(source))
    files = {"unifi/device.yaml": device, "unifi/switch-port.yaml": PORT}
    desired = load({name: text.encode() for name, text in files.items()}, kinds, directory="desired-state")
    snapshot = identify(read(source, expected=map(str, desired.resources)), desired, None, kinds)
    return compare(carry_forward(snapshot, None, kinds), desired, None, DriftSettings(), kinds)


@pytest.mark.parametrize(("expected", "incomplete"), [("expected: offline", False), ("name: Shed", True)])
def test_ports_of_a_device_that_is_expected_offline_are_not_missed(site_lab, expected, incomplete):
    found = report(site_lab, f"'{SHED}': {{{expected}}}\n")
    (port,) = [
        each for each in found.findings if each.key.kind == "switch-port" and each.type == "unverified"
    ]
    assert (port.ignored_by is None) is incomplete
    assert found.summary.incomplete is incomplete
    assert found.summary.drifted is False


def test_a_device_that_is_back_is_drift(site_lab):
    row = next(each for each in site_lab.unifi.lists["stat/device"] if each["name"] == "Shed")
    row["state"] = 1
    found = report(site_lab, f"'{SHED}': {{expected: offline}}\n")
    assert [
        (each.path, each.change.live) for each in found.findings if each.key.kind == "device" and each.change
    ] == [("/expected", "online")]


@pytest.mark.parametrize(
    ("declared", "status", "reasons"),
    [
        ({"expected": "offline"}, "offline", []),
        ({"expected": "offline"}, "online", ["it is back; delete the line, or turn it off again"]),
        ({"expected": "online"}, "offline", ["it is disconnected"]),
        ({"expected": "online"}, "online", []),
        ({}, "offline", []),
        ({"expected": "offline"}, None, []),
    ],
)
def test_the_policy(declared, status, reasons):
    row = {"status": status}
    assert [each.reason for each in judge(declared, row, {}, NOW)] == reasons
    assert away(declared, row) is (declared.get("expected") == "offline" and status == "offline")
    assert "status" in DEVICE.not_adopted
