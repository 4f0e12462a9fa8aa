"""The network that a NIC or an address is in: two things have one address or MAC only within one network.

A segment is closed (a bridge without a port, a vnet of the software-defined network, an interface inside a
guest), or it is a VLAN of the LAN of one UniFi site. Where VLAN or site is not known, it may be any.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import product
from typing import NamedTuple, TypeVar

from reconciler.model.key import Key
from reconciler.site.addresses import AddressEvidence
from reconciler.site.inputs import AttachedNic, SiteInputs
from reconciler.site.subnets import UnifiSubnet
from reconciler.site.wiring import Wiring

_ANY = "*"


class Segment(NamedTuple):
    """One network as far as it is known."""

    closed: tuple[str, ...] | None = None
    """The parts that identify it; None: it is on the LAN."""
    site: str | None = None
    """The UniFi source whose LAN it is; None: not known."""
    vlan: int | None = None
    """None: not known, as of a NIC without a tag."""

    def may_be(self, subnet: UnifiSubnet) -> bool:
        """Return whether it may be that of a network."""
        if self.closed is not None or self.site not in {None, subnet.key.source}:
            return False
        return None in {self.vlan, subnet.vlan} or self.vlan == subnet.vlan


class Segments:
    """The segments of NICs and addresses."""

    def __init__(self, inputs: SiteInputs, wiring: Wiring) -> None:
        self._inputs = inputs
        self.wiring = wiring
        self._bridges: dict[tuple[str, str, str], Segment] = {}

    def of_nic(self, nic: AttachedNic) -> Segment:
        """Return the segment of a NIC; one that is disconnected, or without a bridge, has one of its own."""
        if nic.bridge is None or nic.link_down:
            return Segment((*nic.guest, nic.slot))
        return _tagged(self._of_interface(nic.guest.source, nic.node, nic.bridge), nic.tag)

    def of_evidence(self, one: AddressEvidence) -> Segment:
        """Return the segment in which something has an address."""
        source, kind, identity = one.key
        if kind == "guest":
            return self._of_guest(one)
        if kind == "node-network":
            row = self._inputs.node_networks[one.key]
            return self._of_interface(source, row.node, row.iface)
        if kind == "node":
            return Segment(site=self._sites.get(source))
        if kind == "network":
            return self._of_network(source, identity, None)
        if kind in {"reservation", "client"}:
            return self._of_seen(one)
        return Segment(site=source if kind == "device" else None)

    def subnet(self, one: AddressEvidence) -> UnifiSubnet | None:
        """Return the smallest network that an address lies in, among those of its own segment."""
        segment: Segment | None = None
        for subnet in self._inputs.subnet_table.every(one.address):
            segment = segment or self.of_evidence(one)
            if segment.may_be(subnet):
                return subnet
        return None

    def shown_by(self, evidence: Iterable[AddressEvidence]) -> Iterator[Key]:
        """Yield the rows that put some into their segments: bridges, vnets, a network inside a guest."""
        for one in evidence:
            if one.holder.kind == "guest" and one.mac is not None:
                subnet = self._inputs.subnet_table.find(one.address) if self._is_inside(one) else None
                if subnet is not None:
                    yield subnet.key
            closed = self.of_evidence(one).closed
            if closed is not None and one.key.kind in {"guest", "node-network"}:
                bridge = self.wiring.interface(*closed[:3]) if len(closed) > 2 else None
                yield bridge or Key(closed[0], "sdn-vnet", closed[-1])

    def _is_inside(self, one: AddressEvidence) -> bool:
        """Return whether an interface with an address is not a NIC of the guest."""
        return all(nic.mac != one.mac for nic in self._inputs.nics_of.get(one.holder, ()))

    def _of_seen(self, one: AddressEvidence) -> Segment:
        """Return the segment of what the controller knows by its MAC address; of a guest, also by its NIC."""
        if one.key.kind == "client":
            seen = self._inputs.clients[one.key]
            found = self._of_network(one.key.source, seen.network, seen.vlan)
        else:
            network = Key(one.key.source, "network", self._inputs.reservations[one.key].network or "")
            fits = any(each.key == network for each in self._inputs.subnet_table.every(one.address))
            found = self._of_network(one.key.source, network.id if fits else None, None)
        if found.vlan is None and one.holder.kind == "guest":
            found = found._replace(vlan=self._of_guest(one).vlan)
        return found

    def _of_guest(self, one: AddressEvidence) -> Segment:
        """Return the segment of the NIC with an address, or of an interface inside the guest."""
        nics = self._inputs.nics_of.get(one.holder, [])
        own = [nic for nic in nics if nic.mac == one.mac]
        for nic in own:
            if len(own) == 1 or one.field.startswith(f"/nics/{nic.slot}/"):
                return self.of_nic(nic)
        if own or one.mac is None or self._inputs.subnet_table.find(one.address) is not None:
            return Segment(site=self._sites.get(one.holder.source))
        return Segment((*one.holder, one.mac))

    def _of_network(self, source: str, name: str | None, vlan: int | None) -> Segment:
        row = self._inputs.networks.get(Key(source, "network", name)) if name is not None else None
        return Segment(site=source, vlan=row.vlan if row is not None else vlan or None)

    def _of_interface(self, source: str, node: str, name: str) -> Segment:
        at = (source, node, name)
        if at not in self._bridges:
            self._bridges[at] = Segment((*at, ""))  # an interface that is below itself ends here
            self._bridges[at] = self._found(*at)
        return self._bridges[at]

    def _found(self, source: str, node: str, name: str) -> Segment:
        row = self.wiring.row(source, node, name)
        if row is None and (source, name) in self._vnets:
            return self._of_vnet(source, node, name)
        if row is None:
            return Segment(site=self._sites.get(source))
        if self.wiring.is_portless(source, node, name):
            return Segment((source, node, name))
        if row.vlan_raw_device:
            return _tagged(self._of_interface(source, node, row.vlan_raw_device), row.vlan_id)
        return Segment(site=self._sites.get(source))

    def _of_vnet(self, source: str, node: str, name: str) -> Segment:
        zone, tag = self._vnets[source, name]
        row = self._inputs.sdn_zones.get(Key(source, "sdn-zone", zone))
        if row is not None and row.type == "simple":
            return Segment((source, node, name))
        if row is not None and row.type == "vlan" and row.bridge is not None:
            return _tagged(self._of_interface(source, node, row.bridge), tag)
        return Segment((source, name))

    @cached_property
    def _vnets(self) -> Mapping[tuple[str, str], tuple[str, int | None]]:
        return {(key.source, key.id): (row.zone, row.tag) for key, row in self._inputs.sdn_vnets.items()}

    @cached_property
    def _sites(self) -> Mapping[str, str]:
        """Cluster → the UniFi source that sees its guests or nodes, where only one of several does."""
        if len(self._inputs.sources("client")) < 2:
            return {}
        found: dict[str, set[str]] = {}
        for source, site in self._sightings():
            found.setdefault(source, set()).add(site)
        return {source: next(iter(sites)) for source, sites in found.items() if len(sites) == 1}

    def _sightings(self) -> Iterator[tuple[str, str]]:
        owners = self._inputs.mac_owners
        for key in (*self._inputs.clients, *self._inputs.reservations):
            own = owners.get(key.id, ())
            if len(own) == 1 and own[0].kind == "guest":
                yield own[0].source, key.source
        clusters: dict[str, list[str]] = {}
        for node in self._inputs.nodes:
            clusters.setdefault(node.id, []).append(node.source)
        for name, link in self.wiring.heard.items():
            of_node = clusters.get(name.rpartition(":")[0], [])
            if len(of_node) == 1:
                yield of_node[0], link.port.source


def _tagged(below: Segment, tag: int | None) -> Segment:
    """Return the segment of a VLAN tag on a bridge."""
    if tag is None:
        return below
    return Segment(None, below.site, tag) if below.closed is None else Segment((*below.closed, str(tag)))


def reachable(segments: Segments, evidence: Sequence[AddressEvidence]) -> list[AddressEvidence]:
    """Return what shows who answers at an address: what is on the LAN before what is in a closed segment."""
    known = [one for one in evidence if one.how != "declared"]
    if len({one.holder for one in known}) < 2:
        return known
    return [one for one in known if segments.of_evidence(one).closed is None] or known


T = TypeVar("T", bound=Hashable)


def sharing(members: Iterable[tuple[T, Segment]]) -> list[T]:
    """Return the members that may be in one segment with another one, each once, in their order."""
    members = list(dict.fromkeys(members))
    within: dict[tuple[object, ...], set[T]] = {}
    for member, segment in members:
        for at in _patterns(segment):
            within.setdefault(at, set()).add(member)
    found = (
        member
        for member, segment in members
        if any(len(within[at]) > 1 or member not in within[at] for at in _candidates(segment) if at in within)
    )
    return list(dict.fromkeys(found))


def _patterns(segment: Segment) -> Iterator[tuple[object, ...]]:
    """Yield what a segment is found by: itself, and with VLAN or site left open."""
    if segment.closed is not None:
        return iter((segment.closed,))
    return product((segment.site, _ANY), (segment.vlan, _ANY))


def _candidates(segment: Segment) -> Iterator[tuple[object, ...]]:
    """Yield what the segments are found by that may be the same one."""
    if segment.closed is not None:
        return iter((segment.closed,))
    sites = (_ANY,) if segment.site is None else (segment.site, None)
    vlans = (_ANY,) if segment.vlan is None else (segment.vlan, None)
    return product(sites, vlans)
