"""Port profiles of a UniFi site: settings that ports share, by name.

Read from `rest/portconf`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/portconf`.
"""

from collections.abc import Mapping
from typing import Any

from reconciler.collectors.unifi import ignored_fields
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.lookups import NETWORKS, PROFILES, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.port_settings import PortSettings, settings
from reconciler.collectors.unifi.rows import fields, listing, model_fields
from reconciler.model.kind import Kind, Listing

READS = (PROFILES, NETWORKS)


class PortProfile(PortSettings):
    """A port profile, as the ports that use it have it."""


_FIELDS = model_fields(PortProfile)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing:
    """Every profile; a site may have none."""
    rows = lookups.classic(PROFILES)
    shared = {"@networks": lookups.networks}
    return listing(
        api, PROFILES, ((name(row), {**row, **shared}) for row in rows), kind="port-profile", what="name"
    )


def normalise(identity: str, raw: Mapping[str, Any]) -> PortProfile:
    """A profile of its row; raises `ValueError` when it makes no sense."""
    del identity
    found = settings(raw, raw.get("@networks"))
    found["unmodelled"] = fields(raw, _FIELDS, ignored_fields.PORT)["unmodelled"]
    return PortProfile.model_validate(found)


KIND = Kind(
    name="port-profile",
    plural="port-profiles",
    model=PortProfile,
    fetch=fetch,
    normalise=normalise,
    not_adopted=frozenset({"tagged_vlans", "native_vlan"}),
)
