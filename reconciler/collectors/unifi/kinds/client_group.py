"""Client groups of a UniFi site, by name: bandwidth limits of each client in the group.

WLANs and clients refer to a group. Read from `rest/usergroup`, one call, which is shared with them. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/usergroup`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import CLIENT_GROUPS, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, none_listed, read_fields
from reconciler.model.fields.numbers import MAX_SAFE_INT
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields

READS = (CLIENT_GROUPS,)

ClientRate = Annotated[
    int, Field(ge=-1, le=MAX_SAFE_INT, description="Bandwidth limit of each client, in kbit/s; -1: no limit")
]


class ClientGroup(Resource):
    """A client group with bandwidth limits."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    qos_rate_max_down: Annotated[
        ClientRate, Field(description="Download limit of each client, in kbit/s; -1: no limit")
    ] = -1
    qos_rate_max_up: Annotated[
        ClientRate, Field(description="Upload limit of each client, in kbit/s; -1: no limit")
    ] = -1


_FIELDS = own_fields(ClientGroup)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every group; a site has at least `Default`."""
    rows = lookups.classic_if_known(CLIENT_GROUPS, "client-group")
    found = ((name(row), row) for row in rows)
    return listing(
        api,
        CLIENT_GROUPS,
        found,
        UnifiContext(),
        kind="client-group",
        lacking="name",
        problem=none_listed(api, "client-group", rows),
    )


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> ClientGroup:
    """Make a group of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "client-group", context) | {"name": name(raw)}
    return ClientGroup.of_row(found)


KIND = Kind(
    name="client-group",
    plural="client-groups",
    model=ClientGroup,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
)
