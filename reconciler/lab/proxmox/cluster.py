"""The endpoints of the cluster as a whole: version, members, resources, options, storages, pools, rights.

By hand: `pvesh get /cluster/resources`, `pvesh get /cluster/status`, `pvesh get /pools --poolid NAME`.
"""

import hashlib
from collections.abc import Iterator
from typing import Any

from reconciler.lab.members import Guest
from reconciler.lab.proxmox import node as node_
from reconciler.lab.proxmox.error import ApiError, invalid
from reconciler.lab.proxmox.figures import cpus, identity, memory, readings, root_disk
from reconciler.lab.proxmox.request import Request

Row = dict[str, Any]
_TYPES = {"vm": {"qemu", "lxc"}, "storage": {"storage"}, "node": {"node"}, "sdn": {"sdn", "network"}}


def version(_request: Request) -> Row:
    """Answer `/version` for any valid token."""
    return {"version": "9.2.3", "release": "9.2", "repoid": "4d1b2a76fe0c3a51"}


def permissions(request: Request) -> Row:
    """Answer `/access/permissions`: path → privilege → 1 if it propagates; with `?path=` only that path."""
    if "path" in request.query:
        return {request.query["path"]: dict(request.rights.on(request.query["path"]))}
    return request.rights.everywhere()


def status(request: Request) -> list[Row]:
    """Answer `/cluster/status`: one row of the cluster (quorum), one per node."""
    request.rights.require("/", "Sys.Audit")
    state = request.state
    name = state.cluster["name"]
    cluster = {"id": "cluster", "type": "cluster", "name": name, "nodes": len(state.nodes)}
    rows: list[Row] = [cluster | {"quorate": int(state.quorate), "version": state.cluster["version"]}]
    rows += [
        {
            "id": f"node/{node.name}",
            "type": "node",
            "name": node.name,
            "nodeid": node.id,
            "ip": node.facts["ip"],
            "local": int(node.name == request.local),
            "online": int(node.online),
            "level": "",
        }
        for node in state.nodes.values()
    ]
    return rows


def resources(request: Request) -> list[Row]:
    """Answer `/cluster/resources`: all nodes, and what the caller may audit; the rest is left out silently.

    Guests of an offline node have neither name nor size, and status `unknown`.
    """
    wanted = request.query.get("type")
    if wanted is not None and wanted not in _TYPES:
        text = f"value '{wanted}' does not have a value in the enumeration '{', '.join(_TYPES)}'"
        raise invalid({"type": text})
    rows: list[Row] = []
    if wanted in {None, "vm"}:
        rows += guest_rows(request)
    if wanted in {None, "node"}:
        rows += [node_.row(request, node) for node in request.state.nodes.values()]
    if wanted in {None, "storage"}:
        rows += storage_rows(request)
    if wanted in {None, "sdn"} and request.rights.has("/sdn/zones/localnetwork", "SDN.Audit"):
        rows += [_zone(node.name, online=node.online) for node in request.state.nodes.values()]
    if wanted is None:
        pools = (name for name in request.state.pools if request.rights.has(f"/pool/{name}", "Pool.Audit"))
        rows += [{"id": f"/pool/{name}", "type": "pool", "pool": name} for name in pools]
    return rows


def guest_rows(request: Request) -> list[Row]:
    """Return the guests that the caller may audit, as `/cluster/resources` and pools show them."""
    state, rights = request.state, request.rights
    pools = {vmid: name for name, pool in state.pools.items() for vmid in pool.get("guests", ())}
    return [
        _guest(request, guest, pools.get(guest.vmid))
        for guest in state.guests.values()
        if rights.has(f"/vms/{guest.vmid}", "VM.Audit")
    ]


def storage_rows(request: Request) -> Iterator[Row]:
    """Yield one row per storage and node that has it, without disabled ones."""
    for node in request.state.nodes.values():
        for row in node_.storage_rows(request, node.name):
            name = row["storage"]
            if not row["enabled"]:
                continue
            shown: Row = {
                "id": f"storage/{node.name}/{name}",
                "type": "storage",
                "storage": name,
                "node": node.name,
                "status": "available" if node.online and row["active"] else "unknown",
                "plugintype": row["type"],
                "content": row["content"],
                "shared": row["shared"],
            }
            yield shown | (
                {"disk": row["used"], "maxdisk": row["total"]} if node.online and row["active"] else {}
            )


def options(request: Request) -> Row:
    """Answer `/cluster/options`: everything with Sys.Audit on `/`, else the few keys that the GUI needs."""
    whole: Row = dict(request.state.cluster["options"])
    if request.rights.has("/", "Sys.Audit"):
        return whole
    return {key: value for key, value in whole.items() if key in {"console", "tag-style", "allowed-tags"}}


def storages(request: Request) -> list[Row]:
    """Answer `/storage`: the storage configuration; entries without rights are left out silently."""
    rows = []
    wanted = request.query.get("type")
    for name, facts in request.state.storages.items():
        config = facts["config"]
        if wanted in {None, config["type"]} and may_see_storage(request, name):
            rows.append({"storage": name, "digest": _digest(request.state.storages)} | config)
    return rows


def pools(request: Request) -> list[Row]:
    """Answer `/pools`: the pools that the caller may audit; members only with `?poolid=`."""
    known = request.state.pools
    wanted = request.query.get("poolid")
    if wanted is None:
        names = [name for name in known if request.rights.has(f"/pool/{name}", "Pool.Audit")]
        return [_pool(request, name) for name in names]
    request.rights.require(f"/pool/{wanted}", "Pool.Audit")
    if wanted not in known:
        raise ApiError(500, f"no such pool '{wanted}'")
    members = known[wanted].get("guests", ()), known[wanted].get("storages", ())
    rows = [row for row in guest_rows(request) if row["vmid"] in members[0]]
    rows += [row for row in storage_rows(request) if row["storage"] in members[1]]
    return [_pool(request, wanted) | {"members": rows}]


def may_see_storage(request: Request, name: str) -> bool:
    """Return whether the caller may see a storage in lists."""
    return request.rights.has(f"/storage/{name}", "Datastore.Audit", "Datastore.AllocateSpace")


def _pool(request: Request, name: str) -> Row:
    comment = request.state.pools[name].get("comment")
    return {"poolid": name} | ({"comment": comment} if comment is not None else {})


def _guest(request: Request, guest: Guest, pool: str | None) -> Row:
    row: Row = {
        "id": f"{guest.type}/{guest.vmid}",
        "type": guest.type,
        "node": guest.node,
        "vmid": guest.vmid,
    }
    if not request.state.nodes[guest.node].online:
        return row | {"status": "unknown"}
    row |= identity(guest)
    if guest.run_state and not request.state.qemu_answers:
        row["status"] = "running"
    row |= {"template": int(guest.template), "maxcpu": cpus(guest), "maxmem": memory(guest)}
    row |= {"maxdisk": root_disk(guest)}
    row |= readings(guest, request.readings)
    row["memhost"] = row["mem"]
    if guest.ha_state:
        row["hastate"] = guest.ha_state
    if pool is not None:
        row["pool"] = pool
    return row


def _zone(node: str, *, online: bool) -> Row:
    facts = {"network": "localnetwork", "network-type": "zone", "zone-type": "localnetwork"}
    status = "available" if online else "unknown"
    return {
        "id": f"network/{node}/zone/localnetwork",
        "type": "network",
        "node": node,
        "status": status,
    } | facts


def _digest(value: Any) -> str:
    return hashlib.sha1(repr(value).encode(), usedforsecurity=False).hexdigest()
