"""The capacity of nodes, the share assigned to guests, and the guests that do not fit if a node is lost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.inputs import SiteInputs
from reconciler.site.rows import GuestRow


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
    return found


def virtual_cpus(guest: GuestRow) -> float:
    """Return the virtual CPUs of a guest; a container without a limit may use all, and counts as one."""
    cpus = float(1 if guest.cores is None else guest.cores) * (1 if guest.sockets is None else guest.sockets)
    return min(cpus, guest.cpulimit) if guest.cpulimit else cpus


def without_largest(inputs: SiteInputs, nodes: Iterable[NodeCapacity]) -> tuple[Key | None, list[Key]]:
    """Return the largest node of a cluster, and its running guests that no other online node has room for.

    The largest has the most memory; of equal ones that whose guests have the most. The largest guests are
    placed first, each where most memory is free: what a person would try.
    """
    up = [node for node in nodes if node.memory and inputs.nodes[node.key].status != "offline"]
    largest = max(up, key=lambda each: (each.memory, each.running.memory, each.key), default=None)
    if largest is None:
        return None, []
    free = {node.key: (node.memory or 0) - node.running.memory for node in up if node is not largest}
    homeless: list[Key] = []
    for memory, key in sorted(_running_on(inputs, largest.key), reverse=True):
        target = max(free, key=lambda each: (free[each], each), default=None)
        if target is None or free[target] < memory:
            homeless.append(key)
        else:
            free[target] -= memory
    return largest.key, sorted(homeless)


def _running_on(inputs: SiteInputs, node: Key) -> Iterable[tuple[int, Key]]:
    for key, guest in inputs.guests.items():
        at_home = key.source == node.source and guest.node == node.id
        if at_home and guest.power == "running" and not guest.template:
            yield guest.memory, key


def document(inputs: SiteInputs, nodes: Mapping[Key, NodeCapacity]) -> Row:
    """Return `/v1/capacity`: each node, the clusters, and the loss of the largest node."""
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
        "allocated": {"running": _load(node.running), "all": _load(node.all)},
        "used": {"memory_mib": node.used},
        "ratios": {"cpus": node.ratio("cpus"), "memory": node.ratio("memory")},
        "headroom": {"memory_mib": None if node.memory is None else node.memory - node.running.memory},
    }


def _load(load: Load) -> Row:
    return {"guests": load.guests, "cpus": round(load.cpus, 2), "memory_mib": load.memory}


def _cluster(inputs: SiteInputs, nodes: list[NodeCapacity]) -> Row:
    """The nodes of known size together, and what is on those."""
    threads = sum(node.threads or 0 for node in nodes)
    memory = sum(node.memory or 0 for node in nodes)
    cpus = sum(node.running.cpus for node in nodes if node.threads)
    assigned = sum(node.running.memory for node in nodes if node.memory)
    failing, homeless = without_largest(inputs, nodes)
    return {
        "physical": {"threads": threads, "memory_mib": memory},
        "allocated": {"running": {"cpus": round(cpus, 2), "memory_mib": assigned}},
        "ratios": {
            "cpus": round(cpus / threads, 2) if threads else None,
            "memory": round(assigned / memory, 2) if memory else None,
        },
        "headroom": {"memory_mib": memory - assigned},
        "largest_node_fails": {
            "node": str(failing) if failing else None,
            "would_not_fit": [str(key) for key in homeless],
        },
    }
