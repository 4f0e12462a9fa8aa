"""All that goes down with something: devices behind a switch, guests of a node, what a guest serves."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.addresses import holders
from reconciler.site.guest_rows import GuestRow
from reconciler.site.outage.failover import Failover, Placement
from reconciler.site.outage.reach import Reach, with_devices
from reconciler.site.outage.rows import OutageRows, ServedStorageRow
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import canonical

CAN_GO_DOWN = ("node", "guest", "storage", "network", "switch-port", "device")
"""The kinds of which `what-if` knows what happens without one."""


class Cut(NamedTuple):
    """A guest that runs and has lost network."""

    by: Key
    whole: bool
    """Whether all its NICs are cut off."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a site that are down, and why."""

    asked: tuple[Key, ...]
    hanging: Mapping[Key, Key]
    """Device or switch port → what it hangs on, which is down."""
    storages: Mapping[Key, Key]
    """Storage → what served it, which is down."""
    stopped: Mapping[Key, Key]
    """Guest that stops and does not start again → what took it down."""
    placed: Mapping[Key, Placement]
    """Guest of a lost node → where it starts again, if anywhere."""
    cut: Mapping[Key, Cut]

    @property
    def down(self) -> frozenset[Key]:
        """All that is down; guests that are only cut off are not."""
        return frozenset((*self.asked, *self.hanging, *self.storages, *self.stopped))

    @property
    def unreachable(self) -> frozenset[Key]:
        """All that nothing can reach: what is down, and the guests without any network."""
        return self.down | {key for key, cut in self.cut.items() if cut.whole}


def parts_down(model: SiteModel, rows: OutageRows, asked: tuple[Key, ...]) -> Parts:
    """Return all that goes down with some resources."""
    hanging = {
        key: above for key, above in with_devices(rows, model, frozenset(asked)).items() if key not in asked
    }
    storages: dict[Key, Key] = {}
    while True:
        parts = _with_guests(model, rows, Parts(asked, hanging, dict(storages), {}, {}, {}))
        new = {
            key: by for key, by in _unserved(model, rows, parts) if key not in storages and key not in asked
        }
        if not new:
            return parts
        storages |= new


def _with_guests(model: SiteModel, rows: OutageRows, parts: Parts) -> Parts:
    """Return the parts with the guests that stop, move or are cut off."""
    down = frozenset((*parts.asked, *parts.hanging, *parts.storages))
    stopped: dict[Key, Key] = {}
    homeless: set[Key] = set()
    for key, guest in model.inputs.guests.items():
        if guest.template or guest.power != "running":
            continue
        node = Key(key.source, "node", guest.node)
        by = key if key in down else next(without_disk(key, guest, down), None)
        if by is not None:
            stopped[key] = by
        elif node in down:
            homeless.add(key)
    placed = Failover(model, rows, down).place(homeless)
    for key, placement in placed.items():
        if placement.node is None:
            stopped[key] = Key(key.source, "node", model.inputs.guests[key].node)
    reach = Reach(model, down)
    cut: dict[Key, Cut] = {}
    for key, guest in model.inputs.guests.items():
        if guest.power == "running" and key not in stopped:
            found = reach.cut_off(key, placed[key].node if key in placed else None)
            if found is not None:
                cut[key] = Cut(*found)
    return Parts(parts.asked, parts.hanging, parts.storages, stopped, placed, cut)


def without_disk(key: Key, guest: GuestRow, down: AbstractSet[Key]) -> Iterator[Key]:
    """Yield the storages that are down and hold a disk which a guest uses."""
    for slot, disk in guest.disks.items():
        storage = Key(key.source, "storage", disk.get("storage") or "")
        if storage in down and not slot.startswith("unused") and disk.get("media") != "cdrom":
            yield storage


def _unserved(model: SiteModel, rows: OutageRows, parts: Parts) -> Iterator[tuple[Key, Key]]:
    """Yield the storages whose server or whose nodes are down, with one of these."""
    unreachable = parts.unreachable
    for key, row in rows.storages.items():
        if row.disabled:
            continue
        nodes = [Key(key.source, "node", name) for name in row.nodes]
        if nodes and all(node in unreachable for node in nodes):
            yield key, nodes[0]
            continue
        servers = [found for address in servers_of(row) if (found := having(model, address))]
        if servers and all(unreachable.issuperset(each) for each in servers):
            yield key, servers[0][0]


def servers_of(row: ServedStorageRow) -> Iterator[str]:
    """Yield the addresses of the servers of a storage; any of the monitors of Ceph will do."""
    for host in (row.server, row.portal, *row.monhost):
        name = (host or "").strip()
        address = canonical(name) or canonical(name.rpartition(":")[0].strip("[]"))
        if address is not None:
            yield address


def having(model: SiteModel, address: str) -> list[Key]:
    """Return the resources that have an address."""
    return holders(model.addresses.get(address, ()))
