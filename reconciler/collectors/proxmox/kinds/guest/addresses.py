"""The addresses of a running guest, as its agent or the host reports them: observed and never compared.

By hand: `qm agent VMID network-get-interfaces`, `pvesh get /nodes/NODE/lxc/VMID/interfaces`.
All of it is the guest's own claim: untrusted, and limited in number.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from reconciler.model.fields.addresses import canonical_address, is_host_local
from reconciler.model.fields.ethernet import mac_address
from reconciler.model.value import Value

_INTERFACES_MAX = 64
_ADDRESSES_MAX = 32
_NAME_MAX = 64
_IGNORED = re.compile(r"lo|docker.*|veth.*|br-.*|Loopback.*")


class Interface(Value):
    """A network interface as the guest reports it."""

    mac: Annotated[str | None, Field(description="MAC address")] = None
    addresses: Annotated[
        tuple[str, ...],
        Field(description="IP addresses, with prefix length if known; loopback and link-local are left out"),
    ] = ()


def read_interfaces(data: Any) -> dict[str, dict[str, object]] | None:
    """Return interface name → MAC and addresses (where it has any); None when there is no answer in the data.

    An agent that fails answers 200 with `{"result": {"error": …}}`; a container's answer is the bare
    list, an older one has only `inet` and `inet6`; any part of a row may be missing.
    """
    found = data.get("result") if isinstance(data, dict) else data
    if not isinstance(found, list):
        return None
    interfaces: dict[str, dict[str, object]] = {}
    for row in found:
        name = str(row.get("name") or "")[:_NAME_MAX] if isinstance(row, dict) else ""
        if not name or _IGNORED.fullmatch(name) or len(interfaces) >= _INTERFACES_MAX:
            continue
        mac = mac_address(row.get("hardware-address") or row.get("hwaddr"))
        addresses = sorted(set(_addresses(row)))[:_ADDRESSES_MAX]
        if addresses:
            interfaces[name] = {"mac": mac, "addresses": addresses}
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
    """Return an address in canonical form, with its prefix length if it has one.

    None for what is not one, and for loopback and link-local ones, which each guest has for itself.
    """
    address, slash, length = text.partition("/")
    bits = 128 if ":" in address else 32
    if slash and not (length.isdecimal() and len(length) <= 3 and int(length) <= bits):
        return None
    found = canonical_address(address)
    if found is None or is_host_local(found):
        return None
    return found + (f"/{int(length)}" if slash else "")
