"""Servers that the cluster sends its metrics to, by id.

Read from `/cluster/metrics/server`, one call; the list has no token. By hand:
`pvesh get /cluster/metrics/server`.
"""

from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.ignored_fields import ignored_fields
from reconciler.collectors.proxmox.cluster_list import RowListing, fetch_list
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.collectors.proxmox.context import ProxmoxContext
from reconciler.collectors.proxmox.rows import key_names, read_fields
from reconciler.model.fields.hosts import Host
from reconciler.model.fields.numbers import Count, Flag
from reconciler.model.kind import Kind
from reconciler.model.resource import Resource

READS = ("cluster/metrics/server",)


class MetricServer(Resource):
    """A server that gets the figures of nodes, guests and storages."""

    type: Annotated[str, Field(description="graphite, influxdb or opentelemetry")]
    server: Host | None = None
    port: Count | None = None
    disabled: Flag = False


_NAMES = key_names(["type", "server", "port"]) | {"disable": "disabled"}


def fetch(api: ProxmoxApi, state: ClusterState) -> RowListing:
    """Read every server; the list is complete, or refused without Sys.Audit on `/`."""
    return fetch_list(api, state, "metric-server", READS[0], "id")


def normalise(_identity: str, raw: ApiRow, context: ProxmoxContext) -> MetricServer:
    """Make a server of its row; raises `ValueError` when it cannot be parsed."""
    return MetricServer.of_row(read_fields(raw, _NAMES, ignored_fields("proxmox", "metric-server"), context))


KIND = Kind(
    name="metric-server", plural="metric-servers", model=MetricServer, fetch=fetch, normalise=normalise
)
