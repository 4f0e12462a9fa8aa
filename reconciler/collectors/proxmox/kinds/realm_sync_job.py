"""Realm sync jobs, by id: when users and groups are synced from a directory.

Read from `/cluster/jobs/realm-sync` in one request. By hand: `pvesh get /cluster/jobs/realm-sync`.
"""

from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.property_string import as_set
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
)
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields

READS = ("cluster/jobs/realm-sync",)


class RealmSyncJob(Resource):
    """A job that syncs the users and groups of a realm."""

    realm: Annotated[str | None, RefTo("realm"), Field(description="Realm to sync")] = None
    schedule: Annotated[Text | None, Field(description="Calendar event, such as 02:00")] = None
    enabled: Annotated[Flag, Field(description="Job is enabled")] = True
    scope: Annotated[
        Text | None, Field(description="What to sync: users, groups or both (default that of the realm)")
    ] = None
    remove_vanished: Annotated[
        Annotated[Text, AfterValidator(as_set), unless("none")] | None,
        Field(
            description="What to remove when it vanishes from the directory: acl;entry;properties (default "
            "none)"
        ),
    ] = None
    enable_new: Annotated[Flag, Field(description="Enable new users")] = True
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(own_fields(RealmSyncJob, *COMMENT))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every job; the list is complete, or refused without Sys.Audit on `/`."""
    return fetch_list(api, state, "realm-sync-job", READS[0], "id")


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> RealmSyncJob:
    """Make a job of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "realm-sync-job"), context)
    read_comment(found, raw, context)
    return RealmSyncJob.of_row(found)


KIND = Kind(
    name="realm-sync-job",
    plural="realm-sync-jobs",
    model=RealmSyncJob,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
