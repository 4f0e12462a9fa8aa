"""Proxmox VE: what its API tells, as typed resources."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from reconciler.collectors.proxmox import (
    alias,
    backup_job,
    cluster,
    disk,
    firewall,
    guest,
    ha_resource,
    ha_rule,
    ipset,
    node,
    node_network,
    pool,
    replication_job,
    sdn_vnet,
    sdn_zone,
    storage,
)
from reconciler.collectors.proxmox.api import Api
from reconciler.collectors.proxmox.settings import ProxmoxSettings
from reconciler.collectors.proxmox.survey import Survey, survey
from reconciler.model.check import Check
from reconciler.model.kind import Surroundings, System


def connect(settings: ProxmoxSettings, around: Surroundings) -> AbstractContextManager[Api]:
    """A client for the source; raises `SourceError` when its secret or its CA file is missing."""
    from reconciler.collectors.proxmox.source import Source

    return Source(settings, around)


def examine(settings: ProxmoxSettings, around: Surroundings) -> Iterable[Check]:
    """What `doctor` tells of the source."""
    from reconciler.collectors.proxmox import doctor

    return doctor.examine(settings, around)


def _version(found: Survey) -> str | None:
    return found.version


SYSTEM: System[Api, Survey] = System(
    name="proxmox",
    settings=ProxmoxSettings,
    connect=connect,
    survey=survey,
    version=_version,
    examine=examine,
    kinds=(
        cluster.KIND,
        node.KIND,
        guest.KIND,
        storage.KIND,
        node_network.KIND,
        pool.KIND,
        disk.KIND,
        backup_job.KIND,
        replication_job.KIND,
        ha_resource.KIND,
        ha_rule.KIND,
        sdn_zone.KIND,
        sdn_vnet.KIND,
        firewall.KIND,
        ipset.KIND,
        alias.KIND,
    ),
)
