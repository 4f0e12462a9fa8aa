"""User groups, by name: access rules grant roles to all members of a group.

Read from `/access/groups` in one request. By hand: `pveum group list`.
"""

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.absence import rights_may_hide
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list, with_unread
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import CommentText, HasComment, key_names, read_comment, read_fields
from reconciler.model.fields.text import Names
from reconciler.model.kind import Kind
from reconciler.model.relations import Shows, items_of
from reconciler.model.resource import DERIVED, Resource
from reconciler.model.value import Row

READS = ("access/groups",)
_TREE = "/access/groups"
_RIGHTS = ("Sys.Audit", "User.Modify", "Group.Allocate")


class UserGroup(Resource):
    """A group of users, to which access rules can grant roles."""

    users: Annotated[Names, DERIVED, Field(description="Member users; set on each user as `groups`")] = ()
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = key_names(["users"])


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the groups that the token may see; others are silently left out."""
    listing = fetch_list(api, state, "group", READS[0], "groupid", _TREE, *_RIGHTS)
    if listing.problem:
        return listing
    hidden = rights_may_hide(api, "group", listing.rows.keys(), lambda name: f"{_TREE}/{name}", *_RIGHTS)
    return with_unread(listing, hidden)


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> UserGroup:
    """Make a group of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "group"), context)
    read_comment(found, raw, context)
    return UserGroup.of_row(found)


def _shows(_name: str, row: Row) -> Iterator[Shows]:
    for user in items_of(row, "users"):
        yield Shows("/users", "user", user, "/groups")


KIND = Kind(
    shows=_shows,
    name="group",
    plural="groups",
    model=UserGroup,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
