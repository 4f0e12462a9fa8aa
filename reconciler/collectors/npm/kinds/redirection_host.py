"""Redirections: public names that send people to another name, by the first of their names.

Read from `/api/nginx/redirection-hosts`, one call. By hand:
`curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/redirection-hosts`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.redaction import fingerprint
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.host import HostName, Secured, defaults, first_name, name_certificate, plain
from reconciler.collectors.npm.lookups import NpmLookups, listing
from reconciler.model.fields import Count, Flag, Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.kind import Kind, Listing, Resource

_NOT_READ = {"advanced_config": "people write secrets there; its fingerprint is read"}


class RedirectionHost(Secured):
    """Names and where they send people."""

    forward_scheme: Annotated[Text, Field(description="auto, http or https")] = "auto"
    forward_domain_name: Text | None = None
    forward_http_code: Annotated[Count, Field(description="Status of the answer (RFC 9110)")] = 302
    preserve_path: Flag = False
    advanced_config: SecretFingerprint = None


_FIELDS = (
    frozenset(RedirectionHost.model_fields)
    - frozenset(Resource.model_fields)
    - {"certificate", "advanced_config"}
)


def fetch(api: NpmApi, lookups: NpmLookups) -> Listing:
    """Every redirection that the account may see."""
    rows = api.rows("redirection-hosts")
    shared = {"@certificates": lookups.certificates, "@whole": lookups.whole}
    found = ((first_name(row), {**row, **shared}) for row in rows)
    return listing(lookups, "redirection_hosts", found, "domain_names")


def normalise(identity: str, raw: Mapping[str, Any]) -> RedirectionHost:
    """A redirection of its row; raises `ValueError` when it makes no sense."""
    del identity
    found = plain(raw, _FIELDS, _NOT_READ)
    if "forward_scheme" in found:
        found["forward_scheme"] = str(found["forward_scheme"]).strip("$") or "auto"
    name_certificate(found, raw)
    found["advanced_config"] = fingerprint(raw, "advanced_config")
    return RedirectionHost.model_validate(found)


KIND = Kind(
    name="redirection-host",
    plural="redirection-hosts",
    model=RedirectionHost,
    fetch=fetch,
    normalise=normalise,
    defaults=defaults,
    identity=HostName,
)
