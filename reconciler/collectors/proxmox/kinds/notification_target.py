"""Targets of notifications, by name: whether one is on, and its type.

Read from `/cluster/notifications/targets`, one call; it needs Mapping.Audit on `/mapping/notifications`. The
list has neither servers, addresses nor tokens. By hand: `pvesh get /cluster/notifications/targets`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import key_names, read_comment, read_fields
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Notes
from reconciler.model.kind import Kind
from reconciler.model.resource import DERIVED, Resource

READS = ("cluster/notifications/targets",)


class NotificationTarget(Resource):
    """A way to send notifications."""

    type: Annotated[str, Field(description="sendmail, smtp, gotify or webhook")]
    disabled: Flag = False
    origin: Annotated[str | None, DERIVED, Field(description="user-created, builtin or modified-builtin")] = (
        None
    )
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_NAMES = key_names(["type", "origin"]) | {"disable": "disabled"}


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every target; the list is complete, or refused."""
    return fetch_list(api, state, "notification-target", READS[0], "name", where="/mapping/notifications")


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> NotificationTarget:
    """Make a target of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "notification-target"), context)
    read_comment(found, raw, context)
    return NotificationTarget.of_row(found)


KIND = Kind(
    name="notification-target",
    plural="notification-targets",
    model=NotificationTarget,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
