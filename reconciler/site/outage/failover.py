"""Where high availability starts the guests of lost nodes again: as Proxmox VE chooses, as far as is known.

A guest goes to an online node that its rules allow and that has its disks, on shared storage or as a replica.
Of the nodes with the highest priority it takes the one with most memory left; the largest guest is placed
first. CPU, PCI devices and the like are not weighed.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.guest_rows import GuestRow
from reconciler.site.outage.rows import HaRuleRow, OutageRows
from reconciler.site.site_model import SiteModel

_TYPES = {"qemu": "vm", "lxc": "ct"}
_WITHOUT_DATA = ("unused",)


class Placement(NamedTuple):
    """The outcome of a guest of a lost node."""

    node: str | None
    """Where it starts again; None: nowhere."""
    reason: str = ""
    """Why it does not start again."""
    fits: bool = True
    """Whether that node has memory for it."""


class Failover:
    """The placement of guests, given the nodes and storages that are down."""

    def __init__(self, model: SiteModel, rows: OutageRows, down: AbstractSet[Key]) -> None:
        self._model, self._rows, self._down = model, rows, down
        self._free = {
            key: (node.memory or 0) - node.running.memory
            for key, node in model.capacity.items()
            if key not in down and model.inputs.nodes[key].status == "online"
        }
        self._placed: dict[Key, str] = {}
        self._replicas: dict[Key, set[str]] = {}
        for key, job in rows.replication_jobs.items():
            if not job.disabled:
                guest = Key(key.source, "guest", key.id.partition("-")[0])
                self._replicas.setdefault(guest, set()).add(job.target)

    def place(self, guests: AbstractSet[Key]) -> dict[Key, Placement]:
        """Return what becomes of the guests of lost nodes."""
        rows = self._model.inputs.guests
        found: dict[Key, Placement] = {}
        for key in sorted(guests, key=lambda each: (-rows[each].memory, each)):
            found[key] = placement = self._place(key, rows[key])
            if placement.node is not None:
                self._placed[key] = placement.node
                self._free[Key(key.source, "node", placement.node)] -= rows[key].memory
        return found

    def has_quorum(self, source: str) -> bool:
        """Return whether more than half of the nodes of a cluster stay online; votes of a QDevice apart."""
        nodes = [key for key in self._model.inputs.nodes if key.source == source]
        online = sum(1 for key in self._free if key.source == source)
        return len(nodes) < 2 or 2 * online > len(nodes)

    def _place(self, key: Key, guest: GuestRow) -> Placement:
        sid = f"{_TYPES.get(guest.type, 'vm')}:{key.id}"
        resource = self._rows.ha_resources.get(Key(key.source, "ha-resource", sid))
        if resource is None:
            return Placement(None, "high availability does not manage it")
        if resource.state != "started":
            return Placement(None, f"high availability has it as {resource.state}")
        if not self.has_quorum(key.source):
            return Placement(None, "no quorum is left")
        allowed = self._allowed(key.source, sid, resource.group)
        if not allowed:
            return Placement(None, "no node that its rules allow is online")
        lacking = {node: self._lacks(key, guest, node) for node in allowed}
        able = {node: priority for node, priority in allowed.items() if lacking[node] is None}
        if not able:
            return Placement(None, f"no other node has its disks: {next(iter(lacking.values()))}")
        best = max(able.values())
        free = {
            node: self._free[Key(key.source, "node", node)] for node, each in able.items() if each == best
        }
        node = max(free, key=lambda each: (free[each], each))
        return Placement(node, fits=free[node] >= guest.memory)

    def _allowed(self, source: str, sid: str, group: str | None) -> dict[str, int]:
        """Return the online nodes on which rules let a guest run → their priority."""
        online = {key.id: -1 for key in self._free if key.source == source}
        for key, rule in self._rows.ha_rules.items():
            if key.source != source or rule.disabled:
                continue
            if self._is_affinity(key, rule, sid, group):
                preferred = {name: priority for name, priority in _nodes(rule) if name in online}
                online = preferred if rule.strict else online | preferred
            elif rule.type == "resource-affinity" and sid in rule.resources:
                online = self._allowed_nodes(source, rule, sid, online)
        return online

    @staticmethod
    def _is_affinity(key: Key, rule: HaRuleRow, sid: str, group: str | None) -> bool:
        if rule.type == "group":
            return group == key.id
        return rule.type == "node-affinity" and sid in rule.resources

    def _allowed_nodes(
        self, source: str, rule: HaRuleRow, sid: str, online: Mapping[str, int]
    ) -> dict[str, int]:
        """Return the nodes that a rule on resources leaves: with the others, or apart from them."""
        others = (Key(source, "guest", each.partition(":")[2]) for each in rule.resources if each != sid)
        taken = {node for other in others if (node := self._where(other)) is not None}
        if rule.affinity == "negative":
            return {node: priority for node, priority in online.items() if node not in taken}
        together = {node: priority for node, priority in online.items() if node in taken}
        return together or dict(online)

    def _where(self, guest: Key) -> str | None:
        """Return the node on which a guest runs, or will."""
        if guest in self._placed:
            return self._placed[guest]
        row = self._model.inputs.guests.get(guest)
        if row is None or row.power != "running" or Key(guest.source, "node", row.node) in self._down:
            return None
        return row.node

    def _lacks(self, key: Key, guest: GuestRow, node: str) -> str | None:
        """Return the storage of a guest that a node does not have; None where it has all."""
        for slot, disk in guest.disks.items():
            name = disk.get("storage")
            if name is None or slot.startswith(_WITHOUT_DATA) or disk.get("media") == "cdrom":
                continue
            storage = Key(key.source, "storage", name)
            row = self._rows.storages.get(storage)
            if row is None:
                continue
            allowed = not row.nodes or node in row.nodes
            if storage in self._down or not allowed:
                return f"{name} is not on {node}"
            if not is_shared(row.type, shared=row.shared) and node not in self._replicas.get(key, ()):
                return f"{name} is local to {guest.node}"
        return None


_ALWAYS_SHARED = frozenset(
    {"nfs", "cifs", "cephfs", "rbd", "iscsi", "iscsidirect", "zfs", "glusterfs", "pbs"}
)


def is_shared(of_type: str, *, shared: bool) -> bool:
    """Return whether a storage has the same content on every node; types are those of storage.cfg."""
    return shared or of_type in _ALWAYS_SHARED


def _nodes(rule: HaRuleRow) -> Iterator[tuple[str, int]]:
    for text in rule.nodes:
        name, _, priority = text.partition(":")
        yield name, int(priority) if priority.isdecimal() else 0
