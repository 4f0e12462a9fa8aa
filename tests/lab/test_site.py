"""The site description: what the issue and later parts count on."""

import re
from collections import Counter
from ipaddress import ip_interface, ip_network

import pytest

from reconciler.lab import State, load_site

LAN = ip_network("192.168.11.0/24")


@pytest.fixture(scope="module")
def state() -> State:
    return State(load_site())


def test_five_nodes_two_of_them_empty(state: State):
    guests = Counter(guest.node for guest in state.guests.values())

    assert list(state.nodes) == ["ml110", "r630-01", "r630-02", "r630-03", "r630-04"]
    assert guests.keys() == {"ml110", "r630-01", "r630-02"}
    assert len(state.guests) == 61


def test_most_guests_are_in_vlan_11(state: State):
    nics = [
        str(value)
        for guest in state.guests.values()
        for key, value in guest.config.items()
        if key[:3] == "net"
    ]

    assert sum("tag=11" in nic and "bridge=vmbr0" in nic for nic in nics) == 61
    assert len(nics) > 61


def test_macs_are_unique(state: State):
    text = " ".join(str(guest.config) for guest in state.guests.values())
    macs = re.findall(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}", text)

    assert len(macs) == len(set(macs)) >= 61


def test_addresses_are_unique(state: State):
    addresses = [node.facts["ip"] for node in state.nodes.values()]
    for guest in state.guests.values():
        addresses += [address for nic in guest.addresses.values() for address in nic]
        addresses += re.findall(r"\bip=([0-9.]+/\d+)", str(guest.config.get("net0")))
    parsed = [ip_interface(address).ip for address in addresses]

    assert len(parsed) == len(set(parsed))
    assert sum(ip in LAN for ip in parsed) > 50


def test_it_has_one_of_each_rarity(state: State):
    configs = {vmid: guest.config for vmid, guest in state.guests.items()}
    values = " ".join(str(value) for config in configs.values() for value in config.values())

    assert [vmid for vmid, guest in state.guests.items() if guest.template] == [900]
    assert [vmid for vmid, guest in state.guests.items() if guest.pending] == [114]
    assert sum(guest.power == "stopped" for guest in state.guests.values()) == 5
    for part in (
        "cloudinit",
        "/dev/disk/by-id",
        "mp=/data",
        "order=10,up=60",
        "host=10c4:ea60",
        "0000:04:00.0",
    ):
        assert part in values, part
    for key in (
        "protection",
        "description",
        "startup",
        "tpmstate0",
        "lock",
        "lxc",
        "net1",
        "cpulimit",
        "dev0",
    ):
        assert any(key in config for config in configs.values()), key


def test_a_site_of_ones_own():
    text = """
cluster: {name: one, version: 1, options: {}}
nodes: {solo: {ip: 10.0.0.1}}
storages: {}
pools: {}
access: {roles: {}, users: {}, acl: {}}
guests: {solo: {lxc: {100: {}}, qemu: {101: {}}}}
"""
    state = State(load_site(text))

    assert [guest.name for guest in state.guests.values()] == ["CT100", "VM 101"]
    assert state.quorate


def test_a_state_does_not_change_its_description():
    site = load_site()
    State(site).edit_guest(101, memory="1")

    assert site == load_site()
