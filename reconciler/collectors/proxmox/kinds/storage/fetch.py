"""The reading of storages, and of the places where `/cluster/resources` lists them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from reconciler.collectors.http.payload import ApiRow
from reconciler.collectors.proxmox.absence import all_may_be_hidden, may_be_hidden
from reconciler.collectors.proxmox.cluster_state import ClusterState, StoragePlace
from reconciler.collectors.proxmox.connection.api import ProxmoxApi, by_key, path, rows
from reconciler.collectors.proxmox.context import (
    GuestFacts,
    LeftBackup,
    ProxmoxContext,
    StorageFacts,
    context_of,
)
from reconciler.errors import Problem
from reconciler.model.listing import Listing


@dataclass(frozen=True, slots=True)
class RawStorage:
    """The row of a storage and where `/cluster/resources` lists it, on nodes that are online."""

    row: ApiRow
    places: list[StoragePlace] = field(default_factory=list)
    left: Mapping[str, LeftBackup] = field(default_factory=dict)
    """Vmid of a guest that does not exist → its newest backup there."""


def fetch_storages(
    api: ProxmoxApi, state: ClusterState, guests: GuestFacts | None = None
) -> Listing[RawStorage, ProxmoxContext]:
    """Read every entry that the token may see."""
    left = guests.left_backups if guests is not None else {}
    problem = state.listing_problem("/storage", "Datastore.Audit", "Datastore.AllocateSpace")
    found, nameless = by_key(rows(api.get("storage"), api.settings.hosts[0], "storage"), "storage")
    if problem is None:
        problem = nameless or (None if found else all_may_be_hidden(api, "storage"))
    places: dict[str, list[StoragePlace]] = {}
    for place in state.storages:
        if state.nodes.get(place.node):
            places.setdefault(place.name, []).append(place)
    unread: dict[str, Problem] = {}
    if problem is None:
        nodes = state.online()[:1]

        def ask(name: str) -> list[str]:
            return [path("nodes", node, "storage", name, "status") for node in nodes]

        unread = may_be_hidden(api, "storage", found.keys(), ask, _where)
    return Listing(
        {name: RawStorage(row, places.get(name, []), left.get(name, {})) for name, row in found.items()},
        context_of(api, state),
        problem,
        unread,
        facts=StorageFacts({_where(name): each for name, each in unread.items()}),
    )


def _where(name: str) -> str:
    return f"/storage/{name}"
