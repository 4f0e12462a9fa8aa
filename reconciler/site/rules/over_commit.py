"""Running guests are assigned more than their node or cluster has.

The finding is about the node or the cluster.

Fires:
    For a node whose running guests have more than `capacity.max_cpu_ratio` virtual CPUs per thread (4), or
    more than `capacity.max_memory_ratio` of its memory (1.0); for a cluster by memory only.

Does not fire:
    For stopped guests; for templates; if the size of the node is not known. Actual usage does not count.

Fix:
    Move or shrink guests.

Accept:
    Raise the ratio if ballooning or KSM covers it ([how it is counted](port-map.md#is-there-room)):

    ```yaml
    capacity: {max_cpu_ratio: 6, max_memory_ratio: 1.2}
    ```
"""

from collections.abc import Iterator, Mapping, Sequence

from reconciler.model.key import Key
from reconciler.model.rule import Place, Violation
from reconciler.site import places
from reconciler.site.capacity import NodeCapacity, virtual_cpus
from reconciler.site.guest_rows import GuestRow
from reconciler.site.inputs import SiteInputs
from reconciler.site.rule import SiteRule
from reconciler.site.site_model import SiteModel

_CPUS = "CPU threads"
_SHARE = {_CPUS: ("/cores", "/sockets", "/cpulimit"), "memory": ("/memory",)}
"""The fields that give a guest its share."""


def check(model: SiteModel) -> Iterator[Violation]:
    """Yield the nodes and clusters whose guests are assigned more than the limits allow."""
    limits = model.settings
    running = _running(model.inputs)
    carried = _carried(model.inputs)
    clusters: dict[str, list[NodeCapacity]] = {}
    for key, node in model.capacity.items():
        clusters.setdefault(key.source, []).append(node)
        for of, ratio, limit in (
            (_CPUS, node.ratio("cpus"), limits.max_cpu_ratio),
            ("memory", node.ratio("memory"), limits.max_memory_ratio),
        ):
            if ratio is not None and ratio > limit:
                reason = f"running guests are assigned {ratio}× its {of} (limit {limit}×)"
                evidence_fields = tuple(_evidence_fields(model, running, of, [key]))
                yield Violation(
                    key, reason, (), tuple(carried.get((key.source, key.id), ())), evidence_fields
                )
    for cluster in model.inputs.clusters:
        nodes = [node for node in clusters.get(cluster.source, []) if node.memory]
        memory = sum(node.memory or 0 for node in nodes)
        assigned = sum(node.running.memory for node in nodes)
        if memory and assigned > limits.max_memory_ratio * memory:
            reason = f"running guests are assigned {assigned} MiB, and its nodes have {memory} MiB"
            members = [key for key in model.inputs.nodes if key.source == cluster.source]
            evidence_fields = tuple(_evidence_fields(model, running, "memory", members))
            old = (key for (source, _), keys in carried.items() if source == cluster.source for key in keys)
            yield Violation(cluster, reason, (), tuple(sorted(old)), evidence_fields)


_Running = Mapping[tuple[str, str], Sequence[tuple[Key, GuestRow]]]
"""(source, node) → the running guests on it."""


def _running(inputs: SiteInputs) -> _Running:
    found: dict[tuple[str, str], list[tuple[Key, GuestRow]]] = {}
    for key, guest in inputs.guests.items():
        if _runs(guest):
            found.setdefault((key.source, guest.node), []).append((key, guest))
    return found


def _runs(guest: GuestRow) -> bool:
    return not guest.template and guest.power == "running"


def _evidence_fields(model: SiteModel, running: _Running, of: str, nodes: Sequence[Key]) -> Iterator[Place]:
    """The size of the nodes, and the guests that have more than they are declared to have."""
    declared = model.declared.inputs.guests
    names = {node.id for node in nodes}
    for node in nodes:
        yield from places.of_fields(node, "/threads" if of == _CPUS else "/memory")
        for key, guest in running.get((node.source, node.id), ()):
            if not (share := _share(guest, of)):
                continue
            yield key, ""
            before = declared.get(key)
            if before is None:
                continue
            counted = _runs(before) and before.node in names
            if share > (_share(before, of) if counted else 0):
                yield from places.of_fields(key, "/power", "/node", "/template", *_SHARE[of])


def _share(guest: GuestRow, of: str) -> float:
    """The share of a guest that runs."""
    return virtual_cpus(guest) if of == _CPUS else guest.memory


def _carried(inputs: SiteInputs) -> dict[tuple[str, str], list[Key]]:
    """Return (source, node) → the carried rows among those that are added up there."""
    found: dict[tuple[str, str], list[Key]] = {}
    for key in sorted(inputs.inventory.as_of):
        guest = inputs.guests.get(key)
        if guest is not None and guest.power == "running":
            found.setdefault((key.source, guest.node), []).append(key)
        elif key in inputs.nodes:
            found.setdefault((key.source, key.id), []).append(key)
    return found


RULE = SiteRule(
    name="over-commit",
    severity="info",
    hint="move or shrink guests, or raise the ratio in `capacity`",
    check=check,
    reads=("node", "guest", "cluster"),
    needs=("node", "guest"),
)
