"""AP groups of a UniFi site, by name: each group broadcasts its WLANs.

The controller's default group contains every access point; its members are not read. Read from the v2 API's
`apgroups`, one call, which is shared with WLANs; older releases have none. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/v2/api/site/default/apgroups`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import AP_GROUPS, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields

READS = (AP_GROUPS,)


class ApGroup(Resource):
    """A group of access points that broadcast the same WLANs."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    every_device: Annotated[
        Flag, Field(description="The controller's default group of all access points")
    ] = False
    devices: Annotated[Macs, Field(description="MAC addresses of access points")] = ()


_FIELDS = own_fields(ApGroup, "every_device", "devices")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every group; a site has at least that of the controller."""
    found = ((name(row), row) for row in lookups.classic_if_known(AP_GROUPS, "ap-group"))
    return listing(api, AP_GROUPS, found, UnifiContext(), kind="ap-group", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> ApGroup:
    """Make a group of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "ap-group", context) | {"name": name(raw)}
    found["every_device"] = raw.get("attr_hidden_id") == "default"
    if not found["every_device"] and not is_nothing(raw.get("device_macs")):
        found["devices"] = raw["device_macs"]
    return ApGroup.of_row(found)


KIND = Kind(
    name="ap-group",
    plural="ap-groups",
    model=ApGroup,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    not_adopted=frozenset({"every_device"}),
)
