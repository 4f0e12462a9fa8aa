"""How guests hang on switches: bridge → NICs of the node → switch ports, and how each step is known.

A NIC leads to a port because a cable says so (`declared`), because the switch hears the node by LLDP
(`observed`), or because guests of the node are seen on that port (`inferred`, for the node as a whole).
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.addresses import How
from reconciler.site.inputs import Facts, Row


class Link(NamedTuple):
    """A port that something is plugged into."""

    port: Key
    how: How
    via: Key
    """The resource that says so."""
    nic: str | None
    """`node:nic`; None where only the node is known."""


class Wiring:
    """The way from guests and nodes to switch ports."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts

    @cached_property
    def _ports(self) -> Mapping[str, Key]:
        return {key.id: key for key in self._facts.rows("switch-port")}

    @cached_property
    def _interfaces(self) -> Mapping[tuple[str, str, str], tuple[Key, Row]]:
        """(source, node, interface) → its row."""
        return {
            (key.source, row["node"], row["iface"]): (key, row)
            for key, row in self._facts.rows("node-network").items()
        }

    def interface(self, source: str, node: str, name: str) -> Key | None:
        """The key of an interface of a node."""
        found = self._interfaces.get((source, node, name))
        return found[0] if found else None

    def physical(self, source: str, node: str, name: str) -> list[str]:
        """The NICs under an interface: through VLANs, bridges and bonds, each once."""
        return self._under(source, node, name)[0]

    def interfaces(self, source: str, node: str, name: str) -> list[Key]:
        """An interface and all that lie on the way to its NICs."""
        return self._under(source, node, name)[1]

    def _under(self, source: str, node: str, name: str) -> tuple[list[str], list[Key]]:
        nics: list[str] = []
        keys: list[Key] = []
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            each = waiting.pop(0)
            if each in seen:
                continue
            seen.add(each)
            key, row = self._interfaces.get((source, node, each), (None, {}))
            keys += [key] if key else []
            below = [*row.get("bridge_ports", ()), *row.get("slaves", ()), *row.get("ovs_ports", ())]
            below += [row["vlan_raw_device"]] if row.get("vlan_raw_device") else []
            if not below and row.get("type", "eth") == "eth":
                nics.append(each)
            waiting += below
        return nics, keys

    @cached_property
    def _declared(self) -> Mapping[str, Link]:
        """`node:nic` → the port that a cable leads to."""
        return {
            key.id: Link(
                self._ports.get(row["to"], Key("site", "switch-port", row["to"])), "declared", key, key.id
            )
            for key, row in self._facts.rows("cable").items()
            if row.get("to")
        }

    @cached_property
    def heard(self) -> Mapping[str, Link]:
        """`node:nic` → the port whose switch hears it by LLDP."""
        found: dict[str, Link] = {}
        nodes = {key.id.lower(): key.id for key in self._facts.rows("node")}
        for key, row in self._facts.observed("switch-port").items():
            link = row.get("link") or {}
            name = str(link.get("neighbour") or "").lower()
            node = nodes.get(name) or nodes.get(name.partition(".")[0])
            if node and link.get("neighbour_port"):
                nic = f"{node}:{link['neighbour_port']}"
                found[nic] = Link(key, "observed", key, nic)
        return found

    @cached_property
    def seen(self) -> Mapping[tuple[str, str], tuple[Link, ...]]:
        """(source, node) → the ports on which its guests are seen; a MAC address of several tells nothing."""
        several = {mac for mac, keys in self._facts.mac_owners.items() if len(keys) > 1}
        owners = {nic.mac: nic for nic in self._facts.nics if nic.mac and nic.mac not in several}
        found: dict[tuple[str, str], dict[Key, Link]] = {}
        for key, row in self._facts.observed("client").items():
            nic = owners.get(key.id)
            port = self._ports.get(str(row.get("switch_port")))
            if nic is not None and port is not None:
                links = found.setdefault((nic.guest.source, nic.node), {})
                if port not in links:
                    links[port] = Link(port, "inferred", key, None)
        return {node: tuple(links[port] for port in sorted(links)) for node, links in found.items()}

    def links(self, source: str, node: str, interface: str) -> list[Link]:
        """The ports that an interface of a node leads to; a cable goes before what is seen."""
        found: list[Link] = []
        for nic in self.physical(source, node, interface):
            name = f"{node}:{nic}"
            link = self._declared.get(name) or self.heard.get(name)
            if link is not None:
                found.append(link)
        return found or list(self.seen.get((source, node), ()))

    def grounds(self, link: Link) -> tuple[Key, ...]:
        """What says that a link is there: of one that is inferred, the guest with that MAC address too."""
        return (link.via, *self._facts.mac_owners.get(link.via.id, ()))

    def cables(self) -> Iterator[Link]:
        """Every declared cable."""
        yield from self._declared.values()
