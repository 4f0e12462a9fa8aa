"""Devices of the host that are passed to a VM: `hostpci0`, `usb0` (qm(1))."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.property_string import Properties, at_default, spelled
from reconciler.model.value import Row

PassthroughSlot = Annotated[
    str, StringConstraints(pattern=r"^(?:hostpci|usb)\d+$"), Field(description="slot: hostpci0, usb0")
]

_USB_ID = re.compile(r"(?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{4})", re.IGNORECASE)
_PCI_ID = re.compile(r"(?:([0-9a-f]{4}):)?([0-9a-f]{2}:[0-9a-f]{2})((?:\.[0-9a-f])?)", re.IGNORECASE)


def _host(text: str) -> str:
    """Return the devices of the host: hex digits in lower case, a PCI device with its domain."""
    return ";".join(map(_device, filter(None, (each.strip() for each in text.split(";")))))


def _device(text: str) -> str:
    usb, pci = _USB_ID.fullmatch(text), _PCI_ID.fullmatch(text)
    if usb is not None:
        return f"{usb[1]}:{usb[2]}".lower()
    return f"{pci[1] or '0000'}:{pci[2]}{pci[3]}".lower() if pci is not None else text


Passed = Annotated[
    Properties,
    spelled(
        host=_host,
        device_id=str.lower,
        vendor_id=str.lower,
        sub_device_id=str.lower,
        sub_vendor_id=str.lower,
    ),
    at_default(usb3=0, pcie=0, rombar=1, x_vga=0, legacy_igd=0),
]
"""Defaults: qm(1)."""

_HOST_DEVICE = re.compile(r"(?:hostpci|usb)\d+")
_PASSED = frozenset(
    "host mapping usb3 pcie rombar romfile x-vga mdev legacy-igd driver device-id vendor-id sub-device-id"
    " sub-vendor-id".split()
)


def read_passthrough(slots: Mapping[str, str], kind: str) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the passed devices of a kind by slot, and properties that are not read, by JSON pointer."""
    found: dict[str, dict[str, str]] = {}
    unread: dict[str, str] = {}
    for slot in slots:
        if slot.startswith(kind) and _HOST_DEVICE.fullmatch(slot):
            found[slot] = property_string.read_properties(slots, slot, "host", _PASSED, unread)
    return found, unread


def used_mappings(_vmid: str, row: Row) -> Iterator[tuple[str, str]]:
    """Yield the resource mappings that the devices and directories of a guest name, by kind and id."""
    options: Any = row.get("options") or {}
    for type_, item, slots in (
        ("pci", "mapping", row.get("hostpci")),
        ("usb", "mapping", row.get("usb")),
        ("dir", "dirid", options.get("devices")),
    ):
        for slot in slots.values() if slots and isinstance(slots, Mapping) else ():
            if isinstance(slot, Mapping) and slot.get(item):
                yield "resource-mapping", f"{type_}:{slot[item]}"
