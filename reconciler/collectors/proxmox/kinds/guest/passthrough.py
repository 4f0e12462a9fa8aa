"""Devices of the host that are passed to a VM: `hostpci0`, `usb0` (qm(1))."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, StringConstraints

from reconciler.collectors.proxmox import property_string
from reconciler.collectors.proxmox.property_string import Properties, at_default

PassthroughSlot = Annotated[
    str, StringConstraints(pattern=r"^(?:hostpci|usb)\d+$"), Field(description="slot: hostpci0, usb0")
]

Passed = Annotated[Properties, at_default(usb3=0, pcie=0, rombar=1, x_vga=0, legacy_igd=0)]
"""Defaults: qm(1)."""

_HOST_DEVICE = re.compile(r"(?:hostpci|usb)\d+")
_PASSED = frozenset(
    "host mapping usb3 pcie rombar romfile x-vga mdev legacy-igd driver device-id vendor-id sub-device-id"
    " sub-vendor-id".split()
)


def read_passthrough(slots: Mapping[str, str]) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Return the passed devices of the host by slot, and properties that are not read, by JSON pointer."""
    found: dict[str, dict[str, str]] = {}
    unread: dict[str, str] = {}
    for slot in slots:
        if _HOST_DEVICE.fullmatch(slot):
            found[slot] = property_string.read_properties(slots, slot, "host", _PASSED, unread)
    return found, unread
