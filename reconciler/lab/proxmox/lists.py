"""Configuration files of the cluster: jobs, high availability, SDN, firewalls.

Apart from rights, the answers are data of the site description, `lists`: path → answer.
"""

import time
from typing import Any

from reconciler.lab.members import Guest
from reconciler.lab.proxmox.error import ApiError
from reconciler.lab.proxmox.request import Request

Row = dict[str, Any]
_SDN = ("SDN.Audit", "SDN.Allocate")


def of_site(path: str) -> Any:
    """Return an endpoint that needs Sys.Audit on `/`; without a description it answers an empty list."""

    def answer(request: Request) -> Any:
        request.rights.require("/", "Sys.Audit")
        return request.state.lists.get(path, {} if path.endswith("options") else [])

    return answer


def of_mapping(path: str) -> Any:
    """Return an endpoint that needs a right on `/mapping/notifications`."""

    def answer(request: Request) -> Any:
        request.rights.require("/mapping/notifications", "Mapping.Modify", "Mapping.Audit", "Mapping.Use")
        return request.state.lists.get(path, [])

    return answer


def controllers(request: Request) -> list[Row]:
    """Answer `/cluster/sdn/controllers`, filtered silently."""
    rows: list[Row] = request.state.lists.get("cluster/sdn/controllers", [])
    seen = [row for row in rows if request.rights.has(f"/sdn/controllers/{row['controller']}", *_SDN)]
    return seen if request.flag("pending") else list(map(_configured, seen))


def fabrics(request: Request) -> Row:
    """Answer `/cluster/sdn/fabrics/all`: fabrics and their nodes, filtered silently."""
    found: Row = request.state.lists.get("cluster/sdn/fabrics/all", {"fabrics": [], "nodes": []})
    has = request.rights.has
    return {
        "fabrics": [row for row in found["fabrics"] if has(f"/sdn/fabrics/{row['id']}", *_SDN)],
        "nodes": [
            row for row in found["nodes"] if has(f"/nodes/{row['node_id']}", "Sys.Audit", "Sys.Modify")
        ],
    }


def tasks(request: Request) -> list[Row]:
    """Answer `/cluster/tasks`: without Sys.Audit on `/` only the caller's own."""
    return _own(request, request.state.tasks, "Sys.Audit")


def log(request: Request) -> list[Row]:
    """Answer `/cluster/log`, the latest first: without Sys.Syslog on `/` only the caller's own."""
    newest = _own(request, request.state.log, "Sys.Syslog")[::-1]
    return newest[: int(request.query.get("max", 50))]


def _own(request: Request, rows: list[Row], right: str) -> list[Row]:
    if request.rights.has("/", right):
        return list(rows)
    return [row for row in rows if row.get("user") == request.rights.identity.user]


def groups(request: Request) -> Any:
    """Answer `/cluster/ha/groups` of a cluster that has migrated them to rules."""
    request.rights.require("/", "Sys.Audit")
    raise ApiError(500, "cannot index groups: ha groups have been migrated to rules")


def replication(request: Request) -> list[Row]:
    """Answer `/cluster/replication`: the jobs of guests that the caller may see."""
    rows: list[Row] = request.state.lists.get("cluster/replication", [])
    return [row for row in rows if request.rights.has(f"/vms/{row['guest']}", "VM.Audit")]


def ha_status(request: Request) -> list[Row]:
    """Answer `/cluster/ha/status/current`: the text of an LRM is all that shows maintenance."""
    request.rights.require("/", "Sys.Audit")
    state = request.state
    modes: dict[str, str] = state.lists.get("lrm", {})
    master, now = min(state.nodes), "Mon Nov 23 21:05:00 2026"
    rows: list[Row] = [
        {"id": "quorum", "type": "quorum", "node": request.local, "status": "OK", "quorate": 1},
        {"id": "master", "type": "master", "node": master, "status": f"{master} (active, {now})"},
    ]
    rows += [
        {
            "id": f"lrm:{name}",
            "type": "lrm",
            "node": name,
            "status": f"{name} ({modes.get(name, 'active')}, {now})",
            "timestamp": 1795467900,
        }
        for name in state.nodes
    ]
    return rows + [_service(row, state.guests) for row in state.lists.get("cluster/ha/resources", [])]


def ceph(request: Request) -> Row:
    """Answer `/cluster/ceph/status` of a cluster without Ceph, unless the site describes one."""
    request.rights.require("/", "Sys.Audit")
    found: Row | None = request.state.lists.get("cluster/ceph/status")
    if found is None:
        raise ApiError(500, "binary not installed: /usr/bin/ceph-mon")
    return found


def _service(row: Row, guests: dict[int, Guest]) -> Row:
    sid = row["sid"]
    guest = guests.get(int(sid.partition(":")[2]))
    state = (guest.ha_state if guest else "") or row["state"]
    node = guest.node if guest else ""
    found = {"id": f"service:{sid}", "type": "service", "sid": sid, "node": node, "crm_state": state}
    return found | {"state": state, "request_state": row["state"], "status": f"{sid} ({node}, {state})"}


def synchronisations(request: Request, node: str) -> list[Row]:
    """Answer `/nodes/{node}/replication`: the jobs of guests on it, and how they went."""
    request.node(node)
    went: dict[str, Row] = request.state.lists.get("synchronisations", {})
    guests = request.state.guests
    jobs = [
        row for row in replication(request) if row["guest"] in guests and guests[row["guest"]].node == node
    ]
    soon = int(time.time()) + 600
    return [{**row, "fail_count": 0, "next_sync": soon, **went.get(row["id"], {})} for row in jobs]


def zones(request: Request) -> list[Row]:
    """Answer `/cluster/sdn/zones`, filtered silently."""
    rows: list[Row] = request.state.lists.get("cluster/sdn/zones", [])
    seen = [row for row in rows if request.rights.has(f"/sdn/zones/{row['zone']}", *_SDN)]
    return seen if request.flag("pending") else list(map(_configured, seen))


def vnets(request: Request) -> list[Row]:
    """Answer `/cluster/sdn/vnets`, filtered silently."""
    rows: list[Row] = request.state.lists.get("cluster/sdn/vnets", [])
    seen = [row for row in rows if request.rights.has(f"/sdn/zones/{row['zone']}/{row['vnet']}", *_SDN)]
    return seen if request.flag("pending") else list(map(_configured, seen))


def vnet(request: Request, name: str) -> Row:
    """Answer `/cluster/sdn/vnets/{vnet}`."""
    rows: list[Row] = request.state.lists.get("cluster/sdn/vnets", [])
    row = next((row for row in rows if row["vnet"] == name), None)
    if row is None:
        raise ApiError(500, f"sdn '{name}' does not exist")
    request.rights.require(f"/sdn/zones/{row['zone']}/{name}", *_SDN)
    return _configured(row)


def _configured(row: Row) -> Row:
    known = {key: value for key, value in row.items() if key not in {"state", "pending"}}
    return {**known, **row.get("pending", {})}


def subnets(request: Request, vnet: str) -> list[Row]:
    """Answer `/cluster/sdn/vnets/{vnet}/subnets`."""
    rows: list[Row] = request.state.lists.get(f"cluster/sdn/vnets/{vnet}/subnets", [])
    return rows


def ipset(request: Request, name: str) -> list[Row]:
    """Answer `/cluster/firewall/ipset/{name}`: the members of a set."""
    request.rights.require("/", "Sys.Audit")
    known = {row["name"] for row in request.state.lists.get("cluster/firewall/ipset", [])}
    if name not in known:
        raise ApiError(500, f"no such IPSet '{name}'")
    rows: list[Row] = request.state.lists.get(f"cluster/firewall/ipset/{name}", [])
    return rows


def security_groups(request: Request) -> list[Row]:
    """Answer `/cluster/firewall/groups`, which every user sees."""
    rows: list[Row] = request.state.lists.get("cluster/firewall/groups", [])
    return rows


def group(request: Request, name: str) -> list[Row]:
    """Answer `/cluster/firewall/groups/{group}`: the rules of a group."""
    request.rights.require("/", "Sys.Audit")
    if name not in {row["group"] for row in security_groups(request)}:
        raise ApiError(500, f"no such security group '{name}'")
    rows: list[Row] = request.state.lists.get(f"cluster/firewall/groups/{name}", [])
    return rows


_MAPPED = ("Mapping.Audit", "Mapping.Use", "Mapping.Modify")


def mappings(type_: str) -> Any:
    """Return the endpoint `/cluster/mapping/{type}`, filtered silently."""

    def answer(request: Request) -> Any:
        found = request.state.lists.get(f"cluster/mapping/{type_}", [])
        return [row for row in found if request.rights.has(f"/mapping/{type_}/{row['id']}", *_MAPPED)]

    return answer


def mapping(type_: str) -> Any:
    """Return the endpoint `/cluster/mapping/{type}/{id}`."""

    def answer(request: Request, name: str) -> Any:
        request.rights.require(f"/mapping/{type_}/{name}", *_MAPPED)
        for row in request.state.lists.get(f"cluster/mapping/{type_}", []):
            if row["id"] == name:
                return {key: value for key, value in row.items() if key != "id"}
        raise ApiError(500, f"mapping '{name}' not found")

    return answer


def of_node(leaf: str) -> Any:
    """Return the endpoint `/nodes/{node}/firewall/options` or `rules`."""

    def answer(request: Request, name: str) -> Any:
        request.rights.require(f"/nodes/{name}", "Sys.Audit")
        request.node(name)
        return request.state.lists.get(f"nodes/{name}/firewall/{leaf}", {} if leaf == "options" else [])

    return answer


def of_vnet(leaf: str) -> Any:
    """Return the endpoint `/cluster/sdn/vnets/{vnet}/firewall/options` or `rules`."""

    def answer(request: Request, name: str) -> Any:
        vnet(request, name)
        empty: Any = {} if leaf == "options" else []
        return request.state.lists.get(f"cluster/sdn/vnets/{name}/firewall/{leaf}", empty)

    return answer


def of_guest(leaf: str) -> Any:
    """Return an endpoint below `/nodes/{node}/{qemu,lxc}/{vmid}/firewall/`: options, rules, sets, aliases."""

    def answer(request: Request, name: str, system: str, number: str) -> Any:
        guest = request.guest(name, system, number)
        return request.state.lists.get(
            f"guests/{guest.vmid}/firewall/{leaf}", {} if leaf == "options" else []
        )

    return answer


def ipset_of_guest(request: Request, node: str, system: str, number: str, name: str) -> list[Row]:
    """Answer `/nodes/{node}/{qemu,lxc}/{vmid}/firewall/ipset/{name}`: the members of a set."""
    guest = request.guest(node, system, number)
    lists = request.state.lists
    if name not in {row["name"] for row in lists.get(f"guests/{guest.vmid}/firewall/ipset", [])}:
        raise ApiError(500, f"no such IPSet '{name}'")
    rows: list[Row] = lists.get(f"guests/{guest.vmid}/firewall/ipset/{name}", [])
    return rows
