"""Proxmox VE: its resources, typed, read over its API."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from types import ModuleType
from typing import TYPE_CHECKING

from reconciler.collectors.by_hand import with_fixes
from reconciler.collectors.limits import with_limits
from reconciler.collectors.proxmox.cluster_state import ClusterState, read_cluster_state
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, path
from reconciler.collectors.proxmox.connection.settings import ProxmoxSettings
from reconciler.collectors.proxmox.kinds import (
    acl,
    alias,
    backup_job,
    cluster,
    disk,
    group,
    guest_snapshot,
    ha_resource,
    ha_rule,
    ipset,
    metric_server,
    node,
    node_config,
    node_network,
    notification_matcher,
    notification_target,
    pool,
    realm,
    realm_sync_job,
    replication_job,
    resource_mapping,
    role,
    sdn_controller,
    sdn_fabric,
    sdn_fabric_node,
    sdn_vnet,
    sdn_zone,
    security_group,
    storage,
    token,
    user,
)
from reconciler.collectors.proxmox.kinds.firewall import firewall
from reconciler.collectors.proxmox.kinds.guest import guest
from reconciler.collectors.proxmox.task_log import read_log
from reconciler.model.check import Check
from reconciler.model.system import SourceContext, System

if TYPE_CHECKING:
    from reconciler.collectors.http.client import HttpClient

_KINDS = (
    cluster,
    node,
    guest,
    guest_snapshot,
    storage,
    node_network,
    pool,
    resource_mapping,
    disk,
    backup_job,
    replication_job,
    ha_resource,
    ha_rule,
    sdn_zone,
    sdn_vnet,
    firewall,
    security_group,
    ipset,
    alias,
    group,
    user,
    token,
    acl,
    role,
    realm,
    realm_sync_job,
    sdn_controller,
    sdn_fabric,
    sdn_fabric_node,
    node_config,
    notification_target,
    notification_matcher,
    metric_server,
)


def connect(settings: ProxmoxSettings, context: SourceContext) -> AbstractContextManager[ProxmoxApi]:
    """Connect to the source; raises `SourceError` when its secret or its CA file is missing."""
    from reconciler.collectors.proxmox.connection.connection import ProxmoxConnection

    return ProxmoxConnection(settings, context)


def preflight(settings: ProxmoxSettings, context: SourceContext) -> Iterable[Check]:
    """Check the source for `doctor`."""
    from reconciler.collectors.proxmox.connection import doctor

    return doctor.preflight(settings, context)


def begin(api: ProxmoxApi) -> ClusterState:
    """Read what kinds share, and begin the lists that they will ask for unless nothing is visible at all."""
    found = read_cluster_state(api)
    if found.nodes:
        if api.first:
            by_name = {kind.KIND.name: kind for kind in _KINDS}
            api.begin(_ahead(found, [by_name.pop(name) for name in api.first if name in by_name]))
            api.prepare(_ahead(found, by_name.values()))
        else:
            api.begin(_ahead(found, _KINDS))
    return found


def _ahead(found: ClusterState, kinds: Iterable[ModuleType]) -> list[str]:
    """Return the paths that kinds read of the cluster or of each node, so that none waits for others."""
    nodes = [path(node) for node in found.online()]
    reads = [at for kind in kinds for at in getattr(kind, "READS", ())]
    return [at.replace("{node}", node) for at in reads for node in (nodes if "{node}" in at else nodes[:1])]


def recognise(client: "HttpClient") -> bool:
    """Check for a Proxmox VE host, without a login."""
    from reconciler.collectors.proxmox.connection.recognise import answers_as_proxmox

    return answers_as_proxmox(client)


def _version(found: ClusterState) -> str | None:
    return found.version


SYSTEM: System[ProxmoxApi, ClusterState] = System(
    name="proxmox",
    settings=ProxmoxSettings,
    connect=connect,
    read_shared=begin,
    version=_version,
    preflight=preflight,
    title="a Proxmox VE host",
    recognise=recognise,
    read_log=read_log,
    kinds=with_fixes("proxmox", with_limits("proxmox", (kind.KIND for kind in _KINDS))),
)
