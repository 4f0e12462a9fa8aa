"""The networks of a UniFi site with their addresses, and which of them an address lies in."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import ip_interface
from typing import NamedTuple

from reconciler.model.fields.addresses import canonical_address
from reconciler.model.key import Key
from reconciler.site.rows import NetworkRow


class UnifiSubnet(NamedTuple):
    """A network with an address range."""

    key: Key
    vlan: int | None
    version: int
    first: int
    last: int
    gateway: str
    pool: tuple[int, int] | None
    """The range that DHCP gives out."""
    text: str


def canonical(text: str) -> str | None:
    """Return an address as the fields of every kind write it; None for text that is not an address."""
    return canonical_address(text.strip().removeprefix("[").removesuffix("]"))


def number_of(address: str) -> tuple[int, int]:
    """Return an address as (version, number), to be compared."""
    if ":" in address:
        return 6, int.from_bytes(socket.inet_pton(socket.AF_INET6, address.partition("%")[0]), "big")
    return 4, int.from_bytes(socket.inet_pton(socket.AF_INET, address), "big")


def subnets(networks: Mapping[Key, NetworkRow]) -> Iterator[UnifiSubnet]:
    """Yield the networks with an address range, except WANs and what is disabled."""
    for key, row in networks.items():
        if not row.ip_subnet or row.purpose == "wan" or not row.enabled:
            continue
        interface = ip_interface(row.ip_subnet)
        network = interface.network
        pool = None
        if row.dhcpd_enabled and row.dhcpd_start and row.dhcpd_stop:
            pool = (number_of(row.dhcpd_start)[1], number_of(row.dhcpd_stop)[1])
        first, last = int(network.network_address), int(network.broadcast_address)
        yield UnifiSubnet(key, row.vlan, network.version, first, last, str(interface.ip), pool, str(network))


class SubnetTable:
    """Finds the networks that an address lies in."""

    def __init__(self, every: Iterable[UnifiSubnet]) -> None:
        found: dict[int, dict[int, dict[int, list[UnifiSubnet]]]] = {4: {}, 6: {}}
        for each in every:
            bits = (each.last - each.first).bit_length()
            found[each.version].setdefault(bits, {}).setdefault(each.first >> bits, []).append(each)
        self._by_size: Mapping[int, list[tuple[int, dict[int, list[UnifiSubnet]]]]] = {
            version: sorted(sizes.items()) for version, sizes in found.items()
        }
        """IP version → (bits of the host part, first address without them → networks), smallest first."""

    def find(self, address: str) -> UnifiSubnet | None:
        """Return the smallest network that an address lies in."""
        return next(self.every(address), None)

    def every(self, address: str) -> Iterator[UnifiSubnet]:
        """Yield the networks that an address lies in, the smallest first."""
        version, number = number_of(address)
        for bits, networks in self._by_size[version]:
            yield from networks.get(number >> bits, ())
