"""No backup job covers a guest.

The finding is about the guest.

Fires:
    For a guest, running or not, that no enabled job of its cluster includes: by its vmid, by its pool, or
    as one of all that are not excluded. A job that is bound to a node covers the guests of that node only.

Does not fire:
    For templates. Whether a backup was really made is another question: declare `backup: {max_age: 26h}`
    ([policies](desired-state.md#policies)). Backups that other programs make are not seen.

Fix:
    Add it to a job.

Accept:
    What can be built again without a backup:

    ```yaml
    - target: {source: pve, kind: guest, id: "13?"}
      type: no-backup
      reason: caches, built again by their playbook
      owner: ann
      expires: 2027-06-30
    ```
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.inputs import SiteInputs
from reconciler.site.rows import GuestRow
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

_JOB = ("/enabled", "/all", "/exclude", "/guests", "/pool", "/node")
"""The fields that decide which guests a job includes."""


class _Coverage(NamedTuple):
    """The guests that an enabled job includes."""

    key: Key
    node: str | None
    pool: str | None
    ids: frozenset[str]
    """The guests that it includes; of one for all, those that it excludes."""
    all: bool


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the guests that no job covers."""
    jobs = _coverage(model.inputs)
    uncovered = [
        key
        for key, guest in model.inputs.guests.items()
        if not guest.template and not any(_covers(job, key, guest) for job in jobs.get(key.source, ()))
    ]
    if not uncovered:
        return
    lost = _coverage(model.declared.inputs)
    for key in uncovered:
        because = _because(model, key, lost.get(key.source, ()))
        yield Violation(key, "no backup job covers it", because=tuple(because))


def _coverage(inputs: SiteInputs) -> dict[str, list[_Coverage]]:
    """The enabled jobs of each source."""
    jobs: dict[str, list[_Coverage]] = {}
    for key, row in inputs.backup_jobs.items():
        if row.enabled:
            ids = frozenset(map(str, row.exclude if row.all else row.guests))
            jobs.setdefault(key.source, []).append(_Coverage(key, row.node, row.pool, ids, row.all))
    return jobs


def _because(model: SiteModel, key: Key, lost: Iterable[_Coverage]) -> Iterator[Place]:
    """The fields of a guest, and those of the jobs that are declared to cover it."""
    yield from places.fields(key, "/pool", "/node", "/template")
    guest = model.declared.inputs.guests.get(key, model.inputs.guests[key])
    for job in lost:
        if _covers(job, key, guest):
            yield from places.fields(job.key, *_JOB)


def _covers(job: _Coverage, key: Key, guest: GuestRow) -> bool:
    if job.node is not None and job.node != guest.node:
        return False
    if job.all:
        return key.id not in job.ids
    return guest.pool == job.pool if job.pool else key.id in job.ids


RULE = SiteRule(
    name="no-backup",
    severity="info",
    hint="add it to a job, or ignore this for it with a reason",
    check=check,
    reads=("guest", "backup-job"),
    requires_complete=("backup-job",),
    needs=("guest",),
)
