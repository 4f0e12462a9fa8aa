"""Traffic rules of a UniFi site, by name: they block, allow or limit traffic of selected clients.

Read from the v2 API's `trafficrules`, one call; older releases have none, and a site with the zone-based
firewall has policies instead. They have no order. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/trafficrules`.
"""

from functools import partial
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import is_nothing, object_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import NETWORKS, UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields, resolve_names
from reconciler.collectors.unifi.schedules import RuleSchedule, schedule_gates, schedule_of
from reconciler.collectors.unifi.traffic import (
    MatchingTarget,
    Regions,
    TrafficAddresses,
    TrafficDomains,
    TrafficTargets,
    addresses_of,
    as_objects,
    domains_of,
    gates,
    targets_of,
    title_of,
)
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, NumberNames, Text
from reconciler.model.gate import Gate
from reconciler.model.kind import Kind
from reconciler.model.naming import NAMED
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

RULES = Read("v2", "trafficrules")
READS = (RULES, NETWORKS)


class BandwidthLimit(Value):
    """Bandwidth limit of a traffic rule."""

    enabled: Annotated[Flag, Field(description="Bandwidth limit is on")] = False
    download_limit_kbps: Annotated[Count | None, Field(description="Download limit, in kbit/s")] = None
    upload_limit_kbps: Annotated[Count | None, Field(description="Upload limit, in kbit/s")] = None


class TrafficRule(Resource):
    """A traffic rule for selected clients."""

    name: Annotated[Text | None, Field(description="Name; defaults to the id")] = None
    enabled: Annotated[Flag, Field(description="Rule is enabled")] = True
    action: Annotated[Text, Field(description="Action: BLOCK, ALLOW, …")] = "BLOCK"
    matching_target: MatchingTarget = None
    domains: TrafficDomains = ()
    addresses: TrafficAddresses = ()
    regions: Regions = ()
    apps: Annotated[NumberNames, Field(description="Application IDs")] = ()
    app_categories: Annotated[NumberNames, Field(description="Application category IDs")] = ()
    networks: Annotated[
        Names, RefTo("network"), Field(description="Ids of networks; only with target LOCAL_NETWORK")
    ] = ()
    targets: TrafficTargets = ()
    bandwidth_limit: Annotated[BandwidthLimit, Field(description="Bandwidth limit")] = BandwidthLimit()
    schedule: Annotated[RuleSchedule, Field(description="Schedule")] = RuleSchedule()


_FIELDS = own_fields(
    TrafficRule, "name", "domains", "addresses", "apps", "app_categories", "networks", "targets",
    "bandwidth_limit", "schedule",
)  # fmt: skip
_ONCE = ("date_start", "date_end")
_APPS = frozenset({"APP", "APP_CATEGORY"})
_KNOWN = frozenset({"INTERNET", "DOMAIN", "IP", "REGION", "LOCAL_NETWORK"}) | _APPS


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every rule; a site may have none."""
    found = ((title_of(row), row) for row in lookups.classic_if_known(RULES, "traffic-rule"))
    context = UnifiContext(networks=lookups.networks)
    return listing(api, RULES, found, context, kind="traffic-rule", lacking="name")


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> TrafficRule:
    """Make a rule of its row."""
    raw = as_objects(raw)
    found: dict[str, Any] = read_fields(raw, _FIELDS, "traffic-rule", context) | {"name": title_of(raw)}
    for field, key in (("apps", "app_ids"), ("app_categories", "app_category_ids")):
        found |= {} if is_nothing(raw.get(key)) else {field: raw[key]}
    read_into(found, "domains", lambda: domains_of(raw.get("domains")))
    read_into(found, "addresses", lambda: addresses_of(raw))
    read_into(found, "targets", lambda: targets_of(raw.get("target_devices"), context.networks))
    resolve_names(found, "networks", raw.get("network_ids"), context.networks)
    read_into(found, "bandwidth_limit", lambda: _limit(raw.get("bandwidth_limit")))
    read_into(found, "schedule", partial(schedule_of, raw.get("schedule"), _ONCE))
    return TrafficRule.of_row(found)


def _limit(given: object) -> dict[str, Any]:
    limit = object_of(given)
    return {key: limit[key] for key in BandwidthLimit.model_fields if not is_nothing(limit.get(key))}


KIND = Kind(
    name="traffic-rule",
    plural="traffic-rules",
    model=TrafficRule,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    naming=NAMED,
    gates=(
        *gates(
            {
                "domains": frozenset({"DOMAIN"}),
                "addresses": frozenset({"IP"}),
                "regions": frozenset({"REGION"}),
                "apps": _APPS,
                "app_categories": _APPS,
                "networks": frozenset({"LOCAL_NETWORK"}),
            },
            _KNOWN,
        ),
        Gate(
            "/bandwidth_limit/enabled",
            ("/bandwidth_limit/download_limit_kbps", "/bandwidth_limit/upload_limit_kbps"),
        ),
        *schedule_gates(_ONCE),
    ),
    follows={"/schedule/end": "/schedule/start"}.get,
)
