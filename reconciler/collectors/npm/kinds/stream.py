"""Streams: ports that are passed on as they are, as `port/proto`: `2222/tcp`, `53/tcp+udp`.

Read from `/api/nginx/streams`, one call. Ports are numbers in Nginx Proxy Manager and text in NPMplus,
which has ranges too. By hand: `curl -H "Authorization: Bearer $TOKEN" http://HOST:81/api/nginx/streams`.
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.http.redaction import fingerprint
from reconciler.collectors.npm.connection.api import NpmApi
from reconciler.collectors.npm.host import name_certificate, plain
from reconciler.collectors.npm.lookups import NpmLookups, listing
from reconciler.model.fields import Count, Flag, Notes, Text
from reconciler.model.fingerprint import SecretFingerprint
from reconciler.model.kind import Kind, Listing, Resource

_NOT_READ = {
    "npmplus_advanced_config": "people write secrets there; its fingerprint is read",
    "npmplus_description": "is read with store_descriptions",
}


class Stream(Resource):
    """A port and where it leads."""

    enabled: Flag = True
    incoming_port: Annotated[
        Text, StringConstraints(strip_whitespace=True), Field(description="A port, or a range: 5000-5010")
    ]
    tcp_forwarding: Flag = False
    udp_forwarding: Flag = False
    forwarding_host: Text | None = None
    forwarding_port: Annotated[Text | None, Field(description="A port; NPMplus: $server_port too")] = None
    certificate: Annotated[Text | None, Field(description="Id of its certificate; none: as it comes")] = None
    npmplus_proxy_protocol_forwarding: Annotated[
        Count | None, Field(description="Version of the PROXY protocol; 0: none")
    ] = None
    npmplus_proxy_tls: Flag | None = None
    has_description: Annotated[Flag | None, Field(description="NPMplus: whether there is one")] = None
    npmplus_description: Annotated[Notes | None, Field(description="Only with store_descriptions")] = None
    advanced_config: SecretFingerprint = None


_FIELDS = (
    frozenset(Stream.model_fields)
    - frozenset(Resource.model_fields)
    - {
        "certificate",
        "advanced_config",
        "has_description",
        "npmplus_description",
    }
)


def fetch(api: NpmApi, lookups: NpmLookups) -> Listing:
    """Every stream that the account may see."""
    rows = api.rows("streams")
    shared = {
        "@certificates": lookups.certificates,
        "@whole": lookups.whole,
        "@notes": api.settings.store_descriptions,
    }
    return listing(lookups, "streams", ((_identity(row), {**row, **shared}) for row in rows), "incoming_port")


def _identity(row: ApiRow) -> str | None:
    port = str(row.get("incoming_port") or "").strip()
    if not port:
        return None
    names = [name for name in ("tcp", "udp") if str(row.get(f"{name}_forwarding")).lower() in {"true", "1"}]
    return f"{port}/{'+'.join(names) or 'none'}"


def _declared(text: str) -> str:
    port, slash, proto = text.strip().partition("/")
    protocols = sorted(proto.lower().replace("_", "+").split("+"))
    if not port or not slash or not set(protocols) <= {"tcp", "udp", "none"}:
        message = "is no stream; write port/protocol, such as 2222/tcp or 53/tcp+udp"
        raise ValueError(message)
    return f"{port}/{'+'.join(protocols)}"


def normalise(identity: str, raw: Mapping[str, Any]) -> Stream:
    """A stream of its row; raises `ValueError` when it makes no sense."""
    del identity
    found = plain(raw, _FIELDS, _NOT_READ)
    name_certificate(found, raw)
    if "npmplus_description" in raw:
        notes = str(raw["npmplus_description"] or "").rstrip()
        found["has_description"] = bool(notes)
        found["npmplus_description"] = notes if notes and raw.get("@notes") else None
    found["advanced_config"] = fingerprint(raw, "npmplus_advanced_config", "advanced_config")
    return Stream.model_validate(found)


KIND = Kind(
    name="stream",
    plural="streams",
    model=Stream,
    fetch=fetch,
    normalise=normalise,
    identity=Annotated[str, AfterValidator(_declared)],
    notes="npmplus_description",
    not_adopted=frozenset({"has_description", "incoming_port", "tcp_forwarding", "udp_forwarding"}),
)
