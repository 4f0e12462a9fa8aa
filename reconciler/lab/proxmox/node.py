"""Nodes: their list, and the status, storages, network interfaces, disks and subscription of each.

By hand: `pvesh get /nodes`, `pvesh get /nodes/NODE/network` (shows `changes` only over HTTP),
`pvesh get /nodes/NODE/disks/list --skipsmart 1`.
"""

import time
from typing import Any

from reconciler.lab.members import Node
from reconciler.lab.proxmox import interfaces
from reconciler.lab.proxmox.error import ApiError, invalid
from reconciler.lab.proxmox.figures import GIB
from reconciler.lab.proxmox.request import Request, uptime

Row = dict[str, Any]
_BASE_UPTIME = 1234567


def listed(request: Request) -> list[Row]:
    """Answer `/nodes`: every node, with its figures only if the caller has Sys.Audit."""
    fingerprint = {"ssl_fingerprint": request.state.cluster.get("fingerprint", "")}
    return [row(request, node) | fingerprint for node in request.state.nodes.values()]


def row(request: Request, node: Node) -> Row:
    """Return a node as `/nodes` and `/cluster/resources` list it."""
    base: Row = {"id": f"node/{node.name}", "type": "node", "node": node.name, "level": ""}
    base["status"] = "online" if node.online else "offline"
    if not node.online or not request.rights.has(f"/nodes/{node.name}", "Sys.Audit"):
        return base | ({"cgroup-mode": 2} if node.online else {})
    facts = node.facts["hardware"]
    roll = request.readings.random()
    return base | {
        "cgroup-mode": 2,
        "cpu": roll / 10,
        "maxcpu": facts["cpus"],
        "mem": int(facts["memory"] * GIB * (0.4 + roll / 10)),
        "maxmem": facts["memory"] * GIB,
        "disk": int(facts["rootfs"] * GIB * (0.2 + roll / 100)),
        "maxdisk": facts["rootfs"] * GIB,
        "uptime": uptime(node.started, base=_BASE_UPTIME),
    }


def status(request: Request, name: str) -> Row:
    """Answer `/nodes/{node}/status`: load and MHz are strings, as on real nodes."""
    request.rights.require(f"/nodes/{name}", "Sys.Audit")
    node = request.node(name)
    facts = node.facts["hardware"]
    total, disk = facts["memory"] * GIB, facts["rootfs"] * GIB
    roll = request.readings.random()
    used, full = int(total * (0.4 + roll / 10)), int(disk * (0.2 + roll / 100))
    kernel = "6.17.2-1-pve"
    return {
        "pveversion": "pve-manager/9.2.3/4d1b2a76fe0c3a51",
        "kversion": f"Linux {kernel} #1 SMP PREEMPT_DYNAMIC PMX {kernel} (2026-10-21T11:55Z)",
        "current-kernel": {
            "sysname": "Linux",
            "release": kernel,
            "version": "#1 SMP PMX",
            "machine": "x86_64",
        },
        "boot-info": dict(node.facts["boot"]),
        "cpuinfo": {key: facts[key] for key in ("model", "sockets", "cores", "cpus", "mhz")}
        | {"hvm": "1", "user_hz": 100, "flags": "fpu vme de pse tsc msr pae mce aes avx2"},
        "memory": {"total": total, "used": used, "free": total - used, "available": total - used},
        "swap": {"total": 8 * GIB, "used": 0, "free": 8 * GIB},
        "rootfs": {"total": disk, "used": full, "free": disk - full, "avail": disk - full},
        "ksm": {"shared": 0},
        "loadavg": [f"{roll * factor:.2f}" for factor in (4, 3.5, 3)],
        "cpu": roll / 10,
        "wait": roll / 1000,
        "idle": 0,
        "uptime": uptime(node.started, base=_BASE_UPTIME),
    }


def storages(request: Request, name: str) -> list[Row]:
    """Answer `/nodes/{node}/storage`: the storages of this node; entries without rights are left out."""
    request.node(name)
    rows = storage_rows(request, name)
    if "storage" in request.query:
        rows = [row for row in rows if row["storage"] == request.query["storage"]]
    return [row for row in rows if row["enabled"] or not request.flag("enabled")]


def storage_rows(request: Request, name: str) -> list[Row]:
    """Return the storages of a node that the caller may see, with their current figures."""
    rows = []
    for storage, facts in request.state.storages.items():
        config = facts["config"]
        nodes = config.get("nodes")
        if nodes is not None and name not in nodes.split(","):
            continue
        if not request.rights.has(f"/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace"):
            continue
        enabled = not config.get("disable")
        active = enabled and facts.get("active", 1)
        size = facts["total"]
        total = (size[name] if isinstance(size, dict) else size) * GIB if active else 0
        used = int(total * (0.3 + request.readings.random() / 100))
        row: Row = {"storage": storage, "type": config["type"], "content": config["content"]}
        row |= {"active": int(active), "enabled": int(enabled), "shared": facts.get("shared", 0)}
        row |= {"total": total, "used": used, "avail": total - used}
        rows.append(row | ({"used_fraction": used / total} if total else {}))
    return rows


def storage_status(request: Request, name: str, storage: str) -> Row:
    """Answer `/nodes/{node}/storage/{storage}/status`; the right is checked before the storage is."""
    request.rights.require(f"/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")
    request.node(name)
    for row in storage_rows(request, name):
        if row["storage"] == storage:
            return {key: value for key, value in row.items() if key not in {"storage", "used_fraction"}}
    raise ApiError(500, f"storage '{storage}' does not exist")


def storage_content(request: Request, name: str, storage: str) -> list[Row]:
    """Answer `/nodes/{node}/storage/{storage}/content`: the backups, the only volumes that the lab has.

    It needs the right to audit; backups that the caller may not restore are left out silently.
    """
    rights = request.rights
    rights.require(f"/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")
    request.node(name)
    if storage not in {row["storage"] for row in storage_rows(request, name)}:
        raise ApiError(500, f"storage '{storage}' does not exist")
    if request.query.get("content") not in {None, "backup"}:
        return []
    return [
        _backup(request, storage, vmid, made)
        for vmid, made in request.state.backups.get(storage, ())
        if request.query.get("vmid") in {None, str(vmid)}
        and (
            rights.has(f"/storage/{storage}", "Datastore.Allocate")
            or (
                rights.has(f"/storage/{storage}", "Datastore.AllocateSpace")
                and rights.has(f"/vms/{vmid}", "VM.Backup")
            )
        )
    ]


def _backup(request: Request, storage: str, vmid: int, made: int) -> Row:
    guest = request.state.guests.get(vmid)
    type_ = request.state.removed.get(vmid, "qemu") if guest is None else guest.type
    of_type = "vm" if type_ == "qemu" else "ct"
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(made))
    return {
        "volid": f"{storage}:backup/{of_type}/{vmid}/{moment}",
        "content": "backup",
        "ctime": made,
        "format": f"pbs-{of_type}",
        "size": 2**30,
        "subtype": "qemu" if of_type == "vm" else "lxc",
        "vmid": vmid,
    }


def network(request: Request, name: str) -> tuple[list[Row], str | None]:
    """Answer `/nodes/{node}/network`: the interfaces, and the pending changes, which are beside `data`.

    Bridges without a right on them in the zone of the local network are left out silently.
    """
    node = request.node(name)
    wanted = request.query.get("type")
    rows = [
        {"iface": iface, "priority": order + 3} | facts
        for order, (iface, facts) in enumerate(node.facts["network"].items())
        if wanted in {None, facts["type"]}
        and (
            facts["type"] not in {"bridge", "OVSBridge"}
            or request.rights.has(f"/sdn/zones/localnetwork/{iface}", "SDN.Audit", "SDN.Use")
        )
    ]
    applied = node.facts.get("network_applied")
    staged = interfaces.changes(applied, node.facts["network"]) if applied is not None else None
    return rows, staged or node.facts.get("network_changes")


def interface(request: Request, name: str, iface: str) -> Row:
    """Answer `/nodes/{node}/network/{iface}`: one interface; it needs only a right on the node."""
    request.rights.require(f"/nodes/{name}", "Sys.Audit")
    facts: Row | None = request.node(name).facts["network"].get(iface)
    if facts is None:
        raise invalid({"iface": "interface does not exist"})
    return {"method": "manual"} | facts


def disks(request: Request, name: str) -> list[Row]:
    """Answer `/nodes/{node}/disks/list`: physical disks; `health` only without `?skipsmart=1`."""
    if not request.rights.has("/", "Sys.Audit") and not request.rights.has(f"/nodes/{name}", "Sys.Audit"):
        raise ApiError(403, "Permission check failed")
    node = request.node(name)
    common = {"gpt": 1, "mounted": 0, "osdid": -1, "osdid-list": [], "rpm": 0}
    health = {"health": "UNKNOWN" if request.flag("skipsmart") else "PASSED"}
    return [
        common | health | {"by_id_link": f"/dev/disk/by-id/{disk['serial']}"} | disk
        for disk in node.facts["disks"]
    ]


def subscription(request: Request, name: str) -> Row:
    """Answer `/nodes/{node}/subscription`: there is none here; the server id only with Sys.Audit."""
    request.node(name)
    row: Row = {
        "status": "notfound",
        "message": "There is no subscription key",
        "url": "https://www.proxmox.com/",
    }
    if request.rights.has(f"/nodes/{name}", "Sys.Audit"):
        row["serverid"] = f"0000000000000000000000000000{request.state.nodes[name].id:04X}"
    return row
