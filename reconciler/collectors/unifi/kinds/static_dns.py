"""DNS records of a UniFi gateway, as `type:name`: `A:nas.lan`.

If several have the same type and name, the id is `type:name:value`: `A:lb.lan:192.168.11.5`.

Read from the v2 API's `static-dns`, one call; domains that it forwards to another server are only in
the integration API's `dns/policies`. A number of 0 means null. By hand: `curl -H "X-API-KEY: $KEY"
https://HOST/proxy/network/v2/api/site/default/static-dns`.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.unifi.connection.api import Read, UnifiApi, UnifiRequestFailed
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.integration.rows import DNS, dns
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.errors import Problem
from reconciler.model.fields.addresses import canonical_address
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.host_name import host_name
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.resource import Resource, own_fields
from reconciler.model.value import Row
from reconciler.text import nfc

RECORDS = Read("v2", "static-dns")
READS = (RECORDS,)


def _none_for_zero(value: int | None) -> int | None:
    return value or None


Number = Annotated[Count | None, AfterValidator(_none_for_zero)]
"""A number that is not 0."""


def _value(text: str) -> str:
    """Return an address in its one form, a name that is not ASCII in its ASCII form, other text as it is."""
    value = nfc(text).strip()
    if canonical_address(value):
        return canonical_address(value) or value
    return value if value.isascii() or not _HOST.fullmatch(value) else host_name(value)


DnsValue = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(_value)]


class StaticDns(Resource):
    """A DNS record, or a domain that is forwarded to another DNS server (FORWARD_DOMAIN)."""

    record_type: Annotated[
        Text | None, Field(description="Record type: A, AAAA, CNAME, MX, …; defaults to the one in the id")
    ] = None
    name: Annotated[Host | None, Field(description="Domain name; defaults to the one in the id")] = None
    value: Annotated[DnsValue | None, Field(description="Value: address, domain name or text")] = None
    enabled: Annotated[Flag, Field(description="Record is enabled")] = True
    ttl: Annotated[Number, Field(description="TTL in seconds; null: automatic")] = None
    priority: Annotated[Number, Field(description="Priority of an MX or SRV record")] = None
    weight: Annotated[Number, Field(description="Weight of an SRV record")] = None
    port: Annotated[Number, Field(description="Port of an SRV record")] = None


_FIELDS = own_fields(StaticDns, "record_type", "name")
_HOST = re.compile(r"[\w*-]+(?:\.[\w-]+)+\.?")


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


_NO_KEY = Problem("", "only the integration API has them", "also set api_key", "not-supported")


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
    return replace(why, what=f"forwarded domains cannot be read ({why.what})") if some else None


def _identity(row: ApiRow) -> str | None:
    kind, key = row.get("record_type") or "A", row.get("key")
    if not isinstance(kind, str) or not isinstance(key, str) or not key.strip().rstrip("."):
        return None
    return f"{kind.upper()}:{host_name(key)}"


def _declared(text: str) -> str:
    kind, name, value = ([*text.strip().split(":", 2), "", ""])[:3]
    if not kind or not host_name(name):
        message = "is not a record; write type:name, such as A:nas.lan"
        raise ValueError(message)
    return f"{kind.upper()}:{host_name(name)}" + (f":{_value(value)}" if value.strip() else "")


def _names(row: Row) -> Iterator[str]:
    """Yield the names of a record: plain, with its value, and with its port."""
    kind, name, value, port = (row.get(field) for field in ("record_type", "name", "value", "port"))
    if kind and name:
        yield f"{kind}:{name}"
        if value:
            yield f"{kind}:{name}:{value}"
        if value and port:
            yield f"{kind}:{name}:{value}:{port}"


def _of_id(identity: str, _row: Row) -> Row:
    """Return the type and the name of an id, and the value and port where it has them."""
    kind, name, value = ([*identity.split(":", 2), ""])[:3]
    found: dict[str, Any] = {"record_type": kind, "name": name}
    if not value:
        return found
    target, _, port = value.rpartition(":")
    if kind == "SRV" and target and port.isdecimal():
        return found | {"value": target, "port": int(port)}
    return found | {"value": value}


def normalise(identity: str, raw: ApiRow, context: UnifiContext) -> StaticDns:
    """Make a record of its row."""
    kind, name = ([*(_identity(raw) or identity).split(":", 2), ""])[:2]
    found = read_fields(raw, _FIELDS, "static-dns", context)
    return StaticDns.of_row({**found, "record_type": kind, "name": name})


KIND = Kind(
    name="static-dns",
    plural="static-dns-records",
    model=StaticDns,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
    naming=Naming(_names, siblings=True, of_id=_of_id),
)
