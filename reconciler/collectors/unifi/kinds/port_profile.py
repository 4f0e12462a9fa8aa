"""Port profiles of a UniFi site: settings that ports share, by name.

Read from `rest/portconf`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/portconf`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, PROFILES, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.port_settings import PortSettings, settings
from reconciler.collectors.unifi.rows import UnifiListing, listing, unmodelled
from reconciler.model.fields import Text
from reconciler.model.kind import Kind, own_fields
from reconciler.model.naming import NAMED

READS = (PROFILES, NETWORKS)


class PortProfile(PortSettings):
    """A port profile, as the ports that use it have it."""

    name: Annotated[Text | None, Field(description="Its name; by default its id")] = None


_FIELDS = own_fields(PortProfile)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every profile; a site may have none."""
    found = ((name(row), row) for row in lookups.classic(PROFILES))
    context = UnifiContext(networks=lookups.networks)
    return listing(api, PROFILES, found, context, kind="port-profile", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> PortProfile:
    """Make a profile of its row; raises `ValueError` when it cannot be parsed."""
    found = settings(raw, context.networks)
    found["name"] = name(raw)
    found["unmodelled"] = unmodelled(raw, _FIELDS, "switch-port")
    return PortProfile.model_validate(found)


KIND = Kind(
    name="port-profile",
    plural="port-profiles",
    model=PortProfile,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    not_adopted=frozenset({"tagged_vlans", "native_vlan"}),
)
