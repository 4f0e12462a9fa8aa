"""Proxmox VE: what its API tells, as typed resources."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from reconciler.collectors.proxmox import guest, node, node_network, pool, storage
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
    kinds=(node.KIND, guest.KIND, storage.KIND, node_network.KIND, pool.KIND),
)
