"""The context in which rows of Proxmox VE are read, and the facts that kinds pass to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.errors import Problem
from reconciler.model.fingerprint import RowContext


@dataclass(frozen=True, slots=True)
class ProxmoxContext(RowContext):
    """The context of every listing."""

    version: str | None = None
    """Of Proxmox VE: some defaults differ."""
    store_descriptions: bool = False


@dataclass(frozen=True, slots=True)
class GuestFacts:
    """Facts about the guests that other kinds need."""

    firewalled: frozenset[str] = frozenset()
    """Guests with a NIC that the firewall is on for."""
    hidden: Mapping[str, Problem] = field(default_factory=dict)
    """Path (`/vms/101`) of each expected guest that may be hidden from the token."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """Facts about the nodes that other kinds need."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Node → its version of Proxmox VE: a cluster that is being upgraded has several."""


@dataclass(frozen=True, slots=True)
class StorageFacts:
    """Facts about the storages that other kinds need."""

    hidden: Mapping[str, Problem] = field(default_factory=dict)
    """Path (`/storage/nas`) of each expected storage that may be hidden from the token."""


def context_of(api: ProxmoxApi, state: ClusterState) -> ProxmoxContext:
    """Return the context of a run."""
    return ProxmoxContext(state.version, api.settings.store_descriptions)
