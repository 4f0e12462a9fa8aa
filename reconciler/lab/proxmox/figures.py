"""Figures that Proxmox derives from a guest's configuration or reads from a running machine."""

import random
import re
from typing import Any

from reconciler.lab.members import Guest
from reconciler.lab.proxmox.request import uptime

MIB = 1024**2
GIB = 1024**3
_UNIT = {"": 1, "K": 1024, "M": MIB, "G": GIB, "T": 1024 * GIB}
_SIZE = re.compile(r"(?:^|,)size=(\d+(?:\.\d+)?)([KMGT]?)")
_READINGS = ("cpu", "mem", "disk", "uptime", "netin", "netout", "diskread", "diskwrite")
_BOOT = re.compile(r"order=([a-z]+\d+)")


def cpus(guest: Guest) -> float | int:
    """Return the CPUs that a guest sees: sockets times cores, or the limit of a container."""
    config = guest.config
    if guest.type == "lxc" and "cpulimit" in config:
        return float(config["cpulimit"])
    return int(config.get("cores", 1)) * int(config.get("sockets", 1))


def memory(guest: Guest) -> int:
    """Return the configured memory in bytes; the configuration is in MiB, possibly as `current=2048`."""
    return int(str(guest.config.get("memory", 512)).removeprefix("current=")) * MIB


def root_disk(guest: Guest) -> int:
    """Return the size of the first disk in bytes, 0 if there is none with a size."""
    config = guest.config
    if guest.type == "lxc":
        slot = "rootfs"
    else:
        order = _BOOT.search(str(config.get("boot", "")))
        slot = order[1] if order else str(config.get("bootdisk", "scsi0"))
    size = _SIZE.search(str(config.get(slot, "")))
    return int(float(size[1]) * _UNIT[size[2]]) if size else 0


def readings(guest: Guest, source: random.Random) -> dict[str, Any]:
    """Return values that differ in every answer: load, used memory, counters; zeros for a stopped guest."""
    if guest.power != "running":
        return dict.fromkeys(_READINGS, 0)
    roll = source.random()
    used = int(memory(guest) * (0.3 + 0.4 * roll))
    return {
        "cpu": roll / 7,
        "mem": used,
        "disk": int(root_disk(guest) * roll / 2) if guest.type == "lxc" else 0,
        "uptime": uptime(guest.started, base=86400 + guest.vmid),
        "netin": int(roll * 1e10),
        "netout": int(roll * 7e9),
        "diskread": int(roll * 4e10),
        "diskwrite": int(roll * 9e10),
    }


def identity(guest: Guest) -> dict[str, Any]:
    """Return the fields of a guest in lists that do not change by themselves."""
    row: dict[str, Any] = {"name": guest.name, "status": guest.run_state or guest.power}
    for key in ("tags", "lock"):
        if key in guest.config:
            row[key] = guest.config[key]
    return row
