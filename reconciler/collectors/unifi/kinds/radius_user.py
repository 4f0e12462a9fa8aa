"""RADIUS users of a UniFi gateway, by user name: VPN users, 802.1X users and MAC addresses.

For a device that authenticates by MAC address, the user name is its MAC address. Passwords are recorded only
as keyed fingerprints. Read from `rest/account`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/account`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.networks import in_network, name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_name
from reconciler.model.fields.addresses import Address
from reconciler.model.fields.numbers import Count
from reconciler.model.fields.text import Text, Texts
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields

ACCOUNTS = Read("classic", "rest/account")
READS = (ACCOUNTS, NETWORKS)


class RadiusUser(Resource):
    """A user of the gateway's RADIUS server."""

    name: Annotated[Text | None, Field(description="User name; defaults to the id")] = None
    password_fingerprint: Annotated[
        SecretFingerprint, Field(description="Password: none, set or its keyed fingerprint")
    ] = NONE
    vlan: Annotated[Count | None, Field(le=4094, description="VLAN ID that the user is assigned to")] = None
    network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network that the user is assigned to")
    ] = None
    tunnel_config_type: Annotated[Text | None, Field(description="Use: vpn, 802.1x or custom")] = None
    tunnel_type: Annotated[
        Count | None, Field(description="Tunnel type (RFC 2868): 3 is L2TP, 13 is VLAN")
    ] = None
    tunnel_medium_type: Annotated[
        Count | None, Field(description="Tunnel medium type (RFC 2868): 1 is IPv4, 6 is 802 (Ethernet)")
    ] = None
    ip: Annotated[Address | None, Field(description="IP address that the user gets")] = None
    filter_ids: Annotated[Texts, Field(description="Filter IDs; order does not matter")] = ()
    ulp_user_id: Annotated[Text | None, Field(description="Id of the user in UniFi Identity")] = None


_FIELDS = own_fields(RadiusUser, "password_fingerprint", "network")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every login; a site may have none."""
    rows = lookups.classic_if_known(ACCOUNTS, "radius-user")
    placed = any(row.get("networkconf_id") for row in rows)
    context = UnifiContext(networks=lookups.networks if placed else {})
    found = ((name(row), row) for row in rows)
    return listing(api, ACCOUNTS, found, context, kind="radius-user", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> RadiusUser:
    """Make a login of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "radius-user", context) | {"name": name(raw)}
    resolve_name(found, "network", raw.get("networkconf_id"), context.networks)
    found["password_fingerprint"] = secret_under(raw, "x_password", required=True)
    return RadiusUser.of_row(found)


KIND = Kind(
    within=in_network,
    name="radius-user",
    plural="radius-users",
    model=RadiusUser,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
)
