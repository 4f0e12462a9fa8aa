"""ACL rules of a UniFi site, enforced by its switches, by name.

Read from the integration API's `acl-rules`, one call; no other API has this list. By hand: `curl -H
"X-API-KEY: $KEY" https://HOST/proxy/network/integration/v1/sites/SITE/acl-rules`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.identities import list_rows
from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import is_nothing, list_of, object_of, read_notes, text_of
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi.connection.api import UnifiApi
from reconciler.collectors.unifi.integration.substitute import is_users
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.switching import (
    ACL_RULES,
    SwitchingContext,
    macs_of,
    named,
    names_of,
    rows_of,
)
from reconciler.model.fields.addresses import Blocks
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.numbers import Count, Flag, Ranges
from reconciler.model.fields.text import Names, Notes, Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.resource import DERIVED, Resource
from reconciler.model.unread import mark_unread, read_into
from reconciler.model.value import Value

READS = (ACL_RULES,)


class AclEnd(Value):
    """Source or destination of an ACL rule; empty: any."""

    networks: Annotated[Names, RefTo("network"), Field(description="Ids of networks")] = ()
    addresses: Annotated[Blocks, Field(description="IP addresses and subnets")] = ()
    macs: Annotated[Macs, Field(description="MAC addresses; order does not matter")] = ()
    mac_prefix: Annotated[
        Count | None, Field(description="MAC address prefix length, in bits; null: the full address")
    ] = None
    ports: Annotated[Ranges, Field(description="Ports and port ranges; empty: any")] = ()


class AclRule(Resource):
    """An ACL rule that switches enforce."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    type: Annotated[Text, Field(description="Rule type: IPV4 or MAC")] = "IPV4"
    enabled: Annotated[Flag, Field(description="Rule is enabled")] = True
    action: Annotated[Text, Field(description="Action: ALLOW or BLOCK")] = "ALLOW"
    protocols: Annotated[Names, Field(description="Protocols: TCP, UDP; empty: any")] = ()
    source: Annotated[AclEnd, Field(description="Traffic source")] = AclEnd()
    destination: Annotated[AclEnd, Field(description="Traffic destination")] = AclEnd()
    network: Annotated[
        Text | None, RefTo("network"), Field(description="Id of the network that a MAC rule applies to")
    ] = None
    devices: Annotated[
        Macs | None,
        Field(description="MAC addresses of the switches that enforce the rule; null: all switches"),
    ] = None
    index: Annotated[Count | None, DERIVED, Field(description="Index; the order is in acl-order")] = None
    has_description: Annotated[Flag, Field(description="The rule has a description")] = False
    description: Annotated[Notes | None, Field(description="Description; only with store_descriptions")] = (
        None
    )


_END = ("networkIds", "ipAddressesOrSubnets", "macAddresses", "prefixLength", "portFilter")
_READ = frozenset(
    "name type enabled action protocolFilter networkIdFilter index description metadata.origin"
    " enforcingDeviceFilter.type enforcingDeviceFilter.deviceIds".split()
).union(f"{side}Filter.{key}" for side in ("source", "destination") for key in _END)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[ApiRow, SwitchingContext]:
    """Read every rule that a person made."""
    del lookups
    rows, problem = rows_of(api, "acl-rule", ACL_RULES)
    context = SwitchingContext(
        networks=names_of(api, "networks") if rows else None,
        devices=macs_of(api) if rows else None,
        store_descriptions=api.settings.store_descriptions,
    )
    return list_rows(
        ((name(row), row) for row in rows if is_users(row)),
        "id",
        context,
        expected=api.expected.get("acl-rule", ()),
        lacking="name",
        problem=problem,
    )


def normalise(_name: str, raw: ApiRow, context: SwitchingContext) -> AclRule:
    """Make a rule of its row."""
    found: dict[str, Any] = {
        key: raw[key] for key in ("type", "enabled", "action", "index") if not is_nothing(raw.get(key))
    }
    read_notes(found, raw, field="description", stored=context.store_descriptions)
    found |= {
        "name": name(raw),
        "protocols": raw.get("protocolFilter") or (),
        "unmodelled": ignored_fields("unifi", "acl-rule").unmodelled(raw, _READ, context.fingerprints),
    }
    for side in ("source", "destination"):
        read_into(found, side, partial(_end, raw.get(f"{side}Filter"), context))
    if raw.get("networkIdFilter"):
        read_into(found, "network", lambda: named([raw["networkIdFilter"]], context.networks)[0])
    if raw.get("enforcingDeviceFilter"):
        read_into(found, "devices", lambda: _devices(raw["enforcingDeviceFilter"], context))
    if context.networks is None:
        mark_unread(found, "source", "destination", "network")
    return AclRule.of_row(found)


def _devices(given: object, context: SwitchingContext) -> list[str]:
    """Return the switches that enforce a rule; raises `ValueError` where they cannot be read."""
    if context.devices is None:
        refuse_row("the list of devices cannot be read")
    return named(list_of(object_of(given).get("deviceIds")), context.devices)


def _end(given: object, context: SwitchingContext) -> dict[str, Any]:
    """Return one side of a rule; raises `ValueError` for values of another type."""
    end = object_of(given)
    return {
        "networks": named(list_of(end.get("networkIds")), context.networks),
        "addresses": list_of(end.get("ipAddressesOrSubnets")),
        "macs": list_of(end.get("macAddresses")),
        "mac_prefix": end.get("prefixLength"),
        "ports": [text_of(port) for port in list_of(end.get("portFilter"))],
    }


KIND = Kind(
    name="acl-rule",
    plural="acl-rules",
    model=AclRule,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    notes="description",
    not_adopted=frozenset({"has_description"}),
)
