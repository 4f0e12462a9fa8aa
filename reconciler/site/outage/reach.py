"""Which NICs of guests lose the network when switch ports, switches or networks go down."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from reconciler.model.key import Key
from reconciler.site.inputs import AttachedNic
from reconciler.site.outage.rows import OutageRows
from reconciler.site.site_model import SiteModel


def with_devices(rows: OutageRows, model: SiteModel, down: AbstractSet[Key]) -> dict[Key, Key]:
    """Return the devices and switch ports that go down with others → what they hang on.

    A device hangs on the device and port of its uplink, as last seen; a port on its device.
    """
    found: dict[Key, Key] = {}
    waiting = True
    while waiting:
        gone = down | found.keys()
        new = {key: above for key, above in _hanging(rows, model, gone) if key not in gone}
        found |= new
        waiting = bool(new)
    return found


def _hanging(rows: OutageRows, model: SiteModel, gone: AbstractSet[Key]) -> Iterator[tuple[Key, Key]]:
    for key, seen in rows.devices_linked.items():
        device = (seen.uplink or {}).get("device")
        if device is not None:
            port = (seen.uplink or {}).get("port")
            above = [Key(key.source, "switch-port", f"{device}:{port}"), Key(key.source, "device", device)]
            yield from ((key, each) for each in above if each in gone)
    for port_key in model.inputs.switch_ports:
        device_key = Key(port_key.source, "device", port_key.id.rpartition(":")[0])
        if device_key in gone:
            yield port_key, device_key


class Reach:
    """Which NICs still reach the network."""

    def __init__(self, model: SiteModel, down: AbstractSet[Key]) -> None:
        self._model = model
        self._down = down
        self._networks = frozenset(key for key in down if key.kind == "network")
        self._ports = frozenset(key for key in down if key.kind == "switch-port")
        self._links: dict[tuple[str, str, str], Key | None] = {}

    def cut_off(self, guest: Key, node: str | None = None) -> tuple[Key, bool] | None:
        """Return what cuts a guest off, and whether all its NICs are; None where none is.

        `node` is where it runs, if that is not where it was read.
        """
        if not (self._networks or self._ports):
            return None
        nics = [nic for nic in self._model.inputs.nics_of.get(guest, []) if nic.bridge and not nic.link_down]
        lost = [self.lost(nic, node or nic.node) for nic in nics]
        because = [each for each in lost if each is not None]
        return (because[0], len(because) == len(nics)) if because else None

    def lost(self, nic: AttachedNic, node: str) -> Key | None:
        """Return the port or network that cuts a NIC off on a node; None where it is not."""
        of_network = self._network(nic)
        if of_network is not None or nic.bridge is None:
            return of_network
        return self.link(nic.guest.source, node, nic.bridge)

    def link(self, source: str, node: str, interface: str) -> Key | None:
        """Return the first port of an interface if all its ports are down."""
        at = (source, node, interface)
        if at not in self._links:
            ports = [link.port for link in self._model.wiring.links(*at)] if self._ports else []
            gone = bool(ports) and all(port in self._ports for port in ports)
            self._links[at] = ports[0] if gone else None
        return self._links[at]

    def _network(self, nic: AttachedNic) -> Key | None:
        if not self._networks:
            return None
        segment = self._model.segments.of_nic(nic)
        for key in sorted(self._networks):
            network = self._model.inputs.networks.get(key)
            on_lan = segment.closed is None and segment.site in {None, key.source}
            if network is None or not on_lan:
                continue
            if segment.vlan is not None and segment.vlan == network.vlan:
                return key
            if segment.vlan is None and self._is_addressed_in(nic, key):
                return key
        return None

    def _is_addressed_in(self, nic: AttachedNic, network: Key) -> bool:
        """Return whether a NIC without a VLAN has an address of a network."""
        for address in filter(None, (nic.ip, nic.ip6)):
            subnet = self._model.inputs.subnet_table.find(address.partition("/")[0])
            if subnet is not None and subnet.key == network:
                return True
        return False
