"""Authentication realms, by name.

Read from `/access/domains`, which any account may read, and the settings of each realm (servers, filters,
sync, OpenID Connect) from its own path, which needs Sys.Audit on `/access/realm`. The bind DN and keys are
kept as keyed fingerprints only; the API never shows a password. By hand: `pveum realm list`,
`pvesh get /access/domains/REALM`.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_true, text_if_any
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.cluster_list import DetailListing, RawDetails, fetch_list, read_details
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.property_string import (
    Properties,
    as_set,
    at_default,
    items,
    items_of,
    spelled,
    take_unknown,
)
from reconciler.collectors.proxmox.rows import (
    COMMENT,
    CommentText,
    HasComment,
    key_names,
    read_comment,
    read_fields,
    read_sealed,
    sealed,
)
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import unless, unless_names
from reconciler.model.fields.numbers import Count, Flag, Off, On
from reconciler.model.fields.text import Names, Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import mark_unparsed, read_into

READS = ("access/domains",)


def _required_factor(text: str) -> str:
    values = property_string.parse(text, "type")
    first = [values.pop("type")] if "type" in values else []
    return ",".join([*first, *(f"{key}={values[key]}" for key in sorted(values))])


class AuthRealm(Resource):
    """An authentication realm, which checks the logins of its users."""

    type: Annotated[str, Field(description="Realm type: pam, pve, ldap, ad or openid")]
    tfa: Annotated[
        Annotated[Text, AfterValidator(_required_factor)] | None,
        Field(description="Required second factor and its options: oath or yubico, such as oath,digits=8"),
    ] = None
    tfa_key: Annotated[SecretFingerprint, Field(description="Yubico API key (fingerprint)")] = NONE
    default: Annotated[Flag, Field(description="Default realm on the login page")] = False
    autocreate: Annotated[
        Off, Field(description="OpenID Connect: create the user at the first login (default false)")
    ] = None
    server1: Annotated[Host | None, Field(description="LDAP, AD: server")] = None
    server2: Annotated[Host | None, Field(description="LDAP, AD: fallback server")] = None
    port: Annotated[Count | None, Field(description="LDAP, AD: port of the server")] = None
    mode: Annotated[
        Annotated[str, unless("ldap")] | None,
        Field(description="LDAP, AD: ldap, ldaps or ldap+starttls (default ldap)"),
    ] = None
    verify: Annotated[Off, Field(description="LDAP, AD: verify the server's certificate (default false)")] = (
        None
    )
    capath: Annotated[
        Annotated[Text, unless("/etc/ssl/certs")] | None,
        Field(description="LDAP, AD: path of the CA certificates (default /etc/ssl/certs)"),
    ] = None
    cert: Annotated[Text | None, Field(description="LDAP, AD: path of the client certificate")] = None
    certkey: Annotated[Text | None, Field(description="LDAP, AD: path of the client certificate's key")] = (
        None
    )
    sslversion: Annotated[
        Text | None, Field(description="LDAP, AD: minimum TLS version, such as tlsv1_2")
    ] = None
    domain: Annotated[Text | None, Field(description="AD: domain")] = None
    case_sensitive: Annotated[On, Field(description="User names are case-sensitive (default true)")] = None
    base_dn: Annotated[Text | None, Field(description="LDAP, AD: base DN of the users")] = None
    bind_dn: Annotated[
        SecretFingerprint,
        Field(description="LDAP, AD: bind DN, the account that reads the directory (fingerprint)"),
    ] = NONE
    user_attr: Annotated[Text | None, Field(description="LDAP, AD: attribute with the user name")] = None
    user_classes: Annotated[
        Names,
        unless_names("inetorgperson posixaccount person user"),
        Field(
            description="LDAP, AD: object classes of users (default inetorgperson, posixaccount, person, "
            "user)"
        ),
    ] = ()
    filter: Annotated[Text | None, Field(description="LDAP, AD: filter for the sync of users")] = None
    group_dn: Annotated[Text | None, Field(description="LDAP, AD: base DN of the groups")] = None
    group_name_attr: Annotated[Text | None, Field(description="LDAP, AD: attribute with the group name")] = (
        None
    )
    group_classes: Annotated[
        Names,
        unless_names("groupOfNames group univentionGroup ipausergroup"),
        Field(
            description="LDAP, AD: object classes of groups (default groupOfNames, group, univentionGroup, "
            "ipausergroup)"
        ),
    ] = ()
    group_filter: Annotated[Text | None, Field(description="LDAP, AD: filter for the sync of groups")] = None
    sync_attributes: Annotated[
        Properties,
        items("comment email enable expire firstname groups keys lastname"),
        Field(default_factory=dict, description="LDAP, AD: user property → attribute that it is synced from"),
    ]
    sync_defaults_options: Annotated[
        Properties,
        items("enable-new full purge remove-vanished scope"),
        spelled(remove_vanished=as_set),
        at_default(enable_new=1, remove_vanished="none"),
        Field(default_factory=dict, description="LDAP, AD: default sync options"),
    ]
    issuer_url: Annotated[Text | None, Field(description="OpenID Connect: issuer URL")] = None
    client_id: Annotated[Text | None, Field(description="OpenID Connect: client ID")] = None
    client_key: Annotated[
        SecretFingerprint, Field(description="OpenID Connect: client key (fingerprint)")
    ] = NONE
    username_claim: Annotated[Text | None, Field(description="OpenID Connect: claim with the user name")] = (
        None
    )
    groups_claim: Annotated[Text | None, Field(description="OpenID Connect: claim with the groups")] = None
    groups_autocreate: Annotated[
        Off, Field(description="OpenID Connect: create missing groups (default false)")
    ] = None
    groups_overwrite: Annotated[
        Off, Field(description="OpenID Connect: a login overwrites the groups of the user (default false)")
    ] = None
    prompt: Annotated[
        Text | None,
        Field(description="OpenID Connect: login prompt (none, login, consent or select_account)"),
    ] = None
    scopes: Annotated[
        Names,
        unless_names("email profile"),
        Field(description="OpenID Connect: requested scopes (default email and profile)"),
    ] = ()
    acr_values: Annotated[
        Names, Field(description="OpenID Connect: requested authentication context classes (ACR values)")
    ] = ()
    audiences: Annotated[
        Names, Field(description="OpenID Connect: accepted audiences besides the client ID")
    ] = ()
    query_userinfo: Annotated[
        On, Field(description="OpenID Connect: query the userinfo endpoint (default true)")
    ] = None
    has_comment: HasComment = False
    comment: CommentText = None


_IGNORED = ignored_fields("proxmox", "realm")
_SECOND_FACTOR = items("type digits id key step url", "type")
_OF_EACH = {
    "ad": ("type", "server1", "domain"),
    "ldap": ("type", "server1"),
    "openid": ("type", "issuer-url", "client-id"),
}
"""Type → the keys that each realm of it has (options of the plugins of pve-access-control)."""
_OF_PEOPLE = ("base_dn", "client_id", "filter", "group_dn", "group_filter")
"""Fields that people may write an e-mail address or a password into; they are then kept as fingerprints."""
_PERSONAL = re.compile("@|passw", re.IGNORECASE)
_SEALED = {"bind_dn": "bind_dn", "client-key": "client_key"}
"""Key of the API → the field with its fingerprint."""
_NAMES = key_names(own_fields(AuthRealm, "tfa", "tfa_key", *_SEALED.values(), *COMMENT))
_OF_LIST = ("type", "default", *COMMENT)
_NO_ANSWER = "its settings cannot be read; that needs Sys.Audit on /access/realm"
_OF_SETTINGS = tuple(sorted(set(own_fields(AuthRealm, "tfa", *_OF_LIST))))


def fetch(api: ProxmoxApi, state: ClusterState) -> DetailListing:
    """Read every realm, and its settings; where those do not answer, their fields are unread."""
    return read_details(api, "realm", fetch_list(api, state, "realm", READS[0], "realm"), READS[0], _needed)


def _needed(row: ApiRow) -> Iterable[str]:
    return _OF_EACH.get(str(row.get("type")), ("type",))


def normalise(_name: str, raw: RawDetails, context: ProxmoxContext) -> AuthRealm:
    """Make a realm of its row and its settings; raises `ValueError` when it cannot be parsed."""
    row = {**raw.row, **(raw.settings or {})}
    found = read_fields(row, _NAMES, _IGNORED, context, items_of(AuthRealm))
    read_comment(found, row, context)
    if raw.settings is None:
        fields = (*_OF_SETTINGS, *(["tfa"] if row.get("tfa") else []))
        mark_unparsed(found, dict.fromkeys(fields, _NO_ANSWER))
        return AuthRealm.of_row(found)
    read_sealed(found, row, _SEALED, context)
    for field in _OF_PEOPLE:
        if isinstance(text := found.get(field), str) and _PERSONAL.search(text):
            found[field] = sealed(text, field, context)
    read_into(found, "tfa", lambda: _second_factor(row, found, context))
    if is_true(row.get("secure")):
        found.setdefault("mode", "ldaps")
    return AuthRealm.of_row(found)


def _second_factor(row: dict[str, Any], found: dict[str, Any], context: ProxmoxContext) -> str | None:
    """Return what is required without its key; items that no second factor has are `unmodelled`."""
    values = property_string.parse(text_if_any(row.get("tfa")), "type")
    _, unknown = take_unknown("tfa", values, _SECOND_FACTOR)
    found["unmodelled"] |= _IGNORED.items(unknown, context.fingerprints)
    found["tfa_key"] = sealed(values.pop("key", ""), "tfa/key", context)
    return ",".join(f"{key}={values[key]}" for key in values.keys() & _SECOND_FACTOR.names) or None


KIND = Kind(
    name="realm",
    plural="realms",
    model=AuthRealm,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
