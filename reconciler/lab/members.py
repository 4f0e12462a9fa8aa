"""The members of the simulated site: guests and nodes, each with its own state."""

import hashlib
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

Config = dict[str, Any]
"""The keys of a guest configuration, as Proxmox writes them."""


@dataclass(slots=True)
class Guest:
    """A virtual machine (`qemu`) or container (`lxc`): its configuration file and its state beyond that."""

    vmid: int
    type: str
    node: str
    config: Config
    power: str = "running"
    pending: Config = field(default_factory=dict)
    """Changed keys that take effect at the next start; None: the key is removed."""
    agent: str = "running"
    """`running`, `down` or `unsupported`, if the configuration enables the guest agent."""
    addresses: dict[str, list[str]] = field(default_factory=dict)
    """NIC slot → addresses with prefix length, as seen inside the guest."""
    started: float = field(default_factory=time.monotonic)
    answers: dict[str, bytes] = field(default_factory=dict)
    """Cached answers from this configuration; cleared when it changes."""
    run_state: str = ""
    """Of the QEMU process of a VM that is not plainly running: `paused`, `io-error`, `prelaunch` …"""
    ha_state: str = ""
    """In which high availability has it (`started`, `error`); empty: it is not kept by it."""

    @property
    def name(self) -> str:
        """The name that lists show; Proxmox falls back to the id."""
        fallback = f"VM {self.vmid}" if self.type == "qemu" else f"CT{self.vmid}"
        return str(self.config.get("name" if self.type == "qemu" else "hostname", fallback))

    @property
    def template(self) -> bool:
        """Whether it is a template, which never runs."""
        return str(self.config.get("template", 0)) == "1"

    def applied(self) -> Config:
        """Return the configuration with pending changes applied, as `/config` answers by default."""
        return without_none(self.config | self.pending)

    def digest(self) -> str:
        """Return a SHA-1 that changes with every edit, like that of the configuration file."""
        text = repr((sorted(self.config.items()), sorted(self.pending.items())))
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(slots=True)
class Node:
    """A cluster member: its description from the site, and whether it is online."""

    name: str
    id: int
    facts: dict[str, Any]
    online: bool = True
    started: float = field(default_factory=time.monotonic)


def identified(vmid: int, type_: str, config: Config) -> Config:
    """Return a guest configuration with the identity keys that Proxmox gives every virtual machine."""
    if type_ != "qemu":
        return dict(config)
    return {
        "meta": f"creation-qemu=10.0.2,ctime={1760000000 + vmid}",
        "smbios1": f"uuid={uuid.uuid5(uuid.NAMESPACE_OID, f'smbios {vmid}')}",
        "vmgenid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"vmgenid {vmid}")),
    } | config


def without_none(values: Config) -> Config:
    """Return values without those that are None: keys that were removed."""
    return {key: value for key, value in values.items() if value is not None}
