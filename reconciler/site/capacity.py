"""The capacity of nodes, the share assigned to guests, and the guests that do not fit if a node is lost."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from heapq import heapify, heapreplace
from operator import itemgetter
from typing import Literal, NamedTuple

from reconciler.model.fields.numbers import size_in_mib
from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.guest_rows import GuestRow
from reconciler.site.inputs import SiteInputs


@dataclass
class Load:
    """The total assigned to guests: virtual CPUs and memory in MiB."""

    guests: int = 0
    cpus: float = 0
    memory: int = 0

    def add(self, cpus: float, memory: int) -> None:
        """Count one guest more."""
        self.guests += 1
        self.cpus += cpus
        self.memory += memory


@dataclass
class NodeCapacity:
    """The size of one node, and the total assigned to the guests on it."""

    key: Key
    threads: int | None
    memory: int | None
    used: int | None
    running: Load = field(default_factory=Load)
    all: Load = field(default_factory=Load)
    storages: dict[str, int] = field(default_factory=dict)
    """Storage → the disks on it of all its guests, in MiB."""

    def ratio(self, of: Literal["cpus", "memory"]) -> float | None:
        """Return what running guests are assigned, per unit of what the node has; None: not known."""
        physical = self.threads if of == "cpus" else self.memory
        assigned = self.running.cpus if of == "cpus" else self.running.memory
        return round(assigned / physical, 2) if physical else None


def capacity(inputs: SiteInputs) -> dict[Key, NodeCapacity]:
    """Return every node with what is on it; guests of a node that was not read are counted for it too."""
    found: dict[Key, NodeCapacity] = {}
    for key, node in inputs.nodes.items():
        seen = inputs.nodes_seen.get(key)
        found[key] = NodeCapacity(key, node.threads, node.memory, seen.memory_used if seen else None)
    by_name = {(key.source, key.id): each for key, each in found.items()}
    for key, guest in inputs.guests.items():
        at = by_name.get((key.source, guest.node))
        if at is None or guest.template:
            continue
        cpus = virtual_cpus(guest)
        at.all.add(cpus, guest.memory)
        if guest.power == "running":
            at.running.add(cpus, guest.memory)
        for storage, size in disks(guest):
            at.storages[storage] = at.storages.get(storage, 0) + size
    return found


def memory(inputs: SiteInputs, nodes: Mapping[Key, NodeCapacity]) -> dict[str, int] | None:
    """Return the MiB assigned to running guests, and those of all nodes; None where one was not read."""
    sizes = [node.memory for node in nodes.values()]
    if not sizes or None in sizes or inputs.why_incomplete("node", "guest") is not None:
        return None
    return {
        "assigned_mib": sum(node.running.memory for node in nodes.values()),
        "physical_mib": sum(size for size in sizes if size is not None),
    }


def disks(guest: GuestRow) -> Iterator[tuple[str, int]]:
    """Yield the storage of each disk of a guest, with its size in MiB; those of unknown size are left out."""
    for disk in guest.disks.values():
        if disk["media"] == "disk" and "storage" in disk and "size" in disk:
            yield disk["storage"], size_in_mib(disk["size"])


def virtual_cpus(guest: GuestRow) -> float:
    """Return the virtual CPUs of a guest; a container without a limit may use all, and counts as one."""
    cpus = float(1 if guest.cores is None else guest.cores) * (1 if guest.sockets is None else guest.sockets)
    return min(cpus, guest.cpulimit) if guest.cpulimit else cpus


class LostNode(NamedTuple):
    """The consequence for memory when one node is lost."""

    node: Key
    would_not_fit: tuple[tuple[int, Key], ...]
    """Its running guests that no other online node has room for, each with its memory in MiB."""


def without_each(inputs: SiteInputs, nodes: Iterable[NodeCapacity]) -> list[LostNode]:
    """Return the loss of each online node of a cluster, in order of the nodes.

    The largest guests are placed first, each where most memory is free: what a person would try.
    """
    up = [node for node in nodes if node.memory and inputs.nodes[node.key].status != "offline"]
    running: dict[tuple[str, str], list[tuple[int, Key]]] = {(at.key.source, at.key.id): [] for at in up}
    for key, guest in inputs.guests.items():
        own = running.get((key.source, guest.node))
        if own is not None and guest.power == "running" and not guest.template:
            own.append((guest.memory, key))
    return [LostNode(node.key, _homeless(node, up, running[node.key.source, node.key.id])) for node in up]


def _homeless(
    lost: NodeCapacity, up: Iterable[NodeCapacity], guests: Iterable[tuple[int, Key]]
) -> tuple[tuple[int, Key], ...]:
    free = [node.running.memory - (node.memory or 0) for node in up if node is not lost]  # negative: free
    heapify(free)
    homeless = []
    for memory, key in sorted(guests, reverse=True):
        if free and -free[0] >= memory:
            heapreplace(free, free[0] + memory)
        else:
            homeless.append((memory, key))
    return tuple(sorted(homeless, key=itemgetter(1)))


def document(inputs: SiteInputs, nodes: Mapping[Key, NodeCapacity]) -> Row:
    """Return `/v1/capacity`: each node, the clusters, and the loss of each node."""
    clusters: dict[str, list[NodeCapacity]] = {}
    for node in nodes.values():
        clusters.setdefault(node.key.source, []).append(node)
    return {
        "nodes": [_node(inputs, nodes[key]) for key in sorted(nodes)],
        "clusters": {source: _cluster(inputs, group) for source, group in sorted(clusters.items())},
        "incomplete": inputs.why_incomplete("node", "guest"),
    }


def _node(inputs: SiteInputs, node: NodeCapacity) -> Row:
    return {
        "node": str(node.key),
        "as_of": inputs.moment(node.key),
        "physical": {"threads": node.threads, "memory_mib": node.memory},
        "allocated": {
            "running": _load(node.running),
            "all": _load(node.all),
            "storages_mib": dict(sorted(node.storages.items())),
        },
        "used": {"memory_mib": node.used},
        "ratios": {"cpus": node.ratio("cpus"), "memory": node.ratio("memory")},
        "headroom": {"memory_mib": None if node.memory is None else node.memory - node.running.memory},
    }


def _load(load: Load) -> Row:
    return {"guests": load.guests, "cpus": round(load.cpus, 2), "memory_mib": load.memory}


def _cluster(inputs: SiteInputs, nodes: list[NodeCapacity]) -> Row:
    """The nodes of known size together, what is on those, and the loss of each.

    The largest node has the most memory; of equal ones that whose guests have the most.
    """
    threads = sum(node.threads or 0 for node in nodes)
    memory = sum(node.memory or 0 for node in nodes)
    cpus = sum(node.running.cpus for node in nodes if node.threads)
    assigned = sum(node.running.memory for node in nodes if node.memory)
    losses = {loss.node: loss for loss in without_each(inputs, nodes)}
    known = [node for node in nodes if node.key in losses]
    largest = max(known, key=lambda each: (each.memory, each.running.memory, each.key), default=None)
    return {
        "physical": {"threads": threads, "memory_mib": memory},
        "allocated": {"running": {"cpus": round(cpus, 2), "memory_mib": assigned}},
        "ratios": {
            "cpus": round(cpus / threads, 2) if threads else None,
            "memory": round(assigned / memory, 2) if memory else None,
        },
        "headroom": {"memory_mib": memory - assigned},
        "largest_node_fails": {
            "node": str(largest.key) if largest else None,
            "would_not_fit": [str(key) for _, key in losses[largest.key].would_not_fit] if largest else [],
        },
        "without": [_loss(losses[key]) for key in sorted(losses)],
    }


def _loss(loss: LostNode) -> Row:
    return {
        "node": str(loss.node),
        "would_not_fit": [str(key) for _, key in loss.would_not_fit],
        "lacking": {"memory_mib": sum(memory for memory, _ in loss.would_not_fit)},
    }
