"""The defaults of a guest that depend on its type, and those of its disks (qm(1), pct(1))."""

from collections.abc import Mapping

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
    slots = {slot: disk_defaults(slot) for slot in disks} if isinstance(disks, dict) else {}
    return {**BY_TYPE.get(str(row.get("type")), {}), "disks": slots}
