"""Replication jobs, by their id (`100-0`).

Read from `/cluster/replication`, one call. By hand: `pvesh get /cluster/replication`, or
`/etc/pve/replication.cfg`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.proxmox import cluster_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.rights import unseen
from reconciler.model.fields import Amount, Count, Flag, Notes
from reconciler.model.kind import Kind, Listing, Resource

READS = ("cluster/replication",)


class ReplicationJob(Resource):
    """A guest's disks, copied to another node on a schedule."""

    guest: Count
    target: Annotated[str, Field(description="Node that it goes to")]
    source: Annotated[str | None, Field(description="Node that the guest was on last")] = None
    type: str = "local"
    schedule: Annotated[str, Field(description="Calendar event")] = "*/15"
    rate: Annotated[Amount | None, Field(description="MB/s; none: no limit")] = None
    disabled: Flag = False
    remove_job: Annotated[str | None, Field(description="local or full: it is being removed")] = None
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_FIELDS = ReplicationJob.model_fields.keys() - {"unmodelled", "unread", "health", "pending", "disabled"}
_IGNORED = {
    "id": "is the key",
    "jobnum": "is part of the key",
    "disable": "is read as disabled",
    "digest": "changes",
}


def fetch(api: ProxmoxApi, state: ClusterState) -> Listing:
    """The jobs of guests that the token may see; others are left out silently."""
    listing = cluster_list.fetch_list(api, state, "replication-job", READS[0], "id", "/vms", "VM.Audit")
    if listing.listed != "complete":
        return listing

    def guest(identity: str) -> str:
        return f"/vms/{identity.partition('-')[0]}"

    hidden = unseen(api, "replication-job", listing.rows.keys(), guest, "VM.Audit")
    return cluster_list.without_hidden(listing, hidden)


def normalise(identity: str, raw: Mapping[str, Any]) -> ReplicationJob:
    """A job of its row; raises `ValueError` when it makes no sense."""
    del identity
    found = cluster_list.fields(raw, _FIELDS, _IGNORED)
    return ReplicationJob.model_validate({**found, "disabled": raw.get("disable") or False})


KIND = Kind(
    name="replication-job",
    plural="replication-jobs",
    model=ReplicationJob,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"source", "has_comment"}),
)
