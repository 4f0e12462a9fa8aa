"""Redirection hosts: public names that redirect to another name, by any of their names.

Read from `/api/nginx/redirection-hosts`, one call. By hand:
`curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/redirection-hosts`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.context import NpmContext
from reconciler.collectors.npm.host import (
    BY_ANY_NAME,
    GATES,
    BlockExploits,
    CustomConfiguration,
    HostName,
    Secured,
    defaults,
    first_name,
    names_of,
    read_host,
    resolve_certificate,
)
from reconciler.collectors.npm.lookups import NpmListing, NpmLookups, listing
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE
from reconciler.model.kind import Kind
from reconciler.model.resource import own_fields


class RedirectionHost(Secured):
    """A redirection host."""

    block_exploits: BlockExploits = None
    forward_scheme: Annotated[Text, Field(description="Scheme of the target: auto, http or https")] = "auto"
    forward_domain_name: Annotated[Host | None, Field(description="Domain name to redirect to")] = None
    forward_http_code: Annotated[Count, Field(description="HTTP status code of the redirect")] = 302
    preserve_path: Annotated[Flag, Field(description="Keep the path of the request")] = False
    advanced_config: CustomConfiguration = NONE


_FIELDS = own_fields(RedirectionHost, "certificate", "advanced_config")


def fetch(api: NpmApi, lookups: NpmLookups) -> NpmListing:
    """Read every redirection that the account may see."""
    found = ((first_name(row), row) for row in api.rows("redirection-hosts"))
    return listing(
        lookups, "redirection_hosts", found, lookups.context, lacking="domain_names", names=names_of
    )


def normalise(_identity: str, raw: ApiRow, context: NpmContext) -> RedirectionHost:
    """Make a redirection of its row."""
    found = read_host(raw, _FIELDS, ignored_fields("npm", "redirection-host"), context)
    if isinstance(found.get("forward_scheme"), str):
        found["forward_scheme"] = found["forward_scheme"].strip("$") or "auto"
    resolve_certificate(found, raw, context)
    found["advanced_config"] = secret_under(raw, "advanced_config")
    return RedirectionHost.of_row(found)


KIND = Kind(
    name="redirection-host",
    plural="redirection-hosts",
    model=RedirectionHost,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    gates=GATES,
    defaults=defaults,
    identity=HostName,
    naming=BY_ANY_NAME,
)
