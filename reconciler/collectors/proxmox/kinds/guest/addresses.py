"""The addresses that a running guest has: what its agent or the host says, observed and never compared.

By hand: `qm agent VMID network-get-interfaces`, `pvesh get /nodes/NODE/lxc/VMID/interfaces`.
All of it is the guest's own claim: untrusted, and capped.
"""

import re
import socket
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.model.value import Value

_INTERFACES_MAX = 64
_ADDRESSES_MAX = 32
_NAME_MAX = 64
_IGNORED = re.compile(r"lo|docker.*|veth.*|br-.*|Loopback.*")
_MAC = re.compile(r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}")


class Interface(Value):
    """An interface as the guest sees it."""

    mac: str | None = None
    addresses: Annotated[
        tuple[str, ...], Field(description="With prefix length where it is told; no link-local ones")
    ] = ()


def read_interfaces(data: Any) -> dict[str, dict[str, object]] | None:
    """Interface name → MAC and addresses (where it has any); None when there is no answer in the data.

    An agent that cannot tell answers 200 with `{"result": {"error": …}}`; a container's answer is the bare
    list, an older one has `inet` and `inet6` alone; any part of a row may be missing.
    """
    found = data.get("result") if isinstance(data, dict) else data
    if not isinstance(found, list):
        return None
    interfaces: dict[str, dict[str, object]] = {}
    for row in found:
        name = str(row.get("name") or "")[:_NAME_MAX] if isinstance(row, dict) else ""
        if not name or _IGNORED.fullmatch(name) or len(interfaces) >= _INTERFACES_MAX:
            continue
        mac = str(row.get("hardware-address") or row.get("hwaddr") or "").upper()
        addresses = sorted(set(_addresses(row)))[:_ADDRESSES_MAX]
        if addresses:
            interfaces[name] = {"mac": mac if _MAC.fullmatch(mac) else None, "addresses": addresses}
    return interfaces


def _addresses(row: Mapping[str, Any]) -> Iterator[str]:
    listed = row.get("ip-addresses")
    texts = [row.get("inet"), row.get("inet6")]
    if isinstance(listed, list) and listed:
        texts = [_with_prefix(item) for item in listed if isinstance(item, dict)]
    for text in texts:
        address = _address(str(text or ""))
        if address:
            yield address


def _with_prefix(item: Mapping[str, Any]) -> str:
    prefix = item.get("prefix")
    return f"{item.get('ip-address')}/{prefix}" if prefix is not None else str(item.get("ip-address"))


def _address(text: str) -> str | None:
    """An address, with its prefix length if it has one, in canonical form.

    None for nonsense and what is of the guest alone. By the C library: every guest of every run has some.
    """
    address, slash, length = text.partition("/")
    family, bits = (socket.AF_INET6, 128) if ":" in address else (socket.AF_INET, 32)
    if slash and not (length.isdecimal() and len(length) <= 3 and int(length) <= bits):
        return None
    try:
        packed = socket.inet_pton(family, address)
    except (OSError, ValueError):
        return None
    if _is_local(packed):
        return None
    return socket.inet_ntop(family, packed) + (f"/{int(length)}" if slash else "")


def _is_local(packed: bytes) -> bool:
    """Loopback or link-local (RFC 1122, 3927, 4291)."""
    if len(packed) == 4:
        return packed[0] == 127 or packed[:2] == b"\xa9\xfe"
    return packed == bytes(15) + b"\x01" or (packed[0] == 0xFE and packed[1] & 0xC0 == 0x80)
