"""A guest's network interface: net0 of a VM or of a container."""

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from reconciler.collectors.proxmox import property_string
from reconciler.model.fields.addresses import Address, Cidr
from reconciler.model.fields.ethernet import Mac, NoTag
from reconciler.model.fields.marks import unless
from reconciler.model.fields.numbers import Amount, Count, Flag, Off, Ranges
from reconciler.model.pointer import pointer
from reconciler.model.value import Value

NIC_SLOT = re.compile(r"net\d+")

NicSlot = Annotated[str, StringConstraints(pattern=f"^{NIC_SLOT.pattern}$"), Field(description="slot: net0")]

_MODELS = frozenset(
    "e1000 e1000-82540em e1000-82544gc e1000-82545em e1000e i82551 i82557b i82559er ne2k_isa ne2k_pci pcnet"
    " rtl8139 virtio vmxnet3".split()
)
_NAMES = {
    "macaddr": "mac",
    "hwaddr": "mac",
    "host-managed": "host_managed",
    **{
        name: name
        for name in ("model bridge tag trunks firewall link_down rate mtu queues name ip gw ip6 gw6".split())
    },
}


def _keyword(text: str) -> str:
    word = text.strip().lower()
    if word not in {"dhcp", "auto", "manual"}:
        message = "is neither an address with prefix length nor dhcp, auto or manual"
        raise ValueError(message)
    return word


IpSetting = Annotated[
    Cidr | Annotated[str, AfterValidator(_keyword)],
    Field(union_mode="left_to_right", description="Address with prefix length, dhcp, auto or manual"),
]


GuestIp = Annotated[IpSetting, unless("manual")]
"""Of a container: `manual` sets nothing either."""


class GuestNic(Value):
    """A network interface. A VM interface has a model, a container interface a name and addresses."""

    model: Annotated[str | None, Field(description="VM only: virtio, e1000, …")] = None
    mac: Annotated[Mac | None, Field(description="MAC address, upper case")] = None
    bridge: Annotated[str | None, Field(description="Bridge or VNet; null for NAT by the host")] = None
    tag: Annotated[NoTag, Field(description="VLAN tag (IEEE 802.1Q)")] = None
    trunks: Annotated[
        Ranges, Field(description="VLANs passed through in addition to `tag`: 2, 5, 10-20")
    ] = ()
    firewall: Annotated[Flag, Field(description="Proxmox VE firewall enabled on the interface")] = False
    link_down: Annotated[Flag, Field(description="Interface is disconnected")] = False
    rate: Annotated[
        Annotated[Amount, unless(0)] | None, Field(description="Rate limit in MB/s (default no limit)")
    ] = None
    mtu: Annotated[
        Annotated[Count, unless(1)] | None, Field(description="MTU (default that of the bridge)")
    ] = None
    queues: Annotated[
        Annotated[Count, unless(0)] | None, Field(description="VM only: number of packet queues (multiqueue)")
    ] = None
    name: Annotated[
        str | None, Field(description="Container only: interface name in the container, such as eth0")
    ] = None
    ip: Annotated[
        GuestIp | None, Field(description="Container only: IPv4 address with prefix length, dhcp or manual")
    ] = None
    gw: Annotated[Address | None, Field(description="Container only: IPv4 gateway")] = None
    ip6: Annotated[
        GuestIp | None,
        Field(description="Container only: IPv6 address with prefix length, auto, dhcp or manual"),
    ] = None
    gw6: Annotated[Address | None, Field(description="Container only: IPv6 gateway")] = None
    host_managed: Annotated[
        Off, Field(description="Container only: the host manages the IP configuration (default false)")
    ] = None


class IpConfig(Value):
    """Cloud-init IP settings of the interface with the same number."""

    ip: Annotated[IpSetting | None, Field(description="IPv4 address with prefix length, or dhcp")] = None
    gw: Annotated[Address | None, Field(description="IPv4 gateway")] = None
    ip6: Annotated[IpSetting | None, Field(description="IPv6 address with prefix length, auto or dhcp")] = (
        None
    )
    gw6: Annotated[Address | None, Field(description="IPv6 gateway")] = None


def read(slot: str, text: str) -> tuple[dict[str, object], dict[str, str]]:
    """Return the fields of an interface from its property string, and what is not read, by JSON pointer.

    `virtio=BC:…` and `model=virtio,macaddr=BC:…` are the same; a MAC may be missing in a template.
    """
    fields: dict[str, object] = {}
    unread: dict[str, str] = {}
    for key, value in property_string.parse(text, "model").items():
        if key in _MODELS:
            fields |= {"model": key, "mac": value or None}
        elif key in _NAMES and value:
            fields[_NAMES[key]] = value
        elif key not in _NAMES and (key, value) != ("type", "veth"):
            unread[pointer(slot, key)] = value
    return fields, unread


def read_nics(slots: Mapping[str, str]) -> tuple[dict[str, dict[str, object]], dict[str, str]]:
    """Return every interface among a guest's slots, and what is not read, by JSON pointer."""
    nics: dict[str, dict[str, object]] = {}
    unread: dict[str, str] = {}
    for slot in filter(NIC_SLOT.fullmatch, slots):
        nics[slot], unknown = read(slot, slots[slot])
        unread |= unknown
    return nics, unread
