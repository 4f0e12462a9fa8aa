"""IP addresses and networks, each in its one form."""

import ipaddress
import socket
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.model.fields.text import Text, sorted_set, split_words


def _written(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    """Return an address as the C library writes it (RFC 5952): `ipaddress` varies between Python versions."""
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    return socket.inet_ntop(family, address.packed)


@lru_cache(maxsize=4096)
def canonical_address(text: str) -> str | None:
    """Return an IPv4 or IPv6 address in its one form (RFC 5952); None for what is not one."""
    family = socket.AF_INET6 if ":" in text else socket.AF_INET
    try:
        return socket.inet_ntop(family, socket.inet_pton(family, text.strip()))
    except (OSError, ValueError):
        return None


def is_host_local(address: str) -> bool:
    """Check whether a canonical address is loopback or link-local, which each host has for itself.

    RFC 1122, 3927, 4291.
    """
    if ":" in address:
        return address == "::1" or (address.find(":") == 4 and address[:3] in {"fe8", "fe9", "fea", "feb"})
    return address.startswith(("127.", "169.254."))


def _address(text: str) -> str:
    try:
        return canonical_address(text) or _written(ipaddress.ip_address(text.strip()))
    except ValueError:
        message = "is not an IPv4 or IPv6 address"
        raise ValueError(message) from None


@lru_cache(maxsize=4096)
def _interface(text: str) -> str:
    if "/" not in text:
        message = "has no prefix length; write it as 192.168.11.5/24"
        raise ValueError(message)
    try:
        interface = ipaddress.ip_interface(text.strip())
        return f"{_written(interface.ip)}/{interface.network.prefixlen}"
    except ValueError:
        message = "is not an IPv4 or IPv6 address with a prefix length, such as 192.168.11.5/24"
        raise ValueError(message) from None


def address_span(text: str) -> str:
    """Return a range of addresses, `first-last`, with both in their one form; other text as it is."""
    first, last = (canonical_address(end) for end in text.partition("-")[::2])
    return f"{first}-{last}" if first is not None and last is not None else text


@lru_cache(maxsize=4096)
def block(text: str) -> str:
    """Return a network with its first address, a single address without prefix length, a name as it is.

    Of a range, `first-last`, both ends are written so.
    """
    try:
        network = ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        return address_span(text.strip())
    if network.prefixlen == network.max_prefixlen:
        return _written(network.network_address)
    return f"{_written(network.network_address)}/{network.prefixlen}"


def _blocks(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a set of blocks; `!` before one excludes it."""
    return tuple(
        sorted({f"!{block(value[1:])}" if value.startswith("!") else block(value) for value in values})
    )


Address = Annotated[str, AfterValidator(_address), Field(description="IPv4 or IPv6 address")]
Cidr = Annotated[
    str, AfterValidator(_interface), Field(description="IP address with prefix length: 192.168.11.5/24")
]
Block = Annotated[
    str,
    AfterValidator(block),
    Field(description="IP address or network, or a name: 192.0.2.1, 192.0.2.0/24"),
]
Blocks = Annotated[
    tuple[Text, ...],
    BeforeValidator(split_words),
    AfterValidator(_blocks),
    Field(description="Addresses, networks and names; `!` excludes one; order does not matter"),
]
AddressList = Annotated[
    tuple[Address, ...],
    BeforeValidator(split_words),
    Field(description="IP addresses; order matters"),
]
AddressSet = Annotated[
    tuple[Address, ...],
    BeforeValidator(split_words),
    AfterValidator(sorted_set),
    Field(description="IP addresses; order does not matter"),
]


def _netmask(text: str) -> str:
    """Return an IPv4 netmask in its one form; `24` and `/24` are one too."""
    try:
        return str(ipaddress.IPv4Network((0, text.strip().removeprefix("/"))).netmask)
    except ValueError:
        message = "is not a netmask, such as 255.255.255.0"
        raise ValueError(message) from None


Netmask = Annotated[Text, AfterValidator(_netmask)]
