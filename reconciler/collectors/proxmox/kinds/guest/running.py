"""Whether guests run now, and the addresses of those that do."""

from collections.abc import Mapping

from reconciler.collectors.http.values import is_true
from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.kinds.guest.state import may_be_stopped, power_of
from reconciler.errors import Problem

_ADDRESS_SECONDS = 60.0
"""For the addresses of all guests together: they are observed, and agents may hang."""


def set_power(api: ProxmoxApi, guests: Mapping[str, RawGuest]) -> dict[str, Problem]:
    """Set whether guests run, and return the problem of each that does not show it.

    The nodes are asked where the cluster does not know (pvestatd stalls).
    """
    doubtful = {vmid for vmid, raw in guests.items() if power_of(raw.status, raw.lock) is None}
    nodes = sorted({guests[vmid].node for vmid in doubtful})
    asked = {path("nodes", node, kind): node for node in nodes for kind in ("qemu", "lxc")}
    late: dict[str, Problem] = {}
    for at, data in api.get_many(asked):
        if isinstance(data, ProxmoxRequestFailed) and data.for_time:
            late[asked[at]] = data.problem
        for row in data if isinstance(data, list) else ():
            vmid = str(row.get("vmid")) if isinstance(row, dict) else ""
            if vmid in doubtful:
                guests[vmid].status = str(row.get("qmpstatus") or row.get("status"))
    _ask_backed_up(api, guests)
    unknown: dict[str, Problem] = {}
    for vmid, raw in guests.items():
        raw.power = power_of(raw.status, raw.lock)
        if raw.power is None:
            silent = Problem(f"node {raw.node}", "does not report whether it runs", cause="node-silent")
            unknown[vmid] = late.get(raw.node, silent)
    return unknown


def _ask_backed_up(api: ProxmoxApi, guests: Mapping[str, RawGuest]) -> None:
    """Ask VMs that are backed up for their run state: one that is stopped has a process meanwhile."""
    asked = {
        path("nodes", raw.node, "qemu", vmid, "status", "current"): raw
        for vmid, raw in guests.items()
        if raw.type == "qemu" and may_be_stopped(raw.status, raw.lock)
    }
    for at, data in api.get_many(asked):
        raw = asked[at]
        if isinstance(data, dict):
            raw.status = str(data.get("qmpstatus") or data.get("status"))
        else:
            raw.unread = (*raw.unread, "power")


def set_addresses(api: ProxmoxApi, guests: Mapping[str, RawGuest]) -> None:
    """Ask running guests for their addresses; without an answer none are known."""
    asked = {at: raw for vmid, raw in guests.items() if (at := _address_path(vmid, raw))}
    found = api.get_many(asked, what="addresses", total=len(asked), within=_ADDRESS_SECONDS)
    for at, data in found:
        raw = asked[at]
        if not isinstance(data, ProxmoxRequestFailed):
            raw.interfaces = data
        elif raw.type == "qemu" and (data.timed_out or data.status == 500):
            raw.agent_error = data.reason


def _address_path(vmid: str, raw: RawGuest) -> str | None:
    if raw.power != "running":
        return None
    if raw.type == "lxc":
        return path("nodes", raw.node, "lxc", vmid, "interfaces")
    if raw.status != "running" or not _agent_enabled(raw.config.get("agent")):
        return None
    return path("nodes", raw.node, "qemu", vmid, "agent", "network-get-interfaces")


def _agent_enabled(value: object) -> bool:
    try:
        return is_true(property_string.parse(str(value or "0"), "enabled").get("enabled"))
    except ValueError:
        return False
