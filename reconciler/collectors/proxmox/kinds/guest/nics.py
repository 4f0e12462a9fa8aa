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
    """One interface. A VM's has a model, a container's a name and addresses."""

    model: Annotated[str | None, Field(description="Of a VM: virtio, e1000, …")] = None
    mac: Mac | None = None
    bridge: Annotated[str | None, Field(description="Bridge or vnet; none: NAT of the host")] = None
    tag: NoTag = None
    trunks: Annotated[Ranges, Field(description="VLANs that pass besides the tag's")] = ()
    firewall: Flag = False
    link_down: Flag = False
    rate: Annotated[Annotated[Amount, unless(0)] | None, Field(description="MB/s; none: no limit")] = None
    mtu: Annotated[Annotated[Count, unless(1)] | None, Field(description="none: that of the bridge")] = None
    queues: Annotated[Count, unless(0)] | None = None
    name: Annotated[str | None, Field(description="Of a container: eth0")] = None
    ip: GuestIp | None = None
    gw: Address | None = None
    ip6: GuestIp | None = None
    gw6: Address | None = None
    host_managed: Off = None


class IpConfig(Value):
    """The cloud-init settings of the interface with the same number."""

    ip: IpSetting | None = None
    gw: Address | None = None
    ip6: IpSetting | None = None
    gw6: Address | None = None


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
