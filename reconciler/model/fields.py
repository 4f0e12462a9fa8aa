"""Field types: one way to normalise a value, for live and desired alike.

Declarative constraints run in pydantic's core; the few Python functions are memoised, because a site has few
distinct values. Scalars of desired state arrive as text (`"8192"`, `"yes"`), those of an API in varying forms
(`8192`, `"8192"`, `1`): both end up as one type.
"""

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from reconciler.config.duration import duration
from reconciler.model.host_name import host_name
from reconciler.text import nfc

_UNITS = "KMGTP"
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([KMGTP]?)(?:i?B)?", re.IGNORECASE)


@lru_cache(maxsize=4096)
def _size(text: str) -> str:
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        message = "is not a size; write a number with K, M, G or T, such as 32G"
        raise ValueError(message)
    unit = match[2].upper()
    amount = round(float(match[1]) * 1024 ** (_UNITS.index(unit) + 1 if unit else 0))
    for power in range(len(_UNITS), 0, -1):
        if amount and amount % 1024**power == 0:
            return f"{amount // 1024**power}{_UNITS[power - 1]}"
    return f"{amount}B" if amount else "0"


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


_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


def mac_address(value: object) -> str | None:
    """Return a MAC address in upper case with colons; None for what is not one."""
    text = value.strip().upper().replace("-", ":") if isinstance(value, str) else ""
    return text if _MAC.fullmatch(text) else None


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


def _age(text: str) -> str:
    duration(text)
    return text.strip()


def _words(value: object) -> object:
    if isinstance(value, list):
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return [value]
    return [word for word in re.split(r"[;,\s]+", value) if word] if isinstance(value, str) else value


@lru_cache(maxsize=4096)
def ranges(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return a set of numbers with what is in a row as one: 2, 5, 10-20; raises `ValueError`."""
    spans: list[tuple[int, int]] = []
    for value in filter(None, values):
        low, _, high = value.partition("-")
        if not low.isdecimal() or not (high or low).isdecimal() or int(high or low) < int(low):
            message = "is not a list of numbers and ranges, such as 2, 5, 10-20"
            raise ValueError(message)
        spans.append((int(low), int(high or low)))
    merged: list[tuple[int, int]] = []
    for low_end, high_end in sorted(spans):
        if merged and low_end <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], high_end))
        else:
            merged.append((low_end, high_end))
    return tuple(str(low) if low == high else f"{low}-{high}" for low, high in merged)


@lru_cache(maxsize=4096)
def _numbers(values: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(values)))


@lru_cache(maxsize=4096)
def _folded_set(values: tuple[str, ...]) -> tuple[str, ...]:
    return values and tuple(sorted({nfc(value.strip().casefold()) for value in values if value.strip()}))


@lru_cache(maxsize=4096)
def _sorted_set(values: tuple[str, ...]) -> tuple[str, ...]:
    return values and tuple(sorted({nfc(value.strip()) for value in values if value.strip()}))


@lru_cache(maxsize=4096)
def _host_set(values: tuple[str, ...]) -> tuple[str, ...]:
    return values and tuple(sorted(set(filter(None, map(host_name, values)))))


@lru_cache(maxsize=4096)
def _host_or_address(text: str) -> str:
    return canonical_address(text) or host_name(text)


@dataclass(frozen=True, slots=True)
class AsWritten:
    """Marks a type whose values people write in other ways than the API: `check` sees only desired state.

    It returns the form that the type takes, and raises `ValueError` for what cannot be.
    """

    check: Callable[[object], object]


def _size_with_unit(value: object) -> object:
    if (
        isinstance(value, str)
        and value[-1:].isdecimal()
        and value.strip("0. ")
        and value.strip().replace(".", "", 1).isdecimal()
    ):
        message = f"has no unit; write {value.strip()[:9]}G, or another of K, M, G and T"
        raise ValueError(message)
    return value


_DIGITS = re.compile(r"[0-9A-Fa-f]{12}")
_USUAL_MAC = re.compile(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}")


def _mac_in_any_form(value: object) -> object:
    """Return a MAC address with colons, also of `bc-24-…`, `bc24.1100.0001` and `bc2411000001`."""
    if not isinstance(value, str) or _USUAL_MAC.fullmatch(value):
        return value
    known = mac_address(value)
    if known is not None:
        return known
    digits = re.sub(r"[-.:]", "", value.strip())
    if _DIGITS.fullmatch(digits) is None:
        message = "is not a MAC address; write it as BC:24:11:00:00:01"
        raise ValueError(message)
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def are_ports(text: str) -> bool:
    """Return whether all numbers in a text, such as `80,8000-8010`, can be ports (RFC 6335, section 6)."""
    return all(len(number) <= 5 and 1 <= int(number) <= 65535 for number in re.findall(r"\d+", text))


def unless(default: object) -> AfterValidator:
    """Take a value at its default as not set."""
    return AfterValidator(lambda value: None if value == default else value)


def no_tag(value: object) -> object:
    """Take the id 0 as none: such frames have no VLAN (IEEE 802.1Q)."""
    return None if value in (0, "0", "") and not isinstance(value, bool) else value


def not_zero(value: object) -> object:
    """Refuse 0 where a person may mean VLAN 0, or none."""
    if isinstance(value, str) and value.strip() == "0":
        message = "is not a VLAN id from 1 to 4094; leave it out, or write null, for no tag"
        raise ValueError(message)
    return value


class RelativeOrder:
    """Marks a list of names as an order: only the order of those that are both declared and live counts."""


Flag = bool
"""true/false; on the wire also 0/1, "0"/"1", on/off, yes/no."""

MAX_SAFE_INT = 2**53 - 1
"""The largest whole number that every reader of JSON keeps exact (RFC 8259, section 6)."""

Count = Annotated[int, Field(ge=0, le=MAX_SAFE_INT)]
Amount = Annotated[float, Field(ge=0, le=MAX_SAFE_INT, allow_inf_nan=False)]
MiB = Annotated[int, Field(ge=0, le=MAX_SAFE_INT, description="MiB")]
VlanTag = Annotated[int, Field(ge=1, le=4094, description="VLAN id (IEEE 802.1Q)")]
NoTag = Annotated[VlanTag | None, BeforeValidator(no_tag), AsWritten(not_zero)]
"""A VLAN id, or none, which an API may write as 0."""
On = Annotated[Annotated[Flag, unless(default=True)] | None, Field(description="none: true, the default")]
Off = Annotated[Annotated[Flag, unless(default=False)] | None, Field(description="none: false, the default")]
Mac = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, to_upper=True, pattern=r"^(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$"
    ),
    Field(description="MAC address, upper case"),
    AsWritten(_mac_in_any_form),
]
Size = Annotated[
    str,
    Field(coerce_numbers_to_str=True),
    AfterValidator(_size),
    Field(description="Size with a binary unit: 32G, 707456K; compared by amount"),
    AsWritten(_size_with_unit),
]
Moment = Annotated[
    str,
    StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"),
    Field(description="A time in UTC: 2026-11-23T21:05:00Z"),
]
Age = Annotated[
    str,
    AfterValidator(_age),
    Field(description="Duration: 30s, 15m, 26h, 7d", examples=["26h"]),
]
Address = Annotated[str, AfterValidator(_address), Field(description="IPv4 or IPv6 address")]
Cidr = Annotated[
    str, AfterValidator(_interface), Field(description="Address with prefix length: 192.168.11.5/24")
]
UpperCase = Annotated[str, StringConstraints(strip_whitespace=True, to_upper=True)]
Text = Annotated[str, Field(coerce_numbers_to_str=True), AfterValidator(nfc)]
"""Text in Unicode's composed form; a number is taken as it is written."""

Host = Annotated[
    str,
    AfterValidator(_host_or_address),
    Field(description="A name in its ASCII form (xn--…) and lower case, or an address"),
]
Notes = Annotated[str, AfterValidator(lambda text: nfc(text).rstrip() or None)]
"""Free text. Blanks at its end depend on how an API or YAML stores text, and are ignored; empty is none."""

Ranges = Annotated[
    tuple[Text, ...],
    BeforeValidator(_words),
    AfterValidator(ranges),
    Field(description="A set of numbers, such as VLAN ids: 2, 5, 10-20; order does not matter"),
]
Numbers = Annotated[
    tuple[Count, ...],
    BeforeValidator(_words),
    AfterValidator(_numbers),
    Field(description="A set of numbers; order does not matter"),
]
Block = Annotated[
    str,
    AfterValidator(block),
    Field(description="An address, a network, or the name of either: 192.0.2.1, 192.0.2.0/24"),
]
Blocks = Annotated[
    tuple[Text, ...],
    BeforeValidator(_words),
    AfterValidator(_blocks),
    Field(description="A set of addresses, networks and names; `!` before one excludes it"),
]
AddressList = Annotated[
    tuple[Address, ...],
    BeforeValidator(_words),
    Field(description="A list of addresses; order matters"),
]
AddressSet = Annotated[
    tuple[Address, ...],
    BeforeValidator(_words),
    AfterValidator(_sorted_set),
    Field(description="A set of addresses; order does not matter"),
]
HostSet = Annotated[
    tuple[Host, ...],
    BeforeValidator(_words),
    AfterValidator(_sorted_set),
    Field(description="A set of names and addresses; order does not matter"),
]
Macs = Annotated[
    tuple[Mac, ...],
    BeforeValidator(_words),
    AfterValidator(_sorted_set),
    Field(description="A set of MAC addresses; order does not matter"),
]
Tags = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    AfterValidator(_folded_set),
    Field(description="A set of tags; order and case do not matter"),
]
CasedTags = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    AfterValidator(_sorted_set),
    Field(description="A set of tags; order does not matter, and case only where the datacenter declares it"),
]
DomainNames = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    AfterValidator(_host_set),
    Field(description="A set of DNS names in their ASCII form (xn--…); order and case do not matter"),
]
Words = Annotated[
    tuple[Text, ...],
    BeforeValidator(_words),
    Field(description="A list; order matters"),
]
HostAddresses = Annotated[
    tuple[Host, ...],
    BeforeValidator(_words),
    Field(description="A list of names and addresses; order matters"),
]
TextLines = Annotated[
    tuple[Annotated[str, StringConstraints(strip_whitespace=True)], ...],
    BeforeValidator(lambda value: value.splitlines() if isinstance(value, str) else value),
    Field(description="TextLines of a file, as they are; order matters"),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(_words),
    AfterValidator(_sorted_set),
    Field(description="A set of names; order does not matter"),
]


def _switch_port(text: str) -> str:
    mac, _, index = text.strip().rpartition(":")
    address = mac_address(mac)
    if address is None or not index.isdecimal():
        message = "is not a switch port; write the switch's MAC address and the port: 74:AC:B9:00:00:02:5"
        raise ValueError(message)
    return f"{address}:{int(index)}"


SwitchPortId = Annotated[str, AfterValidator(_switch_port)]
"""Id of a switch port: the switch's MAC address and the number of the port."""
