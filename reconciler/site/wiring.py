"""How guests hang on switches: bridge → NICs of the node → switch ports, and how each step is known.

A NIC leads to a port because a cable is declared (`declared`), because the switch hears the node by LLDP
(`observed`), or because guests of the node are seen on that port (`inferred`, for the node as a whole).
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.addresses import How
from reconciler.site.inputs import SiteInputs
from reconciler.site.rows import NodeNetworkRow

BRIDGES = frozenset({"bridge", "OVSBridge"})
"""The types of interfaces that are bridges."""


class WiringLink(NamedTuple):
    """A switch port that something is plugged into."""

    port: Key
    how: How
    via: Key
    """The resource that shows it."""
    nic: str | None
    """`node:nic`; None where only the node is known."""


class Wiring:
    """The wiring from guests and nodes to switch ports."""

    def __init__(self, inputs: SiteInputs) -> None:
        self._inputs = inputs
        self._below: dict[tuple[str, str, str], tuple[list[str], list[Key]]] = {}

    @cached_property
    def _ports(self) -> Mapping[str, Key]:
        return {key.id: key for key in self._inputs.switch_ports}

    @cached_property
    def _interfaces(self) -> Mapping[tuple[str, str, str], tuple[Key, NodeNetworkRow]]:
        """(source, node, interface) → its row."""
        return {
            (key.source, row.node, row.iface): (key, row) for key, row in self._inputs.node_networks.items()
        }

    @cached_property
    def _ovs_ports(self) -> Mapping[tuple[str, str, str], list[str]]:
        """(source, node, bridge) → the interfaces that name it as their Open vSwitch bridge."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for (source, node, name), (_, row) in self._interfaces.items():
            if row.ovs_bridge:
                found.setdefault((source, node, row.ovs_bridge), []).append(name)
        return found

    def interface(self, source: str, node: str, name: str) -> Key | None:
        """Return the key of an interface of a node."""
        found = self._interfaces.get((source, node, name))
        return found[0] if found else None

    def row(self, source: str, node: str, name: str) -> NodeNetworkRow | None:
        """Return the row of an interface of a node."""
        found = self._interfaces.get((source, node, name))
        return found[1] if found else None

    def is_portless(self, source: str, node: str, name: str) -> bool:
        """Return whether an interface is a bridge without a port: nothing outside its node is on it."""
        key, row = self._interfaces.get((source, node, name), (None, None))
        if (
            row is None
            or row.type not in BRIDGES
            or key in self._inputs.unread_fields.get("node-network", ())
        ):
            return False
        return not (row.bridge_ports or row.slaves or (source, node, name) in self._ovs_ports)

    def physical(self, source: str, node: str, name: str) -> list[str]:
        """Return the NICs under an interface: through VLANs, bridges and bonds, each once."""
        return self._under(source, node, name)[0]

    def interfaces(self, source: str, node: str, name: str) -> list[Key]:
        """Return an interface and all that lie between it and its NICs."""
        return self._under(source, node, name)[1]

    def _under(self, source: str, node: str, name: str) -> tuple[list[str], list[Key]]:
        found = self._below.get((source, node, name))
        if found is None:
            found = self._below[(source, node, name)] = self._walk_down(source, node, name)
        return found

    def _walk_down(self, source: str, node: str, name: str) -> tuple[list[str], list[Key]]:
        nics: list[str] = []
        keys: list[Key] = []
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            each = waiting.pop(0)
            if each in seen:
                continue
            seen.add(each)
            known = self._interfaces.get((source, node, each))
            if known is None:
                nics.append(each)
                continue
            key, row = known
            keys.append(key)
            below = [*row.bridge_ports, *row.slaves, *self._ovs_ports.get((source, node, each), ())]
            below += [row.vlan_raw_device] if row.vlan_raw_device else []
            if not below and row.type == "eth":
                nics.append(each)
            waiting += below
        return nics, keys

    @cached_property
    def _declared(self) -> Mapping[str, WiringLink]:
        """`node:nic` → the port that a cable leads to."""
        return {
            key.id: WiringLink(
                self._ports.get(row.to, Key("site", "switch-port", row.to)), "declared", key, key.id
            )
            for key, row in self._inputs.cables.items()
            if row.to
        }

    @cached_property
    def heard(self) -> Mapping[str, WiringLink]:
        """`node:nic` → the port whose switch hears it by LLDP."""
        found: dict[str, WiringLink] = {}
        nodes = {key.id.lower(): key.id for key in self._inputs.nodes}
        for key, row in self._inputs.switch_ports_seen.items():
            link = row.link or {}
            name, port = link.get("neighbour", "").lower(), link.get("neighbour_port", "")
            node = nodes.get(name) or nodes.get(name.partition(".")[0])
            if node and port:
                nic = f"{node}:{port}"
                found[nic] = WiringLink(key, "observed", key, nic)
        return found

    @cached_property
    def seen(self) -> Mapping[tuple[str, str], tuple[WiringLink, ...]]:
        """(source, node) → the ports on which its guests are seen; a MAC address of several shows nothing."""
        owners, guests, ports = self._inputs.mac_owners, self._inputs.guests, self._ports
        found: dict[tuple[str, str], dict[str, WiringLink]] = {}
        for key, row in self._inputs.clients.items():
            own = owners.get(key.id)
            guest = guests.get(own[0]) if own is not None and len(own) == 1 else None
            if own is None or guest is None:
                continue
            at = row.switch_port
            if at is not None and at in ports:
                links = found.setdefault((own[0].source, guest.node), {})
                if at not in links:
                    links[at] = WiringLink(ports[at], "inferred", key, None)
        return {node: tuple(sorted(links.values())) for node, links in found.items()}

    @cached_property
    def nodes_seen(self) -> Mapping[str, list[tuple[str, str]]]:
        """Name of a node → those of that name, in any cluster, whose guests are seen on ports."""
        found: dict[str, list[tuple[str, str]]] = {}
        for node in self.seen:
            found.setdefault(node[1], []).append(node)
        return found

    def port(self, identity: str) -> Key | None:
        """Return the key of a switch port."""
        return self._ports.get(identity)

    def links(self, source: str, node: str, interface: str) -> list[WiringLink]:
        """Return the ports that an interface of a node leads to; a cable goes before what is seen."""
        if self.is_portless(source, node, interface):
            return []
        found: list[WiringLink] = []
        for nic in self.physical(source, node, interface):
            name = f"{node}:{nic}"
            link = self._declared.get(name) or self.heard.get(name)
            if link is not None:
                found.append(link)
        return found or list(self.seen.get((source, node), ()))

    def evidence(self, link: WiringLink) -> tuple[Key, ...]:
        """Return what shows that a link exists: of an inferred one, the guest with that MAC address too."""
        return (link.via, *self._inputs.mac_owners.get(link.via.id, ()))

    def cables(self) -> Iterator[WiringLink]:
        """Yield every declared cable."""
        yield from self._declared.values()
