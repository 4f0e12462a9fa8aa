"""Firewall groups of a UniFi site, by name: addresses or ports that policies and port forwards use.

Read from `rest/firewallgroup`, one call (the integration API's `traffic-matching-lists` where a key opens
only that); the list is shared with policies. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/firewallgroup`.
"""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import list_of
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.matching_lists import LISTS as INSTEAD
from reconciler.collectors.unifi.lookups import GROUPS, UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.addresses import block
from reconciler.model.fields.numbers import ranges
from reconciler.model.fields.text import Text, sorted_set, split_words
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into

READS = (GROUPS,)


def _members(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a set of ports in the form of ranges, a set of anything else as addresses and networks."""
    try:
        return ranges(values)
    except ValueError:
        return sorted_set(tuple(block(value) for value in values))


Members = Annotated[
    tuple[Text, ...],
    BeforeValidator(split_words),
    AfterValidator(_members),
    Field(
        description="Addresses, networks and address ranges, or ports and port ranges; order does not matter"
    ),
]


class FirewallGroup(Resource):
    """A named group of addresses or ports."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    group_type: Annotated[Text, Field(description="address-group, ipv6-address-group or port-group")] = (
        "address-group"
    )
    members: Members = ()


_FIELDS = own_fields(FirewallGroup, "members")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every group; a site may have none."""
    found = ((name(row), row) for row in lookups.rows(GROUPS, INSTEAD))
    context = UnifiContext(lacking=lookups.lacking(INSTEAD, own_fields(FirewallGroup)))
    read, problem = lookups.read_of(GROUPS, INSTEAD), lookups.problem(INSTEAD)
    return listing(api, read, found, context, kind="firewall-group", lacking="name", problem=problem)


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> FirewallGroup:
    """Make a group of its row."""
    found = read_fields(raw, _FIELDS, "firewall-group", context)
    found["name"] = name(raw)
    read_into(found, "members", lambda: list_of(raw.get("group_members")))
    return FirewallGroup.of_row(found)


KIND = Kind(
    name="firewall-group",
    plural="firewall-groups",
    model=FirewallGroup,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
)
