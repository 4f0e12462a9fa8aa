"""Dynamic DNS entries of a UniFi site, by host name: `home.example.org`.

If several have the same host name, the id is `name:interface` or `name:interface:service`. Password, login
(which may be an e-mail address), options and server path (which may contain a token) are
recorded only as keyed fingerprints. Read from `rest/dynamicdns`, one call. By hand:
`curl -H "X-API-KEY: $KEY" https://HOST/proxy/network/api/s/default/rest/dynamicdns`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.http.values import list_of, text_if_any, text_of
from reconciler.collectors.unifi.connection.api import Read, UnifiApi
from reconciler.collectors.unifi.context import UnifiContext
from reconciler.collectors.unifi.lookups import UnifiLookups
from reconciler.collectors.unifi.rows import UnifiListing, listing, read_fields
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.host_name import host_name
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.resource import Resource
from reconciler.model.unread import read_into
from reconciler.model.value import Row

DYNAMIC_NAMES = Read("classic", "rest/dynamicdns")
READS = (DYNAMIC_NAMES,)


class DynamicDns(Resource):
    """A public host name that follows a WAN address."""

    host_name: Annotated[Host | None, Field(description="Host name; defaults to the one in the id")] = None
    interface: Annotated[Text, Field(description="WAN interface: wan, wan2, …")] = "wan"
    service: Annotated[Text | None, Field(description="Service: dyndns, cloudflare, custom, …")] = None
    custom_service: Annotated[Text | None, Field(description="Name of a custom service")] = None
    server: Annotated[Host | None, Field(description="Host of the update server, without path")] = None
    server_path_fingerprint: Annotated[
        SecretFingerprint,
        Field(
            description="Scheme, port and path of the update server, maybe with a token; keyed fingerprint"
        ),
    ] = NONE
    login_fingerprint: Annotated[
        SecretFingerprint, Field(description="User name, which may be an e-mail address; keyed fingerprint")
    ] = NONE
    password_fingerprint: Annotated[
        SecretFingerprint, Field(description="Password: none, set or its keyed fingerprint")
    ] = NONE
    options_fingerprint: Annotated[
        SecretFingerprint, Field(description="All options together, in any order; keyed fingerprint")
    ] = NONE


_FIELDS = frozenset({"host_name", "interface", "service", "custom_service"})
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def fetch(api: UnifiApi, lookups: UnifiLookups) -> UnifiListing:
    """Read every name; a site may have none."""
    rows = lookups.classic_if_known(DYNAMIC_NAMES, "dynamic-dns")
    found = ((_identity(row), row) for row in rows)
    return listing(api, DYNAMIC_NAMES, found, UnifiContext(), kind="dynamic-dns", lacking="host_name")


def _identity(row: ApiRow) -> str | None:
    given = row.get("host_name")
    return (host_name(given) or None) if isinstance(given, str) else None


def normalise(_name: str, raw: ApiRow, context: UnifiContext) -> DynamicDns:
    """Make a name of its row."""
    found: dict[str, Any] = read_fields(raw, _FIELDS, "dynamic-dns", context)
    found["password_fingerprint"] = secret_under(raw, "x_password", required=True)
    secret = context.fingerprints.secret
    server = partial(text_of, raw.get("server") or "")
    read_into(found, "server", lambda: _host_and_rest(server())[0] or None)
    read_into(found, "server_path_fingerprint", lambda: secret("/server", _host_and_rest(server())[1]))
    read_into(found, "login_fingerprint", lambda: secret("/login", text_if_any(raw.get("login"))))
    read_into(found, "options_fingerprint", lambda: secret("/options", _options(raw)))
    return DynamicDns.of_row(found)


def _host_and_rest(server: str) -> tuple[str, str]:
    """Return the host of a server, and the rest of it.

    One with a user in it (`user:word@host`) has no host that could be shown.
    """
    text = server.strip()
    found = _SCHEME.match(text)
    scheme = found.group() if found else ""
    authority = re.split(r"[/?#]", text[len(scheme) :], maxsplit=1)[0]
    host = authority.partition(":")[0]
    return ("", text) if "@" in authority else (host, scheme + text[len(scheme) + len(host) :])


def _options(raw: Mapping[str, Any]) -> str:
    return "\n".join(sorted(map(text_of, list_of(raw.get("options")))))


def _declared(text: str) -> str:
    name, *more = text.strip().split(":", 2)
    if not host_name(name) or "/" in text or "@" in text:
        message = "is not a name; write that of the host, such as home.example.org"
        raise ValueError(message)
    return ":".join([host_name(name), *filter(None, more)])


def _names(row: Row) -> Iterator[str]:
    """Yield the names that a row goes by: plain, with its interface, and with its service."""
    name, interface, service = (row.get(field) for field in ("host_name", "interface", "service"))
    if name:
        yield str(name)
        yield f"{name}:{interface or 'wan'}"
        if service:
            yield f"{name}:{interface or 'wan'}:{service}"


def _of_id(identity: str, _row: Row) -> Row:
    """Return the name of an id, and the interface and service where it has them."""
    return dict(zip(("host_name", "interface", "service"), identity.split(":", 2), strict=False))


def _follows(path: str) -> str | None:
    """Return the pointer of the server, for the path at it."""
    return "/server" if path == "/server_path_fingerprint" else None


KIND = Kind(
    name="dynamic-dns",
    plural="dynamic-dns-names",
    model=DynamicDns,
    fetch=fetch,
    normalise=normalise,
    follows=_follows,
    identity=Annotated[str, AfterValidator(_declared)],
    naming=Naming(_names, siblings=True, of_id=_of_id),
)
