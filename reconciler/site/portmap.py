"""From a public name to the switch port behind it, step by step, each with how it is known.

name → proxy host (or port forward, or stream) → address and port → guest → bridge and VLAN → NIC of the
node → switch port. A step that is not known stays in the path, as missing, with the reason.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.site.addresses import AddressEvidence, AddressTable, How
from reconciler.site.inputs import SiteInputs
from reconciler.site.segments import Segments, reachable
from reconciler.site.subnets import canonical

_BEST: Mapping[How, int] = {"configured": 0, "observed": 1, "inferred": 2, "declared": 3}


class _Entry(NamedTuple):
    """A proxy host, stream or port forward under one of its names."""

    name: str
    key: Key
    host: str | None
    port: str | None
    enabled: bool


class Edge(NamedTuple):
    """One step of a path."""

    step: str
    hop: str | None
    """Key, address or port that it leads to; None: not known."""
    how: How | None
    via: Key | None
    """The resource that shows it."""
    reason: str | None = None
    """Why it is not known."""
    vlan: int | None = None
    start: str | None = None
    """The hop that it starts at; None: the name itself."""

    @property
    def key(self) -> Key | None:
        """The resource that it leads to; None for an address or a NIC that is known by name only."""
        return Key.parse(self.hop) if self.hop is not None and self.hop.count("/") > 1 else None


class ServicePath(NamedTuple):
    """The path of one public name to the switch port behind it."""

    name: str
    entry: Key
    """The proxy host, stream or port forward that it starts at."""
    enabled: bool
    address: str | None
    port: str | None
    holder: Key | None
    edges: tuple[Edge, ...]

    @property
    def complete(self) -> bool:
        """Whether every step is known."""
        return all(edge.hop is not None for edge in self.edges)

    def resources(self) -> Iterator[Key]:
        """Yield every resource on the path."""
        yield from (edge.key for edge in self.edges if edge.key is not None)

    @property
    def evidence(self) -> tuple[Key, ...]:
        """The resources that show which address it is, and who has it."""
        return tuple(edge.via for edge in self.edges[:3] if edge.via is not None)


class PortMap:
    """The paths of all public names."""

    def __init__(self, inputs: SiteInputs, segments: Segments, table: AddressTable) -> None:
        self._inputs = inputs
        self._segments = segments
        self._addresses = table
        self.wiring = segments.wiring
        self._beyond: dict[str, tuple[Key | None, tuple[Edge, ...]]] = {}

    def trace_all(self) -> Iterator[ServicePath]:
        """Yield every path, in order of names."""
        entries = [*self._proxies(), *self._streams(), *self._forwards()]
        for entry in sorted(entries, key=lambda each: (each.name, each.key)):
            yield self._trace(entry)

    def _proxies(self) -> Iterator[_Entry]:
        for key, row in self._inputs.proxy_hosts.items():
            port = None if row.forward_port is None else str(row.forward_port)
            for name in row.domain_names:
                yield _Entry(name, key, row.forward_host, port, row.enabled)

    def _streams(self) -> Iterator[_Entry]:
        for key, row in self._inputs.streams.items():
            yield _Entry(f":{key.id}", key, row.forwarding_host, row.forwarding_port, row.enabled)

    def _forwards(self) -> Iterator[_Entry]:
        for key, row in self._inputs.port_forwards.items():
            yield _Entry(key.id, key, row.fwd, ",".join(row.fwd_port) or None, row.enabled)

    def _trace(self, entry: _Entry) -> ServicePath:
        edges = [Edge("entry", str(entry.key), "configured", entry.key)]
        address, edge = self._target(entry)
        edges.append(edge._replace(start=edges[0].hop))
        holder: Key | None = None
        if address is not None:
            if address not in self._beyond:
                self._beyond[address] = self._beyond_address(address)
            holder, (first, *rest) = self._beyond[address]
            edges += [first._replace(start=edge.hop), *rest]
        return ServicePath(entry.name, entry.key, entry.enabled, address, entry.port, holder, tuple(edges))

    def _target(self, entry: _Entry) -> tuple[str | None, Edge]:
        """The address that an entry leads to; a name only where a DNS record of the site answers it."""
        suffix = f":{entry.port}" if entry.port else ""
        if not entry.host:
            return None, Edge("target", None, None, None, "it has no target")
        address = canonical(entry.host)
        if address is not None:
            return address, Edge("target", f"{address}{suffix}", "configured", entry.key)
        if entry.host.lower() in self._answers:
            address, key = self._answers[entry.host.lower()]
            return address, Edge("target", f"{address}{suffix}", "configured", key)
        return None, Edge("target", None, None, None, f"no DNS record of the site answers {entry.host}")

    @cached_property
    def _answers(self) -> Mapping[str, tuple[str, Key]]:
        """Name → the address that the first DNS record of the site answers with, and that record."""
        found: dict[str, tuple[str, Key]] = {}
        for key, row in self._inputs.static_dns.items():
            of_type, _, name = key.id.partition(":")
            address = canonical(row.value or "") if row.enabled and of_type in {"A", "AAAA"} else None
            if address is not None:
                found.setdefault(name.partition(":")[0], (address, key))
        return found

    def _beyond_address(self, address: str) -> tuple[Key | None, tuple[Edge, ...]]:
        """From an address to the switch port."""
        evidence = sorted(
            self._addresses.get(address, ()), key=lambda one: (_BEST[one.how], one.key, one.field)
        )
        known = reachable(self._segments, evidence) or evidence
        if not known:
            doubt = self._inputs.why_incomplete("guest", "node-network", "client", "reservation", "device")
            reason = f"no resource is known to have {address}" + (f" ({doubt})" if doubt else "")
            return None, (Edge("host", None, None, None, reason),)
        first = known[0]
        edges = [Edge("host", str(first.holder), first.how, first.key)]
        edges += self._below(first)
        return first.holder, tuple(edges)

    def _below(self, evidence: AddressEvidence) -> Iterator[Edge]:
        holder = evidence.holder
        start = str(holder)
        if holder.kind == "guest":
            yield from self._guest(evidence)
        elif holder.kind == "node":
            interface = evidence.key.id.partition(":")[2] if evidence.key.kind == "node-network" else ""
            if interface:
                yield Edge("interface", str(evidence.key), "configured", evidence.key, start=start)
                yield from self._ports(holder.source, holder.id, interface)
            else:
                reason = "the interface with this address is not known"
                yield Edge("interface", None, None, None, reason, start=start)
        elif holder.kind == "client":
            yield self._client(holder)._replace(start=start)

    def _guest(self, evidence: AddressEvidence) -> Iterator[Edge]:
        key = evidence.holder
        nics = self._inputs.nics_of.get(key, [])
        nic = next((each for each in nics if evidence.mac and each.mac == evidence.mac), None)
        nic = nic or (nics[0] if len(nics) == 1 else None)
        if nic is None or nic.bridge is None:
            reason = "the NIC with this address is not known"
            yield Edge("bridge", None, None, None, reason, start=str(key))
            return
        bridge = self.wiring.interface(key.source, nic.node, nic.bridge)
        if bridge is None:
            reason = f"{nic.node} has no interface {nic.bridge} that could be read"
            yield Edge("bridge", None, None, None, reason, start=str(key))
            return
        yield Edge("bridge", str(bridge), "configured", key, vlan=nic.tag, start=str(key))
        yield from self._ports(key.source, nic.node, nic.bridge)

    def _ports(self, source: str, node: str, interface: str) -> Iterator[Edge]:
        above = self.wiring.interface(source, node, interface)
        start = str(above) if above else f"{node}:{interface}"
        nics: dict[str, str] = {}
        for name in self.wiring.physical(source, node, interface):
            key = self.wiring.interface(source, node, name)
            nics[f"{node}:{name}"] = str(key) if key else f"{node}:{name}"
            yield Edge("nic", nics[f"{node}:{name}"], "configured", key, start=start)
        links = self.wiring.links(source, node, interface)
        if not links:
            doubt = self._inputs.why_incomplete("switch-port", "client")
            reason = f"no cable is declared for {node}, and no switch port shows it"
            if self.wiring.is_portless(source, node, interface):
                doubt, reason = None, f"{interface} of {node} has no port"
            reason += f" ({doubt})" if doubt else ""
            yield Edge("switch-port", None, None, None, reason, start=start)
        for link in links:
            yield Edge(
                "switch-port", str(link.port), link.how, link.via, start=nics.get(link.nic or "", start)
            )

    def _client(self, key: Key) -> Edge:
        row = self._inputs.clients.get(key)
        if row is not None and row.switch_port:
            return Edge("switch-port", f"{key.source}/switch-port/{row.switch_port}", "observed", key)
        if row is not None and row.wlan:
            return Edge("wlan", f"{key.source}/wlan/{row.wlan}", "observed", key)
        return Edge("switch-port", None, None, None, "it is not connected now")
