"""Notification targets, by name.

Read from `/cluster/notifications/targets`, and `/cluster/notifications/endpoints/TYPE` for each type in use;
both need Mapping.Audit on `/mapping/notifications`. E-mail addresses, names and whatever may hold a secret
(the URL, headers and body of a webhook) are kept as keyed fingerprints only; the API never shows tokens and
passwords. By hand: `pvesh get /cluster/notifications/endpoints/smtp`.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from functools import partial
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import list_of
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import DetailListing, RawDetails, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, by_key
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import (
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
    read_sealed,
    sealed,
)
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.fingerprint import NONE, SecretFingerprint, SecretFingerprints
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource
from reconciler.model.unread import mark_unparsed, read_into

READS = ("cluster/notifications/targets",)
_ENDPOINTS = "cluster/notifications/endpoints"
_NEEDED: Mapping[str, AbstractSet[str]] = {
    "gotify": {"name", "server"},
    "sendmail": {"name"},
    "smtp": {"name", "server", "from-address"},
    "webhook": {"name", "url", "method"},
}
"""Type → the keys that each of its endpoints has."""
TYPES = frozenset(_NEEDED)


class NotificationTarget(Resource):
    """A notification target: an endpoint to which notifications are sent."""

    type: Annotated[str, Field(description="Target type: sendmail, smtp, gotify or webhook")]
    disabled: Annotated[Flag, Field(description="Target is disabled")] = False
    server: Annotated[Text | None, Field(description="SMTP: host of the server; Gotify: its URL")] = None
    port: Annotated[
        Count | None, Field(description="SMTP: port of the server (default depends on `mode`)")
    ] = None
    mode: Annotated[
        Annotated[str, unless("tls")] | None,
        Field(description="SMTP: encryption mode (insecure, starttls or tls; default tls)"),
    ] = None
    username: Annotated[SecretFingerprint, Field(description="SMTP: user name (fingerprint)")] = NONE
    mailto: Annotated[SecretFingerprints, Field(description="E-mail recipients (fingerprints)")] = ()
    mailto_user: Annotated[
        Names,
        RefTo("user"),
        Field(description="Users whose e-mail addresses are recipients; order does not matter"),
    ] = ()
    from_address: Annotated[SecretFingerprint, Field(description="From address (fingerprint)")] = NONE
    author: Annotated[
        SecretFingerprint, Field(description="Author: display name of the sender (fingerprint)")
    ] = NONE
    method: Annotated[str | None, Field(description="Webhook: HTTP method (post, put or get)")] = None
    url: Annotated[SecretFingerprint, Field(description="Webhook: URL (fingerprint)")] = NONE
    header: Annotated[SecretFingerprints, Field(description="Webhook: HTTP headers (fingerprints)")] = ()
    body: Annotated[SecretFingerprint, Field(description="Webhook: body (fingerprint)")] = NONE
    webhook_secrets: Annotated[SecretFingerprints, Field(description="Webhook: secrets (fingerprints)")] = ()
    origin: Annotated[
        str | None, DERIVED, Field(description="Origin: user-created, builtin or modified-builtin")
    ] = None
    has_comment: HasComment = False
    comment: CommentText = None


_OF_ENDPOINT = ("server", "port", "mode", "mailto_user", "method")
_NAMES = key_names(["type", "origin", *_OF_ENDPOINT]) | {"disable": "disabled"}
_SEALED = {
    "author": "author",
    "body": "body",
    "from-address": "from_address",
    "url": "url",
    "username": "username",
}
"""Key of the API → the field with its fingerprint."""
_SEALED_LISTS = {"header": "header", "mailto": "mailto", "secret": "webhook_secrets"}
"""Key of the API → the field with a fingerprint of each of its items."""
_OF_SETTINGS = (*_OF_ENDPOINT, *_SEALED.values(), *_SEALED_LISTS.values())
_NO_ANSWER = "its endpoint cannot be read; that needs Mapping.Audit on /mapping/notifications"


def fetch(api: ProxmoxApi, state: ClusterState) -> DetailListing:
    """Read every target; the list is complete, or refused. Without an endpoint, its fields are unread."""
    listing = fetch_list(api, state, "notification-target", READS[0], "name", where="/mapping/notifications")
    types = {str(row.get("type")) for row in listing.rows.values()}
    asked = sorted(TYPES if types - TYPES else types)
    settings: dict[str, ApiRow] = {}
    for at, data in api.get_many(f"{_ENDPOINTS}/{type_}" for type_ in asked):
        settings |= _by_name(data, _NEEDED[at.rpartition("/")[2]])
    found = {name: RawDetails(row, settings.get(name)) for name, row in listing.rows.items()}
    return Listing(found, listing.context, listing.problem, listing.unread)


def _by_name(data: object, needed: AbstractSet[str]) -> Mapping[str, ApiRow]:
    """Return the endpoints of a type by name, without those that lack what each of them has."""
    rows = data if isinstance(data, list) else []
    return by_key((row for row in rows if isinstance(row, dict) and row.keys() >= needed), "name")[0]


def normalise(_name: str, raw: RawDetails, context: ProxmoxContext) -> NotificationTarget:
    """Make a target of its row and its settings; raises `ValueError` when it cannot be parsed."""
    row = {**(raw.settings or {}), **raw.row}
    found = read_fields(row, _NAMES, ignored_fields("proxmox", "notification-target"), context)
    read_comment(found, row, context)
    if raw.settings is None:
        mark_unparsed(found, dict.fromkeys(_OF_SETTINGS, _NO_ANSWER))
        return NotificationTarget.of_row(found)
    read_sealed(found, row, _SEALED, context)
    for key, field in _SEALED_LISTS.items():
        read_into(found, field, partial(_each_sealed, row.get(key), key, context))
    return NotificationTarget.of_row(found)


def _each_sealed(values: object, key: str, context: ProxmoxContext) -> list[str]:
    found = [sealed(value, key, context) for value in list_of(values)]
    return refuse_row("has an empty item") if NONE in found else found


KIND = Kind(
    name="notification-target",
    plural="notification-targets",
    model=NotificationTarget,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
