"""Certificates, by their domain names, then by creation time; expiry is health.

Read from `/api/nginx/certificates`, one call. Keys are never read, and credentials of DNS
providers only as keyed fingerprints. By hand: `curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/certificates`.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.http.values import is_nothing, is_true
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.context import NpmContext
from reconciler.collectors.npm.lookups import NpmListing, NpmLookups, certificate_id, listing
from reconciler.model.fields.hosts import DomainNames
from reconciler.model.fields.numbers import Count, Flag, Moment
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.resource import DERIVED, OBSERVED, Health, Resource
from reconciler.model.value import Row, timestamp

SOON = timedelta(days=14)
"""Let's Encrypt certificates are renewed with 30 days left: one with fewer than these was not."""

BY_HAND = "by-hand"
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")


_READ = frozenset(
    "provider nice_name domain_names expires_on meta.dns_challenge meta.dns_provider meta.key_type"
    " meta.dns_provider_credentials meta.propagation_seconds".split()
)


class Certificate(Resource):
    """An SSL certificate."""

    provider: Annotated[
        Text, Field(description="Provider: letsencrypt or other (uploaded file); NPMplus: also mtls")
    ] = "letsencrypt"
    nice_name: Annotated[Text | None, Field(description="Display name")] = None
    domain_names: Annotated[
        DomainNames, Field(description="Domain names in ASCII form (xn--…); order and case do not matter")
    ] = ()
    dns_challenge: Annotated[Flag, Field(description="DNS challenge (instead of HTTP)")] = False
    dns_provider: Annotated[Text | None, Field(description="DNS provider of the DNS challenge")] = None
    propagation_seconds: Annotated[
        Count | None, Field(description="Time for the DNS record to propagate, in seconds")
    ] = None
    renewal: Annotated[
        Text | None,
        DERIVED,
        Field(description="Renewal: http-challenge, dns-challenge or by-hand (a new file)"),
    ] = None
    key_type: Annotated[Text | None, Field(description="Key type: rsa or ecdsa")] = None
    dns_access: Annotated[
        SecretFingerprint,
        Field(description="Credentials of the DNS provider: none, set or their keyed fingerprint"),
    ] = NONE
    created_on: Annotated[Moment | None, Field(description="Time of creation")] = None
    expires_on: Annotated[Moment | None, OBSERVED, Field(description="Expiry time")] = None


def fetch(api: NpmApi, lookups: NpmLookups) -> NpmListing:
    """Read every certificate that the account may see."""
    found = ((certificate_id(row), row) for row in api.rows("certificates"))
    return listing(lookups, "certificates", found, NpmContext(now=datetime.now(UTC)), lacking="name")


def normalise(_identity: str, raw: ApiRow, context: NpmContext) -> Certificate:
    """Make a certificate of its row."""
    meta = raw.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    renewal = _renewal(raw.get("provider"), dns_challenge=is_true(meta.get("dns_challenge")))
    made, ends = _moment(raw.get("created_on")), _moment(raw.get("expires_on"))
    found = {
        "provider": raw.get("provider"),
        "nice_name": raw.get("nice_name"),
        "domain_names": raw.get("domain_names"),
        "dns_challenge": meta.get("dns_challenge"),
        "dns_provider": meta.get("dns_provider"),
        "propagation_seconds": meta.get("propagation_seconds"),
        "renewal": renewal,
        "key_type": meta.get("key_type") or ("rsa" if raw.get("provider") == "letsencrypt" else None),
        "dns_access": secret_under(
            meta, "dns_provider_credentials", required=is_true(meta.get("dns_challenge"))
        ),
        "created_on": timestamp(made) if made else raw.get("created_on"),
        "expires_on": timestamp(ends) if ends else raw.get("expires_on"),
        "health": _health(ends, context.now or datetime.now(UTC), renewal),
    }
    set_ones = {key: value for key, value in found.items() if not is_nothing(value)}
    set_ones["unmodelled"] = ignored_fields("npm", "certificate").unmodelled(raw, _READ, context.fingerprints)
    return Certificate.of_row({"dns_access": None, **set_ones})


def _renewal(provider: object, *, dns_challenge: bool) -> str:
    """Return how it is renewed: Let's Encrypt's by the server itself, a file by whoever uploads the next."""
    if provider != "letsencrypt":
        return BY_HAND
    return "dns-challenge" if dns_challenge else "http-challenge"


def _moment(text: object) -> datetime | None:
    match = _TIME.match(str(text or ""))
    if match is None:
        return None
    try:
        return datetime.strptime(f"{match[1]}T{match[2]}", "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _names(row: Row) -> Iterator[str]:
    """Yield the names of a certificate, plain, then with the time at which it was made."""
    name = certificate_id(row)
    if name:
        yield name
        if row.get("created_on"):
            yield f"{name}:{row['created_on']}"


def _health(ends: datetime | None, now: datetime, renewal: str) -> Health:
    if ends is None:
        return Health(state="unknown", reason="its expiry date is not known")
    if ends <= now:
        return Health(state="degraded", reason=f"it expired on {ends:%Y-%m-%d}")
    if ends - now < SOON:
        why = "is renewed by hand" if renewal == BY_HAND else "was not renewed"
        return Health(state="degraded", reason=f"it expires on {ends:%Y-%m-%d} and {why}")
    return Health(state="healthy")


KIND = Kind(
    name="certificate",
    plural="certificates",
    model=Certificate,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
    naming=Naming(_names, siblings=True),
)
