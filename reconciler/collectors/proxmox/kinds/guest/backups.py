"""The newest backup of each guest: observed, from the lists of the storages that hold backups.

A vmid is used again, and a storage may serve several clusters: a backup counts if its type is that of the
guest, if it is not older than the guest, if its verification did not fail, and if its notes or the
namespace of its storage do not show another guest.

By hand: `pvesh get /nodes/NODE/storage/STORAGE/content --content backup`. The list leaves out what the token
may not restore: it shows a backup with Datastore.Allocate on the storage, or with Datastore.AllocateSpace
there and VM.Backup on the guest (Corsinvest/cv4pve-diag#52). A token that may only audit sees an empty list.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple

from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, ProxmoxRequestFailed, path
from reconciler.collectors.proxmox.context import LeftBackup
from reconciler.collectors.proxmox.kinds.guest.backup import GUEST_NAME, BackedUp, Backup, read_backup
from reconciler.collectors.proxmox.kinds.guest.policy import created
from reconciler.collectors.proxmox.kinds.guest.raw import RawGuest
from reconciler.collectors.proxmox.rights import has_right
from reconciler.text import shown

_SECONDS = 60.0
"""For all lists together: nothing else depends on them."""


class BackupsSeen(NamedTuple):
    """The backups of one guest."""

    newest: str | None
    """When the newest one that counts was made."""
    rejected: str | None
    """Why a newer one does not count."""
    doubt: str | None
    """Why there may be newer ones; None where all are visible."""


class Backups:
    """The backups that this run can see."""

    def __init__(self, api: ProxmoxApi, state: ClusterState) -> None:
        self._state = state
        self._api = api
        self._known: dict[str, list[Backup]] = {}
        self._nodes: dict[str, str] = {}
        """Storage → the node that listed it."""
        self._timeless: dict[str, str] = {}
        """Guest → a storage with a backup of it whose time is not known."""
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

    def of(self, vmid: str, guest: BackedUp) -> BackupsSeen:
        """Return the newest backup of a guest that can be restored, and why newer ones do not count."""
        rejected: str | None = None
        doubt = self._doubt(vmid)
        for backup in sorted(self._known.get(vmid, ()), key=attrgetter("made"), reverse=True):
            why = backup.why_not(guest)
            if why is not None:
                rejected = rejected or f"the backup of {backup.when} on {backup.storage} {why}"
            elif self._fits(backup, guest.name):
                return BackupsSeen(backup.when, rejected, doubt)
            else:
                notes = (
                    f"the notes of the backup of {backup.when} on {backup.storage} are {shown(backup.notes)}"
                )
                doubt = doubt or f"{notes}, so it may be of another guest"
        return BackupsSeen(None, rejected, doubt)

    def left(self, vmids: Iterable[str]) -> Iterator[tuple[str, str, LeftBackup]]:
        """Yield storage, vmid and the newest backup there of guests that do not exist."""
        for vmid in vmids:
            newest: dict[str, Backup] = {}
            for backup in sorted(self._known.get(vmid, ()), key=attrgetter("made")):
                if backup.volume and not backup.failed:
                    newest[backup.storage] = backup
            for storage, each in newest.items():
                node = self._nodes[storage]
                yield storage, vmid, LeftBackup(made=each.when, volume=each.volume, type=each.type, node=node)

    def _fits(self, backup: Backup, name: str) -> bool:
        """Return whether notes or the namespace of its storage show that a backup is of this guest."""
        if backup.names(name) or backup.storage in self._namespaced:
            return True
        return not backup.names_another(self._templates)

    @cached_property
    def _templates(self) -> Sequence[str]:
        """The templates of notes of all jobs; read only when notes name no guest that is known."""
        jobs = self._listed("cluster/backup")
        return [GUEST_NAME, *(str(row["notes-template"]) for row in jobs if row.get("notes-template"))]

    @cached_property
    def _namespaced(self) -> frozenset[str]:
        """The storages with a namespace, which keeps the guests of clusters apart."""
        return frozenset(str(row.get("storage")) for row in self._listed("storage") if row.get("namespace"))

    def _listed(self, path: str) -> list[dict[str, Any]]:
        rows = next(iter(self._api.get_many([path])))[1]
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    def _doubt(self, vmid: str) -> str | None:
        """Return why there may be newer ones than those that are listed."""
        if self._silent:
            return self._silent[min(self._silent)]
        if vmid in self._timeless:
            return f"storage {self._timeless[vmid]} has a backup without a time"
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
        self._nodes[place.name] = place.node
        for row in data:
            found = read_backup(row, place.name)
            if found is None:
                continue
            vmid, backup = found
            if backup is None:
                self._timeless[vmid] = place.name
            else:
                self._known.setdefault(vmid, []).append(backup)


def set_backups(
    api: ProxmoxApi, state: ClusterState, guests: Mapping[str, RawGuest], gone: Iterable[str] = ()
) -> Mapping[str, Mapping[str, LeftBackup]]:
    """Set the newest backup of each guest.

    Return storage → vmid → the newest one there of guests that are `gone`.
    """
    known = Backups(api, state)
    for vmid, raw in guests.items():
        name = str(raw.config.get("name") or raw.config.get("hostname") or "")
        seen = known.of(vmid, BackedUp(raw.type, name, created(str(raw.config.get("meta") or ""))))
        raw.newest_backup, raw.backups_rejected, raw.backups_unread = seen
    left: dict[str, dict[str, LeftBackup]] = {}
    for storage, vmid, backup in known.left(gone):
        left.setdefault(storage, {})[vmid] = backup
    return left


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
