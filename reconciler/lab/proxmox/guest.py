"""Guests of a node: lists, configuration, pending changes, power.

By hand: `pvesh get /nodes/NODE/qemu`, `pvesh get /nodes/NODE/lxc/VMID/config --current 1`,
`pvesh get /nodes/NODE/qemu/VMID/pending`, `pvesh get /nodes/NODE/qemu/VMID/status/current`,
`pvesh get /nodes/NODE/qemu/VMID/snapshot`.
"""

from typing import Any

from reconciler.lab.members import Config, Guest
from reconciler.lab.proxmox.error import ApiError, invalid
from reconciler.lab.proxmox.figures import cpus, identity, memory, readings, root_disk
from reconciler.lab.proxmox.inside import agent_enabled
from reconciler.lab.proxmox.request import Request


def machines(request: Request, node: str) -> list[dict[str, Any]]:
    """Answer `/nodes/{node}/qemu`: the VMs that the caller may audit; others are left out silently."""
    return _listed(request, node, "qemu")


def containers(request: Request, node: str) -> list[dict[str, Any]]:
    """Answer `/nodes/{node}/lxc`: the containers that the caller may audit, with their ids as strings."""
    return _listed(request, node, "lxc")


def config(request: Request, node: str, system: str, number: str) -> Config:
    """Answer `…/config`: with pending changes applied, or with `?current=1` as it runs now."""
    guest = request.guest(node, system, number)
    if "snapshot" in request.query:
        if request.flag("current"):
            raise invalid({"snapshot": "cannot use 'snapshot' parameter with 'current'"})
        raise ApiError(500, f"snapshot '{request.query['snapshot']}' does not exist")
    keys = guest.config if request.flag("current") else guest.applied()
    if system == "lxc" and not request.rights.has(f"/vms/{number}", "VM.Config.Options"):
        keys = {key: value for key, value in keys.items() if key != "env"}
    return {key: _shown(guest, key, value) for key, value in keys.items()} | {"digest": guest.digest()}


def pending(request: Request, node: str, system: str, number: str) -> list[dict[str, Any]]:
    """Answer `…/pending`: each key with its current value, and its new value or the request to delete it.

    Raw `lxc.*` lines are not part of it: Proxmox leaves out what is not a plain value.
    """
    guest = request.guest(node, system, number)
    rows = []
    for key, value in guest.config.items():
        if isinstance(value, list):
            continue
        row: dict[str, Any] = {"key": key, "value": _shown(guest, key, value)}
        if key in guest.pending:
            new = guest.pending[key]
            row |= {"delete": 1} if new is None else {"pending": _shown(guest, key, new)}
        rows.append(row)
    added = {key: new for key, new in guest.pending.items() if key not in guest.config}
    rows += [
        {"key": key} | ({"delete": 1} if new is None else {"pending": _shown(guest, key, new)})
        for key, new in added.items()
    ]
    return [*rows, {"key": "digest", "value": guest.digest()}]


def snapshots(request: Request, node: str, system: str, number: str) -> list[dict[str, Any]]:
    """Answer `…/snapshot`: its snapshots, and the guest itself as `current`."""
    guest = request.guest(node, system, number)
    itself: dict[str, Any] = {"name": "current", "description": "You are here!", "digest": guest.digest()}
    itself["running"] = int(guest.power == "running")
    parent = {"parent": guest.config["parent"]} if "parent" in guest.config else {}
    return [*request.state.snapshots.get(guest.vmid, []), itself | parent]


def current(request: Request, node: str, system: str, number: str) -> dict[str, Any]:
    """Answer `…/status/current`: the list row, and what only a running guest knows."""
    guest = request.guest(node, system, number)
    row = _row(guest, request) | {"ha": {"managed": 0}}
    if system == "qemu":
        row["qmpstatus"] = guest.run_state or guest.power
        if agent_enabled(guest):
            row["agent"] = 1
    return row


def _listed(request: Request, node: str, system: str) -> list[dict[str, Any]]:
    request.node(node)
    return [
        _row(guest, request)
        for guest in request.state.guests.values()
        if guest.node == node
        and guest.type == system
        and request.rights.has(f"/vms/{guest.vmid}", "VM.Audit")
    ]


def _row(guest: Guest, request: Request) -> dict[str, Any]:
    row = identity(guest) | readings(guest, request.readings)
    row["status"] = "running" if guest.run_state else guest.power
    row |= {"cpus": cpus(guest), "maxmem": memory(guest), "maxdisk": root_disk(guest)}
    if guest.template:
        row["template"] = 1
    if guest.type == "lxc":
        swap = int(guest.config.get("swap", 512)) * 1024 * 1024
        return row | {"vmid": str(guest.vmid), "type": "lxc", "swap": 0, "maxswap": swap}
    row |= {"vmid": guest.vmid, "memhost": row["mem"], "serial": int("serial0" in guest.config)}
    if guest.power == "running":
        row |= {"pid": 1000 + guest.vmid, "pressurecpusome": 0.0, "pressureiosome": 0.03}
    return row


def _shown(guest: Guest, key: str, value: Any) -> Any:
    """Return a value as answers show it: containers' descriptions end in a newline, passwords are masked."""
    if key == "description" and guest.type == "lxc":
        return f"{value}\n"
    if key == "cipassword":
        return "**********"
    return value
