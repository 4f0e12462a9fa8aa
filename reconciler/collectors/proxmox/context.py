"""The context in which rows of Proxmox VE are read, and the facts that kinds pass to each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated

from pydantic import Field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.proxmox.cluster_state import ClusterState
from reconciler.collectors.proxmox.connection.api import ProxmoxApi
from reconciler.errors import Problem
from reconciler.model.fields.numbers import Moment
from reconciler.model.fingerprint import RowContext
from reconciler.model.value import Value


@dataclass(frozen=True, slots=True)
class ProxmoxContext(RowContext):
    """The context of every listing."""

    version: str | None = None
    """Of Proxmox VE: some defaults differ."""
    store_descriptions: bool = False
    cased_tags: bool = False
    """Whether the case of tags counts."""
    services: Mapping[str, str] = field(default_factory=dict)
    """Sid → the state that high availability has it in."""
    syncs: Mapping[str, ApiRow] = field(default_factory=dict)
    """Replication job → how its last tries went, as its node reports it."""
    now: datetime | None = None
    """When that was asked."""
    factors: Mapping[str, ApiRow] = field(default_factory=dict)
    """User → its row in the list of second factors."""
    factors_hidden: bool = False
    """Whether users that this list lacks may have some."""


@dataclass(frozen=True, slots=True)
class ClusterFacts:
    """Facts about the datacenter that other kinds need."""

    cased_tags: bool | None = None
    """Whether the case of tags counts; None where its options could not be read."""


class LeftBackup(Value):
    """The newest backup on a storage of a guest that no longer exists."""

    made: Annotated[Moment, Field(description="Time of the backup")]
    volume: Annotated[str, Field(description="Volume on the storage")]
    type: Annotated[str | None, Field(description="qemu or lxc; null if unknown")] = None
    node: Annotated[str, Field(description="Node that listed the backup")]


@dataclass(frozen=True, slots=True)
class GuestFacts:
    """Facts about the guests that other kinds need."""

    firewalled: frozenset[str] = frozenset()
    """Guests with a NIC that the firewall is on for."""
    hidden: Mapping[str, Problem] = field(default_factory=dict)
    """Path (`/vms/101`) of each expected guest that may be hidden from the token."""
    left_backups: Mapping[str, Mapping[str, LeftBackup]] = field(default_factory=dict)
    """Storage → vmid of an expected guest that does not exist → its newest backup there."""
    snapshots: Mapping[str, tuple[ApiRow, ...]] = field(default_factory=dict)
    """Vmid → its snapshots, as the API sent them; guests without any are left out."""
    without_snapshots: Mapping[str, Problem] = field(default_factory=dict)
    """Vmid → why the snapshots of this guest are not known."""


@dataclass(frozen=True, slots=True)
class FirewallFacts:
    """Facts about the firewalls of guests that other kinds need."""

    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Guest whose firewall is on → the names in its rules that may be those of aliases."""
    off: frozenset[str] = frozenset()
    """Guests whose firewall was read and is off, or all where that of the datacenter is."""


@dataclass(frozen=True, slots=True)
class NetworkFacts:
    """Facts about the networks of nodes that other kinds need."""

    changes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Node whose list was read → the interfaces with changes that are not applied."""


@dataclass(frozen=True, slots=True)
class VnetFacts:
    """Facts about the vnets that other kinds need."""

    names: frozenset[str] = frozenset()
    """Of the vnets that the token may see."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """Facts about the nodes that other kinds need."""

    versions: Mapping[str, str] = field(default_factory=dict)
    """Node → its version of Proxmox VE: a cluster that is being upgraded has several."""


@dataclass(frozen=True, slots=True)
class FabricFacts:
    """The nodes of fabrics as the API sent them."""

    nodes: tuple[ApiRow, ...] = ()
    problem: Problem | None = None
    """Why some may be missing."""


@dataclass(frozen=True, slots=True)
class UserFacts:
    """The users as the API sent them, with their tokens."""

    rows: Mapping[str, ApiRow] = field(default_factory=dict)
    problem: Problem | None = None
    """Why some may be missing."""


@dataclass(frozen=True, slots=True)
class StorageFacts:
    """Facts about the storages that other kinds need."""

    hidden: Mapping[str, Problem] = field(default_factory=dict)
    """Path (`/storage/nas`) of each expected storage that may be hidden from the token."""


def context_of(api: ProxmoxApi, state: ClusterState) -> ProxmoxContext:
    """Return the context of a run."""
    return ProxmoxContext(state.version, api.settings.store_descriptions, services=state.ha.services)
