"""404 hosts: public names that are answered with "not found", by any of their names.

Read from `/api/nginx/dead-hosts`, one call. By hand:
`curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/dead-hosts`.
"""

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.context import NpmContext
from reconciler.collectors.npm.host import (
    BY_ANY_NAME,
    GATES,
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
from reconciler.model.fingerprint import NONE
from reconciler.model.kind import Kind
from reconciler.model.resource import own_fields


class DeadHost(Secured):
    """A 404 host."""

    advanced_config: CustomConfiguration = NONE


_FIELDS = own_fields(DeadHost, "certificate", "advanced_config")


def fetch(api: NpmApi, lookups: NpmLookups) -> NpmListing:
    """Read every 404 host that the account may see."""
    found = ((first_name(row), row) for row in api.rows("dead-hosts"))
    return listing(lookups, "dead_hosts", found, lookups.context, lacking="domain_names", names=names_of)


def normalise(_identity: str, raw: ApiRow, context: NpmContext) -> DeadHost:
    """Make a 404 host of its row."""
    found = read_host(raw, _FIELDS, ignored_fields("npm", "dead-host"), context)
    resolve_certificate(found, raw, context)
    found["advanced_config"] = secret_under(raw, "advanced_config")
    return DeadHost.of_row(found)


KIND = Kind(
    name="dead-host",
    plural="dead-hosts",
    model=DeadHost,
    fetch=fetch,
    normalise=normalise,
    gates=GATES,
    defaults=defaults,
    identity=HostName,
    naming=BY_ANY_NAME,
)
