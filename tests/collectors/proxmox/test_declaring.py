"""What is declared of Proxmox resources against what is live: absent is the default, forms do not count."""

import pytest

from reconciler.config.settings import DriftSettings
from reconciler.desired.adopt import adopt
from reconciler.desired.load import load
from reconciler.drift.carry_forward import carry_forward
from reconciler.drift.compare import compare
from reconciler.kinds import SYSTEMS
from reconciler.model.key import Key
from reconciler.model.snapshot import Run, Scope, Snapshot
from tests.collectors.proxmox.lab_site import NOW
from tests.collectors.raws import normalise

SOURCES = {"pve": "proxmox", "unifi": "unifi", "npm": "npm"}
KINDS = {source: {kind.name: kind for kind in SYSTEMS[system].kinds} for source, system in SOURCES.items()}
RUN = Run(id="20261123T210500Z-3fa9c1", site="lan", collected_at=NOW, stale_after=NOW, version="0")


def guest(kind, **config):
    named = {"name": "a"} if kind == "qemu" else {"hostname": "a"}
    return {"type": kind, "node": "r630-01", "power": "running", "config": named | config}


def storage(row):
    return {"row": {"type": "dir"} | row}


def live(kind, raw, identity="101", source="pve", context=None):
    """The site that has one resource, made of its raw row."""
    resource = normalise(KINDS[source][kind], identity, raw, context)
    scope = Scope(source=source, kind=kind, listed="complete", count=1)
    return carry_forward(Snapshot(RUN, (scope,), {Key(source, kind, identity): resource}), None, KINDS)


def changes(kind, raw, declared, source="pve", identity=None, context=None):
    identity = identity or ("a:b" if kind == "node-network" else "101")
    text = f"'{identity}': {declared}\n".encode()
    desired = load({f"{source}/{kind}.yaml": text}, KINDS, directory="desired-state")
    report = compare(live(kind, raw, identity, source, context), desired, None, DriftSettings(), KINDS)
    return {one.change.path: (one.change.desired, one.change.live) for one in report.findings if one.change}


def adopted(kind, raw):
    (text,) = adopt(live(kind, raw).config, KINDS, {("pve", kind)}).files.values()
    return "".join(line for line in text.splitlines(keepends=True) if line[0] not in "#'")


NULLS = [
    *(("qemu", f"{{{name}: null}}") for name in "cores sockets numa bios scsihw ostype agent memory".split()),
    *(("lxc", f"{{{name}: null}}") for name in "swap unprivileged arch memory cpulimit features".split()),
    ("lxc", "{disks: {mp0: {backup: null, mountoptions: null, ro: null}}}"),
    ("lxc", "{disks: {rootfs: {backup: null, mountoptions: null}}}"),
    ("qemu", "{disks: {efidisk0: {efitype: null, pre_enrolled_keys: null, backup: null}}}"),
    ("qemu", "{disks: {tpmstate0: {version: null}}}"),
    ("qemu", "{nics: {net0: {firewall: null, tag: null, mtu: null}}}"),
]
BARE = {
    "qemu": guest("qemu", efidisk0="a:b", tpmstate0="a:c", net0="virtio=BC:24:11:00:00:0A"),
    "lxc": guest("lxc", rootfs="a:b", mp0="a:c,mp=/c"),
}


@pytest.mark.parametrize(("kind", "declared"), NULLS)
def test_null_is_the_default_of_its_type_and_slot(kind, declared):
    assert changes("guest", BARE[kind], declared) == {}


def test_null_where_something_else_is_set_is_drift_from_that_default():
    raw = guest("lxc", swap="1024", rootfs="a:b", mp0="a:c,mp=/c,backup=1")
    assert changes("guest", raw, "{swap: null, disks: {mp0: {backup: null}}}") == {
        "/swap": (512, 1024),
        "/disks/mp0/backup": (False, True),
    }


@pytest.mark.parametrize(
    ("kind", "raw", "declared"),
    [
        ("guest", guest("qemu", hostpci0="0000:01:00.0,pcie=1"), "{hostpci: {hostpci0: {pcie: true}}}"),
        ("guest", guest("qemu", hostpci0="0000:01:00.0,rombar=0"), "{hostpci: {hostpci0: {rombar: no}}}"),
        ("guest", guest("qemu", usb0="host=1234:5678,usb3=yes"), "{usb: {usb0: {usb3: 1}}}"),
        ("guest", guest("qemu", scsi0="a:b,snapshot=yes"), "{disks: {scsi0: {options: {snapshot: on}}}}"),
        ("guest", guest("qemu", tags="prod"), "{tags: ['Prod ']}"),
        ("guest", guest("lxc", rootfs="a:b,mountoptions="), "{disks: {rootfs: {mountoptions: []}}}"),
        ("storage", storage({"storage": "101", "type": "dir", "path": "/x"}), "{is_mountpoint: no}"),
        ("storage", storage({"storage": "101", "type": "dir", "path": "/x"}), "{preallocation: metadata}"),
        ("storage", storage({"storage": "101", "type": "dir", "is_mountpoint": "1"}), "{is_mountpoint: yes}"),
        ("storage", storage({"storage": "101", "type": "dir", "is_mountpoint": "/x"}), "{is_mountpoint: /x}"),
        ("storage", storage({"prune-backups": "keep-all=1"}), "{prune_backups: {keep-all: true}}"),
        ("node-network", {"node": "a", "row": {"iface": "b", "type": "eth", "cidr6": "::ffff:10.0.0.1/96"}},
         "{cidr6: '::FFFF:a00:1/96'}"),
    ],
)  # fmt: skip
def test_forms_of_one_value_are_no_drift(kind, raw, declared):
    assert changes(kind, raw, declared) == {}


def test_a_storage_whose_type_has_no_such_default_has_none():
    row = live("storage", storage({"storage": "101", "type": "pbs"})).config[Key("pve", "storage", "101")]
    assert not {"is_mountpoint", "preallocation"} & row.keys()


def test_what_adopt_leaves_out_is_the_default_of_its_type_and_slot():
    raw = guest("lxc", rootfs="a:b", mp0="a:c,mp=/c", mp1="a:d,mp=/d,backup=1", swap="512")
    text = adopted("guest", raw)
    assert "mp0: {storage: a, volume: c, mp: /c}" in text
    assert "mp1: {storage: a, volume: d, backup: true, mp: /d}" in text
    assert "swap" not in text
    text = adopted("guest", guest("qemu", cores="1", memory="512", bios="ovmf", efidisk0="a:b,efitype=2m"))
    assert "bios: ovmf" in text
    assert not [name for name in ("cores", "sockets", "numa", "efitype") if name in text]


@pytest.mark.parametrize(
    ("config", "declared", "expected"),
    [
        ({"onboot": 1}, "{onboot: false}", {"/onboot": (False, True)}),
        ({}, "{onboot: true}", {"/onboot": (True, False)}),
        (
            {"net0": "virtio=BC:24:11:00:00:0A,mtu=1"},
            "{nics: {net0: {mtu: 9000}}}",
            {"/nics/net0/mtu": (9000, None)},
        ),
        ({"net0": "virtio=BC:24:11:00:00:0A"}, "{nics: {net0: {mtu: 1}}}", {}),
    ],
)
def test_what_is_declared_of_starting_and_of_packets_is_compared(config, declared, expected):
    assert changes("guest", guest("qemu", **config), declared) == expected
