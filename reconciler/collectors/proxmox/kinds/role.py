"""Custom roles, by name: sets of privileges. Built-in roles cannot be changed and are left out.

Read from `/access/roles` in one request. By hand: `pveum role list`.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.accounts import option
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row, identity
from reconciler.model.fields.text import Names
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource

READS = ("access/roles",)


class AccessRole(Resource):
    """A custom role: a set of privileges that access rules grant."""

    privs: Annotated[Names, Field(description="Privileges, such as VM.Audit; order does not matter")] = ()


_NAMES = key_names(["privs"])


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every role; any token sees all of them."""
    listing = fetch_list(api, state, "role", READS[0], "roleid")
    own = {name: row for name, row in listing.rows.items() if not is_true(row.get("special"))}
    return replace(listing, rows=own)


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> AccessRole:
    """Make a role of its row; raises `ValueError` when it cannot be parsed."""
    return AccessRole.of_row(read_fields(raw, _NAMES, ignored_fields("proxmox", "role"), context))


_COMMAND = RowCommand(
    kind="role",
    words=lambda wanted: ("pveum", "role", "modify", identity(wanted)),
    right="Sys.Modify",
    on=lambda _wanted: "/access",
    text=option,
    guarded=False,
)

KIND = Kind(
    name="role",
    plural="roles",
    model=AccessRole,
    fetch=fetch,
    normalise=normalise,
    fix=KindFixes(partial(change_row, _COMMAND)),
)
