"""NAT rules of a UniFi site, by name: source NAT, masquerading and destination NAT.

Their indexes change when a rule is inserted; the order is the kind `nat-order`. Read from the v2
API's `nat`, one call; older releases have none. Predefined rules are left out while they are enabled
and not logged. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/nat`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import is_nothing, list_of, object_of, text_of
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.nat import RULES, nat_rules
from reconciler.collectors.unifi.rows import UnifiListing, listing, name_of, read_fields, resolve_name
from reconciler.collectors.unifi.traffic import title_of
from reconciler.model.fields.addresses import Block, Blocks
from reconciler.model.fields.numbers import Count, Flag, Ranges
from reconciler.model.fields.text import Names, Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

READS = (RULES, NETWORKS)

NatPorts = Annotated[
    Ranges,
    BeforeValidator(lambda value: () if value in (0, "0") else value),
    Field(description="Ports and port ranges; empty: any"),
]


class NatFilter(Value):
    """Source or destination of a NAT rule."""

    filter_type: Annotated[
        Text, Field(description="Filter: NONE, ADDRESS_AND_PORT, FIREWALL_GROUPS or NETWORK_CONF")
    ] = "NONE"
    addresses: Annotated[Blocks, Field(description="Addresses, networks and address ranges")] = ()
    ports: Annotated[NatPorts, Field(description="Ports and port ranges; empty: any")] = ()
    groups: Annotated[Names, RefTo("firewall-group"), Field(description="Ids of firewall groups")] = ()
    network: Annotated[Text | None, RefTo("network"), Field(description="Id of a network")] = None
    invert_address: Annotated[Flag, Field(description="Match all addresses except these")] = False
    invert_port: Annotated[Flag, Field(description="Match all ports except these")] = False


class NatRule(Resource):
    """A NAT rule."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    enabled: Annotated[Flag, Field(description="Rule is enabled")] = True
    type: Annotated[Text | None, Field(description="Type: DNAT, SNAT or MASQUERADE")] = None
    ip_version: Annotated[Text, Field(description="IP version: IPV4 or IPV6")] = "IPV4"
    protocol: Annotated[Text, Field(description="Protocol: all, tcp, udp or tcp_udp")] = "all"
    in_interface: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network that the traffic enters by")
    ] = None
    out_interface: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network that the traffic leaves by")
    ] = None
    source_filter: Annotated[NatFilter, Field(description="Source")] = NatFilter()
    destination_filter: Annotated[NatFilter, Field(description="Destination")] = NatFilter()
    ip_address: Annotated[Block | None, Field(description="Translated address; not with MASQUERADE")] = None
    port: Annotated[NatPorts, Field(description="Translated port; empty: unchanged")] = ()
    exclude: Annotated[Flag, Field(description="Exclude matching traffic from NAT")] = False
    logging: Annotated[Flag, Field(description="Log matching traffic")] = False
    pppoe_use_base_interface: Annotated[Flag, Field(description="Use the interface below PPPoE")] = False
    index: Annotated[Count | None, DERIVED, Field(description="Index; the order is in nat-order")] = None
    predefined: Annotated[
        Flag, Field(description="Predefined by the controller, and disabled or logged by an administrator")
    ] = False


_FILTERS = ("source_filter", "destination_filter")
_INTERFACES = ("in_interface", "out_interface")
_MADE = {"rule_index": "index", "is_predefined": "predefined"}
_FIELDS = own_fields(NatRule, "name", *_FILTERS, *_INTERFACES, *_MADE.values())


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every rule; a site may have none."""
    rows = nat_rules(lookups, "nat-rule")
    grouped = any(
        isinstance(row.get(side), dict) and row[side].get("firewall_group_ids")
        for row in rows
        for side in _FILTERS
    )
    context = UnifiContext(networks=lookups.networks, groups=lookups.groups if grouped else {})
    found = ((title_of(row), row) for row in rows)
    return listing(api, RULES, found, context, kind="nat-rule", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> NatRule:
    """Make a rule of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "nat-rule", context) | {"name": title_of(raw)}
    found |= {field: raw[key] for key, field in _MADE.items() if not is_nothing(raw.get(key))}
    for side in _FILTERS:
        read_into(found, side, partial(_filter, raw.get(side), context))
    for field in _INTERFACES:
        resolve_name(found, field, raw.get(field), context.networks)
    return NatRule.of_row(found)


def _filter(given: object, context: UnifiContext) -> dict[str, Any]:
    """Return one side of a rule, with names in place of ids.

    Raises `ValueError` for values of another type, and where names that it needs could not be read.
    """
    row = object_of(given)
    found = {
        key: row[key]
        for key in ("filter_type", "invert_address", "invert_port")
        if not is_nothing(row.get(key))
    }
    found |= {
        field: text_of(row[key])
        for key, field in (("address", "addresses"), ("port", "ports"))
        if not is_nothing(row.get(key))
    }
    groups = list_of(row.get("firewall_group_ids"))
    if groups and context.groups is None:
        refuse_row("the list of groups cannot be read")
    found["groups"] = [name_of(each, context.groups or {}) for each in groups]
    if not is_nothing(row.get("network_conf_id")):
        if context.networks is None:
            refuse_row("the list of networks cannot be read")
        found["network"] = name_of(row["network_conf_id"], context.networks)
    return found


_TYPES = frozenset({"NONE", "ADDRESS_AND_PORT", "FIREWALL_GROUPS", "NETWORK_CONF"})

KIND = Kind(
    name="nat-rule",
    plural="nat-rules",
    model=NatRule,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=(
        Gate("/type", ("/ip_address",), closed_by=frozenset({"MASQUERADE"})),
        *(
            Gate(
                f"/{side}/filter_type",
                tuple(f"/{side}/{field}" for field in fields),
                closed_by=_TYPES - with_,
            )
            for side in _FILTERS
            for with_, fields in (
                (frozenset({"ADDRESS_AND_PORT"}), ("addresses",)),
                (frozenset({"FIREWALL_GROUPS"}), ("groups",)),
                (frozenset({"NETWORK_CONF"}), ("network",)),
                (_TYPES - {"NONE"}, ("ports", "invert_address", "invert_port")),
            )
        ),
    ),
    not_adopted=frozenset({"predefined"}),
)
