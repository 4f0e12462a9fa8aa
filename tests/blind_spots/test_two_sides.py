"""A fact that two resources show is one finding, on the side that a person edits: the other is derived."""

import pytest

from reconciler.kinds import SYSTEMS

PAIRS = [
    ("proxmox", ("guest", "pool"), ("pool", "guests")),
    ("proxmox", ("guest", "type"), ("ha-resource", "type")),
    ("proxmox", ("node-network", "ovs_bridge"), ("node-network", "ovs_ports")),
    ("proxmox", ("node", "name"), ("cluster", "nodes")),
    ("proxmox", ("guest", "node"), ("replication-job", "source")),
    ("unifi", ("network", "firewall_zone"), ("firewall-zone", "networks")),
    ("unifi", ("device", "name"), ("switch-port", "device")),
    ("unifi", ("switch-port", "override"), ("switch-port", "name")),
    ("unifi", ("switch-port", "override"), ("switch-port", "poe_mode")),
    ("unifi", ("switch-port", "override"), ("switch-port", "tagged_networks")),
    ("unifi", ("switch-port", "override"), ("switch-port", "aggregate_members")),
    ("unifi", ("network", "vlan"), ("switch-port", "tagged_vlans")),
    ("unifi", ("network", "vlan"), ("port-profile", "tagged_vlans")),
]
"""System, kind and field that a person edits, and the field that shows it too."""
FOLLOWING = [
    ("proxmox", "guest", "/disks/scsi0/volume", "/disks/scsi0/storage"),
    ("unifi", "network", "/vlan", "/purpose"),
    ("unifi", "firewall-policy", "/schedule/end", "/schedule/start"),
]
"""Fields of one resource that one change changes: where both differ, the first follows from the second."""
KINDS = {(name, kind.name): kind for name, system in SYSTEMS.items() for kind in system.kinds}


@pytest.mark.parametrize(("system", "edited", "shown"), PAIRS, ids=str)
def test_the_other_side_is_derived(system, edited, shown):
    kind, field = edited
    assert field in KINDS[system, kind].model.model_fields
    assert field not in KINDS[system, kind].not_config
    kind, field = shown
    assert field in KINDS[system, kind].derived


@pytest.mark.parametrize(("system", "kind", "field", "other"), FOLLOWING)
def test_a_field_follows_from_another(system, kind, field, other):
    assert KINDS[system, kind].follows(field) == other
    assert KINDS[system, kind].follows(other) is None
