"""Streams: TCP and UDP ports that are forwarded unchanged, as `port/proto`: `2222/tcp`, `53/tcp+udp`.

Read from `/api/nginx/streams`, one call. Ports are numbers in Nginx Proxy Manager and text in NPMplus,
which has ranges too. By hand: `curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/streams`.
"""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import secret_under
from reconciler.collectors.http.values import flag_of, read_notes, text_of
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.context import NpmContext
from reconciler.collectors.npm.host import CustomConfiguration, read_host, resolve_certificate
from reconciler.collectors.npm.lookups import NpmListing, NpmLookups, listing
from reconciler.model.fields.hosts import Host, are_ports
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.fields.text import Notes, Text
from reconciler.model.fingerprint import NONE
from reconciler.model.kind import Kind
from reconciler.model.naming import Naming
from reconciler.model.references import RefTo
from reconciler.model.resource import Resource, own_fields
from reconciler.model.value import Row

_NOTES = "npmplus_description"


class Stream(Resource):
    """A stream: a forwarded TCP or UDP port."""

    enabled: Annotated[Flag, Field(description="Stream is enabled")] = True
    incoming_port: Annotated[
        Text,
        StringConstraints(strip_whitespace=True),
        Field(description="Incoming port; NPMplus: also a range, 5000-5010"),
    ]
    tcp_forwarding: Annotated[Flag, Field(description="Forward TCP")] = False
    udp_forwarding: Annotated[Flag, Field(description="Forward UDP")] = False
    forwarding_host: Annotated[Host | None, Field(description="Forward host: address or name")] = None
    forwarding_port: Annotated[Text | None, Field(description="Forward port; NPMplus: also $server_port")] = (
        None
    )
    certificate: Annotated[
        Text | None,
        RefTo("certificate"),
        Field(description="Id of the SSL certificate; null: traffic is forwarded unchanged"),
    ] = None
    npmplus_proxy_protocol_forwarding: Annotated[
        Count | None, Field(description="NPMplus: PROXY protocol version; 0: off")
    ] = None
    npmplus_proxy_tls: Annotated[Flag | None, Field(description="NPMplus: TLS to the forward host")] = None
    has_description: Annotated[Flag | None, Field(description="NPMplus: the stream has a description")] = None
    npmplus_description: Annotated[
        Notes | None, Field(description="NPMplus: description; only with store_descriptions")
    ] = None
    advanced_config: CustomConfiguration = NONE


_FIELDS = own_fields(Stream, "certificate", "advanced_config", "has_description", "npmplus_description")


def fetch(api: NpmApi, lookups: NpmLookups) -> NpmListing:
    """Read every stream that the account may see."""
    found = ((_identity(row), row) for row in api.rows("streams"))
    return listing(lookups, "streams", found, lookups.context, lacking="incoming_port")


def _identity(row: ApiRow) -> str | None:
    try:
        port = text_of(row.get("incoming_port") or "").strip()
        names = [name for name in ("tcp", "udp") if flag_of(row.get(f"{name}_forwarding"))]
    except ValueError:
        return None
    if not port:
        return None
    return f"{port}/{'+'.join(names) or 'none'}"


def _declared(text: str) -> str:
    port, slash, proto = text.strip().partition("/")
    protocols = sorted(proto.lower().replace("_", "+").split("+"))
    if not port or not slash or not set(protocols) <= {"tcp", "udp", "none"}:
        message = "is not a stream; write port/protocol, such as 2222/tcp or 53/tcp+udp"
        raise ValueError(message)
    if not are_ports(port):
        message = f"is not a stream: {port[:11]} is not from 1 to 65535"
        raise ValueError(message)
    return f"{port}/{'+'.join(protocols)}"


def _names(row: Row) -> tuple[str, ...]:
    name = _identity(row)
    return (name,) if name else ()


def _of_id(identity: str, _row: Row) -> Row:
    """Return the port and the protocols of an id."""
    port, _, protocols = identity.partition("/")
    flags = {f"{name}_forwarding": name in protocols.split("+") for name in ("tcp", "udp")}
    return {"incoming_port": port, **flags}


def normalise(_identity: str, raw: ApiRow, context: NpmContext) -> Stream:
    """Make a stream of its row."""
    found = read_host(raw, _FIELDS, ignored_fields("npm", "stream"), context)
    resolve_certificate(found, raw, context)
    if _NOTES in raw:
        read_notes(found, raw, field=_NOTES, flag="has_description", stored=context.store_descriptions)
    found["advanced_config"] = secret_under(raw, "npmplus_advanced_config", "advanced_config")
    return Stream.of_row(found)


KIND = Kind(
    name="stream",
    plural="streams",
    model=Stream,
    unmanaged_severity="warning",
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
    naming=Naming(_names, of_id=_of_id),
    notes="npmplus_description",
    not_adopted=frozenset({"has_description"}),
)
