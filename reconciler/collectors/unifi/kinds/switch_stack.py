"""Switch stacks and MC-LAG pairs of a UniFi site, by name.

Read from the integration API's `switching/switch-stacks` and `switching/mc-lag-domains`, one call each; no
other API has these lists. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/integration/v1/sites/SITE/switching/switch-stacks`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.identities import list_rows
from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.values import objects_of
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.networks import name
from reconciler.collectors.unifi.switching import SwitchingContext, macs_of, named, rows_of
from reconciler.model.fields.ethernet import Macs
from reconciler.model.fields.text import Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.naming import NAMED
from reconciler.model.relations import items_of
from reconciler.model.resource import Resource
from reconciler.model.unread import read_into

STACKS = Read("integration", "switching/switch-stacks")
DOMAINS = Read("integration", "switching/mc-lag-domains")
READS = (STACKS, DOMAINS)


class SwitchStack(Resource):
    """A switch stack, or an MC-LAG pair."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    type: Annotated[Text, Field(description="stack or mc-lag")] = "stack"
    members: Annotated[Macs, Field(description="MAC addresses of the member switches")] = ()


_READ = frozenset({"id", "name", "members[deviceId].deviceId", "peers[deviceId].deviceId"})


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[ApiRow, SwitchingContext]:
    """Read every stack; a site may have none."""
    del lookups
    rows, problem = rows_of(api, "switch-stack", STACKS, DOMAINS)
    found = ((name(row), row) for row in rows)
    expected = api.expected.get("switch-stack", ())
    context = SwitchingContext(devices=macs_of(api) if rows else None)
    return list_rows(found, "id", context, expected=expected, lacking="name", problem=problem)


def normalise(_name: str, raw: ApiRow, context: SwitchingContext) -> SwitchStack:
    """Make a stack of its row."""
    found: dict[str, Any] = {
        "name": name(raw),
        "type": "mc-lag" if "peers" in raw else "stack",
        "unmodelled": ignored_fields("unifi", "switch-stack").unmodelled(raw, _READ, context.fingerprints),
    }
    read_into(found, "members", lambda: _members(raw.get("members", raw.get("peers")), context.devices))
    return SwitchStack.of_row(found)


def _members(given: object, devices: Mapping[str, str] | None) -> list[str]:
    """Return the MAC addresses of switches; raises `ValueError` where they cannot be read."""
    if devices is None or given is None:
        refuse_row("its switches cannot be read")
    return named([each.get("deviceId") for each in objects_of(given)], devices)


KIND = Kind(
    name="switch-stack",
    plural="switch-stacks",
    model=SwitchStack,
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    within=lambda _name, row: [("device", mac) for mac in items_of(row, "members")],
)
