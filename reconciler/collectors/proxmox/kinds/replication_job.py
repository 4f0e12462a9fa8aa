"""Replication jobs, by id (`100-0`).

Read from `/cluster/replication` in one request, and their results from `/nodes/NODE/replication` of each node
that has a replicated guest. By hand: `pvesh get /cluster/replication`, or `/etc/pve/replication.cfg`;
`pvesr status`.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, whole_number
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import rights_may_hide
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list, with_unread
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, path
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.digest import Digest
from reconciler.collectors.proxmox.moments import time_of
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
)
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity
from reconciler.model.fields.numbers import Amount, Count, Flag, Moment
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.relations import Shows
from reconciler.model.resource import DERIVED, OBSERVED, Health, Resource, own_fields
from reconciler.model.value import moment
from reconciler.text import clean

_LONGEST = 200
"""Characters of an error."""
_GRACE = timedelta(minutes=30)
"""A node runs one job after the other, so that one may begin later than it is due."""
READS = ("cluster/replication", "nodes/{node}/replication")


class ReplicationJob(Resource):
    """A storage replication job: copies the disks of a guest to another node on a schedule."""

    guest: Annotated[Count, Field(description="VMID")]
    target: Annotated[str, RefTo("node"), Field(description="Target node")]
    source: Annotated[str | None, DERIVED, Field(description="Node that the guest was last on")] = None
    type: Annotated[str, Field(description="Job type: local")] = "local"
    schedule: Annotated[str, Field(description="Calendar event, such as */15")] = "*/15"
    rate: Annotated[Amount | None, Field(description="Rate limit in MB/s (default no limit)")] = None
    disabled: Annotated[Flag, Field(description="Job is disabled")] = False
    remove_job: Annotated[
        str | None, Field(description="Set while the job is being removed: local or full")
    ] = None
    last_sync: Annotated[Moment | None, OBSERVED, Field(description="Start of the last successful sync")] = (
        None
    )
    fail_count: Annotated[
        Count | None, OBSERVED, Field(description="Number of failed attempts since `last_sync`")
    ] = None
    digest: Digest = None
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(own_fields(ReplicationJob, "disabled", "last_sync", "fail_count", *COMMENT))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the jobs of guests that the token may see; others are silently left out."""
    listing = fetch_list(api, state, "replication-job", READS[0], "id", "/vms", "VM.Audit")
    if listing.problem:
        return listing

    def guest(identity: str) -> str:
        return f"/vms/{identity.partition('-')[0]}"

    went = replace(listing.context, syncs=_syncs(api, state, listing), now=datetime.now(UTC))
    listing = replace(listing, context=went)
    hidden = rights_may_hide(api, "replication-job", listing.rows.keys(), guest, "VM.Audit")
    return with_unread(listing, hidden)


def _syncs(api: ProxmoxApi, state: ClusterState, listing: RowListing) -> dict[str, ApiRow]:
    """Return how each job went, from the nodes with their guests; nothing of one that does not answer."""
    places = (state.guests.get(_guest(identity)) for identity in listing.rows)
    nodes = sorted({place.node for place in places if place is not None and state.nodes.get(place.node)})
    answers = api.get_many([path("nodes", node, "replication") for node in nodes])
    found = (row for _, data in answers if isinstance(data, list) for row in data if isinstance(row, dict))
    return {str(row.get("id")): row for row in found}


def normalise(identity: str, raw: ApiRow, context: ProxmoxContext) -> ReplicationJob:
    """Make a job of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "replication-job"), context)
    read_comment(found, raw, context)
    guest = whole_number(raw.get("guest"))
    found["guest"] = _guest(identity) if guest is None else guest
    found["disabled"] = raw.get("disable") or False
    return ReplicationJob.of_row(
        found | _went(context.syncs.get(identity), context.now, disabled=is_true(found["disabled"]))
    )


def _went(sync: ApiRow | None, now: datetime | None, *, disabled: bool) -> dict[str, Any]:
    """Return the last synchronisation of a job and its health; nothing where its node reports nothing."""
    if sync is None:
        return {}
    fails, last = whole_number(sync.get("fail_count")), time_of(sync.get("last_sync"))
    found: dict[str, Any] = {"fail_count": fails, "last_sync": last}
    if disabled:
        return {**found, "health": Health(state="stopped", reason="it is disabled")}
    if not fails:
        return {**found, "health": _overdue(sync, now) or Health(state="healthy")}
    error = clean(str(sync.get("error") or "no reason given"))[:_LONGEST]
    since = f"since {last}" if last else "and it has never succeeded"
    reason = f"{fails} {'try' if fails == 1 else 'tries'} failed {since}: {error}"
    return {**found, "health": Health(state="degraded", reason=reason, alarm=True)}


def _overdue(sync: ApiRow, now: datetime | None) -> Health | None:
    """Return that a job was due and did not run: no try failed, and the schedule has passed it by."""
    due = whole_number(sync.get("next_sync"))
    never_tried, running = not whole_number(sync.get("last_try")), bool(sync.get("pid"))
    if (
        now is None
        or not due
        or never_tried
        or running
        or sync.get("remove_job")
        or now - moment(due) < _GRACE
    ):
        return None
    reason = f"it was due at {time_of(due)} but did not run; check pvescheduler on the node of its guest"
    return Health(state="degraded", reason=reason, alarm=True)


def _guest(identity: str) -> str:
    """Return the guest of a job: the id is `guest-number`."""
    return identity.partition("-")[0]


_COMMAND = RowCommand(
    kind="replication-job",
    words=lambda wanted: ("pvesh", "set", f"/cluster/replication/{identity(wanted)}"),
    keys={"disabled": "disable"},
    right="VM.Replicate",
    on=lambda wanted: f"/vms/{_guest(wanted.id)}",
)

KIND = Kind(
    within=lambda identity, _row: [("guest", _guest(identity))],
    shows=lambda identity, _row: [Shows("/source", "guest", _guest(identity), "/node")],
    name="replication-job",
    plural="replication-jobs",
    model=ReplicationJob,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
    fix=KindFixes(partial(change_row, _COMMAND)),
)
