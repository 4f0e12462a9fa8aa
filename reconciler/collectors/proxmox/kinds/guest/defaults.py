"""The defaults of a guest that depend on its type, and those of its disks (qm(1), pct(1))."""

from collections.abc import Mapping
from functools import lru_cache

from reconciler.collectors.proxmox.kinds.guest.disks import disk_defaults
from reconciler.model.value import Row

BY_TYPE: Mapping[str, Mapping[str, object]] = {
    "qemu": {
        "cores": 1,
        "sockets": 1,
        "numa": False,
        "bios": "seabios",
        "scsihw": "lsi",
        "ostype": "other",
        "agent": False,
    },
    "lxc": {"swap": 512, "unprivileged": False, "arch": "amd64"},
}


def defaults(row: Row) -> Row:
    """Return the defaults of a guest of its type, and of a disk in its slot."""
    disks = row.get("disks")
    return _of_slots(str(row.get("type")), tuple(disks) if isinstance(disks, dict) else ())


@lru_cache(maxsize=4096)
def _of_slots(type_: str, slots: tuple[str, ...]) -> Row:
    """Return the defaults of a guest with disks in some slots; many guests share them: never change them."""
    return {**BY_TYPE.get(type_, {}), "disks": {slot: disk_defaults(slot) for slot in slots}}
