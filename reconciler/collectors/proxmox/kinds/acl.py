"""Access rules, by `path:who:role`: the role of a user, group or token on a path.

Read from `/access/acl` in one request. By hand: `pveum acl list`. With Sys.Audit on `/access` the list is
complete; without it, it only has the paths whose permissions the token may change.
"""

from collections.abc import Iterator
from functools import partial
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.accounts import option, subject, tree_path
from reconciler.collectors.proxmox.cluster_list import RowListing, refused
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.commands import name
from reconciler.collectors.proxmox.connection.api import (
    ProxmoxApi,
    ProxmoxRequestFailed,
    by_identity,
    rows,
)
from reconciler.collectors.proxmox.context import ProxmoxContext, context_of
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.fix import CommandWords, KindFixes, WantedFields
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.resource import DERIVED, Resource
from reconciler.model.value import Row

READS = ("access/acl",)
_PARTS = ("path", "ugid", "roleid")


class AccessRule(Resource):
    """A role granted on a path and, if it propagates, on everything below the path."""

    propagate: Annotated[Flag, Field(description="Role also applies to everything below the path")] = True
    path: Annotated[Text | None, DERIVED, Field(description="Path, from the id")] = None
    ugid: Annotated[
        Text | None, DERIVED, Field(description="Id of the user, group or token, from the id")
    ] = None
    role: Annotated[Text | None, DERIVED, Field(description="Role, from the id")] = None
    type: Annotated[Text | None, DERIVED, Field(description="Type of `ugid`: user, group or token")] = None


_NAMES = key_names(["propagate", "path", "ugid", "type"]) | {"roleid": "role"}


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the access rules that the token may see; others are silently left out."""
    try:
        listed = rows(api.get(READS[0]), api.settings.hosts[0], READS[0])
    except ProxmoxRequestFailed as failure:
        return refused(api, state, "acl", failure)
    found, odd = by_identity(((_identity_of(row), row) for row in listed), "path, ugid or roleid")
    return Listing(found, context_of(api, state), state.listing_problem("/access", "Sys.Audit") or odd)


def _identity_of(row: ApiRow) -> str | None:
    return ":".join(str(row[part]) for part in _PARTS) if all(row.get(part) for part in _PARTS) else None


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> AccessRule:
    """Make a rule of its row; raises `ValueError` when it cannot be parsed."""
    return AccessRule.of_row(read_fields(raw, _NAMES, ignored_fields("proxmox", "acl"), context))


def _within(identity: str, _row: Row) -> Iterator[tuple[str, str]]:
    """Yield who a rule is for, and its role: with either, Proxmox VE removes the rule."""
    _, _, rest = identity.partition(":")
    who, _, role = rest.rpartition(":")
    yield "token" if "!" in who else "user" if "@" in who else "group", who
    yield "role", role


def _words(wanted: WantedFields) -> CommandWords:
    """Return the command up to `--propagate`: a role that is granted again only changes that."""
    path, _, rest = wanted.id.partition(":")
    who, _, role = rest.rpartition(":")
    return ("pveum", "acl", "modify", tree_path(path), *subject(who), "--roles", name(role))


_COMMAND = RowCommand(
    kind="acl",
    words=_words,
    right="Permissions.Modify",
    on=lambda wanted: wanted.id.partition(":")[0],
    text=option,
    guarded=False,
)

KIND = Kind(
    name="acl",
    plural="acls",
    model=AccessRule,
    fetch=fetch,
    normalise=normalise,
    unmanaged_severity="warning",
    within=_within,
    fix=KindFixes(partial(change_row, _COMMAND)),
)
