"""User accounts, by `name@realm`: state, expiration, groups and second factors.

Read from `/access/users?full=1`, one request for users and tokens, and `/access/tfa`, one request for all
second factors. By hand: `pveum user list --full 1`, `pveum user tfa list`. Personal data (names, comments,
descriptions of second factors) is not read; an e-mail address is kept as a keyed fingerprint only.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, text_if_any
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.accounts import account, option
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import (
    ProxmoxApi,
    ProxmoxRequestFailed,
    by_key,
    rows,
)
from reconciler.collectors.proxmox.context import ProxmoxContext, UserFacts
from reconciler.collectors.proxmox.moments import time_of
from reconciler.collectors.proxmox.rows import key_names, read_fields, read_sealed, sealed
from reconciler.collectors.proxmox.settable import RowCommand, change_row
from reconciler.model.fields.marks import InOneOrder
from reconciler.model.fields.numbers import Flag, Moment
from reconciler.model.fields.text import Names
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.fix import KindFixes
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import OBSERVED, Health, Resource
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Value

READS = ("access/users?full=1", "access/tfa")
_TREE = ("/access/groups", "Sys.Audit", "User.Modify")
"""Where, and the rights of which one is needed there to see all users and their second factors."""


class SecondFactor(Value):
    """A second factor of a user; setting it up again changes `created`."""

    type: Annotated[str, Field(description="Type: totp, webauthn, recovery, u2f or yubico")]
    enabled: Annotated[Flag, Field(description="Second factor is enabled")] = True
    created: Annotated[Moment | None, Field(description="Time at which it was set up")] = None


class UserAccount(Resource):
    """A user account of any realm."""

    enabled: Annotated[Flag, Field(description="Account is enabled")] = True
    expires: Annotated[Moment | None, Field(description="Expiration time (default never)")] = None
    groups: Annotated[
        Names, RefTo("group"), Field(description="Groups of the user; order does not matter")
    ] = ()
    email_fingerprint: Annotated[
        SecretFingerprint, Field(description="E-mail address (fingerprint), which may receive notifications")
    ] = NONE
    second_factors: Annotated[
        tuple[SecondFactor, ...],
        InOneOrder,
        Field(description="Second factors that the user has set up; order does not matter"),
    ] = ()
    second_factor: Annotated[
        SecretFingerprint,
        Field(
            description="Second factor keys in the account itself (fingerprint), for realms that require one"
        ),
    ] = NONE
    locked_until: Annotated[
        Moment | None, OBSERVED, Field(description="Second factors are locked until this time")
    ] = None


_NAMES = key_names(["groups"]) | {"enable": "enabled"}
_OF_FACTOR = frozenset(f"second_factors[].{key}" for key in ("type", "enable", "created"))


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read the users that the token may see; others are silently left out."""
    listing = fetch_list(api, state, "user", READS[0], "userid", *_TREE)
    context = _with_factors(api, state, listing.context) if listing.rows else listing.context
    return replace(listing, context=context, facts=UserFacts(listing.rows, listing.problem))


def _with_factors(api: ProxmoxApi, state: ClusterState, context: ProxmoxContext) -> ProxmoxContext:
    """Add the list of second factors; users without one are left out of it, and those that may be hidden."""
    at = READS[1]
    try:
        found, nameless = by_key(rows(api.get(at), api.settings.hosts[0], at), "userid")
    except ProxmoxRequestFailed:
        return replace(context, factors_hidden=True)
    hidden = nameless is not None or state.listing_problem(*_TREE) is not None
    return replace(context, factors=found, factors_hidden=hidden)


def normalise(userid: str, raw: ApiRow, context: ProxmoxContext) -> UserAccount:
    """Make a user of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "user"), context)
    found |= {"expires": time_of(raw.get("expire")), "locked_until": time_of(raw.get("tfa-locked-until"))}
    read_sealed(found, raw, {"email": "email_fingerprint"}, context)
    read_into(found, "second_factor", partial(_own_keys, raw, context))
    _read_factors(found, raw, context.factors.get(userid), context)
    if is_true(raw.get("totp-locked")):
        found["health"] = Health(state="degraded", reason="TOTP is locked after too many wrong codes")
    return UserAccount.of_row(found)


def _own_keys(raw: ApiRow, context: ProxmoxContext) -> str:
    """Return the keys in the account itself, sealed; none where they only refer to the list."""
    keys = text_if_any(raw.get("keys")).strip()
    return sealed("" if _are_listed(keys) else keys, "keys", context)


def _are_listed(keys: str) -> bool:
    """Check the keys of a user for the mark of those whose second factors are in their list."""
    return keys == "x" or keys.startswith("x!")


def _read_factors(found: dict[str, Any], raw: ApiRow, row: ApiRow | None, context: ProxmoxContext) -> None:
    """Set the second factors of a user from its row in their list, which may be hidden."""
    if row is None:
        if context.factors_hidden or _are_listed(str(raw.get("keys") or "").strip()):
            mark_unread(found, "second_factors")
        return
    entries = row.get("entries")
    shown = {**{key: value for key, value in row.items() if key != "entries"}, "second_factors": entries}
    found["unmodelled"] |= ignored_fields("proxmox", "user").unmodelled(
        shown, _OF_FACTOR, context.fingerprints
    )
    read_into(found, "second_factors", lambda: _factors(entries))


def _factors(entries: object) -> Iterable[Mapping[str, object]]:
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        message = "is not a list of objects"
        raise ValueError(message)
    return [
        {
            "type": entry.get("type"),
            "enabled": entry.get("enable", 1),
            "created": time_of(entry.get("created")),
        }
        for entry in entries
    ]


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
