"""Nothing is lost silently: every key that can be configured is read, or in the one table with a reason."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.kinds import backup_job, cluster, node_network, storage
from reconciler.collectors.proxmox.kinds.guest import guest
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from tests.contracts import facts
from tests.contracts.facts import Fact

GUEST = ignored_fields("proxmox", "guest").names
SLOT = re.compile(r"\[n\]$")


@pytest.fixture(scope="module")
def keys() -> Mapping[str, Mapping[str, Fact]]:
    return facts.load(facts.PROXMOX_9).config_keys


def _table(text: str) -> dict[str, str]:
    """`key value` pairs between bars."""
    entries = (entry.strip() for line in text.splitlines() for entry in line.split(" | "))
    return dict(entry.split(" ", 1) for entry in entries if entry)


INNER = _table(
    """
mtu 1500 | tag 11 | trunks 2;3 | rate 10 | size 8G | ip 192.0.2.5/24 | gw 192.0.2.1
ip6 2001:db8::5/64 | gw6 2001:db8::1 | hwaddr BC:24:11:00:00:01 | macaddr BC:24:11:00:00:01
queues 4 | volume local:8 | file local:8 | name eth0 | type veth | mp /srv | media disk
"""
)
PLAIN = _table(
    """
memory 1024 | balloon 512 | swap 256 | name web | hostname web | startup order=1 | tags a;b
boot order=scsi0 | nameserver 192.0.2.1 | searchdomain example.org | numa[n] cpus=0
ipconfig[n] ip=dhcp | usb[n] host=1234:5678 | hostpci[n] 0000:01:00.0 | hotplug disk
features nesting=1 | startdate 2020-01-01 | cpu host | machine q35 | sshkeys ssh-rsa%20A
cicustom user=local:snippets/a.yaml | lock backup | migrate_downtime 0.5 | vga type=qxl
efidisk[n] local:1 | tty 3 | vcpus 3 | shares 2000 | cores 3 | sockets 3 | cpulimit 2 | cpuunits 77
ostype l26 | entrypoint /bin/sh | cmode shell | arch arm64 | bios ovmf | agent enabled=1
"""
)
OTHER_THAN_DEFAULT = {"1": "0", "0": "1"}


def written(key: str, shape: dict[str, Any]) -> str:
    """A value that is not the default, in the form that the key has."""
    if key in PLAIN:
        return PLAIN[key]
    form = shape.get("parts")
    if form is not None:
        return ",".join(f"{name}={INNER.get(name, '1')}" for name in form if name not in SKIPPED_INNER)
    if shape.get("type") == "boolean":
        return OTHER_THAN_DEFAULT.get(str(shape.get("default", "0")), "1")
    return "7"


SKIPPED_INNER = frozenset(
    "e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er ne2k_isa ne2k_pci pcnet"
    " rtl8139 virtio vmxnet3".split()
)
"""The models of a NIC, each of which is another way to write its MAC."""


@pytest.mark.parametrize("system", ["qemu", "lxc"])
def test_every_key_of_a_guest_is_read_or_in_the_table(keys, system):
    nothing = _read(system, {}).model_dump()
    lost, both = [], []
    for key, shape in keys[system].items():
        name = SLOT.sub("0", key)
        config = {name: written(key, shape)}
        found = _read(system, config)
        seen = {**found.model_dump(), "unmodelled": {}} != nothing
        told = name in GUEST
        lost += [f"{key}: {found.unmodelled}"] if found.unmodelled else []
        lost += [key] if not seen and not told and key != "description" else []
        both += [key] if seen and told else []
    assert (lost, both) == ([], [])


UNREAD = {
    "storage": [
        "/authsupported",
        "/comstar_hg",
        "/comstar_tg",
        "/iscsiprovider",
        "/lio_tpg",
        "/master-pubkey",
        "/nowritecache",
        "/saferemove-stepsize",
        "/saferemove_throughput",
    ],
    "cluster_options": [
        "/consent-text",
        "/description",
        "/http_proxy",
        "/location",
        "/migration_unsecure",
        "/notify",
        "/u2f",
        "/webauthn",
    ],
}
"""Keys that no model reads: each is an event when its value changes."""


@pytest.mark.parametrize(
    ("section", "read", "kind"),
    [
        ("storage", storage._NAMES, "storage"),
        ("network_iface", node_network._NAMES, "node-network"),
        ("backup_job", backup_job._NAMES, "backup-job"),
        ("cluster_options", cluster._NAMES, "cluster"),
    ],
)
def test_every_other_key_is_read_or_in_the_table(keys, section, read, kind):
    ours = {"node"} if section == "network_iface" else set()
    row = dict.fromkeys(keys[section].keys() - ours, "x")
    assert sorted(ignored_fields("proxmox", kind).names_only(row, read.keys())) == UNREAD.get(section, [])


FIRST = {
    "file": "local:8",
    "volume": "local:8",
    "path": "/dev/x",
    "dirid": "share",
    "model": "virtio",
}
ONLY = {"net[n].type": "is always veth"}
"""Of a container: properties with one possible value."""


def _read(system: str, config: dict[str, str]) -> guest.Guest:
    raw = RawGuest(type=system, node="a", power="stopped", config=config)
    return guest.normalise("100", raw, ProxmoxContext())


def _other(name: str, inner: Any) -> str:
    """A value that is not the default."""
    if name in ON:
        return "0"
    default = str(inner.get("default", "0")) if isinstance(inner, dict) else "0"
    return "cdrom" if name == "media" else INNER.get(name) or OTHER_THAN_DEFAULT.get(default, "1")


@pytest.mark.parametrize("system", ["qemu", "lxc"])
def test_every_property_of_a_key_is_read(keys, system):
    """One at a time, beside the item that the key cannot be without: what changes nothing is lost."""
    lost = []
    for key, shape in keys[system].items():
        form = shape.get("parts")
        if form is None or SLOT.sub("0", key) in GUEST:
            continue
        first = next((name for name in FIRST if name in form), None)
        start = f"{first}={FIRST[first]}," if first else ""
        slot = SLOT.sub("0", key)
        before = _read(system, {slot: start.rstrip(",")} if start else {})
        for name, inner in form.items():
            if name in {first, "volume", "file"} | SKIPPED_INNER:
                continue
            value = "1" if f"{key}.{name}" == "mp[n].backup" else _other(name, inner)
            found = _read(system, {slot: f"{start}{name}={value}"})
            lost += [f"{key}.{name}"] if found == before or found.unmodelled else []
    assert [each for each in lost if system == "qemu" or each not in ONLY] == []


ON = frozenset({"backup", "replicate", "freeze-fs-on-backup", "guest-fsfreeze"})
"""Flags that are on by default, which their schema does not say."""
