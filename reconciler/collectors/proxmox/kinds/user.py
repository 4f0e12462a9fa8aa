"""User accounts, by `name@realm`: whether one is enabled, until when, its groups, and its second factor.

Read from `/access/users?full=1`, one call for users and tokens. By hand: `pveum user list --full 1`. Names
and comments are about people and are not read; of an e-mail address only a keyed fingerprint is kept.
"""

from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, text_of
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.accounts import account, option
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext, UserFacts
from reconciler.collectors.proxmox.moments import time_of
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.collectors.proxmox.settable import RowCommand, change_row
from reconciler.model.fields.numbers import Flag, Moment
from reconciler.model.fields.text import Names
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import OBSERVED, Health, Resource
from reconciler.model.unread import read_into

READS = ("access/users?full=1",)


class UserAccount(Resource):
    """A user of the cluster, of whatever realm."""

    enabled: Flag = True
    expires: Annotated[Moment | None, Field(description="none: never")] = None
    groups: Annotated[Names, RefTo("group")] = ()
    email_fingerprint: Annotated[
        SecretFingerprint, Field(description="Its e-mail address, to which notifications may go")
    ] = NONE
    second_factor: Annotated[
        SecretFingerprint,
        Field(description="Whether a second factor is set up: set, or the fingerprint of its keys"),
    ] = NONE
    locked_until: Annotated[
        Moment | None, OBSERVED, Field(description="Second factors are refused until then")
    ] = None


_NAMES = key_names(["groups"]) | {"enable": "enabled"}
_SEALED = {"email": "email_fingerprint", "keys": "second_factor"}
"""Key of the API → the field with its fingerprint."""


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the users that the token may see; others are silently left out."""
    listing = fetch_list(api, state, "user", READS[0], "userid", "/access/groups", "Sys.Audit", "User.Modify")
    return replace(listing, facts=UserFacts(listing.rows, listing.problem))


def normalise(_userid: str, raw: ApiRow, context: ProxmoxContext) -> UserAccount:
    """Make a user of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "user"), context)
    found |= {"expires": time_of(raw.get("expire")), "locked_until": time_of(raw.get("tfa-locked-until"))}
    for key in ("email", "keys"):
        read_into(found, _SEALED[key], partial(_sealed, raw, key, context))
    if is_true(raw.get("totp-locked")):
        found["health"] = Health(
            state="degraded", reason="one-time passwords are refused: too many were wrong"
        )
    return UserAccount.of_row(found)


def _sealed(raw: ApiRow, key: str, context: ProxmoxContext) -> object:
    return context.fingerprints.secret(f"/{key}", text_of(raw.get(key) or "").strip())


_COMMAND = RowCommand(
    kind="user",
    words=lambda wanted: ("pveum", "user", "modify", account(wanted.id)),
    keys={"enabled": "enable", "expires": "expire"},
    right="User.Modify",
    on=lambda _wanted: "/access/groups",
    text=option,
    guarded=False,
)

KIND = Kind(
    name="user",
    plural="users",
    model=UserAccount,
    fetch=fetch,
    normalise=normalise,
    unmanaged_severity="warning",
    fix=KindFixes(partial(change_row, _COMMAND)),
)
