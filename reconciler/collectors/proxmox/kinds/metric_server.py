"""External metric servers, by id.

Read from `/cluster/metrics/server`, and the settings of each server (protocol, bucket, limits, TLS) from its
own path. Headers and attributes are kept as keyed fingerprints only; the API does not show the InfluxDB
token. By hand: `pvesh get /cluster/metrics/server/ID`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import DetailListing, RawDetails, fetch_list, read_details
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import key_names, read_fields, read_sealed, sealed
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Count, Flag, On
from reconciler.model.fields.text import Text
from reconciler.model.fingerprint import NONE, SecretFingerprint
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource, own_fields
from reconciler.model.unread import mark_unparsed

READS = ("cluster/metrics/server",)


class MetricServer(Resource):
    """An external metric server, which receives the metrics of nodes, guests and storages."""

    type: Annotated[str, Field(description="Server type: graphite, influxdb or opentelemetry")]
    server: Annotated[Host | None, Field(description="Name or IP address of the server")] = None
    port: Annotated[Count | None, Field(description="Port of the server")] = None
    disabled: Annotated[Flag, Field(description="Server is disabled")] = False
    mtu: Annotated[
        Annotated[Count, unless(1500)] | None,
        Field(description="MTU for metrics sent over UDP (default 1500)"),
    ] = None
    timeout: Annotated[
        Annotated[Count, unless(1)] | None, Field(description="Timeout in seconds (default 1)")
    ] = None
    path: Annotated[
        Annotated[Text, unless("proxmox")] | None,
        Field(description="Graphite: root path of the metrics (default proxmox)"),
    ] = None
    proto: Annotated[
        Annotated[Text, unless("udp")] | None, Field(description="Graphite: udp or tcp (default udp)")
    ] = None
    influxdbproto: Annotated[
        Annotated[str, unless("udp")] | None, Field(description="InfluxDB: udp, http or https (default udp)")
    ] = None
    organization: Annotated[
        Annotated[Text, unless("proxmox")] | None,
        Field(description="InfluxDB: organization (default proxmox)"),
    ] = None
    bucket: Annotated[
        Annotated[Text, unless("proxmox")] | None, Field(description="InfluxDB: bucket (default proxmox)")
    ] = None
    api_path_prefix: Annotated[
        Text | None,
        Field(description="InfluxDB: API path prefix behind a proxy; a query is kept as a fingerprint"),
    ] = None
    max_body_size: Annotated[
        Annotated[Count, unless(25000000)] | None,
        Field(description="InfluxDB: maximum body size in bytes (default 25000000)"),
    ] = None
    verify_certificate: Annotated[
        On, Field(description="InfluxDB: verify the server's certificate (default true)")
    ] = None
    token_fingerprint: Annotated[
        SecretFingerprint,
        Field(
            description="InfluxDB: token (fingerprint); null over HTTP(S), because the API does not show it"
        ),
    ] = NONE
    otel_protocol: Annotated[
        Annotated[str, unless("https")] | None,
        Field(description="OpenTelemetry: http or https (default https)"),
    ] = None
    otel_path: Annotated[
        Annotated[Text, unless("/v1/metrics")] | None,
        Field(description="OpenTelemetry: path (default /v1/metrics)"),
    ] = None
    otel_timeout: Annotated[
        Annotated[Count, unless(5)] | None, Field(description="OpenTelemetry: timeout in seconds (default 5)")
    ] = None
    otel_max_body_size: Annotated[
        Annotated[Count, unless(10000000)] | None,
        Field(description="OpenTelemetry: maximum body size in bytes (default 10000000)"),
    ] = None
    otel_compression: Annotated[
        Annotated[str, unless("gzip")] | None, Field(description="OpenTelemetry: gzip or none (default gzip)")
    ] = None
    otel_verify_ssl: Annotated[
        On, Field(description="OpenTelemetry: verify the server's certificate (default true)")
    ] = None
    otel_headers: Annotated[
        SecretFingerprint, Field(description="OpenTelemetry: HTTP headers (fingerprint)")
    ] = NONE
    otel_resource_attributes: Annotated[
        SecretFingerprint, Field(description="OpenTelemetry: resource attributes (fingerprint)")
    ] = NONE


_OF_LIST = ("type", "server", "port", "disabled")
_SEALED = {"otel-headers": "otel_headers", "otel-resource-attributes": "otel_resource_attributes"}
"""Key of the API → the field with its fingerprint."""
_PATHS = {"api-path-prefix": "api_path_prefix", "otel-path": "otel_path"}
_OF_SETTINGS = own_fields(MetricServer, *_OF_LIST)
_NAMES = key_names(own_fields(MetricServer, "disabled", "token_fingerprint", *_SEALED.values())) | {
    "disable": "disabled"
}


def fetch(api: ProxmoxApi, state: ClusterState) -> DetailListing:
    """Read every server; the list is complete, or refused without Sys.Audit on `/`."""
    listing = fetch_list(api, state, "metric-server", READS[0], "id")
    return read_details(api, "metric-server", listing, READS[0], lambda _row: ("type", "server", "port"))


def normalise(_identity: str, raw: RawDetails, context: ProxmoxContext) -> MetricServer:
    """Make a server of its row and its settings; raises `ValueError` when it cannot be parsed."""
    row = {**(raw.settings or {}), **raw.row}
    found = read_fields(row, _NAMES, ignored_fields("proxmox", "metric-server"), context)
    if raw.settings is None:
        mark_unparsed(found, dict.fromkeys(_OF_SETTINGS, "its settings cannot be read"))
        return MetricServer.of_row(found)
    for key, field in _PATHS.items():
        if isinstance(path := found.get(field), str):
            found[field] = _without_query(path, key, context)
    read_sealed(found, row, _SEALED, context)
    if row.get("token"):
        read_sealed(found, row, {"token": "token_fingerprint"}, context)
    elif str(row.get("influxdbproto")) in {"http", "https"}:
        found["token_fingerprint"] = None
    return MetricServer.of_row(found)


def _without_query(path: str, key: str, context: ProxmoxContext) -> str:
    """Return a path with a fingerprint in place of its query, which may hold a token."""
    plain, mark, query = path.partition("?")
    return f"{plain}?{sealed(query, key, context)}" if mark else path


KIND = Kind(
    name="metric-server", plural="metric-servers", model=MetricServer, fetch=fetch, normalise=normalise
)
