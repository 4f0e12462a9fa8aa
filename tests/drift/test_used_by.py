"""Findings name who uses what they are about."""

import pytest

from reconciler.collectors.proxmox import SYSTEM
from reconciler.collectors.proxmox.guest_firewall import named

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
    assert {f"{other}/{each}" for other, each in KINDS[kind].uses(identity, row)} == expected


def test_what_is_a_name_and_what_is_not():
    assert list(named(["+sdn/vnet-all", "fd00::1", "10.0.0.1-10.0.0.9", ""], "100")) == []
