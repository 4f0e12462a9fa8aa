"""Authentication realms, by name: where the accounts of users are checked.

Read from `/access/domains`, one call, which any account may read. By hand: `pveum realm list`. The settings
of a realm (LDAP servers, keys) need Realm.Allocate, which an auditor does not have, and are not read.
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
from reconciler.model.fields.text import Notes, Text
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource

READS = ("access/domains",)


class AuthRealm(Resource):
    """A realm: a list of accounts with one way to check them."""

    type: Annotated[str, Field(description="pam, pve, ldap, ad or openid")]
    tfa: Annotated[Text | None, Field(description="Second factor that it requires: oath or yubico")] = None
    default: Annotated[Flag, Field(description="Selected on the login page")] = False
    has_comment: Flag = False
    comment: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None


_NAMES = key_names(["type", "tfa", "default"])


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every realm."""
    return fetch_list(api, state, "realm", READS[0], "realm")


def normalise(_name: str, raw: ApiRow, context: ProxmoxContext) -> AuthRealm:
    """Make a realm of its row; raises `ValueError` when it cannot be parsed."""
    found = read_fields(raw, _NAMES, ignored_fields("proxmox", "realm"), context)
    read_comment(found, raw, context)
    return AuthRealm.of_row(found)


KIND = Kind(
    name="realm",
    plural="realms",
    model=AuthRealm,
    fetch=fetch,
    normalise=normalise,
    notes="comment",
    not_adopted=frozenset({"has_comment"}),
)
