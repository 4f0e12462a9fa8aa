"""Certificates, by their names in order; how long they hold is health.

Read from `/api/nginx/certificates`, one call; their keys, and the credentials for DNS providers, are never
read. By hand: `curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/certificates`.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.lookups import NpmLookups, certificate_id, listing
from reconciler.model.fields import DomainNames, Flag, Moment, Text
from reconciler.model.kind import OBSERVED, Health, Kind, Listing, Resource
from reconciler.model.value import timestamp

SOON = timedelta(days=14)
"""Let's Encrypt certificates are renewed with 30 days left: one with fewer than these was not."""

_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)")


class Certificate(Resource):
    """A certificate for names."""

    provider: Annotated[Text, Field(description="letsencrypt, or other: a file")] = "letsencrypt"
    nice_name: Text | None = None
    domain_names: DomainNames = ()
    dns_challenge: Flag = False
    dns_provider: Text | None = None
    key_type: Text | None = None
    expires_on: Annotated[Moment | None, OBSERVED, Field(description="When it ends")] = None


def fetch(api: NpmApi, lookups: NpmLookups) -> Listing:
    """Every certificate that the account may see."""
    rows = api.rows("certificates")
    now = timestamp(datetime.now(UTC))
    found = ((certificate_id(row), {**row, "@now": now}) for row in rows)
    return listing(lookups, "certificates", found, "name")


def normalise(identity: str, raw: Mapping[str, Any]) -> Certificate:
    """A certificate of its row; raises `ValueError` when it makes no sense."""
    del identity
    meta = raw.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    ends = _moment(raw.get("expires_on"))
    found = {
        "provider": raw.get("provider"),
        "nice_name": raw.get("nice_name"),
        "domain_names": [str(name) for name in raw.get("domain_names") or ()],
        "dns_challenge": meta.get("dns_challenge"),
        "dns_provider": meta.get("dns_provider"),
        "key_type": meta.get("key_type"),
        "expires_on": timestamp(ends) if ends else None,
        "health": _health(ends, raw.get("@now")),
    }
    return Certificate.model_validate({key: value for key, value in found.items() if value not in (None, "")})


def _moment(text: object) -> datetime | None:
    match = _TIME.match(str(text or ""))
    if match is None:
        return None
    try:
        return datetime.strptime(f"{match[1]}T{match[2]}", "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _health(ends: datetime | None, now: object) -> Health:
    if ends is None:
        return Health(state="unknown", reason="it does not say when it ends")
    today = _moment(now) or datetime.now(UTC)
    if ends <= today:
        return Health(state="degraded", reason=f"it ended on {ends:%Y-%m-%d}")
    if ends - today < SOON:
        return Health(state="degraded", reason=f"it ends on {ends:%Y-%m-%d} and was not renewed")
    return Health(state="healthy")


KIND = Kind(
    name="certificate",
    plural="certificates",
    model=Certificate,
    fetch=fetch,
    normalise=normalise,
    declarable=False,
)
