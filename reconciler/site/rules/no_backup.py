"""No backup job covers a guest.

The finding is about the guest.

Fires:
    For a guest, running or not, that no enabled job of its cluster includes: by its vmid, by its pool, or
    as one of all guests that are not excluded. A job bound to a node covers only the guests of that node. A
    job covers nothing if the years of its schedule are over, or if its storage does not exist, is disabled,
    is not available to the guest's node, or does not hold backups. For a VM whose disks all have `backup=0`
    (`efidisk`, `tpmstate` and unused disks do not count).

Does not fire:
    For templates; for a VM without disks. While the storage list is incomplete, a storage that is not in it
    may exist. The rule does not check that backups were made: declare `backup: {max_age: 26h}` for that
    ([policies](desired-state.md#policies)). Backups made by other programs are not detected.

Fix:
    Add the guest to a job, or correct the job's storage or the disks' `backup`.

Accept:
    Ignore guests that can be rebuilt without a backup:

    ```yaml
    - target: {source: pve, kind: guest, id: "13?"}
      type: no-backup
      reason: caches, built again by their playbook
      owner: ann
      expires: 2027-06-30
    ```
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache

from reconciler.model.key import Key
from reconciler.model.pointer import pointer
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.backup_jobs import BackupJobs, Job, left_out
from reconciler.site.guest_rows import GuestRow
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

_JOB = ("/enabled", "/all", "/exclude", "/guests", "/pool", "/node", "/storage", "/schedule")
"""The fields that decide which guests a job includes, and whether it can write their backups."""
_STORAGE = ("", "/disabled", "/nodes", "/content")


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests of which no job makes a backup."""
    jobs, declared = BackupJobs(model.inputs), BackupJobs(model.declared.inputs)
    of_jobs = lru_cache(maxsize=256)(_of_jobs)  # many guests have the same
    for key, guest in model.inputs.guests.items():
        if guest.template:
            continue
        if not jobs.covers(key, guest):
            failing = jobs.failing(key, guest)
            storages = [Key(key.source, "storage", job.storage) for job in failing if job.storage is not None]
            known = tuple(storage for storage in storages if storage in model.inputs.storages)
            before = model.declared.inputs.guests.get(key, guest)
            covering = [job.key for job in (*failing, *declared.including(key, before))]
            evidence_fields = (
                *places.of_fields(key, "/pool", "/node", "/template"),
                *of_jobs((*covering, *storages)),
            )
            yield Violation(key, _reason(jobs, failing, guest), (), known, evidence_fields)
        elif slots := left_out(guest):
            evidence_fields = tuple((key, pointer("disks", slot, "backup")) for slot in slots)
            yield Violation(
                key, "no backup has a disk of it: backup=0 on each", evidence_fields=evidence_fields
            )


def _reason(jobs: BackupJobs, failing: Sequence[Job], guest: GuestRow) -> str:
    if not failing:
        return "no backup job covers it"
    job = failing[0]
    return f"{job.key.id} covers it, but storage {job.storage} {jobs.why_failing(job, guest.node)}"


def _of_jobs(keys: Sequence[Key]) -> list[Place]:
    """Return the fields of jobs that cover a guest, and of their storages."""
    return [
        place
        for key in keys
        for place in places.of_fields(key, *(_STORAGE if key.kind == "storage" else _JOB))
    ]


RULE = SiteRule(
    name="no-backup",
    severity="info",
    hint="add it to a job, or ignore this for it with a reason",
    check=check,
    reads=("guest", "backup-job", "storage"),
    requires_complete=("backup-job",),
    needs=("guest",),
)
