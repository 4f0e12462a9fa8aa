"""The rows of a run by kind, as the joins need them, and which of their lists can be trusted to be whole.

Everything here is a value made of a `Inventory`: no API, no clock, no order of sources.
"""

import ipaddress
import socket
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from reconciler.model.key import Key
from reconciler.model.snapshot import Inventory
from reconciler.model.value import timestamp

Row = Mapping[str, Any]


class Nic(NamedTuple):
    """A NIC of a guest."""

    guest: Key
    slot: str
    mac: str | None
    bridge: str | None
    tag: int | None
    node: str


class Subnet(NamedTuple):
    """A network of a UniFi site."""

    key: Key
    vlan: int | None
    version: int
    first: int
    last: int
    gateway: str
    pool: tuple[int, int] | None
    """The range that DHCP gives out."""
    text: str

    def holds(self, number: int, version: int) -> bool:
        """Whether an address lies in it."""
        return version == self.version and self.first <= number <= self.last


def canonical(text: str) -> str | None:
    """An address as the fields of every kind have it, from text that nobody checked; None: it is none."""
    bare = text.strip().removeprefix("[").removesuffix("]")
    family = socket.AF_INET6 if ":" in bare else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, bare))
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=2**17)
def number_of(address: str) -> tuple[int, int]:
    """An address as (version, number), to be compared."""
    if ":" in address:
        return 6, int(ipaddress.IPv6Address(address.partition("%")[0]))
    first, second, third, fourth = address.split(".")
    return 4, (int(first) << 24) + (int(second) << 16) + (int(third) << 8) + int(fourth)


class Facts:
    """What one run knows, by kind."""

    def __init__(self, site: Inventory) -> None:
        self.site = site
        self._kinds: dict[str, dict[Key, Row]] = {}
        self._observed: dict[str, dict[Key, Row]] = {}
        for key in sorted(site.config):  # whichever was read first: what is said of it reads the same
            self._kinds.setdefault(key.kind, {})[key] = site.config[key]
        for key in sorted(site.observed):
            self._observed.setdefault(key.kind, {})[key] = site.observed[key]

    def rows(self, kind: str) -> Mapping[Key, Row]:
        """What is configured of each resource of a kind."""
        return self._kinds.get(kind, {})

    def observed(self, kind: str) -> Mapping[Key, Row]:
        """What was seen of each, beside its configuration."""
        return self._observed.get(kind, {})

    def seen(self, key: Key) -> Row:
        """What was seen of one resource."""
        return self._observed.get(key.kind, {}).get(key, {})

    @cached_property
    def _earlier(self) -> Mapping[Key, str]:
        return {key: timestamp(moment) for key, moment in self.site.as_of.items()}

    @cached_property
    def _now(self) -> str:
        return timestamp(self.site.run.collected_at)

    def moment(self, key: Key) -> str:
        """When a row was read: an earlier run's, where this one could not."""
        return self._earlier.get(key, self._now)

    def is_enabled(self, entry: Key) -> bool:
        """Return whether a proxy host, stream or port forward is switched on."""
        return bool(self.rows(entry.kind).get(entry, {}).get("enabled", True))

    def has(self, kind: str) -> bool:
        """Whether any source tells of a kind."""
        return any(scope.kind == kind for scope in self.site.scopes)

    def listed(self, *kinds: str) -> bool:
        """Whether every source that has some kinds listed all of them, be it that single rows are unread."""
        return all(scope.listed == "complete" for scope in self.site.scopes if scope.kind in kinds)

    def doubt(self, *kinds: str) -> str | None:
        """Why what is not among some kinds may be there all the same; None where their lists are whole.

        A kind of a system that is not configured at all is not known either.
        """
        for kind in kinds:
            scopes = sorted(
                (each for each in self.site.scopes if each.kind == kind), key=lambda each: each.source
            )
            if not scopes:
                return f"no source tells of any {kind}"
            for scope in scopes:
                if scope.listed != "complete":
                    return f"{scope.source}/{kind}: {scope.problem or f'the list is {scope.listed}'}"
                if scope.unread:
                    first = min(scope.unread)
                    return f"{scope.source}/{kind}/{first}: {scope.unread[first]}"
        return None

    @cached_property
    def nics(self) -> tuple[Nic, ...]:
        """The NICs of every guest that is no template."""
        return tuple(
            Nic(key, slot, nic.get("mac"), nic.get("bridge"), nic.get("tag"), row["node"])
            for key, row in self.rows("guest").items()
            if not row.get("template")
            for slot, nic in row["nics"].items()
        )

    @cached_property
    def subnets(self) -> tuple[Subnet, ...]:
        """The networks with an address range."""
        return tuple(self._subnets())

    def _subnets(self) -> Iterator[Subnet]:
        for key, row in self.rows("network").items():
            text = row.get("ip_subnet")
            if not text or row.get("purpose") == "wan":
                continue
            interface = ipaddress.ip_interface(text)
            network = interface.network
            pool = None
            if row.get("dhcpd_enabled") and row.get("dhcpd_start") and row.get("dhcpd_stop"):
                pool = (number_of(row["dhcpd_start"])[1], number_of(row["dhcpd_stop"])[1])
            first, last = int(network.network_address), int(network.broadcast_address)
            gateway = str(interface.ip)
            yield Subnet(key, row.get("vlan"), network.version, first, last, gateway, pool, str(network))

    @cached_property
    def _by_size(self) -> Mapping[int, list[tuple[int, dict[int, Subnet]]]]:
        """IP version → (bits of the host part, first address without them → network), smallest first."""
        found: dict[int, dict[int, dict[int, Subnet]]] = {4: {}, 6: {}}
        for each in self.subnets:
            bits = (each.last - each.first).bit_length()
            found[each.version].setdefault(bits, {}).setdefault(each.first >> bits, each)
        return {version: sorted(sizes.items()) for version, sizes in found.items()}

    def subnet_of(self, address: str) -> Subnet | None:
        """The smallest network that an address lies in."""
        version, number = number_of(address)
        for bits, networks in self._by_size[version]:
            found = networks.get(number >> bits)
            if found is not None:
                return found
        return None

    @cached_property
    def mac_owners(self) -> Mapping[str, tuple[Key, ...]]:
        """MAC address → the guests, nodes and devices that have it by their configuration."""
        found: dict[str, list[Key]] = {}
        for nic in self.nics:
            if nic.mac:
                found.setdefault(nic.mac, []).append(nic.guest)
        for key in self.rows("device"):
            found.setdefault(key.id, []).append(key)
        return {mac: tuple(keys if len(keys) == 1 else dict.fromkeys(keys)) for mac, keys in found.items()}
