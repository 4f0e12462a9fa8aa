"""Findings name who uses what they are about."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from reconciler.collectors.proxmox import SYSTEM
from reconciler.collectors.proxmox.guest_firewall import sets_and_aliases
from reconciler.drift.used_by import with_users
from reconciler.model.findings import Finding
from reconciler.model.key import Key
from reconciler.model.report_document import finding_row
from reconciler.report.blocks import blocks_of
from reconciler.report.context import NO_CONTEXT
from reconciler.report.markdown_blocks import lines_of
from reconciler.report.text.steps import steps_of
from tests.drift import house
from tests.report import samples

KINDS = {kind.name: kind for kind in SYSTEM.kinds}
RULES = {
    "rules": [
        {"type": "group", "action": "web"},
        {"type": "in", "action": "ACCEPT", "source": ["+desks", "192.0.2.1"], "dest": ["pc"]},
    ]
}


@pytest.mark.parametrize(
    ("kind", "identity", "row", "expected"),
    [
        ("firewall", "cluster", RULES, {"security-group/web", "ipset/desks", "alias/pc"}),
        (
            "firewall",
            "guest:100",
            RULES,
            {
                "security-group/web",
                "ipset/desks",
                "ipset/guest:100:desks",
                "alias/pc",
                "alias/guest:100:pc",
            },
        ),
        ("security-group", "web", {"rules": RULES["rules"][1:]}, {"ipset/desks", "alias/pc"}),
        ("ipset", "desks", {"members": ["!pc", "192.0.2.0/24"]}, {"alias/pc"}),
        ("ipset", "guest:100:desks", {"members": ["guest/pc", "dc/tv"]}, {"alias/guest:100:pc", "alias/tv"}),
        (
            "guest",
            "100",
            {
                "hostpci": {"hostpci0": {"mapping": "gpu"}, "hostpci1": {"host": "0000:01:00.0"}},
                "usb": {"usb0": {"mapping": "zigbee"}},
                "options": {"devices": {"virtiofs0": {"dirid": "media"}, "serial0": "socket"}},
            },
            {f"resource-mapping/{each}" for each in ("pci:gpu", "usb:zigbee", "dir:media")},
        ),
        ("guest", "101", {}, set()),
    ],
)
def test_what_the_fields_of_a_row_name(kind, identity, row, expected):
    named = set(KINDS[kind].uses(identity, row))
    assert {f"{other}/{each}" for other, each in named} == expected
    assert {other for other, _ in named} <= KINDS[kind].used_kinds


def test_what_is_a_name_and_what_is_not():
    assert list(sets_and_aliases(["+sdn/vnet-all", "fd00::1", "10.0.0.1-10.0.0.9", ""], "100")) == []


LIVE = {
    "pve/backup-job/nightly": {"storage": "pbs", "pool": "web"},
    "pve/pool/web": {"storages": ["pbs"]},
    "pve/firewall/cluster": RULES,
    "pve/guest/100": {"pool": "web"},
    "other/backup-job/nightly": {"storage": "pbs"},
    "pve/security-group/web": RULES,
}


@pytest.mark.parametrize(
    ("about", "type_", "expected"),
    [
        ("pve/storage/pbs", "drifted", ["pve/backup-job/nightly", "pve/pool/web"]),
        ("pve/pool/web", "missing", ["pve/backup-job/nightly", "pve/guest/100"]),
        ("pve/security-group/web", "drifted", ["pve/firewall/cluster"]),
        ("pve/alias/pc", "missing", ["pve/firewall/cluster", "pve/security-group/web"]),
        ("pve/storage/pbs", "unmanaged", []),
        ("pve/storage/nas", "drifted", []),
    ],
)
def test_a_finding_names_the_live_resources_that_refer_to_what_it_is_about(about, type_, expected):
    inventory = SimpleNamespace(config={Key.parse(text): row for text, row in LIVE.items()})
    comparison: Any = SimpleNamespace(inventory=inventory, kinds={"pve": KINDS})
    (finding,) = with_users(comparison, [_finding(about, type_)])
    assert list(map(str, finding.used_by)) == expected


def test_reports_name_them():
    report = samples.believable()
    block = next(each for each in blocks_of(report) if each.causes and each.causes[0].type == "drifted")
    users = tuple(Key("pve", "guest", str(vmid)) for vmid in range(101, 109))
    used = replace(block, causes=(block.causes[0].model_copy(update={"used_by": users}),))
    names = "pve/guest/101, pve/guest/102, pve/guest/103, pve/guest/104, pve/guest/105"
    (text,) = (row.plain for row in steps_of(used, report, NO_CONTEXT, 200) if "used by" in row.plain)
    assert names in text
    assert "3 more" in text
    (line,) = (line for line in lines_of(used, report, NO_CONTEXT, full=True) if "used by" in line)
    assert names in line
    written: Any = finding_row(used.causes[0])
    assert written["used_by"][0] == "pve/guest/101"
    assert not any("used by" in row.plain for row in steps_of(block, report, NO_CONTEXT, 200))


def _finding(about: str, type_: str) -> Finding:
    return Finding(
        id="0" * 12,
        type=type_,
        key=Key.parse(about),
        title="t",
        severity="warning",
        first_seen=house.run(0).collected_at,
    )
