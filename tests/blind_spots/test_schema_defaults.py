"""A default of the published schema, written out or left out, is one and the same row, on every release."""

from functools import cache

import pytest

from tests.blind_spots.keys import ABSENT, ApiKey, with_value
from tests.blind_spots.place import Place, Raw
from tests.blind_spots.proxmox import places

ANOTHER_MEANING = {
    "prune-backups": "a job without one has that of its storage; one that keeps all does so on any storage"
}
"""Keys whose published default is not what an absent one means."""
DOCUMENTED = {
    "qemu": {
        "cpu": "kvm64",
        "cpuunits": "100",
        "machine": "pc",
        "boot": "",
        "sockets": "1",
        "amd-sev": "snp,allow-smt=1,kernel-hashes=0,no-debug=0,no-key-sharing=0",
        "intel-tdx": "tdx,attestation=1,vsock-cid=2,vsock-port=4050",
        "rng0": "/dev/urandom,max_bytes=1024,period=1000",
        "watchdog": "model=i6300esb,action=reset",
        "vga": "std,memory=32",
        "hostpci0": "0000:01:00.0,pcie=0,rombar=1,x-vga=0,legacy-igd=0",
        "net0": "virtio=BC:24:11:00:00:01,firewall=0,link_down=0,mtu=1,queues=0,rate=0",
        **{
            f"{bus}0": "local:vm-100-disk-0,aio=io_uring,cache=none,detect_zeroes=1,rerror=report,"
            "werror=enospc,discard=ignore,backup=1,ssd=0,iops=0,mbps_rd=0,snapshot=0,ro=0,iothread=0"
            for bus in ("scsi", "virtio", "sata", "ide")
        },
    },
    "lxc": {
        "cpuunits": "100",
        "dev0": "/dev/fuse,mode=0660,uid=0,gid=0,deny-write=0",
        "net0": "name=eth0,bridge=vmbr0,type=veth,firewall=0,link_down=0,host-managed=0,ip=manual,ip6=manual",
        "rootfs": "local:vm-100-disk-0,quota=0,ro=0,shared=0,replicate=1",
        "mp0": "local:vm-100-disk-1,mp=/a,backup=0,quota=0,ro=0,shared=0,replicate=1",
    },
}
"""Defaults that the schema does not publish as values, written out (qm(1), pct(1))."""
BARE = {
    "amd-sev": "snp",
    "intel-tdx": "tdx",
    "rng0": "/dev/urandom",
    "watchdog": "action=reset",
    "vga": "memory=32",
    "hostpci0": "0000:01:00.0",
    "dev0": "/dev/fuse",
    "rootfs": "local:vm-100-disk-0",
    "mp0": "local:vm-100-disk-1,mp=/a",
    **dict.fromkeys(("scsi0", "virtio0", "sata0", "ide0"), "local:vm-100-disk-0"),
}
"""The same without any default; a key that is not here is left out."""


@cache
def every_place() -> tuple[Place, ...]:
    return tuple(places())


@cache
def with_default() -> dict[str, tuple[Place, ApiKey]]:
    """The keys that the schema has a default of, at any depth."""
    return {
        f"{place.version} {place.endpoint} {key.name}": (place, key)
        for place in every_place()
        for key in place.keys.values()
        if "default" in key.fact
    }


def read(place: Place, row: Raw) -> dict[str, object]:
    """The one row that a place has."""
    ((key, resource),) = place.read(row).resources.items()
    return place.of_kind.dump({key.id: resource})[key.id]


@pytest.mark.parametrize("name", with_default())
def test_a_default_is_the_same_written_out_and_left_out(name):
    place, key = with_default()[name]
    row = place.row_of(key)
    left_out, written = (
        read(place, with_value(row, key.steps, value)) for value in (ABSENT, key.fact["default"])
    )
    assert "unread" not in written
    assert (written == left_out) is (key.name not in ANOTHER_MEANING)


def test_all_of_them_are_held():
    held = [name for name, (_, key) in with_default().items() if key.name not in ANOTHER_MEANING]
    assert len(held) >= 340
    assert {key.name for _, key in with_default().values()} >= set(ANOTHER_MEANING)


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, keys in DOCUMENTED.items() for key in keys])
@pytest.mark.parametrize("version", ["9.2", "8.4.5"])
def test_a_documented_default_is_the_same_written_out_and_left_out(kind, key, version):
    place = next(each for each in every_place() if each.version == version and f"/{kind}/" in each.endpoint)
    bare = BARE.get(key, ABSENT)
    if key == "net0":
        names = {"qemu": "virtio=BC:24:11:00:00:01", "lxc": "name=eth0,bridge=vmbr0"}
        bare = names[kind]
    assert read(place, with_value(place.row, (key,), DOCUMENTED[kind][key])) == read(
        place, with_value(place.row, (key,), bare)
    )
