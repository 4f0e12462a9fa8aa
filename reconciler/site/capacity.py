"""What nodes have, what guests are given of it, and what would not fit if a cluster lost its largest node."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.inputs import Facts


@dataclass
class Load:
    """What guests are given: virtual CPUs and memory."""

    guests: int = 0
    cpus: float = 0
    memory: int = 0

    def add(self, cpus: float, memory: int) -> None:
        """One guest more."""
        self.guests += 1
        self.cpus += cpus
        self.memory += memory


@dataclass
class NodeCapacity:
    """One node."""

    key: Key
    threads: int | None
    memory: int | None
    used: int | None
    running: Load = field(default_factory=Load)
    all: Load = field(default_factory=Load)

    def ratio(self, what: str) -> float | None:
        """What running guests are given, of what there is; None where that is not known."""
        have = self.threads if what == "cpus" else self.memory
        given: float = getattr(self.running, what)
        return round(given / have, 2) if have else None


def capacity(facts: Facts) -> dict[Key, NodeCapacity]:
    """Every node with what is on it; guests of a node that was not read are counted for it too."""
    found: dict[Key, NodeCapacity] = {}
    for key, row in facts.rows("node").items():
        used = facts.seen(key).get("memory_used")
        found[key] = NodeCapacity(key, row.get("threads"), row.get("memory"), used)
    for key, row in facts.rows("guest").items():
        node = found.get(Key(key.source, "node", row["node"]))
        if node is None or row.get("template"):
            continue
        cpus, memory = size(row)
        node.all.add(cpus, memory)
        if row.get("power") == "running":
            node.running.add(cpus, memory)
    return found


def size(row: Mapping[str, object]) -> tuple[float, int]:
    """Virtual CPUs and MiB of a guest; a container without a limit may use all, and is counted as one."""
    cores, sockets, limit = row.get("cores"), row.get("sockets"), row.get("cpulimit")
    cpus = float(cores) if isinstance(cores, int | float) else 1.0
    cpus *= sockets if isinstance(sockets, int) else 1
    if isinstance(limit, int | float) and limit:
        cpus = min(cpus, float(limit))
    memory = row.get("memory")
    return cpus, memory if isinstance(memory, int) else 0


def without_largest(facts: Facts, nodes: Iterable[NodeCapacity]) -> tuple[Key | None, list[Key]]:
    """The largest node of a cluster, and its running guests that no other node which is up has room for.

    The largest has the most memory; of equal ones that whose guests have the most. The largest guests are
    placed first, each where most memory is free: what a person would try.
    """
    up = [node for node in nodes if node.memory and facts.rows("node")[node.key].get("status") != "offline"]
    largest = max(up, key=lambda each: (each.memory, each.running.memory, each.key), default=None)
    if largest is None:
        return None, []
    free = {node.key: (node.memory or 0) - node.running.memory for node in up if node is not largest}
    homeless: list[Key] = []
    for memory, key in sorted(_running_on(facts, largest.key), reverse=True):
        target = max(free, key=lambda each: (free[each], each), default=None)
        if target is None or free[target] < memory:
            homeless.append(key)
        else:
            free[target] -= memory
    return largest.key, sorted(homeless)


def _running_on(facts: Facts, node: Key) -> Iterable[tuple[int, Key]]:
    for key, row in facts.rows("guest").items():
        at_home = key.source == node.source and row["node"] == node.id
        if at_home and row.get("power") == "running" and not row.get("template"):
            yield size(row)[1], key


def document(facts: Facts, nodes: Mapping[Key, NodeCapacity]) -> Row:
    """`/v1/capacity`: each node, the clusters, and the loss of the largest node."""
    clusters: dict[str, list[NodeCapacity]] = {}
    for node in nodes.values():
        clusters.setdefault(node.key.source, []).append(node)
    return {
        "nodes": [_node(facts, nodes[key]) for key in sorted(nodes)],
        "clusters": {source: _cluster(facts, group) for source, group in sorted(clusters.items())},
        "doubt": facts.doubt("node", "guest"),
    }


def _node(facts: Facts, node: NodeCapacity) -> Row:
    return {
        "node": str(node.key),
        "as_of": facts.moment(node.key),
        "physical": {"threads": node.threads, "memory_mib": node.memory},
        "allocated": {"running": _load(node.running), "all": _load(node.all)},
        "used": {"memory_mib": node.used},
        "ratios": {"cpus": node.ratio("cpus"), "memory": node.ratio("memory")},
        "headroom": {"memory_mib": None if node.memory is None else node.memory - node.running.memory},
    }


def _load(load: Load) -> Row:
    return {"guests": load.guests, "cpus": round(load.cpus, 2), "memory_mib": load.memory}


def _cluster(facts: Facts, nodes: list[NodeCapacity]) -> Row:
    """What nodes of known size have, and what is on those."""
    threads = sum(node.threads or 0 for node in nodes)
    memory = sum(node.memory or 0 for node in nodes)
    cpus = sum(node.running.cpus for node in nodes if node.threads)
    given = sum(node.running.memory for node in nodes if node.memory)
    failing, homeless = without_largest(facts, nodes)
    return {
        "physical": {"threads": threads, "memory_mib": memory},
        "allocated": {"running": {"cpus": round(cpus, 2), "memory_mib": given}},
        "ratios": {
            "cpus": round(cpus / threads, 2) if threads else None,
            "memory": round(given / memory, 2) if memory else None,
        },
        "headroom": {"memory_mib": memory - given},
        "largest_node_fails": {
            "node": str(failing) if failing else None,
            "would_not_fit": [str(key) for key in homeless],
        },
    }
