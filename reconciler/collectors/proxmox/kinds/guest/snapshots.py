"""The snapshots of guests: one request for each guest that has some.

The configuration names the snapshot that a guest descends from as `parent`, so guests without one are not
asked. A guest that had snapshots in the last run is asked as well: where it was rolled back and the root of
its snapshots was removed, others can be left that it does not descend from.

By hand: `pvesh get /nodes/NODE/qemu/VMID/snapshot`, or `qm listsnapshot VMID`.
"""

from collections.abc import Iterator, Mapping

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.moments import time_of
from reconciler.errors import Problem

_SECONDS = 60.0
"""For the snapshots of all guests together: nothing else depends on them."""
_LIVE = "current"
"""The row of the guest itself."""
_ODD = Problem("", "the list of its snapshots is not a list of objects with names", cause="bad-answer")


def set_snapshots(
    api: ProxmoxApi, guests: Mapping[str, RawGuest]
) -> tuple[dict[str, tuple[ApiRow, ...]], dict[str, Problem]]:
    """Set the age of the oldest snapshot of each guest.

    Return vmid → its snapshots, and vmid → why they are not known.
    """
    found: dict[str, tuple[ApiRow, ...]] = {}
    unread: dict[str, Problem] = {}
    before = {identity.partition(":")[0] for identity in api.expected.get("guest-snapshot", ())}
    asked = {
        path("nodes", raw.node, raw.type, vmid, "snapshot"): vmid
        for vmid, raw in guests.items()
        if raw.config.get("parent") or vmid in before
    }
    for at, data in api.get_many(asked, within=_SECONDS):
        vmid = asked[at]
        if isinstance(data, ProxmoxRequestFailed):
            unread[vmid] = data.problem
        elif not isinstance(data, list) or not all(isinstance(row, dict) and row.get("name") for row in data):
            unread[vmid] = _ODD
        else:
            found[vmid] = tuple(row for row in data if row["name"] != _LIVE)
            guests[vmid].oldest_snapshot = min(_times(found[vmid]), default=None)
    for vmid, problem in unread.items():
        guests[vmid].snapshots_unread = problem.what
    return found, unread


def _times(rows: tuple[ApiRow, ...]) -> Iterator[str]:
    return filter(None, (time_of(row.get("snaptime")) for row in rows))
