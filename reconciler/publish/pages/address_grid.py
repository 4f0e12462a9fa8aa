"""Subnets as grids: a cell for each address, with its state. A pure function of the rows of `/v1/addresses`.

A subnet of up to 256 addresses is one block; of a larger one only the /24 blocks with known addresses are
shown. IPv6 subnets have no grid.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal, NamedTuple

from reconciler.publish.pages.named_thing import DocumentRow

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

    subnet: str
    cells: tuple[GridCell, ...]


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
        address, state = ip_address(row["address"].partition("%")[0]), row["state"]
        if row["address"] in conflicts or state != "dhcp":
            states[address.version][int(address)] = "conflict" if row["address"] in conflicts else state
    return [_grid(row, ip_network(row["subnet"]), states) for row in subnets]


def _grid(
    row: DocumentRow, network: IPv4Network | IPv6Network, states: Mapping[int, Mapping[int, GridState]]
) -> SubnetGrid:
    first, last = int(network.network_address), int(network.broadcast_address)
    known = {number: state for number, state in states[network.version].items() if first <= number <= last}
    counts: Counter[GridState] = Counter(known.values())
    if isinstance(network, IPv6Network):
        return SubnetGrid(row, _in_order(counts), (), len(known))
    ends = {first, last} - known.keys() if network.num_addresses > 2 else set()
    ranges = [(int(ip_address(each["first"])), int(ip_address(each["last"]))) for each in row["dhcp"]]
    in_pools = sum(high - low + 1 - len(_within(known.keys() | ends, low, high)) for low, high in ranges)
    counts |= Counter({"end": len(ends), "dhcp": in_pools})
    counts["free"] = network.num_addresses - counts.total()
    blocks = tuple(_block(each, known, ends, ranges) for each in _blocks(network, known))
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


def _block(
    block: IPv4Network, known: Mapping[int, GridState], ends: Iterable[int], ranges: _DhcpRanges
) -> GridBlock:
    first, last = int(block.network_address), int(block.broadcast_address)
    cells = [
        GridCell(str(IPv4Address(number)), str(number & 255), _state(number, known, ends, ranges))
        for number in range(first, last + 1)
    ]
    return GridBlock(str(block), tuple(cells))


def _state(
    number: int, known: Mapping[int, GridState], ends: Iterable[int], ranges: _DhcpRanges
) -> GridState:
    if number in known:
        return known[number]
    if number in ends:
        return "end"
    return "dhcp" if any(low <= number <= high for low, high in ranges) else "free"
