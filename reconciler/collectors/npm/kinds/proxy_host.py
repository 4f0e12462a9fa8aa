"""Proxy hosts: public names that lead to a host inside, by the first of their names.

Read from `/api/nginx/proxy-hosts`, one call, of Nginx Proxy Manager or NPMplus. By hand:
`curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/proxy-hosts`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow, identified, nonsense, tie_of
from reconciler.collectors.http.redaction import Redacted, fingerprint
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.host import (
    HostName,
    Secured,
    defaults,
    first_name,
    is_nothing,
    name_certificate,
    named,
    plain,
)
from reconciler.collectors.npm.lookups import NpmLookups, listing
from reconciler.model.fields import Count, Flag, Names, Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.kind import Kind, Listing, Resource
from reconciler.model.value import Value

_NOT_READ = {
    "access_list": "is read as access_list",
    "access_list_id": "is read as access_list",
    "npmplus_access_list_ids": "is read as access_lists",
    "npmplus_mtls_certificate_id": "is read as mtls_certificate",
    "advanced_config": "people write secrets there; its fingerprint is read",
    "npmplus_location_config": "people write secrets there; its fingerprint is read",
    "locations": "is read as locations",
}


class Location(Value):
    """A path that leads elsewhere than the rest of its host."""

    forward_scheme: Text = "http"
    forward_host: Text | None = None
    forward_port: Count | None = None
    forward_path: Text | None = None


class ProxyHost(Secured):
    """Names outside and where they lead."""

    forward_scheme: Annotated[
        Text, Field(description="http, https; NPMplus: path, empty, grpc, grpcs too")
    ] = "http"
    forward_host: Annotated[Text | None, Field(description="Address or name inside")] = None
    forward_port: Annotated[Count | None, Field(le=65535)] = None
    access_lists: Annotated[Names, Field(description="Names of access lists; none: anybody may come")] = ()
    caching_enabled: Flag | None = None
    allow_websocket_upgrade: Annotated[Flag | None, Field(description="none: NPMplus, which always does")] = (
        None
    )
    trust_forwarded_proto: Flag | None = None
    locations: Annotated[dict[str, Location], Field(default_factory=dict, description="By their path")]
    mtls_certificate: Annotated[Text | None, Field(description="NPMplus: of clients")] = None
    npmplus_access_list_type: Annotated[Text | None, Field(description="public or custom")] = None
    npmplus_directory: Text | None = None
    npmplus_mtls_verify_client_optional: Flag | None = None
    npmplus_http3_support: Flag | None = None
    npmplus_noindex: Flag | None = None
    npmplus_crowdsec_appsec: Flag | None = None
    npmplus_proxy_request_buffering: Flag | None = None
    npmplus_proxy_response_buffering: Flag | None = None
    npmplus_upstream_compression: Flag | None = None
    npmplus_fancyindex: Flag | None = None
    npmplus_x_frame_options: Text | None = None
    npmplus_auth_request: Text | None = None
    npmplus_auth_request_upstream: Text | None = None
    advanced_config: SecretFingerprint = None


_FIELDS = frozenset(ProxyHost.model_fields) - frozenset(Resource.model_fields) - {
    "certificate", "access_lists", "mtls_certificate", "locations", "advanced_config",
}  # fmt: skip


def fetch(api: NpmApi, lookups: NpmLookups) -> Listing:
    """Every proxy host that the account may see."""
    rows = api.rows("proxy-hosts")
    shared = {
        "@certificates": lookups.certificates,
        "@access_lists": lookups.access_lists,
        "@whole": lookups.whole,
    }
    return listing(
        lookups, "proxy_hosts", ((first_name(row), {**row, **shared}) for row in rows), "domain_names"
    )


def normalise(identity: str, raw: Mapping[str, Any]) -> ProxyHost:
    """A proxy host of its row; raises `ValueError` when it makes no sense."""
    del identity
    found = plain(raw, _FIELDS, _NOT_READ)
    name_certificate(found, raw)
    _name_access_lists(found, raw)
    name_certificate(found, raw, "npmplus_mtls_certificate_id")
    rows = _locations(raw.get("locations"))
    by_path, _, _ = identified((_path(row), tie_of(row, ""), row) for row in rows)
    found["locations"] = {path: _location(row) for path, row in by_path.items()}
    found["advanced_config"] = _config(raw, rows)
    return ProxyHost.model_validate(found)


def _name_access_lists(found: dict[str, Any], raw: ApiRow) -> None:
    ids = raw.get("npmplus_access_list_ids")
    ids = ids if isinstance(ids, list) else [raw.get("access_list_id")]
    ids = [each for each in ids if not is_nothing(each) and str(each) != "0"]
    if not ids:
        return
    named(found, "access_lists", ids, raw, many=True)


def _locations(given: object) -> list[ApiRow]:
    """Its locations; none for null, as old rows have it."""
    if given is None:
        return []
    if not isinstance(given, list) or not all(isinstance(row, dict) for row in given):
        nonsense("locations: is no list of objects")
    return given


def _path(row: ApiRow) -> str:
    """NPMplus writes how nginx matches it apart: `~ ^/a`."""
    return f"{row.get('location_type') or ''}{row.get('path') or '/'}"


def _location(row: ApiRow) -> dict[str, Any]:
    return {key: row[key] for key in Location.model_fields if not is_nothing(row.get(key))}


def _config(raw: ApiRow, locations: list[ApiRow]) -> str | None:
    """One fingerprint of all nginx text of a host and its locations."""
    texts: dict[str, Any] = {
        f"{number} {key}": value
        for number, row in enumerate((raw, *sorted(locations, key=_path)))
        for key, value in row.items()
        if isinstance(value, Redacted)
    }
    return fingerprint(texts, *texts)


KIND = Kind(
    name="proxy-host",
    plural="proxy-hosts",
    model=ProxyHost,
    fetch=fetch,
    normalise=normalise,
    defaults=defaults,
    identity=HostName,
)
