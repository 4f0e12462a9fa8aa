"""API tokens of users, by `name@realm!token`: expiration and privilege separation.

Read from `/access/users`, together with the users. By hand: `pveum user token list NAME@REALM`. The API never
shows the secret of a token.
"""

from functools import partial
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import accounts
from reconciler.collectors.proxmox.cluster_list import RowListing
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext, UserFacts, context_of
from reconciler.collectors.proxmox.moments import time_of
from reconciler.collectors.proxmox.rows import CommentText, HasComment, read_comment, read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row
from reconciler.errors import Problem
from reconciler.model.fields.numbers import Flag, Moment
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import Resource


class ApiToken(Resource):
    """An API token of a user."""

    privsep: Annotated[
        Flag, Field(description="Privilege separation: the token needs permissions of its own")
    ] = True
    expires: Annotated[Moment | None, Field(description="Expiration time (default that of the user)")] = None
    has_comment: HasComment = False
    comment: CommentText = None


_NAMES = {"privsep": "privsep"}


def fetch(api: ProxmoxApi, state: ClusterState, users: UserFacts | None) -> RowListing:
    """Return the tokens of the users that the token of this source may see."""
    if users is None:
        unknown = Problem("", "the users could not be read", cause="unreadable-field")
        return Listing({}, context_of(api, state), unknown)
    found: dict[str, ApiRow] = {}
    problem = users.problem
    for user, row in users.rows.items():
        tokens = row.get("tokens") or []
        if not isinstance(tokens, list) or not all(isinstance(one, dict) for one in tokens):
            problem = problem or Problem("", f"the tokens of {user} are not a list", cause="bad-answer")
            continue
        found |= {f"{user}!{one['tokenid']}": one for one in tokens if one.get("tokenid")}
    return Listing(found, context_of(api, state), problem)


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> ApiToken:
    """Make a token of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "token"), context)
    found["expires"] = time_of(raw.get("expire"))
    read_comment(found, raw, context)
    return ApiToken.of_row(found)


_COMMAND = RowCommand(
    kind="token",
    words=lambda wanted: ("pveum", "user", "token", "modify", *accounts.token(wanted.id)),
    keys={"expires": "expire"},
    right="User.Modify",
    on=lambda _wanted: "/access/groups",
    text=accounts.option,
    guarded=False,
)

KIND = Kind(
    name="token",
    plural="tokens",
    model=ApiToken,
    fetch=fetch,
    normalise=normalise,
    unmanaged_severity="warning",
    fix=KindFixes(partial(change_row, _COMMAND)),
    within=lambda identity, _row: [("user", identity.partition("!")[0])],
    needs=("user",),
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
