"""Link aggregation groups (LAGs) of a UniFi site, by their first port: `MAC:port`. Inventory, not declarable.

To declare an aggregate, use the `override` of its leading switch port. Read from the integration
API's `switching/lags`, one call; no other API has this list. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/integration/v1/sites/SITE/switching/lags`.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.identities import list_rows
from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import text_of, whole_number
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.switching import SwitchingContext, macs_of, rows_of
from reconciler.errors import Problem
from reconciler.model.fields.text import Names, Text
from reconciler.model.kind import Kind
from reconciler.model.listing import Listing
from reconciler.model.relations import items_of
from reconciler.model.resource import Resource
from reconciler.model.unread import read_into

LAGS = Read("integration", "switching/lags")
READS = (LAGS,)

_TYPES = {"LOCAL": "local", "SWITCH_STACK": "stack", "MULTI_CHASSIS": "mc-lag"}


class Lag(Resource):
    """A link aggregation group (LAG)."""

    type: Annotated[Text, Field(description="local, stack or mc-lag")] = "local"
    ports: Annotated[Names, Field(description="Ids of the member switch ports")] = ()


_READ = frozenset({"type", "members[deviceId].deviceId", "members[deviceId].portIdxs"})


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing[ApiRow, SwitchingContext]:
    """Read every aggregate; a site may have none."""
    del lookups
    rows, problem = rows_of(api, "lag", LAGS)
    devices = macs_of(api) if rows else {}
    if devices is None:
        what = "the list of devices cannot be read, so aggregates have no ids"
        return Listing({}, SwitchingContext(), Problem("", what, cause="request-failed"))
    found = ((min(_ports(row, devices), default=(None, None))[1], row) for row in rows)
    expected = api.expected.get("lag", ())
    return list_rows(
        found, "id", SwitchingContext(devices=devices), expected=expected, lacking="members", problem=problem
    )


def _ports(row: ApiRow, devices: Mapping[str, str]) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield the ports of an aggregate as ids, each after what orders it."""
    members = row.get("members")
    for member in members if isinstance(members, list) else ():
        mac = devices.get(str(member.get("deviceId"))) if isinstance(member, Mapping) else None
        indexes = member.get("portIdxs") if isinstance(member, Mapping) else None
        for index in indexes if isinstance(indexes, list) else ():
            if mac and (number := whole_number(index)) is not None:
                yield (mac, number), f"{mac}:{number}"


def normalise(_identity: str, raw: ApiRow, context: SwitchingContext) -> Lag:
    """Make an aggregate of its row."""
    found: dict[str, Any] = {
        "ports": [port for _, port in _ports(raw, context.devices or {})],
        "unmodelled": ignored_fields("unifi", "lag").unmodelled(raw, _READ, context.fingerprints),
    }
    read_into(found, "type", lambda: _type(raw.get("type")))
    return Lag.of_row(found)


def _type(given: object) -> str:
    kind = text_of(given)
    return _TYPES.get(kind, kind.lower())


KIND = Kind(
    name="lag",
    plural="lags",
    model=Lag,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
    within=lambda _identity, row: [("switch-port", port) for port in items_of(row, "ports")],
)
