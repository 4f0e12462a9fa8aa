"""From a public name to the switch port behind it, step by step, each with how it is known.

name → proxy host (or port forward, or stream) → address and port → guest → bridge and VLAN → NIC of the
node → switch port. A step that is not known stays in the row, as missing, with the reason.
"""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.addresses import Addresses, Evidence, How
from reconciler.site.inputs import Facts, Nic, canonical
from reconciler.site.wiring import Wiring

_BEST: Mapping[How, int] = {"configured": 0, "observed": 1, "inferred": 2, "declared": 3}


class Edge(NamedTuple):
    """One step of the way."""

    step: str
    to: str | None
    """Key, address or port that it leads to; None: not known."""
    how: How | None
    via: Key | None
    """The resource that says so."""
    reason: str | None = None
    """Why it is not known."""
    vlan: int | None = None


class Path(NamedTuple):
    """The way of one name."""

    name: str
    entry: Key
    """The proxy host, stream or port forward that it starts at."""
    address: str | None
    port: str | None
    holder: Key | None
    edges: tuple[Edge, ...]

    def resources(self) -> Iterator[Key]:
        """Every resource on the way."""
        for edge in self.edges:
            if edge.to is not None and edge.to.count("/") > 1:
                yield Key.parse(edge.to)

    @property
    def grounds(self) -> tuple[Key, ...]:
        """The resources that say which address it is, and who has it."""
        return tuple(edge.via for edge in self.edges[:3] if edge.via is not None)


class PortMap:
    """The ways of all names."""

    def __init__(self, facts: Facts, found: Addresses) -> None:
        self._facts = facts
        self._addresses = found
        self.wiring = Wiring(facts)
        self._rests: dict[str, tuple[Key | None, tuple[Edge, ...]]] = {}

    def paths(self) -> Iterator[Path]:
        """Every way, in order of names."""
        entries = [*self._proxies(), *self._streams(), *self._forwards()]
        for name, entry, host, port in sorted(entries, key=lambda each: (each[0], each[1])):
            yield self._path(name, entry, host, port)

    def _proxies(self) -> Iterator[tuple[str, Key, str | None, str | None]]:
        for key, row in self._facts.rows("proxy-host").items():
            for name in row["domain_names"]:
                port = row.get("forward_port")
                yield name, key, row.get("forward_host"), None if port is None else str(port)

    def _streams(self) -> Iterator[tuple[str, Key, str | None, str | None]]:
        for key, row in self._facts.rows("stream").items():
            yield f":{key.id}", key, row.get("forwarding_host"), row.get("forwarding_port")

    def _forwards(self) -> Iterator[tuple[str, Key, str | None, str | None]]:
        for key, row in self._facts.rows("port-forward").items():
            yield key.id, key, row.get("fwd"), ",".join(row.get("fwd_port", ())) or None

    def _path(self, name: str, entry: Key, host: str | None, port: str | None) -> Path:
        edges = [Edge("entry", str(entry), "configured", entry)]
        address, edge = self._target(entry, host, port)
        edges.append(edge)
        holder: Key | None = None
        if address is not None:
            if address not in self._rests:
                self._rests[address] = self._rest(address)
            holder, rest = self._rests[address]
            edges += rest
        return Path(name, entry, address, port, holder, tuple(edges))

    def _target(self, entry: Key, host: str | None, port: str | None) -> tuple[str | None, Edge]:
        """The address that an entry leads to; a name only where a DNS record of the site answers it."""
        suffix = f":{port}" if port else ""
        if not host:
            return None, Edge("target", None, None, None, "it leads nowhere")
        address = canonical(host)
        if address is not None:
            return address, Edge("target", f"{address}{suffix}", "configured", entry)
        for key, row in self._facts.rows("static-dns").items():
            if key.id in {f"A:{host.lower()}", f"AAAA:{host.lower()}"} and row.get("enabled", True):
                address = canonical(row.get("value") or "")
                if address is not None:
                    return address, Edge("target", f"{address}{suffix}", "configured", key)
        return None, Edge("target", None, None, None, f"no DNS record of the site answers {host}")

    def _rest(self, address: str) -> tuple[Key | None, tuple[Edge, ...]]:
        """From an address to the switch port."""
        evidence = sorted(
            self._addresses.get(address, ()), key=lambda one: (_BEST[one.how], one.key, one.field)
        )
        known = [one for one in evidence if one.how != "declared"] or evidence
        if not known:
            doubt = self._facts.doubt("guest", "node-network", "client", "reservation", "device")
            reason = f"nobody is known to have {address}" + (f" ({doubt})" if doubt else "")
            return None, (Edge("host", None, None, None, reason),)
        first = known[0]
        edges = [Edge("host", str(first.holder), first.how, first.key)]
        edges += self._below(first)
        return first.holder, tuple(edges)

    def _below(self, evidence: Evidence) -> Iterator[Edge]:
        holder = evidence.holder
        if holder.kind == "guest":
            yield from self._guest(evidence)
        elif holder.kind == "node":
            interface = evidence.key.id.partition(":")[2] if evidence.key.kind == "node-network" else ""
            if interface:
                yield Edge("interface", str(evidence.key), "configured", evidence.key)
                yield from self._ports(holder.source, holder.id, interface)
            else:
                yield Edge("interface", None, None, None, "the interface with this address is not known")
        elif holder.kind == "client":
            yield self._client(holder)

    def _guest(self, evidence: Evidence) -> Iterator[Edge]:
        key = evidence.holder
        nics = self._nics.get(key, [])
        nic = next((each for each in nics if evidence.mac and each.mac == evidence.mac), None)
        nic = nic or (nics[0] if len(nics) == 1 else None)
        if nic is None or nic.bridge is None:
            yield Edge("bridge", None, None, None, "the NIC with this address is not known")
            return
        bridge = self.wiring.interface(key.source, nic.node, nic.bridge)
        if bridge is None:
            reason = f"{nic.node} has no interface {nic.bridge} that could be read"
            yield Edge("bridge", None, None, None, reason)
            return
        yield Edge("bridge", str(bridge), "configured", key, vlan=nic.tag)
        yield from self._ports(key.source, nic.node, nic.bridge)

    @cached_property
    def _nics(self) -> Mapping[Key, list[Nic]]:
        found: dict[Key, list[Nic]] = {}
        for nic in self._facts.nics:
            found.setdefault(nic.guest, []).append(nic)
        return found

    def _ports(self, source: str, node: str, interface: str) -> Iterator[Edge]:
        for name in self.wiring.physical(source, node, interface):
            key = self.wiring.interface(source, node, name)
            yield Edge("nic", str(key) if key else f"{node}:{name}", "configured", key)
        links = self.wiring.links(source, node, interface)
        if not links:
            doubt = self._facts.doubt("switch-port", "client")
            reason = f"no cable is declared for {node}, and nothing of it is seen on a switch"
            yield Edge("switch-port", None, None, None, reason + (f" ({doubt})" if doubt else ""))
        for link in links:
            yield Edge("switch-port", str(link.port), link.how, link.via)

    def _client(self, key: Key) -> Edge:
        row = self._facts.seen(key)
        if row.get("switch_port"):
            return Edge("switch-port", f"{key.source}/switch-port/{row['switch_port']}", "observed", key)
        if row.get("wlan"):
            return Edge("wlan", f"{key.source}/wlan/{row['wlan']}", "observed", key)
        return Edge("switch-port", None, None, None, "it is not connected now")


def document(facts: Facts, paths: list[Path]) -> Row:
    """`/v1/portmap/joined`: the way of each name, and what hangs on each switch port and address."""
    return {"paths": [_row(facts, path) for path in paths], "depends": _depends(paths)}


def _row(facts: Facts, path: Path) -> Row:
    row: Row = {
        "name": path.name,
        "entry": str(path.entry),
        "enabled": bool(facts.rows(path.entry.kind).get(path.entry, {}).get("enabled", True)),
        "address": path.address,
        "port": path.port,
        "holder": str(path.holder) if path.holder else None,
        "whole": all(edge.to is not None for edge in path.edges),
        "edges": [_edge(facts, edge) for edge in path.edges],
    }
    return row


def _edge(facts: Facts, edge: Edge) -> Row:
    row: Row = {"step": edge.step, "to": edge.to, "how": edge.how}
    if edge.vlan is not None:
        row["vlan"] = edge.vlan
    if edge.via is not None:
        row["via"] = str(edge.via)
        row["as_of"] = facts.moment(edge.via)
    if edge.reason is not None:
        row["missing"] = edge.reason
    return row


def _depends(paths: list[Path]) -> dict[str, list[str]]:
    """Switch port, NIC, bridge, host or address → the names that would be gone with it."""
    found: dict[str, set[str]] = {}
    for path in paths:
        for edge in path.edges[1:]:
            if edge.to is not None:
                found.setdefault(edge.to, set()).add(path.name)
    return {to: sorted(names) for to, names in sorted(found.items())}
