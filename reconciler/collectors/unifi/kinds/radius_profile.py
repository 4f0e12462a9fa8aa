"""RADIUS profiles of a UniFi site, by name: the servers that authenticate clients of WLANs, ports and VPNs.

Their secrets and certificates are recorded only as keyed fingerprints. Read from `rest/radiusprofile`, one
call. By hand: `curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/radiusprofile`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import redacted_in
from reconciler.collectors.http.values import is_nothing, objects_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import SecretFingerprint, folded
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

PROFILES_OF_RADIUS = Read("classic", "rest/radiusprofile")
READS = (PROFILES_OF_RADIUS,)


class RadiusServer(Value):
    """A RADIUS server. The first that answers is used."""

    ip: Annotated[Host | None, Field(description="Address of the server")] = None
    port: Annotated[Count | None, Field(description="UDP port of the server")] = None


class RadiusProfile(Resource):
    """A RADIUS profile: servers that authenticate clients."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    auth_servers: Annotated[
        tuple[RadiusServer, ...], Field(description="Authentication servers, in order")
    ] = ()
    acct_servers: Annotated[tuple[RadiusServer, ...], Field(description="Accounting servers, in order")] = ()
    use_usg_auth_server: Annotated[
        Flag, Field(description="Authenticate with the gateway's RADIUS server")
    ] = False
    use_usg_acct_server: Annotated[
        Flag, Field(description="Send accounting to the gateway's RADIUS server")
    ] = False
    accounting_enabled: Annotated[Flag, Field(description="RADIUS accounting")] = False
    interim_update_enabled: Annotated[Flag, Field(description="Interim accounting updates")] = False
    interim_update_interval: Annotated[
        Count | None, Field(description="Interval of interim updates, in seconds")
    ] = None
    tls_enabled: Annotated[Flag, Field(description="RadSec (RADIUS over TLS)")] = False
    vlan_enabled: Annotated[Flag, Field(description="RADIUS-assigned VLANs on wired ports")] = False
    vlan_wlan_mode: Annotated[
        Text, Field(description="RADIUS-assigned VLANs on WLANs: disabled, optional or required")
    ] = "disabled"
    secrets: Annotated[
        dict[str, SecretFingerprint] | None,
        Field(default_factory=dict, description="Secrets and certificates, by API key"),
    ]


_SERVERS = ("auth_servers", "acct_servers")
_FIELDS = own_fields(RadiusProfile, *_SERVERS, "secrets")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every profile; a site has at least `Default`."""
    found = ((name(row), row) for row in lookups.classic(PROFILES_OF_RADIUS))
    return listing(api, PROFILES_OF_RADIUS, found, UnifiContext(), kind="radius-profile", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> RadiusProfile:
    """Make a profile of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "radius-profile", context) | {"name": name(raw)}
    for key in _SERVERS:
        read_into(found, key, partial(_servers, raw.get(key)))
    marks = {key: redacted_in(value) for key, value in raw.items()}
    found["secrets"] = {key: folded(each) for key, each in marks.items() if each}
    if raw.get("auth_servers") and not marks["auth_servers"]:
        found["secrets"] = None  # each server has one, so that they are not shown
    return RadiusProfile.of_row(found)


def _servers(rows: object) -> list[dict[str, Any]]:
    """Return servers without their secrets; raises `ValueError` for values of another type."""
    return [
        {key: row[key] for key in ("ip", "port") if not is_nothing(row.get(key))} for row in objects_of(rows)
    ]


KIND = Kind(
    name="radius-profile",
    plural="radius-profiles",
    model=RadiusProfile,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=(Gate("/interim_update_enabled", ("/interim_update_interval",)),),
)
