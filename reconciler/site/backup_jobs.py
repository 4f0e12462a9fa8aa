"""The guests that backup jobs include, by node: as Proxmox VE chooses them when a job runs."""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.guest_rows import GuestRow
from reconciler.site.inputs import SiteInputs
from reconciler.site.rows import BackupJobRow

_JOBS_MAX = 16
"""So many jobs are named of those that include a guest."""
_DATE = re.compile(r"(\S+?)-\S+-\S+")
_YEAR = re.compile(r"\d{4}")
_NOT_DATA = ("unused", "efidisk", "tpmstate")


class Job(NamedTuple):
    """A job that is enabled and has a time to run."""

    key: Key
    node: str | None
    pool: str | None
    ids: frozenset[str]
    """The guests that it includes; of one for all, those that it excludes."""
    all: bool
    storage: str | None

    def includes(self, key: Key, guest: GuestRow) -> bool:
        """Return whether it includes a guest where that is now."""
        if self.node not in {None, guest.node}:
            return False
        if self.pool:
            return guest.pool == self.pool
        return (key.id in self.ids) is not self.all


@dataclass
class _OnNode:
    """The jobs for the guests of one node, by how they choose them."""

    all: list[Job] = field(default_factory=list)
    excluded: Counter[str] = field(default_factory=Counter)
    """Guest → how many of the jobs for all exclude it."""
    by_id: dict[str, list[Job]] = field(default_factory=dict)
    by_pool: dict[str | None, list[Job]] = field(default_factory=dict)

    def add(self, job: Job) -> None:
        """Count a job in."""
        if job.pool:
            self.by_pool.setdefault(job.pool, []).append(job)
        elif job.all:
            self.all.append(job)
            self.excluded.update(job.ids)
        else:
            for identity in job.ids:
                self.by_id.setdefault(identity, []).append(job)

    def includes(self, key: Key, guest: GuestRow) -> bool:
        """Return whether any job includes a guest."""
        if len(self.all) > self.excluded.get(key.id, 0) or key.id in self.by_id:
            return True
        return guest.pool is not None and guest.pool in self.by_pool

    def including(self, key: Key, guest: GuestRow) -> list[Job]:
        """Return the first jobs of each sort that include a guest."""
        of_pool = self.by_pool.get(guest.pool, ()) if guest.pool is not None else ()
        sorts = (self.by_id.get(key.id), of_pool, self.all)
        return [job for jobs in sorts if jobs for job in jobs[:_JOBS_MAX] if job.includes(key, guest)]


class BackupJobs:
    """The jobs of a site that run, and which of them can write a backup."""

    def __init__(self, inputs: SiteInputs) -> None:
        self._inputs = inputs
        self._working: dict[tuple[str, str], _OnNode] = {}
        self._failing: dict[tuple[str, str], _OnNode] = {}

    def covers(self, key: Key, guest: GuestRow) -> bool:
        """Return whether a job that can write its backup includes a guest."""
        return self._on_node(self._working, key.source, guest.node, failing=False).includes(key, guest)

    def failing(self, key: Key, guest: GuestRow) -> list[Job]:
        """Return the jobs that include a guest and cannot write its backup."""
        return self._on_node(self._failing, key.source, guest.node, failing=True).including(key, guest)

    def including(self, key: Key, guest: GuestRow) -> list[Job]:
        """Return the jobs that include a guest, whether they can write its backup or not."""
        at = (key.source, guest.node)
        return [
            *self._on_node(self._working, *at, failing=False).including(key, guest),
            *self._on_node(self._failing, *at, failing=True).including(key, guest),
        ]

    def why_failing(self, job: Job, node: str) -> str | None:
        """Return why a job cannot write backups of guests on a node; None where nothing shows that."""
        if job.storage is None:
            return None
        storage = self._inputs.storages.get(Key(job.key.source, "storage", job.storage))
        if storage is None:
            return "does not exist" if self._all_storages else None
        if storage.disabled:
            return "is disabled"
        if storage.nodes and node and node not in storage.nodes:
            return f"is not for {node}"
        return "does not hold backups" if storage.content and "backup" not in storage.content else None

    def _on_node(
        self, known: dict[tuple[str, str], _OnNode], source: str, node: str, *, failing: bool
    ) -> _OnNode:
        found = known.get((source, node))
        if found is None:
            found = known[source, node] = _OnNode()
            for job in self._jobs.get(source, ()):
                if job.node in {None, node} and (self.why_failing(job, node) is not None) is failing:
                    found.add(job)
        return found

    @cached_property
    def _all_storages(self) -> bool:
        return self._inputs.why_incomplete("storage") is None

    @cached_property
    def _jobs(self) -> dict[str, list[Job]]:
        found: dict[str, list[Job]] = {}
        for key, row in self._inputs.backup_jobs.items():
            if row.enabled and not self._is_past(row):
                ids = frozenset(map(str, row.exclude if row.all else row.guests))
                storage = None if row.dumpdir else row.storage
                found.setdefault(key.source, []).append(Job(key, row.node, row.pool, ids, row.all, storage))
        return found

    def _is_past(self, row: BackupJobRow) -> bool:
        """Return whether a schedule names years, and all of them are over."""
        date = _DATE.search(row.schedule or "")
        years = _YEAR.findall(date[1]) if date is not None and "*" not in date[1] else []
        now = self._inputs.inventory.run.collected_at.year
        return bool(years) and all(int(year) < now for year in years)


def left_out(guest: GuestRow) -> tuple[str, ...]:
    """Return the disks of a guest if a backup has none of them; the root of a container is in every one."""
    if guest.type == "lxc":
        return ()
    found: list[str] = []
    for slot, disk in guest.disks.items():
        if slot.startswith(_NOT_DATA) or disk.get("media") == "cdrom":
            continue
        if disk.get("backup", True):
            return ()
        found.append(slot)
    return tuple(found)
