"""Notification matchers, by name: which notifications go to which targets.

Read from `/cluster/notifications/matchers` in one request, which needs Mapping.Audit on
`/mapping/notifications`. By hand: `pvesh get /cluster/notifications/matchers`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import CommentText, HasComment, key_names, read_comment, read_fields
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Names, Texts
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource

READS = ("cluster/notifications/matchers",)


class NotificationMatcher(Resource):
    """A notification matcher: routes matching notifications to targets."""

    disabled: Annotated[Flag, Field(description="Matcher is disabled")] = False
    target: Annotated[
        Names, RefTo("notification-target"), Field(description="Targets to notify; order does not matter")
    ] = ()
    mode: Annotated[str, Field(description="Match all or any of the rules")] = "all"
    invert_match: Annotated[Flag, Field(description="Invert the match of the whole matcher")] = False
    match_severity: Annotated[
        Texts, Field(description="Severities: info, notice, warning, error, unknown; order does not matter")
    ] = ()
    match_field: Annotated[
        Texts,
        Field(description="Metadata fields: exact:type=vzdump, regex:hostname=^pve; order does not matter"),
    ] = ()
    match_calendar: Annotated[
        Texts, Field(description="Calendar events: mon..fri 8-12; order does not matter")
    ] = ()
    origin: Annotated[
        str | None, DERIVED, Field(description="Origin: user-created, builtin or modified-builtin")
    ] = None
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(
    ["target", "mode", "invert_match", "match_severity", "match_field", "match_calendar", "origin"]
) | {"disable": "disabled"}


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every matcher; the list is complete, or refused."""
    return fetch_list(api, state, "notification-matcher", READS[0], "name", where="/mapping/notifications")


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> NotificationMatcher:
    """Make a matcher of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "notification-matcher"), context)
    read_comment(found, raw, context)
    return NotificationMatcher.of_row(found)


KIND = Kind(
    name="notification-matcher",
    plural="notification-matchers",
    model=NotificationMatcher,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
