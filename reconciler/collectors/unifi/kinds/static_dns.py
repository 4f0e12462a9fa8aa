"""DNS records that the gateway of a UniFi site answers itself, as `type:name`: `A:nas.lan`.

Read from the v2 API's `static-dns`, one call; domains that it forwards to another server are in the
integration API's `dns/policies` only. A number that is 0 is none. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/static-dns`.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.rows import DNS, dns
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.errors import Problem
from reconciler.model.fields import Count, Flag, Text
from reconciler.model.kind import Kind, Resource, own_fields

RECORDS = Read("v2", "static-dns")
READS = (RECORDS,)


def _none_for_zero(value: int | None) -> int | None:
    return value or None


Number = Annotated[Count | None, AfterValidator(_none_for_zero)]
"""A number that is not 0."""


class StaticDns(Resource):
    """A record, or (FORWARD_DOMAIN) a domain that another server is asked about."""

    value: Annotated[Text | None, Field(description="Address, name or text that is answered")] = None
    enabled: Flag = True
    ttl: Annotated[Number, Field(description="Seconds; none: automatic")] = None
    priority: Annotated[Number, Field(description="Of MX and SRV")] = None
    weight: Annotated[Number, Field(description="Of SRV")] = None
    port: Annotated[Number, Field(description="Of SRV")] = None


_FIELDS = own_fields(StaticDns)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every record, and the forwarded domains where the integration API answers."""
    del lookups
    policies = DNS.read
    if api.facts.classic is not None:
        return _listing(api, policies, map(dns, api.rows(policies)))
    rows = _records(api)
    if api.facts.integration is None:
        return _listing(api, RECORDS, rows, _forwarded_unread(api, _NO_KEY))
    try:
        rows += [dns(row) for row in api.rows(policies) if row.get("type") == "FORWARD_DOMAIN"]
    except UnifiRequestFailed as failure:
        return _listing(api, RECORDS, rows, _forwarded_unread(api, failure.problem))
    return _listing(api, RECORDS, rows, api.doubt(policies))


_NO_KEY = Problem("", "only the integration API has them", "set api_key too", "not-supported")


def _listing(
    api: UnifiApi, read: Read, rows: Iterable[ApiRow], problem: Problem | None = None
) -> UnifiListing:
    found = ((_identity(row), row) for row in rows)
    return listing(api, read, found, UnifiContext(), kind="static-dns", lacking="name", problem=problem)


def _records(api: UnifiApi) -> list[ApiRow]:
    """Return the records; a controller from before there were any has none."""
    try:
        return list(api.rows(RECORDS))
    except UnifiRequestFailed as failure:
        if failure.absent and not api.expected.get("static-dns"):
            return []
        raise


def _forwarded_unread(api: UnifiApi, why: Problem) -> Problem | None:
    """Return why forwarded domains may be missing, where some are expected."""
    some = any(each.startswith("FORWARD_DOMAIN:") for each in api.expected.get("static-dns", ()))
    return replace(why, what=f"domains that are forwarded cannot be read ({why.what})") if some else None


def _identity(row: ApiRow) -> str | None:
    kind, key = row.get("record_type") or "A", row.get("key")
    if not isinstance(kind, str) or not isinstance(key, str) or not key.strip().rstrip("."):
        return None
    return f"{kind.upper()}:{key.strip().lower().rstrip('.')}"


def _declared(text: str) -> str:
    kind, colon, name = text.strip().partition(":")
    if not colon or not kind or not name:
        message = "is not a record; write type:name, such as A:nas.lan"
        raise ValueError(message)
    return f"{kind.upper()}:{name.lower().rstrip('.')}"


def normalise(_identity: str, raw: ApiRow, context: UnifiContext) -> StaticDns:
    """Make a record of its row; raises `ValueError` when it cannot be parsed."""
    return StaticDns.model_validate(read_fields(raw, _FIELDS, "static-dns", context))


KIND = Kind(
    name="static-dns",
    plural="static-dns-records",
    model=StaticDns,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
)
