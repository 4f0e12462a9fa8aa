"""Subnets as grids: a cell for each address, with its state. A pure function of the rows of `/v1/addresses`.

A subnet of up to 256 addresses is one block; of a larger one only the /24 blocks with known addresses are
shown. IPv6 subnets have no grid.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, NamedTuple

from reconciler.publish.pages.named_thing import DocumentRow
from reconciler.site.subnets import number_of

GridState = Literal["conflict", "gateway", "taken", "observed", "reserved", "declared", "dhcp", "free", "end"]

STATES: Mapping[GridState, str] = {
    "conflict": "in conflict",
    "taken": "taken",
    "observed": "only seen in use",
    "declared": "declared, not in use",
    "reserved": "reserved",
    "gateway": "gateway",
    "dhcp": "DHCP range",
    "free": "free",
    "end": "network or broadcast",
}
"""State of a cell → its words, in the order of the legend."""

_BLOCK_BITS = 8
_DhcpRanges = Sequence[tuple[int, int]]


class GridCell(NamedTuple):
    """One address."""

    address: str
    label: str
    """Its last number."""
    state: GridState


class GridBlock(NamedTuple):
    """Up to 256 addresses in order."""

    network: IPv4Network
    known: Mapping[int, GridState]
    ends: Collection[int]
    pools: _DhcpRanges

    @property
    def subnet(self) -> str:
        """Return its range in CIDR notation."""
        return str(self.network)

    @property
    def cells(self) -> list[GridCell]:
        """Return its addresses; a block that is not drawn needs none."""
        first, last = int(self.network.network_address), int(self.network.broadcast_address)
        return [
            GridCell(str(IPv4Address(number)), str(number & 255), self._state(number))
            for number in range(first, last + 1)
        ]

    def _state(self, number: int) -> GridState:
        if number in self.known:
            return self.known[number]
        if number in self.ends:
            return "end"
        return "dhcp" if any(low <= number <= high for low, high in self.pools) else "free"


class SubnetGrid(NamedTuple):
    """A subnet with its blocks, and how many of its addresses are in each state."""

    row: DocumentRow
    """Its row in `/v1/addresses`."""
    counts: Mapping[GridState, int]
    """Of IPv6 only the states of known addresses."""
    blocks: tuple[GridBlock, ...]
    known: int


def grids(
    subnets: Iterable[DocumentRow], addresses: Iterable[DocumentRow], conflicts: Mapping[str, str]
) -> list[SubnetGrid]:
    """Return the grid of each subnet; `conflicts` gives the addresses that are in conflict."""
    states: dict[int, dict[int, GridState]] = {4: {}, 6: {}}
    for row in addresses:
        in_conflict = row["address"] in conflicts
        if in_conflict or row["state"] != "dhcp":
            version, number = number_of(row["address"])
            states[version][number] = "conflict" if in_conflict else row["state"]
    numbers = {version: sorted(known) for version, known in states.items()}
    return [_grid(row, ip_network(row["subnet"]), numbers, states) for row in subnets]


def _grid(
    row: DocumentRow,
    network: IPv4Network | IPv6Network,
    numbers: Mapping[int, Sequence[int]],
    states: Mapping[int, Mapping[int, GridState]],
) -> SubnetGrid:
    """Return the grid of a subnet; `numbers` are the known addresses in order, by version."""
    first, last = int(network.network_address), int(network.broadcast_address)
    every, state_of = numbers[network.version], states[network.version]
    known = {each: state_of[each] for each in every[bisect_left(every, first) : bisect_right(every, last)]}
    counts: Counter[GridState] = Counter(known.values())
    if isinstance(network, IPv6Network):
        return SubnetGrid(row, _in_order(counts), (), len(known))
    ends = {first, last} - known.keys() if network.num_addresses > 2 else set()
    ranges = [(int(ip_address(each["first"])), int(ip_address(each["last"]))) for each in row["dhcp"]]
    in_pools = sum(high - low + 1 - len(_within(known.keys() | ends, low, high)) for low, high in ranges)
    counts |= Counter({"end": len(ends), "dhcp": in_pools})
    counts["free"] = network.num_addresses - counts.total()
    blocks = tuple(GridBlock(each, known, ends, ranges) for each in _blocks(network, known))
    return SubnetGrid(row, _in_order(counts), blocks, len(known))


def _within(numbers: Iterable[int], low: int, high: int) -> list[int]:
    return [number for number in numbers if low <= number <= high]


def _in_order(counts: Mapping[GridState, int]) -> dict[GridState, int]:
    return {state: counts[state] for state in STATES if counts.get(state)}


def _blocks(network: IPv4Network, known: Iterable[int]) -> Iterator[IPv4Network]:
    """Yield the parts of a subnet that are shown."""
    if network.max_prefixlen - network.prefixlen <= _BLOCK_BITS:
        yield network
        return
    for start in sorted({number >> _BLOCK_BITS for number in known}):
        yield IPv4Network((start << _BLOCK_BITS, network.max_prefixlen - _BLOCK_BITS))
