"""DNS records that the gateway of a UniFi site answers itself, as `type:name`: `A:nas.lan`.

Read from the v2 API's `static-dns`, one call; domains that it forwards to another server are in the
integration API's `dns/policies` alone. A number that is 0 is none. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/static-dns`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi import ignored_fields, integration
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.rows import fields, listing, model_fields
from reconciler.errors import Problem
from reconciler.model.fields import Count, Flag, Text
from reconciler.model.kind import Kind, Listing, Resource

RECORDS = Read("v2", "static-dns")
POLICIES = Read("integration", "dns/policies")
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


_FIELDS = model_fields(StaticDns)


def fetch(api: UnifiApi, lookups: UnifiLookups) -> Listing:
    """Every record; forwarded domains too, where the integration API answers."""
    if api.facts.classic is not None:
        rows: list[ApiRow] = [integration.dns(row) for row in api.rows(POLICIES)]
        return listing(api, POLICIES, ((_identity(row), row) for row in rows), kind="static-dns", what="name")
    rows = _records(api)
    problem = None
    if api.facts.integration is not None:
        try:
            rows += [
                integration.dns(row) for row in api.rows(POLICIES) if row.get("type") == "FORWARD_DOMAIN"
            ]
            problem = api.doubt(POLICIES)
        except UnifiRequestFailed as refusal:
            problem = _forwarded_unread(api, refusal)
    del lookups
    return listing(
        api, RECORDS, ((_identity(row), row) for row in rows), kind="static-dns", what="name", problem=problem
    )


def _records(api: UnifiApi) -> list[ApiRow]:
    """The records; a controller that is older than they are has none."""
    try:
        return list(api.rows(RECORDS))
    except UnifiRequestFailed as refusal:
        if refusal.absent and not api.expected.get("static-dns"):
            return []
        raise


def _forwarded_unread(api: UnifiApi, refusal: UnifiRequestFailed) -> Problem | None:
    """Why forwarded domains may be there unseen, where some are expected."""
    some = any(each.startswith("FORWARD_DOMAIN:") for each in api.expected.get("static-dns", ()))
    what = f"domains that are forwarded cannot be read ({refusal.summary})"
    return Problem("", what, refusal.remedy, refusal.cause) if some else None


def _identity(row: ApiRow) -> str | None:
    kind, key = row.get("record_type") or "A", row.get("key")
    if not isinstance(kind, str) or not isinstance(key, str) or not key.strip().rstrip("."):
        return None
    return f"{kind.upper()}:{key.strip().lower().rstrip('.')}"


def _declared(text: str) -> str:
    kind, colon, name = text.strip().partition(":")
    if not colon or not kind or not name:
        message = "is no record; write type:name, such as A:nas.lan"
        raise ValueError(message)
    return f"{kind.upper()}:{name.lower().rstrip('.')}"


def normalise(identity: str, raw: Mapping[str, Any]) -> StaticDns:
    """A record of its row; raises `ValueError` when it makes no sense."""
    del identity
    return StaticDns.model_validate(fields(raw, _FIELDS, ignored_fields.DNS))


KIND = Kind(
    name="static-dns",
    plural="static-dns-records",
    model=StaticDns,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
)
