"""Backup jobs of the datacenter, by id.

Read from `/cluster/backup` in one request. By hand: `pvesh get /cluster/backup`, or `/etc/pve/jobs.cfg`.
"""

import re
from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import text_if_any
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.property_string import (
    PRUNE_BACKUPS,
    Properties,
    at_default,
    items,
    items_of,
)
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
)
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity
from reconciler.model.fields.numbers import Count, Flag, Numbers
from reconciler.model.fields.text import Names, Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.fix import KindFixes
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Row

READS = ("cluster/backup",)


_WEEK = frozenset("mon tue wed thu fri sat sun".split())


def _days(days: tuple[str, ...]) -> tuple[str, ...]:
    return () if set(days) == _WEEK else days


class BackupJob(Resource):
    """A scheduled backup of selected guests, of the guests in a pool, or of all guests with exceptions."""

    schedule: Annotated[str | None, Field(description="Calendar event, such as mon..fri 02:00")] = None
    starttime: Annotated[str | None, Field(description="Older jobs: start time, such as 02:00")] = None
    dow: Annotated[
        Names, AfterValidator(_days), Field(description="Older jobs: days of the week (default all)")
    ] = ()
    enabled: Annotated[Flag, Field(description="Job is enabled")] = True
    storage: Annotated[Text | None, RefTo("storage"), Field(description="Target storage")] = None
    mode: Annotated[str, Field(description="Backup mode: snapshot, suspend or stop")] = "snapshot"
    compress: Annotated[Text, Field(description="Compression: 0 (none), gzip, lzo or zstd")] = "0"
    guests: Annotated[Numbers, Field(description="VMIDs of the guests to back up")] = ()
    all: Annotated[Flag, Field(description="Back up all guests except `exclude`")] = False
    exclude: Annotated[Numbers, Field(description="VMIDs of the guests to leave out")] = ()
    pool: Annotated[str | None, RefTo("pool"), Field(description="Pool whose guests are backed up")] = None
    node: Annotated[
        str | None,
        RefTo("node"),
        Field(description="Run only on this node (default: wherever the guests are)"),
    ] = None
    prune_backups: Annotated[
        Properties,
        PRUNE_BACKUPS,
        Field(
            default_factory=dict,
            description="Backup retention: keep-last, keep-daily, … (default that of the storage)",
        ),
    ]
    remove: Annotated[Flag, Field(description="Prune older backups after the job")] = True
    protected: Annotated[
        Flag, Field(description="Mark the backups as protected, so that they are not pruned")
    ] = False
    repeat_missed: Annotated[Flag, Field(description="Run a missed job as soon as possible")] = False
    mailto: Annotated[
        SecretFingerprint, Field(description="E-mail recipients (fingerprint); order does not matter")
    ] = NONE
    mailnotification: Annotated[str, Field(description="When to send e-mail: always or failure")] = "always"
    notification_mode: Annotated[
        str, Field(description="Notification mode: auto, legacy-sendmail or notification-system")
    ] = "auto"
    notification_target: Annotated[
        Text | None, Field(description="Notification target; Proxmox VE 8.0 and 8.1 only")
    ] = None
    notification_policy: Annotated[
        Text | None, Field(description="When to notify: always, …; Proxmox VE 8.0 and 8.1 only")
    ] = None
    notes_template: Annotated[
        SecretFingerprint, Field(description="Template of the backup notes (fingerprint)")
    ] = NONE
    fleecing: Annotated[
        Properties,
        items("enabled storage", "enabled"),
        at_default(enabled=0),
        Field(default_factory=dict, description="Backup fleecing of VMs: enabled and storage"),
    ]
    performance: Annotated[
        Properties,
        items("max-workers pbs-entries-max"),
        at_default(max_workers=16, pbs_entries_max=1048576),
        Field(default_factory=dict, description="Performance settings: max-workers and pbs-entries-max"),
    ]
    bwlimit: Annotated[Count, Field(description="Bandwidth limit in KiB/s; 0: no limit")] = 0
    ionice: Annotated[Count, Field(description="I/O priority from 0 to 8; 8: idle")] = 7
    lockwait: Annotated[Count, Field(description="Maximum wait for the global lock, in minutes")] = 180
    stopwait: Annotated[Count, Field(description="Maximum wait for a guest to stop, in minutes")] = 10
    pigz: Annotated[
        Count, Field(description="pigz threads for gzip; 0: do not use pigz, 1: half of the cores")
    ] = 0
    zstd: Annotated[Count, Field(description="zstd threads; 0: half of the cores")] = 1
    exclude_path: Annotated[
        Names, Field(description="Files and directories to leave out (shell globs); order does not matter")
    ] = ()
    stdexcludes: Annotated[Flag, Field(description="Leave out temporary files and logs")] = True
    pbs_change_detection_mode: Annotated[
        str | None, Field(description="PBS change detection for containers: legacy, data or metadata")
    ] = None
    dumpdir: Annotated[str | None, Field(description="Directory for the backups")] = None
    tmpdir: Annotated[str | None, Field(description="Directory for temporary files")] = None
    script: Annotated[str | None, Field(description="Hook script")] = None
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(own_fields(BackupJob, "guests", "mailto", *COMMENT)) | {"vmid": "guests"}


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every job; the list is complete, or refused without Sys.Audit on `/`."""
    return fetch_list(api, state, "backup-job", READS[0], "id")


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> BackupJob:
    """Make a job of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "backup-job"), context, items_of(BackupJob))
    template = raw.get("notes-template")
    read_into(
        found,
        "notes_template",
        lambda: context.fingerprints.secret("/notes-template", text_if_any(template).rstrip()),
    )
    read_into(found, "mailto", lambda: context.fingerprints.secret("/mailto", _addresses(raw.get("mailto"))))
    read_comment(found, raw, context)
    return BackupJob.of_row(found)


def _addresses(given: object) -> str:
    return " ".join(sorted(re.split(r"[\s,;]+", text_if_any(given).strip())))


_GATES = (
    Gate("/all", ("/exclude",)),
    Gate("/compress", ("/pigz",), frozenset({"gzip"})),
    Gate("/compress", ("/zstd",), frozenset({"zstd"})),
    Gate(
        "/notification_mode", ("/mailto", "/mailnotification"), closed_by=frozenset({"notification-system"})
    ),
)


def _why_not(row: Row) -> str | None:
    """Return why a job cannot be set to a row: its selection is one of three."""
    selected = sum(bool(row.get(name)) for name in ("all", "guests", "pool"))
    return (
        None
        if selected == 1
        else "a job backs up all guests, selected guests or a pool: set these fields together"
    )


_COMMAND = RowCommand(
    kind="backup-job",
    words=lambda wanted: ("pvesh", "set", f"/cluster/backup/{identity(wanted)}"),
    keys={name: key for key, name in _NAMES.items() if "_" not in key},
    selection=("all", "guests", "exclude", "pool"),
    why_not=_why_not,
    guarded=False,
)

KIND = Kind(
    name="backup-job",
    plural="backup-jobs",
    model=BackupJob,
    fetch=fetch,
    normalise=normalise,
    gates=_GATES,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
    fix=KindFixes(partial(change_row, _COMMAND)),
)
