"""Custom DHCP options of a UniFi site, by name; their values are fields of the networks that use them.

Read from `rest/dhcpoption`, one call, which is shared with networks that use custom options. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/dhcpoption`.
"""

from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import DHCP_OPTIONS, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields

READS = (DHCP_OPTIONS,)


class DhcpOption(Resource):
    """A custom DHCP option."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    code: Annotated[Count | None, Field(description="Option code (RFC 2132)")] = None
    type: Annotated[
        Text, Field(description="Data type: boolean, hexarray, integer, ipaddress, macaddress or text")
    ] = "text"
    width: Annotated[Count | None, Field(description="Width of an integer, in bits: 8, 16 or 32")] = None
    signed: Annotated[Flag, Field(description="The integer is signed")] = False


_FIELDS = own_fields(DhcpOption)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every option; a site may have none."""
    found = ((name(row), row) for row in lookups.classic_if_known(DHCP_OPTIONS, "dhcp-option"))
    return listing(api, DHCP_OPTIONS, found, UnifiContext(), kind="dhcp-option", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> DhcpOption:
    """Make an option of its row, without the width of what is not a number."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "dhcp-option", context) | {"name": name(raw)}
    odd = not isinstance(found.get("type", ""), str)  # the type is unread, and what it rules stays as it was
    return DhcpOption.of_row(found if odd else KIND.without_stale(found))


KIND = Kind(
    name="dhcp-option",
    plural="dhcp-options",
    model=DhcpOption,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=(Gate("/type", ("/width", "/signed"), frozenset({"integer"})),),
)
