"""The rows of guests that the joins and rules read, typed as in `reconciler/site/rows.py`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Required, TypedDict

from reconciler.site.typed_rows import TypedRow

_NONE: Mapping[str, Any] = MappingProxyType({})


class NicRow(TypedDict, total=False):
    """A NIC of a guest."""

    mac: str
    bridge: str
    tag: int
    ip: str
    ip6: str
    link_down: Required[bool]


class DiskRow(TypedDict, total=False):
    """A disk of a guest."""

    storage: str
    size: str
    media: Required[str]
    backup: Required[bool]


class IpConfigRow(TypedDict, total=False):
    """Settings of cloud-init for one NIC."""

    ip: str
    ip6: str


class CloudInitRow(TypedDict, total=False):
    """Settings of cloud-init in a VM."""

    ipconfig: Required[Mapping[str, IpConfigRow]]


class GuestRow(TypedRow):
    """A VM or container."""

    own_only = frozenset({"cores", "sockets", "cpulimit", "memory", "pool", "disks"})

    node: str = ""
    type: str = ""
    power: str = ""
    template: bool = False
    cores: int | None = None
    sockets: int | None = None
    cpulimit: float = 0
    memory: int = 512
    pool: str | None = None
    nics: Mapping[str, NicRow] = _NONE
    disks: Mapping[str, DiskRow] = _NONE
    cloud_init: CloudInitRow | None = None


class AgentInterfaceRow(TypedDict, total=False):
    """An interface as the guest itself reports it."""

    mac: str
    addresses: Required[tuple[str, ...]]


class GuestSeen(TypedRow):
    """The report of a guest about itself."""

    addresses: Mapping[str, AgentInterfaceRow] | None = None
