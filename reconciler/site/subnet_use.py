"""How far each subnet is used: its size, its DHCP ranges, and the next address that nothing needs.

A subnet is a network of the controller; outside of those, a range that a node or a guest is set to.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_interface
from typing import NamedTuple

from reconciler.model.key import Key
from reconciler.model.value import Row
from reconciler.site.addresses import AddressEvidence, AddressTable, state_of
from reconciler.site.inputs import SiteInputs
from reconciler.site.subnets import UnifiSubnet, number_of

_SHORTEST_PREFIX = 8
_BITS = {4: 32, 6: 128}
_Network = IPv4Network | IPv6Network


class UsedSubnet(NamedTuple):
    """A subnet, and the numbers of the addresses in it that are known."""

    network: Key | None
    vlan: int | None
    range: _Network
    gateway: str | None
    pools: tuple[tuple[int, int], ...]
    """Ranges that DHCP gives out, in order, without overlaps."""
    used: tuple[int, ...]
    """In order."""

    @property
    def hosts(self) -> tuple[int, int]:
        """Return the first and the last address that something can have."""
        first, last = int(self.range.network_address), int(self.range.broadcast_address)
        has_ends = self.range.version == 4 and last - first > 1
        return (first + 1, last - 1) if has_ends else (first, last)

    @property
    def next_free(self) -> str | None:
        """Return the first address that is not known and that DHCP does not give out; None: there is none."""
        candidate, last = self.hosts
        used, pools = frozenset(self.used), list(self.pools)
        while candidate <= last:
            while pools and pools[0][1] < candidate:
                pools.pop(0)
            if pools and pools[0][0] <= candidate:
                candidate = pools[0][1] + 1
            elif candidate in used:
                candidate += 1
            else:
                return str(self.range.network_address + (candidate - int(self.range.network_address)))
        return None


def declared_role(inputs: SiteInputs, evidence: Iterable[AddressEvidence]) -> str | None:
    """Return the role that an address is declared with; None for one that is not declared."""
    return next((inputs.addresses[one.key].role for one in evidence if one.how == "declared"), None)


def used_subnets(inputs: SiteInputs, table: AddressTable) -> list[UsedSubnet]:
    """Return every subnet in order of its addresses."""
    known: dict[int, list[int]] = {4: [], 6: []}
    for address, evidence in table.items():
        role = declared_role(inputs, evidence)
        if role != "dhcp-pool" or state_of(evidence, role) != "dhcp":
            version, number = number_of(address)
            known[version].append(number)
    for numbers in known.values():
        numbers.sort()
    ranges = list(_declared_ranges(inputs))
    found = [_used(*subnet, ranges, known) for subnet in _subnets(inputs)]
    return sorted(found, key=lambda each: (each.range.version, each.range, each.network or ("",)))


def subnet_rows(subnets: Iterable[UsedSubnet]) -> list[Row]:
    """Return the `subnets` of `/v1/addresses`."""
    return [
        {
            "network": None if each.network is None else str(each.network),
            "subnet": str(each.range),
            "vlan": each.vlan,
            "gateway": each.gateway,
            "dhcp": [{"first": _text(each, first), "last": _text(each, last)} for first, last in each.pools],
            "addresses": each.hosts[1] - each.hosts[0] + 1 if each.range.version == 4 else None,
            "used": len(each.used),
            "next_free": each.next_free if each.range.version == 4 else None,
        }
        for each in subnets
    ]


def _text(subnet: UsedSubnet, number: int) -> str:
    return str(subnet.range.network_address + (number - int(subnet.range.network_address)))


def _subnets(inputs: SiteInputs) -> Iterator[tuple[UnifiSubnet | None, _Network]]:
    """Yield the controller's networks, then the ranges outside of them that NICs and nodes are set to."""
    known: list[_Network] = []
    for subnet in inputs.subnets:
        network = ip_interface(subnet.text).network
        known.append(network)
        yield subnet, network
    others = {each for each in _configured(inputs) if each.prefixlen >= _SHORTEST_PREFIX}
    for network in sorted(others, key=lambda each: (each.version, each.prefixlen, int(each.network_address))):
        if network.num_addresses > 2 and not any(_is_within(network, each) for each in known):
            known.append(network)
            yield None, network


def _is_within(inner: _Network, outer: _Network) -> bool:
    return (
        inner.version == outer.version
        and inner.network_address in outer
        and inner.prefixlen >= outer.prefixlen
    )


def _configured(inputs: SiteInputs) -> Iterator[_Network]:
    """Yield the networks of the addresses with a prefix length that nodes and containers are set to."""
    texts = [text for row in inputs.node_networks.values() for text in (row.cidr, row.cidr6)]
    texts += [text for nic in inputs.nics for text in (nic.ip, nic.ip6)]
    known: set[tuple[int, int, int]] = set()
    for text in dict.fromkeys(filter(None, texts)):
        address, slash, length = text.partition("/")
        if not slash:
            continue
        version, number = number_of(address)
        host_bits = _BITS[version] - int(length)
        place = version, host_bits, number >> host_bits
        if place in known:
            continue
        interface = ip_interface(text)
        if not (interface.is_loopback or interface.is_link_local):
            known.add(place)
            yield interface.network


def _declared_ranges(inputs: SiteInputs) -> Iterator[tuple[int, int, int]]:
    """Yield (version, first, last) of each declared range of DHCP."""
    for key, row in inputs.addresses.items():
        if row.role == "dhcp-pool":
            version, first = number_of(key.id)
            until, last = number_of(row.until or key.id)
            if until == version and first <= last:
                yield version, first, last


def _used(
    subnet: UnifiSubnet | None,
    network: _Network,
    declared: Iterable[tuple[int, int, int]],
    known: Mapping[int, list[int]],
) -> UsedSubnet:
    first, last = int(network.network_address), int(network.broadcast_address)
    numbers = known[network.version]
    ranges = [(low, high) for version, low, high in declared if version == network.version]
    ranges += [subnet.pool] if subnet is not None and subnet.pool is not None else []
    return UsedSubnet(
        network=subnet and subnet.key,
        vlan=subnet and subnet.vlan,
        range=network,
        gateway=subnet and subnet.gateway,
        pools=_merged((max(low, first), min(high, last)) for low, high in ranges),
        used=tuple(numbers[bisect_left(numbers, first) : bisect_right(numbers, last)]),
    )


def _merged(ranges: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Return ranges in order, those that touch or overlap as one; empty ones are left out."""
    found: list[tuple[int, int]] = []
    for low, high in sorted(each for each in ranges if each[0] <= each[1]):
        if found and low <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return tuple(found)
