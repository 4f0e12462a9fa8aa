"""What is wrong between declared things is told with everything else, each with its line."""

import json
from functools import partial

import pytest

from reconciler.collectors.npm import SYSTEM as NPM
from reconciler.collectors.proxmox import SYSTEM as PROXMOX
from reconciler.collectors.unifi import SYSTEM as UNIFI
from reconciler.desired.load import load
from reconciler.errors import DesiredStateError
from reconciler.model.desired import DesiredState
from reconciler.model.references import EACH
from reconciler.site import KINDS as SITE_KINDS
from reconciler.site.declared import contradictions
from reconciler.site.declared_nodes import NODE
from tests.casefiles import cases

KINDS = {
    "pve": {kind.name: kind for kind in PROXMOX.kinds},
    "npm": {kind.name: kind for kind in NPM.kinds},
    "unifi": {kind.name: kind for kind in UNIFI.kinds},
    "site": {kind.name: kind for kind in SITE_KINDS},
}


def loaded(files: dict[str, str]) -> DesiredState:
    tree = {path: text.encode() for path, text in files.items()}
    return load(tree, KINDS, directory="wanted", contradictions=partial(contradictions, kinds=KINDS))


@cases("contradictions")
def test_declared_things_that_contradict_each_other(case):
    with pytest.raises(DesiredStateError) as caught:
        loaded(case["files"])
    assert list(map(str, caught.value.problems)) == case["problems"]


def test_what_only_looks_like_a_contradiction_is_none():
    desired = loaded(
        {
            "unifi/network.yaml": (
                "LAN: {ip_subnet: 192.168.11.1/24}\nServers: {ip_subnet: 192.168.12.1/24}\n"
                "V6: {ipv6_subnet: '2001:db8::1/64'}\n"
            ),
            "site/address.yaml": (
                "192.168.11.100: {role: dhcp-pool, until: 192.168.11.199}\n"
                "192.168.11.200: {role: dhcp-pool, until: 192.168.11.250}\n"
                "192.168.11.20: {owner: pve/guest/101}\n"
                "192.168.11.150: {absent: true}\n"
            ),
            "site/cable.yaml": (
                "r630-01:eno1: {to: '74:AC:B9:00:00:02:1'}\n"
                "r630-01:eno2: {to: '74:AC:B9:00:00:02:2'}\n"
                "nas:lan1: {label: not plugged in}\n"
            ),
        }
    )
    assert len(desired.resources) == 10


def test_nodes_are_only_known_where_they_are_declared():
    """A file of nothing but policies is not a list of the nodes."""
    guest = "101: {allowed_nodes: [r630-01]}\n"
    for files in ({}, {"pve/node.yaml": "r630-09: {expected: offline}\n"}, {"pve/node.yaml": "{}\n"}):
        assert loaded({"pve/guest.yaml": guest, **files}).resources


REFERRING = [
    (kind.name, reference.path)
    for kind in PROXMOX.kinds
    for reference in kind.references
    if reference.kind == NODE and kind.can_be_declared
]
IDS = {"resource-mapping": "pci:gpu"}


@pytest.mark.parametrize(("kind", "path"), REFERRING, ids=[f"{kind}-{path[0]}" for kind, path in REFERRING])
def test_every_field_that_refers_to_nodes_is_checked(kind, path):
    fields: object = "r630-99"
    for step in reversed(path):
        fields = [fields] if step == EACH else {step: fields}
    identity = IDS.get(kind, "a")
    files = {
        "pve/node.yaml": "r630-01: {}\n",
        f"pve/{kind}.yaml": json.dumps({identity: fields}),
    }
    with pytest.raises(DesiredStateError) as caught:
        loaded(files)
    (problem,) = caught.value.problems
    assert problem.what == f'{identity}.{path[0]}: no node "r630-99" is declared (did you mean r630-01?)'
