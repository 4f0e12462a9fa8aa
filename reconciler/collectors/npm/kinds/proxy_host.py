"""Proxy hosts: public names that are forwarded to an internal host, by any of their names.

Read from `/api/nginx/proxy-hosts`, one call, of Nginx Proxy Manager or NPMplus. By hand:
`curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/proxy-hosts`.
"""

from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.identities import identified
from reconciler.collectors.http.payload import ApiRow, refuse_row
from reconciler.collectors.http.redaction import Redacted, secret_under
from reconciler.collectors.http.values import is_nothing, objects_of, text_of, without_zero_fraction
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
    resolve_names,
)
from reconciler.collectors.npm.lookups import NpmListing, NpmLookups, listing
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Names, Text
from reconciler.model.fingerprint import NONE
from reconciler.model.kind import Kind
from reconciler.model.references import RefTo
from reconciler.model.resource import own_fields
from reconciler.model.unread import read_into
from reconciler.model.value import Value

FrameOptions = Annotated[
    Text | None, Field(description="NPMplus: X-Frame-Options: DENY, SAMEORIGIN, upstream or none")
]
ForwardAuthentication = Annotated[
    Text | None,
    Field(description="NPMplus: forward authentication: none, authelia, authentik, tinyauth, …"),
]
ForwardAuthenticationServer = Annotated[
    Text | None, Field(description="NPMplus: URL of the forward authentication server")
]
PlusFlag = Annotated[Flag | None, AfterValidator(lambda is_on: is_on or None)]
"""A flag of NPMplus, which older rows lack: off and not there are the same."""


class Location(Value):
    """A custom location: a path with its own target."""

    forward_scheme: Annotated[Text, Field(description="Scheme: http or https")] = "http"
    forward_host: Annotated[Host | None, Field(description="Forward host: address or name")] = None
    forward_port: Annotated[Count | None, Field(description="Forward port")] = None
    forward_path: Annotated[Text | None, Field(description="Path on the forward host")] = None
    access_lists: Annotated[
        Names | None,
        AfterValidator(lambda names: names or None),
        RefTo("access-list"),
        Field(description="NPMplus: ids of access lists with custom; global: those of the host"),
    ] = None
    npmplus_access_list_type: Annotated[
        Text | None, Field(description="NPMplus: access lists: global, public or custom")
    ] = None
    npmplus_enabled: Annotated[
        Flag | None,
        AfterValidator(lambda is_on: None if is_on else is_on),
        Field(description="NPMplus: false if the location is disabled"),
    ] = None
    npmplus_noindex: Annotated[PlusFlag, Field(description="NPMplus: forbid indexing by search engines")] = (
        None
    )
    npmplus_crowdsec_appsec: Annotated[
        PlusFlag, Field(description="NPMplus: true disables CrowdSec AppSec")
    ] = None
    npmplus_proxy_request_buffering: Annotated[
        PlusFlag, Field(description="NPMplus: true disables request buffering")
    ] = None
    npmplus_proxy_response_buffering: Annotated[
        PlusFlag, Field(description="NPMplus: true disables response buffering")
    ] = None
    npmplus_upstream_compression: Annotated[
        PlusFlag, Field(description="NPMplus: the upstream compresses, not nginx")
    ] = None
    npmplus_fancyindex: Annotated[PlusFlag, Field(description="NPMplus: directory listing (fancyindex)")] = (
        None
    )
    npmplus_x_frame_options: FrameOptions = None
    npmplus_auth_request: ForwardAuthentication = None
    npmplus_auth_request_upstream: ForwardAuthenticationServer = None
    advanced_config: CustomConfiguration = NONE


class ProxyHost(Secured):
    """A proxy host: public domain names and their target."""

    block_exploits: BlockExploits = None
    forward_scheme: Annotated[
        Text, Field(description="Scheme: http or https; NPMplus: also path, empty, grpc, grpcs")
    ] = "http"
    forward_host: Annotated[Host | None, Field(description="Forward host: address or name")] = None
    forward_port: Annotated[Count | None, Field(le=65535, description="Forward port")] = None
    access_lists: Annotated[
        Names, RefTo("access-list"), Field(description="Ids of access lists; empty: publicly accessible")
    ] = ()
    caching_enabled: Annotated[
        Flag | None, Field(description="Cache Assets; null: NPMplus does not have the setting")
    ] = None
    allow_websocket_upgrade: Annotated[
        Flag | None, Field(description="Websockets Support; null: NPMplus, where it is always on")
    ] = None
    trust_forwarded_proto: Annotated[
        Flag | None,
        Field(description="Trust Forwarded Proto headers; null: NPMplus does not have the setting"),
    ] = None
    locations: Annotated[
        dict[str, Location], Field(default_factory=dict, description="Custom locations, by path")
    ]
    mtls_certificate: Annotated[
        Text | None,
        RefTo("certificate"),
        Field(description="NPMplus: id of the certificate that client certificates are checked with (mTLS)"),
    ] = None
    npmplus_access_list_type: Annotated[
        Text | None, Field(description="NPMplus: access lists: public or custom")
    ] = None
    npmplus_directory: Annotated[
        Text | None, Field(description="NPMplus: directory to serve, with scheme path")
    ] = None
    npmplus_mtls_verify_client_optional: Annotated[
        Flag | None, Field(description="NPMplus: client certificates are optional")
    ] = None
    npmplus_http3_support: Annotated[Flag | None, Field(description="NPMplus: HTTP/3")] = None
    npmplus_noindex: Annotated[
        Flag | None, Field(description="NPMplus: forbid indexing by search engines")
    ] = None
    npmplus_crowdsec_appsec: Annotated[
        Flag | None, Field(description="NPMplus: true disables CrowdSec AppSec")
    ] = None
    npmplus_proxy_request_buffering: Annotated[
        Flag | None, Field(description="NPMplus: true disables request buffering")
    ] = None
    npmplus_proxy_response_buffering: Annotated[
        Flag | None, Field(description="NPMplus: true disables response buffering")
    ] = None
    npmplus_upstream_compression: Annotated[
        Flag | None, Field(description="NPMplus: the upstream compresses, not nginx")
    ] = None
    npmplus_fancyindex: Annotated[
        Flag | None, Field(description="NPMplus: directory listing (fancyindex)")
    ] = None
    npmplus_x_frame_options: FrameOptions = None
    npmplus_auth_request: ForwardAuthentication = None
    npmplus_auth_request_upstream: ForwardAuthenticationServer = None
    advanced_config: CustomConfiguration = NONE


_FIELDS = own_fields(
    ProxyHost, "certificate", "access_lists", "mtls_certificate", "locations", "advanced_config"
)


def fetch(api: NpmApi, lookups: NpmLookups) -> NpmListing:
    """Read every proxy host that the account may see."""
    found = ((first_name(row), row) for row in api.rows("proxy-hosts"))
    return listing(lookups, "proxy_hosts", found, lookups.context, lacking="domain_names", names=names_of)


def normalise(_identity: str, raw: ApiRow, context: NpmContext) -> ProxyHost:
    """Make a proxy host of its row."""
    found = read_host(raw, _FIELDS, ignored_fields("npm", "proxy-host"), context)
    resolve_certificate(found, raw, context)
    _resolve_access_lists(found, raw, context)
    resolve_certificate(found, raw, context, "npmplus_mtls_certificate_id")
    read_into(found, "locations", lambda: _locations(raw.get("locations"), context))
    found["advanced_config"] = _config(raw)
    return ProxyHost.of_row(found)


def _resolve_access_lists(found: dict[str, Any], raw: ApiRow, context: NpmContext) -> None:
    ids = raw.get("npmplus_access_list_ids")
    ids = raw.get("access_list_id") if is_nothing(ids) else ids
    names = resolve_names(found, "access_lists", ids, context.access_lists, context)
    found |= {"access_lists": names} if names else {}


def _locations(given: object, context: NpmContext) -> dict[str, Any]:
    """Return its locations by path; none for null, as old rows have it.

    Raises `ValueError` for odd ones, and where an access list of one may only be hidden.
    """
    rows = identified(((_path(row), row) for row in objects_of(given)), "").rows
    return {path: _location(row, context) for path, row in rows.items()}


def _path(row: ApiRow) -> str:
    """Return the path of a location; NPMplus writes how nginx matches it apart: `~ ^/a`."""
    return f"{text_of(row.get('location_type') or '')}{text_of(row.get('path') or '/')}"


def _location(row: ApiRow, context: NpmContext) -> dict[str, Any]:
    found = {
        key: without_zero_fraction(row[key]) for key in Location.model_fields if not is_nothing(row.get(key))
    }
    ids = row.get("npmplus_access_list_ids")
    found["access_lists"] = resolve_names(found, "access_lists", ids, context.access_lists, context)
    if found.pop("unread", None):
        refuse_row("has an access list that cannot be read")
    return found | {"advanced_config": _config(row)}


def _config(row: ApiRow) -> str | None:
    """Return all nginx text of a host or location as one secret."""
    return secret_under(row, *(key for key, value in row.items() if isinstance(value, Redacted)))


KIND = Kind(
    name="proxy-host",
    plural="proxy-hosts",
    model=ProxyHost,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    gates=GATES,
    defaults=defaults,
    identity=HostName,
    naming=BY_ANY_NAME,
)
