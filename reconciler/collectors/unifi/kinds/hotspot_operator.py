"""Hotspot operators of a UniFi site, by user name: accounts that may create vouchers for guests.

Password and note (which may contain anything) are recorded only as keyed fingerprints. Read
from `rest/hotspotop`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/hotspotop`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.http.values import text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource
from reconciler.model.unread import read_into

OPERATORS = Read("classic", "rest/hotspotop")
READS = (OPERATORS,)


class HotspotOperator(Resource):
    """A hotspot operator account."""

    name: Annotated[Text | None, Field(description="User name; defaults to the id")] = None
    password_fingerprint: Annotated[
        SecretFingerprint, Field(description="Password: none, set or its keyed fingerprint")
    ] = NONE
    note_fingerprint: Annotated[
        SecretFingerprint, Field(description="Note, which may contain anything; keyed fingerprint")
    ] = NONE


_FIELDS = frozenset({"name"})


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every operator; a site may have none."""
    found = ((name(row), row) for row in lookups.classic_if_known(OPERATORS, "hotspot-operator"))
    return listing(api, OPERATORS, found, UnifiContext(), kind="hotspot-operator", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> HotspotOperator:
    """Make an operator of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "hotspot-operator", context) | {"name": name(raw)}
    found["password_fingerprint"] = secret_under(raw, "x_password", required=True)
    note = raw.get("note") or ""
    read_into(found, "note_fingerprint", lambda: context.fingerprints.secret("/note", text_of(note).rstrip()))
    return HotspotOperator.of_row(found)


KIND = Kind(
    name="hotspot-operator",
    plural="hotspot-operators",
    model=HotspotOperator,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    not_adopted=frozenset({"note_fingerprint"}),
)
