"""The dependencies of a resource: its node, storages, networks, switch ports, and what serves those."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.inputs import AttachedNic
from reconciler.site.outage.parts import having, servers_of
from reconciler.site.outage.rows import OutageRows
from reconciler.site.site_model import SiteModel
from reconciler.site.subnets import canonical
from reconciler.text import natural

_DEEPEST = 12


class Need(NamedTuple):
    """One thing that a resource depends on, and what that depends on itself."""

    key: Key
    role: str
    """How it is needed: `runs on`, `disk scsi0`, `net0, VLAN 11`."""
    needs: tuple["Need", ...] = ()


class Needs:
    """The dependencies in one site; each resource is followed once."""

    def __init__(self, model: SiteModel, servers: Mapping[str, tuple[str, ...]]) -> None:
        self._model = model
        self._rows = OutageRows(model.inputs)
        self._servers = servers
        self._followed: set[Key] = set()

    def needs_of(self, key: Key) -> tuple[Need, ...]:
        """Return what a resource depends on; empty where nothing is known."""
        self._followed = {key}
        return self._follow(key, 0)

    def _follow(self, key: Key, depth: int) -> tuple[Need, ...]:
        if depth > _DEEPEST:
            return ()
        roles: dict[Key, list[str]] = {}
        for each, role in self._direct(key):
            if each != key and role not in roles.setdefault(each, []):
                roles[each].append(role)
        new = [each for each in roles if each not in self._followed]
        self._followed.update(new)
        return tuple(
            Need(each, ", ".join(together), self._follow(each, depth + 1) if each in new else ())
            for each, together in roles.items()
        )

    def _direct(self, key: Key) -> Iterator[tuple[Key, str]]:
        if key.kind == "guest":
            yield from self._guest(key)
        elif key.kind == "node":
            yield from self._node(key)
        elif key.kind == "storage":
            yield from self._storage(key)
        elif key.kind == "switch-port":
            yield Key(key.source, "device", key.id.rpartition(":")[0]), "port of"
        elif key.kind == "device":
            yield from self._device(key)
        elif key.kind in {"proxy-host", "redirection-host", "stream", "port-forward"}:
            yield from self._entry(key)

    def _guest(self, key: Key) -> Iterator[tuple[Key, str]]:
        guest = self._model.inputs.guests.get(key)
        if guest is None:
            return
        yield Key(key.source, "node", guest.node), "runs on"
        for slot in sorted(guest.disks, key=natural):
            name = guest.disks[slot].get("storage")
            if name and not slot.startswith("unused") and guest.disks[slot].get("media") != "cdrom":
                yield Key(key.source, "storage", name), f"disk {slot}"
        for nic in self._model.inputs.nics_of.get(key, ()):
            yield from self._nic(nic)

    def _nic(self, nic: AttachedNic) -> Iterator[tuple[Key, str]]:
        if nic.bridge is None or nic.link_down:
            return
        segment = self._model.segments.of_nic(nic)
        if segment.closed is not None:
            return
        for network, row in self._model.inputs.networks.items():
            if row.vlan is not None and row.vlan == segment.vlan and segment.site in {None, network.source}:
                yield network, f"{nic.slot}, VLAN {row.vlan}"
        for link in self._model.wiring.links(nic.guest.source, nic.node, nic.bridge):
            yield link.port, f"{nic.slot}, {nic.bridge}"

    def _node(self, key: Key) -> Iterator[tuple[Key, str]]:
        for row in self._model.inputs.node_networks.values():
            if row.node == key.id and (row.cidr or row.cidr6):
                for link in self._model.wiring.links(key.source, key.id, row.iface):
                    yield link.port, row.iface

    def _storage(self, key: Key) -> Iterator[tuple[Key, str]]:
        row = self._rows.storages.get(key)
        for address in servers_of(row) if row is not None else ():
            for holder in having(self._model, address):
                yield holder, f"served from {address}"

    def _device(self, key: Key) -> Iterator[tuple[Key, str]]:
        seen = self._rows.devices_linked.get(key)
        uplink = seen.uplink if seen is not None and seen.uplink else {}
        if "device" in uplink:
            yield (
                Key(key.source, "device", uplink["device"]),
                f"uplink, port {uplink.get('port', 'not known')}",
            )

    def _entry(self, key: Key) -> Iterator[tuple[Key, str]]:
        if key.kind != "port-forward":
            for host in self._servers.get(key.source, ()):
                address = canonical(host)
                for holder in having(self._model, address) if address is not None else ():
                    yield holder, "served by"
        for path in self._model.paths:
            if path.entry == key and path.address is not None:
                for holder in having(self._model, path.address):
                    yield holder, f"leads to {path.address}"
