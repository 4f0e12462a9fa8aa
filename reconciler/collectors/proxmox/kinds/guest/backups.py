"""The newest backup of each guest: observed, from the lists of the storages that hold backups.

By hand: `pvesh get /nodes/NODE/storage/STORAGE/content --content backup`. The list leaves out what the token
may not restore: it shows a backup with Datastore.Allocate on the storage, or with Datastore.AllocateSpace
there and VM.Backup on the guest (Corsinvest/cv4pve-diag#52). A token that may only audit sees an empty list.
"""

from collections.abc import Iterator
from typing import Any

from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.rights import has_right
from reconciler.model.value import moment, timestamp

_SECONDS = 60.0
"""For all lists together: nothing else depends on them."""


class Backups:
    """The backups that this run can see."""

    def __init__(self, api: ProxmoxApi, state: ClusterState) -> None:
        self._state = state
        self._newest: dict[str, int] = {}
        self._silent: dict[str, str] = {}
        self._places = list(_places(state))
        told = {(place.name, place.node) for place in self._places}
        shared = {place.name for place in self._places if place.shared}
        for place in state.storages:
            if place.backups and place.name not in shared and (place.name, place.node) not in told:
                self._silent[place.name] = f"storage {place.name} of node {place.node} is not available"
        asked = {_path(place): place for place in self._places}
        for at, data in api.get_many(asked, within=_SECONDS):
            self._read(asked[at], data)

    def newest(self, vmid: str) -> str | None:
        """Return when the newest visible backup was made."""
        seconds = self._newest.get(vmid)
        return None if seconds is None else timestamp(moment(seconds))

    def doubt(self, vmid: str) -> str | None:
        """Return why there may be newer ones; None where all are visible."""
        if self._silent:
            return self._silent[min(self._silent)]
        if not self._state.storages:
            return "no storage is visible"
        rights = self._state.rights
        for place in self._places:
            where = f"/storage/{place.name}"
            if has_right(rights, where, "Datastore.Allocate"):
                continue
            if not has_right(rights, where, "Datastore.AllocateSpace"):
                return f"the token lacks Datastore.AllocateSpace on {where}"
            if not has_right(rights, f"/vms/{vmid}", "VM.Backup"):
                return f"the token lacks VM.Backup on /vms/{vmid}"
        return None

    def _read(self, place: StoragePlace, data: Any) -> None:
        if isinstance(data, ProxmoxRequestFailed) or not isinstance(data, list):
            why = data.summary if isinstance(data, ProxmoxRequestFailed) else "it is not a list"
            self._silent[place.name] = f"storage {place.name} cannot be read ({why})"
            return
        for row in data:
            vmid, made = (
                (str(row.get(key)) for key in ("vmid", "ctime")) if isinstance(row, dict) else ("", "")
            )
            if vmid.isdecimal() and made.isdecimal() and len(made) < 12:
                self._newest[vmid] = max(self._newest.get(vmid, 0), int(made))


def _places(state: ClusterState) -> Iterator[StoragePlace]:
    """Yield where to ask: one node for a shared storage, each node for others."""
    seen: set[str] = set()
    for place in sorted(state.storages, key=lambda place: (place.name, place.node)):
        online = state.nodes.get(place.node, False)
        if place.backups and place.available and online and place.name not in seen:
            if place.shared:
                seen.add(place.name)
            yield place


def _path(place: StoragePlace) -> str:
    return f"{path('nodes', place.node, 'storage', place.name, 'content')}?content=backup"
