"""The common parts of all hosts and of streams: names, certificate, health."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.values import flag_of, is_nothing, list_of, text_of, without_zero_fraction
from reconciler.collectors.ignored_fields import IgnoredFields
from reconciler.collectors.npm.context import NpmContext
from reconciler.model.fields.hosts import DomainNames
from reconciler.model.fields.numbers import Flag
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.gate import Gate
from reconciler.model.host_name import host_name
from reconciler.model.naming import Naming
from reconciler.model.references import RefTo
from reconciler.model.resource import Health, Resource
from reconciler.model.unread import mark_unparsed, mark_unread, why_unparsed

CustomConfiguration = Annotated[
    SecretFingerprint, Field(description="Custom Nginx configuration: none, set or its keyed fingerprint")
]


class Secured(Resource):
    """A host with domain names and, optionally, a certificate."""

    enabled: Annotated[Flag, Field(description="Host is enabled")] = True
    domain_names: Annotated[
        DomainNames, Field(description="Domain names in ASCII form (xn--…); order and case do not matter")
    ] = ()
    certificate: Annotated[
        Text | None,
        RefTo("certificate"),
        Field(description="Id of the SSL certificate; null: plain HTTP only"),
    ] = None
    ssl_forced: Annotated[Flag, Field(description="Force SSL: redirect HTTP to HTTPS")] = False
    hsts_enabled: Annotated[Flag, Field(description="HSTS")] = False
    hsts_subdomains: Annotated[Flag, Field(description="HSTS for subdomains")] = False
    http2_support: Annotated[
        Flag | None, Field(description="HTTP/2; null: NPMplus, where it is always on")
    ] = None


BlockExploits = Annotated[
    Flag | None, Field(description="Block Common Exploits; null: NPMplus does not have the setting")
]


_QUOTED = re.compile(r"\"[^\"]*\"?|'[^']*'?")
"""Text of a configuration that nginx quotes, in which people write secrets."""
_FLAGS = "http2_support block_exploits caching_enabled allow_websocket_upgrade trust_forwarded_proto".split()


GATES = (
    Gate("/certificate", ("/ssl_forced",), closed_by=frozenset({None})),
    Gate("/ssl_forced", ("/hsts_enabled",)),
    Gate("/hsts_enabled", ("/hsts_subdomains",)),
)
"""The proxy manager itself switches these off with the flag, at the next save."""


def defaults(row: Mapping[str, object]) -> dict[str, object]:
    """Return the flags that are off by default in Nginx Proxy Manager; NPMplus does not have them."""
    return {flag: False for flag in _FLAGS if row.get(flag) is not None}


def names_of(row: ApiRow) -> tuple[str, ...]:
    """Return the names of a host, each of which may be its id, in the order of the answer."""
    names = row.get("domain_names")
    if not isinstance(names, list | tuple):
        return ()
    return tuple(filter(None, (host_name(name) for name in names if isinstance(name, str))))


def first_name(row: ApiRow) -> str | None:
    """Return the id of a host that has no other yet: its first name in the order of the answer."""
    return next(iter(names_of(row)), None)


def _declared(text: str) -> str:
    """Return the id of a host from the form in desired state."""
    name = host_name(text)
    if not name or "://" in name:
        message = "is not a name of a host; write one of its names, such as git.example.org"
        raise ValueError(message)
    return name


HostName = Annotated[str, AfterValidator(_declared)]
BY_ANY_NAME = Naming(names_of)
"""Of hosts: each of their names may be the id. The proxy manager sorts them at every save."""


def read_host(
    row: ApiRow, names: frozenset[str], ignored: IgnoredFields, context: NpmContext
) -> dict[str, Any]:
    """Return the fields of a row by their names, what is unmodelled, and its health."""
    found = {
        key: without_zero_fraction(value)
        for key, value in row.items()
        if key in names and not is_nothing(value)
    }
    found["unmodelled"] = ignored.unmodelled(row, names, context.fingerprints)
    found["health"] = health(row)
    return found


def resolve_certificate(
    found: dict[str, Any], row: ApiRow, context: NpmContext, key: str = "certificate_id"
) -> None:
    """Set the certificate by its name; unread where it may only be hidden."""
    number = row.get(key)
    field = "certificate" if key == "certificate_id" else "mtls_certificate"
    names = resolve_names(found, field, number, context.certificates, context)
    if names:
        found[field] = names[0]


def resolve_names(
    found: dict[str, Any], field: str, ids: object, names: Mapping[str, str] | None, context: NpmContext
) -> list[str]:
    """Return the names of ids; none, and the field is unread, where one of them may only be hidden."""
    try:
        given = [text_of(each) for each in list_of(ids)]
    except ValueError as error:
        mark_unparsed(found, {field: f"{field}: {why_unparsed(error)}"})
        return []
    given = [each for each in given if each not in _NO_IDS]
    if not given:
        return []
    if not names or (not context.names_complete and not all(each in names for each in given)):
        mark_unread(found, field)
        return []
    return [names.get(each, f"id {each}") for each in given]


_NO_IDS = frozenset({"", "0", "new"})


def health(row: ApiRow) -> Health | None:
    """Return whether nginx serves the host, and the reason where it does not."""
    meta = row.get("meta")
    meta = meta if isinstance(meta, dict) else {}
    online = row.get("npmplus_nginx_online", meta.get("nginx_online"))
    error = row.get("npmplus_nginx_err") or meta.get("nginx_err")
    try:
        if not flag_of(row.get("enabled"), default=True):
            return Health(state="stopped", reason="it is disabled")
        if is_nothing(online):
            return None
        if flag_of(online):
            return Health(state="healthy")
    except ValueError:
        return Health(state="unknown", reason="its state cannot be read")
    first = _QUOTED.sub("…", " ".join(str(error or "").split()))[:200]
    return Health(state="degraded", reason=f"nginx rejects it: {first or 'no reason given'}")
